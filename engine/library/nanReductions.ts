/** NaN replaced, and reductions that leave it out. */
import { ValueError } from "../primitives/argumentErrors.ts";
import { add, div, mul, sub } from "../primitives/arithmetic.ts";
import { axisOf } from "../primitives/axes.ts";
import { ShapeError } from "../primitives/broadcastShapes.ts";
import { equal, isNaN, logicalNot } from "../primitives/comparison.ts";
import { reduceMax, reduceMin } from "../primitives/extremes.ts";
import { sort, takeAlongAxis } from "../primitives/gathering.ts";
import { all, norm, prod, sum } from "../primitives/reduction.ts";
import { ceil, floor } from "../primitives/rounding.ts";
import { primalOf, shapeOf } from "../primitives/rule.ts";
import { max, where } from "../primitives/selection.ts";
import { reshape, squeeze } from "../primitives/shaping.ts";
import { sqrt } from "../primitives/transcendental.ts";
import { describeShape } from "../tape/shape.ts";
import type { Value } from "../tape/tensor.ts";
import type { ReductionOptions } from "./reductions.ts";
import type { Axes, Like, Operand } from "./types.ts";
import { asValue, calledAs, describe, fixed } from "./values.ts";

/** x with each NaN, ∞ and −∞ replaced, by 0 and the largest numbers there are when left out. No gradient flows there. */
export function nanToNum<const X extends Operand>(
  x: X,
  options: { readonly nan?: number; readonly infinity?: number; readonly minusInfinity?: number } = {},
): Like<X> {
  const { nan = 0, infinity = Number.MAX_VALUE, minusInfinity = -Number.MAX_VALUE } = options;
  const value = asValue("nanToNum", x);
  const finite = where(equal(value, -Infinity), minusInfinity, where(equal(value, Infinity), infinity, value));
  return where(isNaN(value), nan, finite) as Like<X>;
}

type NaNReduction = (x: Operand, axes?: Axes, options?: ReductionOptions) => number;

/** A reduction of the elements that are numbers: `apply` gets x with something in the place of each NaN, and which are numbers. */
function withoutNaN(
  operation: string,
  filler: number,
  apply: (x: Value, numbers: Value, axes: Axes | undefined, keepDims: boolean) => Value,
): NaNReduction {
  return (x, axes, options = {}) =>
    calledAs(operation, () => {
      const value = asValue(operation, x);
      const missing = isNaN(value);
      return apply(
        where(missing, filler, value),
        logicalNot(missing),
        fixed(axes),
        options.keepDims ?? false,
      ) as number;
    });
}

/** The sum over axes, NaN left out. */
export const nanSum: NaNReduction = withoutNaN("nanSum", 0, (x, _, axes, keepDims) => sum(x, axes, keepDims));
/** The mean over axes, NaN left out; NaN where there is nothing else. */
export const nanMean: NaNReduction = withoutNaN("nanMean", 0, (x, numbers, axes, keepDims) =>
  div(sum(x, axes, keepDims), sum(numbers, axes, keepDims)),
);
/** The variance over axes, NaN left out; NaN where there is nothing else. */
export const nanVariance: NaNReduction = withoutNaN("nanVariance", 0, (x, numbers, axes, keepDims) => {
  const center = div(sum(x, axes, true), sum(numbers, axes, true));
  const off = where(numbers, sub(x, center), 0);
  return div(sum(mul(off, off), axes, keepDims), sum(numbers, axes, keepDims));
});
/** The largest element over axes, NaN left out; NaN where there is nothing else. */
export const nanMax: NaNReduction = withoutNaN("nanMax", -Infinity, (x, numbers, axes, keepDims) =>
  where(all(logicalNot(numbers), axes, keepDims), NaN, reduceMax(x, axes, keepDims)),
);
/** The smallest element over axes, NaN left out; NaN where there is nothing else. */
export const nanMin: NaNReduction = withoutNaN("nanMin", Infinity, (x, numbers, axes, keepDims) =>
  where(all(logicalNot(numbers), axes, keepDims), NaN, reduceMin(x, axes, keepDims)),
);
/** The standard deviation over axes, NaN left out; NaN where there is nothing else. The gradient is 0 where all are equal. */
export const nanStd: NaNReduction = withoutNaN("nanStd", 0, (x, numbers, axes, keepDims) => {
  const count = sum(numbers, axes, true);
  const off = where(numbers, sub(x, div(sum(x, axes, true), count)), 0);
  return div(norm(off, axes, keepDims), sqrt(sum(numbers, axes, keepDims)));
});
/** The product over axes, NaN left out. */
export const nanProd: NaNReduction = withoutNaN("nanProd", 1, (x, _, axes, keepDims) => prod(x, axes, keepDims));

/**
 * The value below which the share q of the elements along an axis lies, or of all when left out, NaN left out: as `quantile`. NaN
 * where there is nothing else.
 *
 * @param q one share, from 0 to 1
 */
export function nanQuantile(x: Operand, q: number, axis?: number): number {
  return calledAs("nanQuantile", () =>
    ofNumbers("nanQuantile", asValue("nanQuantile", x), asValue("nanQuantile", q), axis),
  );
}

/** The middle element along an axis, or in all of them when left out, NaN left out: as `median`. */
export function nanMedian(x: Operand, axis?: number): number {
  return calledAs("nanMedian", () => ofNumbers("nanMedian", asValue("nanMedian", x), 0.5, axis));
}

function ofNumbers(operation: string, x: Value, q: Value, axis: number | undefined): number {
  const share = primalOf(q);
  if (typeof share !== "number" || !(share >= 0 && share <= 1))
    throw new ValueError(`${operation}: the share is ${describe(share)}; give one from 0 to 1`);
  const values = axis === undefined || shapeOf(x).length === 0 ? reshape(x, [-1]) : x;
  const place = axisOf(operation, fixed(axis ?? 0), shapeOf(values));
  if (shapeOf(values)[place] === 0)
    throw new ShapeError(`${operation} of ${describeShape(shapeOf(x))}: there is no element to choose from`);
  // In order NaN comes last, so that numbers are the first ones.
  const sorted = sort(values, place);
  const count = sum(logicalNot(isNaN(values)), place, true);
  const position = mul(q, max(sub(count, 1), 0));
  const below = floor(position);
  const [low, high] = [takeAlongAxis(sorted, below, place), takeAlongAxis(sorted, ceil(position), place)];
  const weight = sub(position, below);
  // Equal infinities have no difference.
  const between = where(equal(weight, 0), low, add(low, mul(weight, sub(high, low))));
  return squeeze(between, place) as number;
}
