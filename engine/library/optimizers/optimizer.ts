import { KindError, ValueError } from "../../primitives/argumentErrors.ts";
import { add, mul } from "../../primitives/arithmetic.ts";
import type { Value } from "../../tape/tensor.ts";
import { mapTrees, type Tree } from "../tree.ts";
import { describe } from "../values.ts";

/**
 * How parameters follow their gradient. An optimizer is two pure functions of trees, written with functions and
 * operators on tensors: it knows no tape, and what it does is recorded and compiled together with the model.
 *
 * A leaf of the parameters is a number or a tensor (arrays of numbers arrive as tensors). The gradient is built like the
 * parameters; the state is whatever tree of numbers and tensors the optimizer needs.
 */
export interface Optimizer {
  /** What people call it. */
  readonly name: string;
  /** The state before the first step. */
  init(parameters: Tree): Tree;
  /** One step. */
  update(parameters: Tree, gradient: Tree, state: Tree): { readonly parameters: Tree; readonly state: Tree };
}

/** @throws RangeError where `value` is not in the range that makes sense. */
export function checkOption(optimizer: string, option: string, value: unknown, low: number, high: number): void {
  if (typeof value === "number" && value >= low && value < high) return;
  const range =
    high === Infinity ? `a number from ${low} on` : `a number from ${low} up to, but not including, ${high}`;
  throw new ValueError(`${optimizer}: ${option} is ${describe(value)}; give ${range}`);
}

/** @throws RangeError where `value` is no finite number above 0. */
export function checkPositive(operation: string, option: string, value: unknown): void {
  if (typeof value === "number" && value > 0 && value < Infinity) return;
  throw new ValueError(`${operation}: ${option} is ${describe(value)}; give a positive number`);
}

/** `options` if they are an object, such as `example`. */
export function optionsOf<T extends object>(
  operation: string,
  options: T,
  example = "{ learningRate: 0.01 }",
  what = "options",
): T {
  if (typeof (options as unknown) === "object" && (options as unknown) !== null) return options;
  throw new KindError(`${operation}: give its ${what} in an object, such as ${example}, not ${describe(options)}`);
}

/** Zeros built like the parameters. */
export function zerosLike(parameters: Tree): Tree {
  return mapTrees((parameter) => mul(0, parameter), parameters);
}

/** βm + (1 − β)g: the next decaying mean. */
export const mixed =
  (beta: number) =>
  (latest: Value, next: Value): Value =>
    add(mul(beta, latest), mul(1 - beta, next));

/** The gradient with λθ added. */
export function decayed(parameters: Tree, gradient: Tree, weightDecay: number): Tree {
  if (weightDecay === 0) return gradient;
  return mapTrees((parameter, slope) => add(slope, mul(weightDecay, parameter)), parameters, gradient);
}
