import { div } from "../primitives/arithmetic.ts";
import { ShapeError } from "../primitives/broadcastShapes.ts";
import { broadcastTo } from "../primitives/broadcasting.ts";
import * as dynamic from "../primitives/dynamicSlice.ts";
import * as gathering from "../primitives/gathering.ts";
import { shapeOf } from "../primitives/rule.ts";
import * as scattering from "../primitives/scattering.ts";
import { max } from "../primitives/selection.ts";
import { reshape, stack } from "../primitives/shaping.ts";
import { describeShape } from "../tape/shape.ts";
import type { Value } from "../tape/tensor.ts";
import type { Like, Operand, Shape, ShapeOf, Shaped, Taken, Tensor, WithExtent } from "./types.ts";
import { asShape, asValue, fixed, named, calledAs, asWhole } from "./values.ts";

/**
 * The elements at `indices` along an axis (the first when left out): x[indices]. The result has the shape of x with that
 * axis replaced by the shape of the indices. Adjoints of an index given twice add; none flows to the indices.
 */
export function take<const X extends Operand, const I extends Operand, const A extends number = 0>(
  x: X,
  indices: I,
  axis?: A,
): Shaped<Taken<ShapeOf<X>, ShapeOf<I>, A>> {
  const result = gathering.take(asValue("take", x), asValue("take", indices), fixed<number>(axis ?? 0));
  return result as Shaped<Taken<ShapeOf<X>, ShapeOf<I>, A>>;
}

/** Along an axis, the element of x at each index; `indices` has the shape of x except along that axis. */
export function takeAlongAxis<const I extends Operand>(x: Operand, indices: I, axis: number): Like<I> {
  const name = "takeAlongAxis";
  return gathering.takeAlongAxis(asValue(name, x), asValue(name, indices), fixed(axis)) as Like<I>;
}

/** Along an axis, the element of x at each index, as PyTorch's `gather`; the same as `takeAlongAxis`. */
export const gather: typeof takeAlongAxis = named("gather", takeAlongAxis);

type Updating = <const X extends Operand>(x: X, indices: Operand, updates: Operand, axis?: number) => Like<X>;

function updating(name: string, apply: scattering.Update): Updating {
  return ((x: unknown, indices: unknown, updates: unknown, axis = 0) =>
    apply(asValue(name, x), asValue(name, indices), asValue(name, updates), fixed(axis))) as unknown as Updating;
}

/**
 * x with updates put in at indices along an axis (the first when left out): a copy on which x[indices] = updates was done.
 * The updates have the shape that `take(x, indices, axis)` gives, or broadcast to it. Of several for one place the last
 * counts, and gets the adjoint; none flows to the indices or to what was covered.
 *
 * @throws ShapeError where the updates do not fit, RangeError where an index is outside of the axis.
 */
export const scatterSet: Updating = updating("scatterSet", scattering.scatterSet);
/** x with updates added at indices along an axis: as `scatterSet`, but several for one place add up. */
export const scatterAdd: Updating = updating("scatterAdd", scattering.addAt);
/**
 * x with updates put in along an axis, each at its own index, as NumPy's `put_along_axis` and PyTorch's `scatter`; `indices` has
 * the shape of x except along that axis. Of several for one place the last counts.
 */
export const scatterSetAlongAxis: Updating = updating("scatterSetAlongAxis", scattering.scatterSetAlongAxis);
/** x with updates added along an axis, each at its own index, as PyTorch's `scatter_add`. */
export const scatterAddAlongAxis: Updating = updating("scatterAddAlongAxis", scattering.addAlongAxis);

/**
 * x with the largest of what is there and of the updates put in at indices along an axis, as JAX's `x.at[indices].max`. Of equal
 * ones the first gets the whole adjoint, x before the updates; a NaN wins. For the rest see `scatterSet`.
 */
export const scatterMax: Updating = updating("scatterMax", scattering.extremeAt("scatterMax", "slices", false));
/** As `scatterMax`, but the smallest. */
export const scatterMin: Updating = updating("scatterMin", scattering.extremeAt("scatterMin", "slices", true));
/** x times the updates at indices along an axis: as `scatterSet`, but several for one place multiply. Right at zeros too. */
export const scatterMul: Updating = updating("scatterMul", scattering.productAt("scatterMul", "slices"));
/** As `scatterMax`, each update at its own index, as PyTorch's `scatter_reduce` with "amax". */
export const scatterMaxAlongAxis: Updating = updating(
  "scatterMaxAlongAxis",
  scattering.extremeAt("scatterMaxAlongAxis", "elements", false),
);
/** As `scatterMin`, each update at its own index, as PyTorch's `scatter_reduce` with "amin". */
export const scatterMinAlongAxis: Updating = updating(
  "scatterMinAlongAxis",
  scattering.extremeAt("scatterMinAlongAxis", "elements", true),
);
/** As `scatterMul`, each update at its own index, as PyTorch's `scatter_reduce` with "prod". */
export const scatterMulAlongAxis: Updating = updating(
  "scatterMulAlongAxis",
  scattering.productAt("scatterMulAlongAxis", "elements"),
);

/** Sums of the rows of x that have the same number: row k of the result adds up those at which `segments` is k. */
export function segmentSum(x: Operand, segments: Operand, count: number): Tensor {
  const { value, numbers, shape } = segmented("segmentSum", x, segments, count);
  return gathering.scatterAdd(value, numbers, 0, shape) as unknown as Tensor;
}

