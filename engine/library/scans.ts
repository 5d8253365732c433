import * as reduction from "../primitives/reduction.ts";
import * as scans from "../primitives/scans.ts";
import type { Broadcast, Broadcastable, Like, Operand, ShapeOf, Shaped } from "./types.ts";
import { asValue, fixed, calledAs } from "./values.ts";

export interface CumulativeOptions {
  /** Run from the end to the beginning. */
  readonly reverse?: boolean;
}

/** Runs along an axis, the last when left out: the result has the shape of x. */
export type Scan = <const X extends Operand>(x: X, axis?: number, options?: CumulativeOptions) => Like<X>;

function along(name: string, apply: reduction.Cumulation): Scan {
  return ((x: unknown, axis = -1, options: CumulativeOptions = {}) =>
    calledAs(name, () => apply(asValue(name, x), fixed(axis), options.reverse ?? false))) as unknown as Scan;
}

/** Running sums along an axis. */
export const cumsum: Scan = along("cumsum", reduction.cumsum);
/** Running products along an axis. The gradient is right at zeros. */
export const cumprod: Scan = along("cumprod", scans.cumprod);
/** The largest element so far along an axis; of equal ones the first gets the whole adjoint. */
export const cummax: Scan = along("cummax", scans.cummax);
/** The smallest element so far along an axis; of equal ones the first gets the whole adjoint. */
export const cummin: Scan = along("cummin", scans.cummin);
/** Running ln Σeˣ along an axis, without overflow. */
export const logCumSumExp: Scan = along("logCumSumExp", scans.logCumSumExp);

/**
 * yᵢ = aᵢ·yᵢ₋₁ + bᵢ along an axis (the last when left out), from y = 0 before the first: exponential averages, linear
 * recurrent networks, state space models. One operation, however long. a and b broadcast.
 *
 * @example linearRecurrence(0.9, x)   // an exponential average of x, not normalised
 */
export function linearRecurrence<const A extends Operand, const B extends Operand>(
  a: A,
  b: Broadcastable<A, B>,
  axis = -1,
  options: CumulativeOptions = {},
): Shaped<Broadcast<ShapeOf<A>, ShapeOf<B>>> {
  const [factors, terms] = [asValue("linearRecurrence", a), asValue("linearRecurrence", b)];
  const result = scans.linearRecurrence(factors, terms, fixed(axis), options.reverse ?? false);
  return result as Shaped<Broadcast<ShapeOf<A>, ShapeOf<B>>>;
}
