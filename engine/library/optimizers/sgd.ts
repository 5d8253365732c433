import { add, mul, sub } from "../../primitives/arithmetic.ts";
import { mapTrees, type Tree } from "../tree.ts";
import { checkOption, type Optimizer } from "./optimizer.ts";

export interface SgdOptions {
  readonly learningRate: number;
  /** What share of the last step is made again, from 0 (when left out) up to 1. */
  readonly momentum?: number;
}

/**
 * Stochastic gradient descent: θ ← θ − η·g. With momentum μ, v ← μ·v + g and θ ← θ − η·v (Polyak 1964, in the form that
 * PyTorch has).
 *
 * @throws RangeError where the learning rate is negative or the momentum not in [0, 1).
 */
export function sgd(options: SgdOptions): Optimizer {
  const { learningRate, momentum = 0 } = options;
  checkOption("sgd", "learningRate", learningRate, 0, Infinity);
  checkOption("sgd", "momentum", momentum, 0, 1);
  const descend = (parameters: Tree, direction: Tree): Tree =>
    mapTrees((parameter, step) => sub(parameter, mul(learningRate, step)), parameters, direction);
  if (momentum === 0)
    return {
      name: "sgd",
      init: () => ({}),
      update: (parameters, gradient, state) => ({ parameters: descend(parameters, gradient), state }),
    };
  return {
    name: "sgd",
    init: (parameters) => ({ velocity: mapTrees((parameter) => mul(0, parameter), parameters) }),
    update(parameters, gradient, state) {
      const velocity = mapTrees(
        (latest, slope) => add(mul(momentum, latest), slope),
        (state as { velocity: Tree }).velocity,
        gradient,
      );
      return { parameters: descend(parameters, velocity), state: { velocity } };
    },
  };
}