/** Means of the rows of x that have the same number; 0 where there is none. See `segmentSum`. */
export function segmentMean(x: Operand, segments: Operand, count: number): Tensor {
  const { value, numbers, shape } = segmented("segmentMean", x, segments, count);
  const rows = gathering.scatterAdd(broadcastTo(1, shapeOf(numbers)), numbers, 0, shape.slice(0, 1));
  const divisors = reshape(max(rows, 1), [shape[0]!, ...shape.slice(1).map(() => 1)]);
  return div(gathering.scatterAdd(value, numbers, 0, shape), divisors) as unknown as Tensor;
}

/** The largest of the rows of x that have the same number, element by element; −∞ where there is none. See `segmentSum`. */
export function segmentMax(x: Operand, segments: Operand, count: number): Tensor {
  const { value, numbers, shape } = segmented("segmentMax", x, segments, count);
  const least = broadcastTo(-Infinity, shape);
  return scattering.extremeAt("segmentMax", "slices", false)(least, numbers, value, 0) as unknown as Tensor;
}

/** The smallest of the rows of x that have the same number, element by element; ∞ where there is none. See `segmentSum`. */
export function segmentMin(x: Operand, segments: Operand, count: number): Tensor {
  const { value, numbers, shape } = segmented("segmentMin", x, segments, count);
  const most = broadcastTo(Infinity, shape);
  return scattering.extremeAt("segmentMin", "slices", true)(most, numbers, value, 0) as unknown as Tensor;
}

/** `shape` is that of the result. */
function segmented(operation: string, x: unknown, segments: unknown, count: number) {
  const [value, numbers] = [asValue(operation, x), asValue(operation, segments)];
  const [from, given] = [shapeOf(value), shapeOf(numbers)];
  if (from.length === 0 || given.length !== 1 || given[0] !== from[0])
    throw new ShapeError(
      `${operation} of ${describeShape(from)} by segments ${describeShape(given)}: give a segment for each of its rows`,
    );
  return { value, numbers, shape: [...asShape(operation, count), ...from.slice(1)] };
}

/**
 * The region of x of these sizes that begins at `starts`, one for each axis; negative ones count from the end. Unlike in
 * `slice` the starts may be computed from the batch, and the model is still compiled only once. No gradient flows to them.
 *
 * @throws RangeError where the region is not within x; starts are not moved to make it fit.
 */
export function dynamicSlice<const S extends Shape>(x: Operand, starts: readonly number[], sizes: S): Shaped<S> {
  const value = asValue("dynamicSlice", x);
  return dynamic.dynamicSlice(value, startsOf(starts), asShape("dynamicSlice", sizes)) as Shaped<S>;
}

/** x with another tensor put in where `starts` says: see `dynamicSlice`. What is covered gets no adjoint. */
export function dynamicUpdateSlice<const X extends Operand>(x: X, update: Operand, starts: readonly number[]): Like<X> {
  return calledAs("dynamicUpdateSlice", () => {
    const name = "dynamicUpdateSlice";
    return dynamic.dynamicUpdateSlice(asValue(name, x), asValue(name, update), startsOf(starts)) as Like<X>;
  });
}

function startsOf(starts: readonly number[]): Value {
  return Array.isArray(starts) && starts.length > 0
    ? stack(starts.map((start: number) => asValue("dynamicSlice", start)))
    : asValue("dynamicSlice", starts);
}

/** 1 at each index along a new last axis of `classes` elements, 0 elsewhere. No gradient. */
export function oneHot<const I extends Operand, const N extends number>(
  indices: I,
  classes: N,
): Shaped<readonly [...ShapeOf<I>, N]> {
  return gathering.oneHot(asValue("oneHot", indices), asWhole("oneHot", "the number of classes", classes)) as Shaped<
    readonly [...ShapeOf<I>, N]
  >;
}

export interface SortOptions {
  /** From the largest to the smallest. */
  readonly descending?: boolean;
}

/**
 * The elements along an axis (the last when left out) in ascending order, equal ones in the order they had; NaN counts as
 * larger than every number. Each adjoint goes back to where the element came from.
 */
export function sort<const X extends Operand>(x: X, axis = -1, options: SortOptions = {}): Like<X> {
  return calledAs("sort", () => {
    return gathering.sort(asValue("sort", x), fixed(axis), options.descending ?? false) as Like<X>;
  });
}

/** The places of the elements along an axis (the last when left out) in order: see `sort`. No gradient. */
export function argsort<const X extends Operand>(x: X, axis = -1, options: SortOptions = {}): Like<X> {
  return gathering.argsort(asValue("argsort", x), fixed(axis), options.descending ?? false) as Like<X>;
}

/** What `topK` found along axis A. */
export interface Best<S extends Shape> {
  readonly values: Shaped<S>;
  readonly indices: Shaped<S>;
}

/**
 * The k largest elements along an axis (the last when left out), largest first, and their places. Of equal ones those that
 * come first are taken; NaN counts as larger than every number. Adjoints flow to the elements taken.
 *
 * @param options.largest false for the smallest, smallest first
 * @throws ShapeError where there are fewer than k.
 */
export function topK<const X extends Operand, const K extends number, const A extends number = -1>(
  x: X,
  k: K,
  axis?: A,
  options: { readonly largest?: boolean } = {},
): Best<WithExtent<ShapeOf<X>, A, K>> {
  const found = gathering.topK(
    asValue("topK", x),
    asWhole("topK", "k", k),
    fixed<number>(axis ?? -1),
    options.largest ?? true,
  );
  return found as Best<WithExtent<ShapeOf<X>, A, K>>;
}
