import { ValueError } from "../../primitives/argumentErrors.ts";
import { add, mul, sub } from "../../primitives/arithmetic.ts";
import type { Value } from "../../tape/tensor.ts";
import { mapTrees, type Tree } from "../tree.ts";
import { checkOption, decayed, optionsOf, zerosLike, type Optimizer } from "./optimizer.ts";
import { checkRate, rateAt, type LearningRate } from "./schedules.ts";

export interface SgdOptions {
  readonly learningRate: LearningRate;
  /** What share of the last step is made again, from 0 (when left out) up to 1. */
  readonly momentum?: number;
  /** Nesterov's momentum: the gradient is added once more to what is made again. */
  readonly nesterov?: boolean;
  /** λ: λθ is added to the gradient, 0 when left out. */
  readonly weightDecay?: number;
}

/**
 * Stochastic gradient descent: θ ← θ − η·g. With momentum μ, v ← μ·v + g and θ ← θ − η·v (Polyak 1964), or, Nesterov's,
 * θ ← θ − η·(g + μ·v) (Sutskever et al. 2013), both in the form that PyTorch has.
 *
 * @throws RangeError where the learning rate is negative or the momentum not in [0, 1).
 */
export function sgd(options: SgdOptions): Optimizer {
  const { learningRate, momentum = 0, nesterov = false, weightDecay = 0 } = optionsOf("sgd", options);
  checkRate("sgd", learningRate);
  checkOption("sgd", "momentum", momentum, 0, 1);
  checkOption("sgd", "weightDecay", weightDecay, 0, Infinity);
  if (nesterov && momentum === 0) throw new ValueError("sgd: nesterov is a kind of momentum; give momentum as well");
  const isScheduled = typeof learningRate === "function";
  return {
    name: "sgd",
    init: (parameters) => ({
      ...(isScheduled ? { step: 0 } : {}),
      ...(momentum === 0 ? {} : { velocity: zerosLike(parameters) }),
    }),
    update(parameters, given, state) {
      const latest = state as unknown as { readonly step?: Value; readonly velocity?: Tree };
      const gradient = decayed(parameters, given, weightDecay);
      const again = (from: Tree): Tree => mapTrees((v, slope) => add(mul(momentum, v), slope), from, gradient);
      const velocity = latest.velocity === undefined ? undefined : again(latest.velocity);
      const rate = rateAt(learningRate, latest.step ?? 0);
      const direction = velocity === undefined ? gradient : nesterov ? again(velocity) : velocity;
      return {
        parameters: mapTrees((parameter, step) => sub(parameter, mul(rate, step)), parameters, direction),
        state: {
          ...(isScheduled ? { step: add(latest.step!, 1) as number } : {}),
          ...(velocity === undefined ? {} : { velocity }),
        },
      };
    },
  };
}
