import { broadcastTo as broadcast } from "../primitives/broadcasting.ts";
import * as gathering from "../primitives/gathering.ts";
import * as indexing from "../primitives/indexing.ts";
import * as shaping from "../primitives/shaping.ts";
import { ShapeError } from "../primitives/broadcastShapes.ts";
import { axisOf } from "../primitives/axes.ts";
import { greaterEqual } from "../primitives/comparison.ts";
import { where } from "../primitives/selection.ts";
import { add } from "../primitives/arithmetic.ts";
import { describeShape } from "../tape/shape.ts";
import { Tensor as RuntimeTensor, type Value } from "../tape/tensor.ts";
import type {
  Axes,
  Like,
  Operand,
  Range,
  Reshaped,
  Shape,
  ShapeOf,
  Shaped,
  Sliced,
  Taken,
  Tensor,
  Transposed,
  WithExtent,
} from "./types.ts";
import { asShape, asValue, fixed, shapeOf } from "./values.ts";

/**
 * The same elements in another shape. One extent may be −1: what remains.
 * @throws ShapeError where the elements do not fill the shape.
 */
export function reshape<const S extends Shape>(x: Operand, shape: S): Shaped<Reshaped<S>> {
  return shaping.reshape(asValue("reshape", x), fixed<Shape>(shape)) as Shaped<Reshaped<S>>;
}

/** Axis k of the result is axis `axes[k]` of x. Without `axes` their order is reversed: [a, b] becomes [b, a]. */
export function transpose<const X extends Operand, const A extends Shape | undefined = undefined>(
  x: X,
  axes?: A,
): Shaped<Transposed<ShapeOf<X>, A>> {
  return shaping.transpose(asValue("transpose", x), fixed<Shape | undefined>(axes)) as Shaped<
    Transposed<ShapeOf<X>, A>
  >;
}

/** Repeats x along new and unit axes to a shape, by NumPy's rules. */
export function broadcastTo<const S extends Shape>(x: Operand, shape: S): Shaped<S> {
  return broadcast(asValue("broadcastTo", x), asShape("broadcastTo", shape)) as unknown as Shaped<S>;
}

/** Adds axes of extent 1 at these places of the result. */
export function expandDims(x: Operand, axes: Axes): Tensor {
  return shaping.expandDims(asValue("expandDims", x), fixed(axes)) as unknown as Tensor;
}

/** Removes axes of extent 1: these, or all when left out. */
export function squeeze(x: Operand, axes?: Axes): number {
  return shaping.squeeze(asValue("squeeze", x), fixed(axes)) as number;
}

/** Reverses the order of the elements along axes, along all when left out. */
export function flip<const X extends Operand>(x: X, axes?: Axes): Like<X> {
  return shaping.flip(asValue("flip", x), fixed(axes)) as Like<X>;
}

/** Joins tensors along an axis that they have. All other axes must be equal. */
export function concat<const X extends readonly Operand[], const A extends number = 0>(
  values: X,
  axis?: A,
): Shaped<WithExtent<ShapeOf<X[number]>, A, number>> {
  const list = values.map((value) => asValue("concat", value));
  return shaping.concat(list, axis ?? 0) as Shaped<WithExtent<ShapeOf<X[number]>, A, number>>;
}

/** Joins values of one shape, numbers too, along a new axis. */
export function stack<const X extends readonly Operand[]>(values: X): Like<X>;
export function stack(values: readonly Operand[], axis: number): Tensor;
export function stack(values: readonly Operand[], axis = 0): unknown {
  return shaping.stack(
    values.map((value) => asValue("stack", value)),
    axis,
  );
}

/** Cuts x along an axis into `parts` equal parts, or into parts of the given lengths. */
export function split(x: Operand, parts: number | readonly number[], axis = 0): Tensor[] {
  const value = asValue("split", x);
  const place = axisOf("split", axis, shapeOf(value));
  const extent = shapeOf(value)[place]!;
  const given = fixed(parts);
  const lengths = typeof given === "number" ? new Array<number>(given).fill(extent / given) : given;
  if (lengths.some((length) => !Number.isInteger(length)) || lengths.reduce((a, b) => a + b, 0) !== extent)
    throw new ShapeError(
      `split of ${describeShape(shapeOf(value))}: axis ${place} with ${extent} elements cannot be cut into ${
        typeof given === "number" ? `${given} equal parts` : `parts of ${given.join(", ")}`
      }`,
    );
  let start = 0;
  return lengths.map((length) => {
    const range: Range = [start, (start += length)];
    const lead = new Array<null>(place).fill(null);
    return indexing.slice(value, [...lead, range]) as unknown as Tensor;
  });
}

/**
 * A region of x: for each axis all of it (`null`), one index (the axis goes), or `[start, stop, step]` as in Python.
 *
 * @example slice(x, [null, [0, 64]])      // x[:, 0:64]
 * @example slice(x, [-1])                 // x[-1]
 * @example slice(x, [[null, null, -1]])   // x[::-1]
 */
export function slice<const X extends Operand, const R extends readonly Range[]>(
  x: X,
  ranges: R,
): Shaped<Sliced<ShapeOf<X>, R>> {
  return indexing.slice(asValue("slice", x), fixed<readonly Range[]>(ranges)) as Shaped<Sliced<ShapeOf<X>, R>>;
}

/** Zeros around x: `[before, after]` for each axis. */
export function pad(x: Operand, widths: readonly (readonly [before: number, after: number])[]): Tensor {
  return indexing.pad(asValue("pad", x), fixed(widths)) as unknown as Tensor;
}

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

/** 1 at each index along a new last axis of `classes` elements, 0 elsewhere. No gradient. */
export function oneHot<const I extends Operand, const N extends number>(
  indices: I,
  classes: N,
): Shaped<readonly [...ShapeOf<I>, N]> {
  return gathering.oneHot(asValue("oneHot", indices), fixed<number>(classes)) as Shaped<readonly [...ShapeOf<I>, N]>;
}

/** The elements along an axis (the last when left out) in ascending order; adjoints go back to where they came from. */
export function sort<const X extends Operand>(x: X, axis = -1): Like<X> {
  return gathering.sort(asValue("sort", x), fixed(axis)) as Like<X>;
}

/** The places of the elements along an axis (the last when left out) in ascending order. No gradient. */
export function argsort<const X extends Operand>(x: X, axis = -1): Like<X> {
  return gathering.argsort(asValue("argsort", x), fixed(axis)) as Like<X>;
}

/** The matrix x with zeros above diagonal k. */
export function tril<const X extends Operand>(x: X, k = 0): Like<X> {
  const value = asValue("tril", x);
  return where(belowDiagonal("tril", value, k), value, 0) as Like<X>;
}

/** The matrix x with zeros below diagonal k. */
export function triu<const X extends Operand>(x: X, k = 0): Like<X> {
  const value = asValue("triu", x);
  return where(belowDiagonal("triu", value, k - 1), 0, value) as Like<X>;
}

/** 1 on diagonal k and below it. */
function belowDiagonal(name: string, x: Value, k: number): Value {
  const shape = shapeOf(x);
  if (shape.length < 2) throw new ShapeError(`${name} of ${describeShape(shape)}: give it a matrix`);
  const [rows, columns] = [count(shape.at(-2)!), count(shape.at(-1)!)];
  return greaterEqual(add(shaping.reshape(rows, [-1, 1]), k), columns);
}

function count(extent: number): RuntimeTensor {
  return new RuntimeTensor(
    [extent],
    Float64Array.from({ length: extent }, (_, i) => i),
  );
}
