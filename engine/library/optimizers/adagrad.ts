import { add, div, mul, sub } from "../../primitives/arithmetic.ts";
import { sqrt } from "../../primitives/transcendental.ts";
import type { Value } from "../../tape/tensor.ts";
import { mapTrees, type Tree } from "../tree.ts";
import { checkOption, decayed, optionsOf, zerosLike, type Optimizer } from "./optimizer.ts";
import { checkRate, rateAt, type LearningRate } from "./schedules.ts";

export interface AdagradOptions {
  /** 0.01 when left out. */
  readonly learningRate?: LearningRate;
  /** What keeps the division from 0, 1e-10 when left out. */
  readonly epsilon?: number;
  /** λ: λθ is added to the gradient, 0 when left out. */
  readonly weightDecay?: number;
}

/**
 * AdaGrad (Duchi, Hazan and Singer 2011): with s the sum of all g² so far, θ ← θ − η·g/(√s + ε).
 *
 * @throws RangeError where an option is not in its range.
 */
export function adagrad(options: AdagradOptions = {}): Optimizer {
  const { learningRate = 0.01, epsilon = 1e-10, weightDecay = 0 } = optionsOf("adagrad", options);
  checkRate("adagrad", learningRate);
  checkOption("adagrad", "epsilon", epsilon, 0, Infinity);
  checkOption("adagrad", "weightDecay", weightDecay, 0, Infinity);
  return {
    name: "adagrad",
    init: (parameters) => ({ step: 0, sum: zerosLike(parameters) }),
    update(parameters, given, state) {
      const latest = state as unknown as { readonly step: Value; readonly sum: Tree };
      const gradient = decayed(parameters, given, weightDecay);
      const sum = mapTrees((s, g) => add(s, mul(g, g)), latest.sum, gradient);
      const rate = rateAt(learningRate, latest.step);
      const moved = mapTrees(
        (parameter, g, s) => sub(parameter, div(mul(rate, g), add(sqrt(s), epsilon))),
        parameters,
        gradient,
        sum,
      );
      return { parameters: moved, state: { step: add(latest.step, 1), sum } as unknown as Tree };
    },
  };
}
