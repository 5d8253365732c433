import { add, div, mul, pow, sub } from "../../primitives/arithmetic.ts";
import { sqrt } from "../../primitives/transcendental.ts";
import type { Value } from "../../tape/tensor.ts";
import { mapTrees, type Tree } from "../tree.ts";
import { checkOption, type Optimizer } from "./optimizer.ts";

export interface AdamOptions {
  /** 0.001 when left out. */
  readonly learningRate?: number;
  /** The decay of the mean of gradients, 0.9 when left out. */
  readonly beta1?: number;
  /** The decay of the mean of their squares, 0.999 when left out. */
  readonly beta2?: number;
  /** What keeps the division from 0, 1e-8 when left out. */
  readonly epsilon?: number;
}

interface AdamState {
  readonly step: Value;
  readonly mean: Tree;
  readonly square: Tree;
}

/**
 * Adam (Kingma and Ba 2015, algorithm 1): with m and v the decaying means of g and g², and their corrections for
 * beginning at 0, θ ← θ − η·m̂/(√v̂ + ε).
 *
 * @throws RangeError where an option is not in its range.
 */
export function adam(options: AdamOptions = {}): Optimizer {
  const { learningRate = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  checkOption("adam", "learningRate", learningRate, 0, Infinity);
  checkOption("adam", "beta1", beta1, 0, 1);
  checkOption("adam", "beta2", beta2, 0, 1);
  checkOption("adam", "epsilon", epsilon, 0, Infinity);
  const decayed = (beta: number) => (latest: Value, next: Value) => add(mul(beta, latest), mul(1 - beta, next));
  return {
    name: "adam",
    init(parameters) {
      const zeros = mapTrees((parameter) => mul(0, parameter), parameters);
      return { step: 0, mean: zeros, square: zeros };
    },
    update(parameters, gradient, state) {
      const latest = state as unknown as AdamState;
      const step = add(latest.step, 1);
      const mean = mapTrees(decayed(beta1), latest.mean, gradient);
      const square = mapTrees((v, g) => decayed(beta2)(v, mul(g, g)), latest.square, gradient);
      // η·(m/c₁)/(√(v/c₂) + ε) with both corrections taken out of the tensors: η/c₁·m/(√v/√c₂ + ε).
      const rate = div(learningRate, sub(1, pow(beta1, step)));
      const scale = div(1, sqrt(sub(1, pow(beta2, step))));
      const moved = mapTrees(
        (parameter, m, v) => sub(parameter, div(mul(rate, m), add(mul(scale, sqrt(v)), epsilon))),
        parameters,
        mean,
        square,
      );
      return { parameters: moved, state: { step, mean, square } as unknown as Tree };
    },
  };
}
