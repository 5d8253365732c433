/** NaN replaced, and reductions that leave it out. */
import { div, mul, sub } from "../primitives/arithmetic.ts";
import { equal, isNaN, logicalNot } from "../primitives/comparison.ts";
import { reduceMax, reduceMin } from "../primitives/extremes.ts";
import { all, sum } from "../primitives/reduction.ts";
import { where } from "../primitives/selection.ts";
import type { Value } from "../tape/tensor.ts";
import type { ReductionOptions } from "./reductions.ts";
import type { Axes, Like, Operand } from "./types.ts";
import { asValue, calledAs, fixed } from "./values.ts";

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
