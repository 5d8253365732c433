import { axesOf, reducedShape, type Axes as PrimitiveAxes } from "../primitives/axes.ts";
import * as extremes from "../primitives/extremes.ts";
import * as normalization from "../primitives/normalization.ts";
import * as reduction from "../primitives/reduction.ts";
import { reshape } from "../primitives/shaping.ts";
import * as summaries from "../primitives/summaries.ts";
import type { Value } from "../tape/tensor.ts";
import * as complex from "./complex/arithmetic.ts";
import { Complex, partsOf, type ComplexIf, type Parts } from "./complex/number.ts";
import type { Axes, ComplexParts, Operand, Reduced, ShapeOf, Shaped } from "./types.ts";
import { asValue, fixed, shapeOf, named, calledAs } from "./values.ts";

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
    calledAs(name, () => apply(asValue(name, x), fixed(axes), options.keepDims ?? false))) as unknown as Reduction;
}

/** The same, also of complex numbers. */
export type ReductionOfComplex = <
  const X extends Operand | ComplexParts,
  const A extends Axes | undefined = undefined,
  const Keep extends boolean = false,
>(
  x: X,
  axes?: A,
  options?: ReductionOptions<Keep>,
) => ComplexIf<X, 0, Reduced<ShapeOf<X>, A, Keep>>;

function overComplex(
  name: string,
  apply: (x: Value, axes: PrimitiveAxes, keepDims: boolean) => Value,
  complex: (x: Parts, axes: PrimitiveAxes, keepDims: boolean) => Complex,
): ReductionOfComplex {
  return ((x: unknown, axes?: Axes, options: ReductionOptions = {}) => {
    const [over, keepDims] = [fixed(axes), options.keepDims ?? false];
    return calledAs(name, () =>
      x instanceof Complex ? complex(partsOf(name, x), over, keepDims) : apply(asValue(name, x), over, keepDims),
    );
  }) as unknown as ReductionOfComplex;
}

/** The sum over axes, all of them when left out. `sum(x, -1, { keepDims: true })` */
export const sum: ReductionOfComplex = overComplex("sum", reduction.sum, complex.total);
/** The product over axes, all of them when left out. */
export const prod: Reduction = over("prod", reduction.prod);
/** The arithmetic mean over axes, all of them when left out: a sum and a division. */
export const mean: ReductionOfComplex = overComplex("mean", reduction.mean, complex.mean);
/** The largest element over axes; of equal ones the first gets the whole adjoint. (`maximum` compares two values.) */
export const max: Reduction = over("max", extremes.reduceMax);
/** The smallest element over axes; of equal ones the first gets the whole adjoint. (`minimum` compares two values.) */
export const min: Reduction = over("min", extremes.reduceMin);
/** The largest element over axes; the same as `max`. */
export const amax: Reduction = named("amax", max);
/** The smallest element over axes; the same as `min`. */
export const amin: Reduction = named("amin", min);
/** 1 where some element over axes is not 0, else 0. No gradient. */
export const any: Reduction = over("any", reduction.any);
/** 1 where no element over axes is 0, else 0. No gradient. */
export const all: Reduction = over("all", reduction.all);
/** ln Σeˣ over axes, without overflow. */
export const logSumExp: Reduction = over("logSumExp", normalization.logSumExp);

export interface VarianceOptions<Keep extends boolean = boolean> extends ReductionOptions<Keep> {
  /** What is taken off the count that the sum of squares is divided by: 0 (when left out), or 1 for the sample variance. */
  readonly ddof?: number;
}

export interface NormOptions<Keep extends boolean = boolean> extends ReductionOptions<Keep> {
  /** The order p of (Σ|x|ᵖ)^(1/p): 2 when left out; 1, Infinity (the largest |x|), −Infinity (the smallest), or any other. */
  readonly ord?: number;
}

/**
 * The vector norm over axes: √Σx², or one of another order. The gradient is 0 where the norm is; of elements of equal size
 * the first has that of the orders ±Infinity.
 */
export const norm: <
  const X extends Operand,
  const A extends Axes | undefined = undefined,
  const Keep extends boolean = false,
>(
  x: X,
  axes?: A,
  options?: NormOptions<Keep>,
) => Shaped<Reduced<ShapeOf<X>, A, Keep>> = ((x: unknown, axes?: Axes, options: NormOptions = {}) =>
  summaries.normOfOrder(
    asValue("norm", x),
    fixed(options.ord ?? 2),
    fixed(axes),
    options.keepDims ?? false,
  )) as unknown as Spread;

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

/** The standard deviation over axes: √variance. The gradient is 0 where all elements are equal. */
export const std: Spread = ((x: unknown, axes?: Axes, options: VarianceOptions = {}) =>
  summaries.standardDeviation(
    asValue("std", x),
    fixed(axes),
    options.keepDims ?? false,
    options.ddof ?? 0,
  )) as unknown as Spread;

/** The index of the first largest element along an axis, in the flattened tensor when left out. No gradient. */
export const argmax: Winner = winner("argmax", extremes.argmax);
/** The index of the first smallest element along an axis, in the flattened tensor when left out. No gradient. */
export const argmin: Winner = winner("argmin", extremes.argmin);

type Winner = <
  const X extends Operand,
  const A extends number | undefined = undefined,
  const Keep extends boolean = false,
>(
  x: X,
  axis?: A,
  options?: ReductionOptions<Keep>,
) => Shaped<Reduced<ShapeOf<X>, A, Keep>>;

function winner(name: string, apply: (x: Value, axis?: number) => Value): Winner {
  return ((x: unknown, axis?: number, options: ReductionOptions = {}) => {
    const value = asValue(name, x);
    const place = fixed<number | undefined>(axis);
    const index = apply(value, place);
    const axes = axesOf(name, place, shapeOf(value));
    return options.keepDims === true ? reshape(index, reducedShape(shapeOf(value), axes, true)) : index;
  }) as unknown as Winner;
}

/**
 * The value below which the share q of the elements along an axis lies, or of all when left out: linear interpolation between
 * the elements in order, at q·(n − 1), as NumPy. Adjoints flow to the two elements, and to q. A NaN among them gives NaN.
 *
 * @param q from 0 to 1, or several: the result then has their axes before its own
 * @example quantile(losses, [0.05, 0.5, 0.95])
 * @throws RangeError where q is not from 0 to 1.
 */
export function quantile(x: Operand, q: Operand, axis?: number, options: { readonly keepDims?: boolean } = {}): number {
  const [values, shares] = [asValue("quantile", x), asValue("quantile", q)];
  return summaries.quantile(values, shares, fixed<number | undefined>(axis), options.keepDims ?? false) as number;
}

/**
 * The middle element along an axis, or in all of them when left out; of an even number the mean of the middle two. Adjoints
 * go to those.
 */
export function median<const X extends Operand, const A extends number | undefined = undefined>(
  x: X,
  axis?: A,
): Shaped<Reduced<ShapeOf<X>, A, false>> {
  const value = asValue("median", x);
  const place = fixed<number | undefined>(axis);
  return summaries.median(value, place) as Shaped<Reduced<ShapeOf<X>, A, false>>;
}
