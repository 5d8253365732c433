import type { Axes as PrimitiveAxes } from "../primitives/axes.ts";
import * as arithmetic from "../primitives/arithmetic.ts";
import * as extremes from "../primitives/extremes.ts";
import * as normalization from "../primitives/normalization.ts";
import * as reduction from "../primitives/reduction.ts";
import { sqrt } from "../primitives/transcendental.ts";
import type { Value } from "../tape/tensor.ts";
import type { Axes, Like, Operand, Reduced, ShapeOf, Shaped } from "./types.ts";
import { asValue, fixed } from "./values.ts";

export interface ReductionOptions<Keep extends boolean = boolean> {
  /** Keep the reduced axes with extent 1, so that the result broadcasts against x. */
  readonly keepDims?: Keep;
}

/**
 * Reduces x over axes: one, several, or all of them when left out (the result is then a number).
 *
 * @param axes axes to reduce over; negative ones count from the last
 * @param options.keepDims keep the reduced axes with extent 1
 */
export type Reduction = <
  const X extends Operand,
  const A extends Axes | undefined = undefined,
  const Keep extends boolean = false,
>(
  x: X,
  axes?: A,
  options?: ReductionOptions<Keep>,
) => Shaped<Reduced<ShapeOf<X>, A, Keep>>;

function over(name: string, apply: (x: Value, axes: PrimitiveAxes, keepDims: boolean) => Value): Reduction {
  return ((x: unknown, axes?: Axes, options: ReductionOptions = {}) =>
    apply(asValue(name, x), fixed(axes), options.keepDims ?? false)) as unknown as Reduction;
}

/** The sum over axes, all of them when left out. `sum(x, -1, { keepDims: true })` */
export const sum: Reduction = over("sum", reduction.sum);
/** The product over axes, all of them when left out. */
export const prod: Reduction = over("prod", reduction.prod);
/** The arithmetic mean over axes, all of them when left out: a sum and a division. */
export const mean: Reduction = over("mean", reduction.mean);
/** The largest element over axes; of equal ones the first gets the whole adjoint. (`maximum` compares two values.) */
export const max: Reduction = over("max", extremes.reduceMax);
/** The smallest element over axes; of equal ones the first gets the whole adjoint. (`minimum` compares two values.) */
export const min: Reduction = over("min", extremes.reduceMin);
/** √Σx² over axes. The gradient is 0 where the norm is. */
export const norm: Reduction = over("norm", reduction.norm);
/** ln Σeˣ over axes, without overflow. */
export const logSumExp: Reduction = over("logSumExp", normalization.logSumExp);

export interface VarianceOptions<Keep extends boolean = boolean> extends ReductionOptions<Keep> {
  /** What is taken off the count that the sum of squares is divided by: 0 (when left out), or 1 for the sample variance. */
  readonly ddof?: number;
}

type Spread = <
  const X extends Operand,
  const A extends Axes | undefined = undefined,
  const Keep extends boolean = false,
>(
  x: X,
  axes?: A,
  options?: VarianceOptions<Keep>,
) => Shaped<Reduced<ShapeOf<X>, A, Keep>>;

/** The mean squared distance from the mean over axes. Made of means, a difference and a square. */
export const variance: Spread = ((x: unknown, axes?: Axes, options: VarianceOptions = {}) =>
  reduction.variance(
    asValue("variance", x),
    fixed(axes),
    options.keepDims ?? false,
    options.ddof ?? 0,
  )) as unknown as Spread;

/** The standard deviation over axes: √variance. The gradient is infinite where all elements are equal. */
export const std: Spread = ((x: unknown, axes?: Axes, options: VarianceOptions = {}) =>
  sqrt(
    reduction.variance(asValue("std", x), fixed(axes), options.keepDims ?? false, options.ddof ?? 0),
  )) as unknown as Spread;

/** The index of the first largest element along an axis, in the flattened tensor when left out. No gradient. */
export function argmax<const X extends Operand, const A extends number | undefined = undefined>(
  x: X,
  axis?: A,
): Shaped<Reduced<ShapeOf<X>, A, false>> {
  return extremes.argmax(asValue("argmax", x), fixed<number | undefined>(axis)) as Shaped<
    Reduced<ShapeOf<X>, A, false>
  >;
}

/** The index of the first smallest element along an axis, in the flattened tensor when left out. No gradient. */
export function argmin<const X extends Operand, const A extends number | undefined = undefined>(
  x: X,
  axis?: A,
): Shaped<Reduced<ShapeOf<X>, A, false>> {
  return extremes.argmin(asValue("argmin", x), fixed<number | undefined>(axis)) as Shaped<
    Reduced<ShapeOf<X>, A, false>
  >;
}

/** Running sums along an axis. */
export function cumsum<const X extends Operand>(x: X, axis = -1): Like<X> {
  return reduction.cumsum(asValue("cumsum", x), fixed(axis)) as Like<X>;
}

/** The mean of (prediction − target)² over all elements. */
export function meanSquaredError(prediction: Operand, target: Operand): number {
  const name = "meanSquaredError";
  const difference = arithmetic.sub(asValue(name, prediction), asValue(name, target));
  return reduction.mean(arithmetic.mul(difference, difference)) as number;
}
