import { add, mul, sub } from "../../primitives/arithmetic.ts";
import { sign } from "../../primitives/rounding.ts";
import type { Value } from "../../tape/tensor.ts";
import { mapTrees, type Tree } from "../tree.ts";
import { checkOption, mixed, optionsOf, zerosLike, type Optimizer } from "./optimizer.ts";
import { checkRate, rateAt, type LearningRate } from "./schedules.ts";

export interface LionOptions {
  /** 1e-4 when left out. */
  readonly learningRate?: LearningRate;
  /** The share of the mean in the direction, 0.9 when left out. */
  readonly beta1?: number;
  /** The decay of the mean, 0.99 when left out. */
  readonly beta2?: number;
  /** λ: η·λθ is taken off the parameters, 0 when left out. */
  readonly weightDecay?: number;
}

/**
 * Lion (Chen et al., Symbolic discovery of optimization algorithms, 2023): steps of one size, θ ← θ − η·(sign(β₁m + (1 − β₁)g) + λθ),
 * with m the decaying mean of g.
 *
 * @throws RangeError where an option is not in its range.
 */
export function lion(options: LionOptions = {}): Optimizer {
  const { learningRate = 1e-4, beta1 = 0.9, beta2 = 0.99, weightDecay = 0 } = optionsOf("lion", options);
  checkRate("lion", learningRate);
  checkOption("lion", "beta1", beta1, 0, 1);
  checkOption("lion", "beta2", beta2, 0, 1);
  checkOption("lion", "weightDecay", weightDecay, 0, Infinity);
  return {
    name: "lion",
    init: (parameters) => ({ step: 0, mean: zerosLike(parameters) }),
    update(parameters, gradient, state) {
      const latest = state as unknown as { readonly step: Value; readonly mean: Tree };
      const rate = rateAt(learningRate, latest.step);
      const moved = mapTrees(
        (parameter, m, g) => {
          const direction = sign(mixed(beta1)(m, g));
          const step = weightDecay === 0 ? direction : add(direction, mul(weightDecay, parameter));
          return sub(parameter, mul(rate, step));
        },
        parameters,
        latest.mean,
        gradient,
      );
      const mean = mapTrees(mixed(beta2), latest.mean, gradient);
      return { parameters: moved, state: { step: add(latest.step, 1), mean } as unknown as Tree };
    },
  };
}
