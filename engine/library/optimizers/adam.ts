import { add, div, mul, pow, sub } from "../../primitives/arithmetic.ts";
import { max } from "../../primitives/selection.ts";
import { sqrt } from "../../primitives/transcendental.ts";
import type { Value } from "../../tape/tensor.ts";
import { mapTrees, type Tree } from "../tree.ts";
import { checkOption, decayed, mixed, optionsOf, zerosLike, type Optimizer } from "./optimizer.ts";
import { checkRate, rateAt, type LearningRate } from "./schedules.ts";

export interface AdamOptions {
  /** 0.001 when left out. */
  readonly learningRate?: LearningRate;
  /** The decay of the mean of gradients, 0.9 when left out. */
  readonly beta1?: number;
  /** The decay of the mean of their squares, 0.999 when left out. */
  readonly beta2?: number;
  /** What keeps the division from 0, 1e-8 when left out. */
  readonly epsilon?: number;
  /** λ: for `adam` λθ is added to the gradient, 0 when left out; `adamW` takes η·λθ off the parameters, 0.01 when left out. */
  readonly weightDecay?: number;
  /** Divide by the largest mean of squares so far: AMSGrad (Reddi, Kale and Kumar 2018). */
  readonly amsgrad?: boolean;
}

interface AdamState {
  readonly step: Value;
  readonly mean: Tree;
  readonly square: Tree;
  readonly largest?: Tree;
}

/**
 * Adam (Kingma and Ba 2015, algorithm 1): with m and v the decaying means of g and g², and their corrections for
 * beginning at 0, θ ← θ − η·m̂/(√v̂ + ε).
 *
 * @throws RangeError where an option is not in its range.
 */
export function adam(options: AdamOptions = {}): Optimizer {
  return optimizer("adam", options, optionsOf("adam", options).weightDecay ?? 0, 0);
}

/**
 * Adam with the decay of weights apart from the gradient (Loshchilov and Hutter, Decoupled weight decay regularization, 2019):
 * θ ← θ − η·(m̂/(√v̂ + ε) + λθ).
 *
 * @throws RangeError where an option is not in its range.
 */
export function adamW(options: AdamOptions = {}): Optimizer {
  return optimizer("adamW", options, 0, optionsOf("adamW", options).weightDecay ?? 0.01);
}

function optimizer(name: string, options: AdamOptions, coupled: number, decoupled: number): Optimizer {
  const { learningRate = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, amsgrad = false } = options;
  checkRate(name, learningRate);
  checkOption(name, "beta1", beta1, 0, 1);
  checkOption(name, "beta2", beta2, 0, 1);
  checkOption(name, "epsilon", epsilon, 0, Infinity);
  checkOption(name, "weightDecay", options.weightDecay ?? 0, 0, Infinity);
  return {
    name,
    init(parameters) {
      const zeros = zerosLike(parameters);
      return { step: 0, mean: zeros, square: zeros, ...(amsgrad ? { largest: zeros } : {}) };
    },
    update(parameters, given, state) {
      const latest = state as unknown as AdamState;
      const step = add(latest.step, 1);
      const gradient = decayed(parameters, given, coupled);
      const mean = mapTrees(mixed(beta1), latest.mean, gradient);
      const square = mapTrees((v, g) => mixed(beta2)(v, mul(g, g)), latest.square, gradient);
      const largest = latest.largest && mapTrees((a, b) => max(a, b), latest.largest, square);
      // η·(m/c₁)/(√(v/c₂) + ε) with both corrections taken out of the tensors: η/c₁·m/(√v/√c₂ + ε).
      const learning = rateAt(learningRate, latest.step);
      const rate = div(learning, sub(1, pow(beta1, step)));
      const scale = div(1, sqrt(sub(1, pow(beta2, step))));
      const moved = mapTrees(
        (parameter, m, v) => {
          const kept = decoupled === 0 ? parameter : mul(parameter, sub(1, mul(decoupled, learning)));
          return sub(kept, div(mul(rate, m), add(mul(scale, sqrt(v)), epsilon)));
        },
        parameters,
        mean,
        largest ?? square,
      );
      return { parameters: moved, state: { step, mean, square, ...(largest && { largest }) } as unknown as Tree };
    },
  };
}
