import { add, div, mul, sub } from "../../primitives/arithmetic.ts";
import { sqrt } from "../../primitives/transcendental.ts";
import type { Value } from "../../tape/tensor.ts";
import { mapTrees, type Tree } from "../tree.ts";
import { checkOption, decayed, mixed, optionsOf, zerosLike, type Optimizer } from "./optimizer.ts";
import { checkRate, rateAt, type LearningRate } from "./schedules.ts";

export interface RmspropOptions {
  /** 0.01 when left out. */
  readonly learningRate?: LearningRate;
  /** The decay of the mean of squares, 0.99 when left out. */
  readonly decay?: number;
  /** What share of the last step is made again, 0 when left out. */
  readonly momentum?: number;
  /** What keeps the division from 0, 1e-8 when left out. */
  readonly epsilon?: number;
  /** λ: λθ is added to the gradient, 0 when left out. */
  readonly weightDecay?: number;
}

/**
 * RMSprop (Tieleman and Hinton 2012), in the form that PyTorch has: with v the decaying mean of g², θ ← θ − η·g/(√v + ε).
 *
 * @throws RangeError where an option is not in its range.
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  const {
    learningRate = 0.01,
    decay = 0.99,
    momentum = 0,
    epsilon = 1e-8,
    weightDecay = 0,
  } = optionsOf("rmsprop", options);
  checkRate("rmsprop", learningRate);
  checkOption("rmsprop", "decay", decay, 0, 1);
  checkOption("rmsprop", "momentum", momentum, 0, 1);
  checkOption("rmsprop", "epsilon", epsilon, 0, Infinity);
  checkOption("rmsprop", "weightDecay", weightDecay, 0, Infinity);
  return {
    name: "rmsprop",
    init(parameters) {
      const zeros = zerosLike(parameters);
      return { step: 0, square: zeros, ...(momentum === 0 ? {} : { velocity: zeros }) };
    },
    update(parameters, given, state) {
      const latest = state as unknown as { readonly step: Value; readonly square: Tree; readonly velocity?: Tree };
      const gradient = decayed(parameters, given, weightDecay);
      const square = mapTrees((v, g) => mixed(decay)(v, mul(g, g)), latest.square, gradient);
      const scaled = mapTrees((g, v) => div(g, add(sqrt(v), epsilon)), gradient, square);
      const velocity = latest.velocity && mapTrees((v, g) => add(mul(momentum, v), g), latest.velocity, scaled);
      const rate = rateAt(learningRate, latest.step);
      return {
        parameters: mapTrees((parameter, step) => sub(parameter, mul(rate, step)), parameters, velocity ?? scaled),
        state: { step: add(latest.step, 1), square, ...(velocity && { velocity }) } as unknown as Tree,
      };
    },
  };
}
