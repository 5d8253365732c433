import type { Tree } from "../tree.ts";

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
  throw new RangeError(`${optimizer}: ${option} is ${String(value)}; give ${range}`);
}
