import { broadcastTo as broadcast } from "../primitives/broadcasting.ts";
import * as indexing from "../primitives/indexing.ts";
import * as rearranging from "../primitives/rearranging.ts";
import type { PadMode } from "../primitives/rearranging.ts";
import * as shaping from "../primitives/shaping.ts";
import { ShapeError } from "../primitives/broadcastShapes.ts";
import { axisOf } from "../primitives/axes.ts";
import { describeShape } from "../tape/shape.ts";
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
  Tensor,
  Transposed,
  WithExtent,
} from "./types.ts";
import type { Inserted, SameRank, Squeezed } from "./shapeTypes.ts";
import { asList, asShape, asValue, asWhole, asWholes, fixed, shapeOf } from "./values.ts";

/**
 * The same elements in another shape. One extent may be −1: what remains.
 * @throws ShapeError where the elements do not fill the shape.
 */
export function reshape<const S extends Shape>(x: Operand, shape: S): Shaped<Reshaped<S>> {
  return shaping.reshape(asValue("reshape", x), asExtents("reshape", shape)) as Shaped<Reshaped<S>>;
}

/** Axis k of the result is axis `axes[k]` of x. Without `axes` their order is reversed: [a, b] becomes [b, a]. */
export function transpose<const X extends Operand, const A extends Shape | undefined = undefined>(
  x: X,
  axes?: A,
): Shaped<Transposed<ShapeOf<X>, A>> {
  return shaping.transpose(
    asValue("transpose", x),
    axes === undefined ? undefined : asExtents("transpose", axes),
  ) as Shaped<Transposed<ShapeOf<X>, A>>;
}

/** Repeats x along new and unit axes to a shape, by NumPy's rules. */
export function broadcastTo<const S extends Shape>(x: Operand, shape: S): Shaped<S> {
  return broadcast(asValue("broadcastTo", x), asShape("broadcastTo", shape)) as unknown as Shaped<S>;
}

/** Adds axes of extent 1 at these places of the result. */
export function expandDims<const X extends Operand, const A extends Axes>(
  x: X,
  axes: A,
): Tensor<A extends number ? Inserted<ShapeOf<X>, A, 1> : Shape> {
  const result = shaping.expandDims(asValue("expandDims", x), asWholes("expandDims", "an axis", axes));
  return result as unknown as Tensor<A extends number ? Inserted<ShapeOf<X>, A, 1> : Shape>;
}

/** Removes axes of extent 1: these, or all when left out. */
export function squeeze<const X extends Operand, const A extends Axes | undefined = undefined>(
  x: X,
  axes?: A,
): Shaped<Squeezed<ShapeOf<X>, A>> {
  return shaping.squeeze(asValue("squeeze", x), fixed<Axes | undefined>(axes)) as Shaped<Squeezed<ShapeOf<X>, A>>;
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
  const list = asList("concat", "the values", values).map((value) => asValue("concat", value));
  return shaping.concat(list, asWhole("concat", "the axis", axis ?? 0)) as Shaped<
    WithExtent<ShapeOf<X[number]>, A, number>
  >;
}

/** Joins values of one shape, numbers too, along a new axis. */
export function stack<const X extends readonly Operand[]>(values: X): Like<X>;
export function stack<const X extends readonly Operand[], const A extends number>(
  values: X,
  axis: A,
): Tensor<Inserted<ShapeOf<X[number]>, A, X["length"]>>;
export function stack(values: readonly Operand[], axis = 0): unknown {
  return shaping.stack(
    asList("stack", "the values", values).map((value) => asValue("stack", value)),
    asWhole("stack", "the axis", axis),
  );
}

/**
 * Cuts x along an axis (the first when left out) into `parts` equal parts, or into parts of the given lengths.
 * @throws ShapeError where they do not make up the axis.
 */
export function split<const X extends Operand, const A extends number = 0>(
  x: X,
  parts: number | readonly number[],
  axis?: A,
): Tensor<WithExtent<ShapeOf<X>, A, number>>[] {
  const value = asValue("split", x);
  const place = axisOf("split", fixed<number>(axis ?? 0), shapeOf(value));
  const extent = shapeOf(value)[place]!;
  const given = asWholes("split", "the number of parts or the length of one", parts);
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
    return indexing.slice(value, [...lead, range]) as unknown as Tensor<WithExtent<ShapeOf<X>, A, number>>;
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
  return indexing.slice(asValue("slice", x), checkedRanges(ranges)) as Shaped<Sliced<ShapeOf<X>, R>>;
}

function pairs(widths: unknown): rearranging.Widths {
  return asList("pad", "[before, after] for each axis", widths).map((pair): [number, number] => {
    const [before, after] = asList("pad", "[before, after] for each axis", pair);
    return [asWhole("pad", "a width", before), asWhole("pad", "a width", after)];
  });
}

function asExtents(operation: string, shape: unknown): Shape {
  return asList(operation, "whole numbers", fixed(shape)).map((extent) => asWhole(operation, "one of them", extent));
}

function checkedRanges(ranges: unknown): readonly Range[] {
  return asList("slice", "a range for each axis", fixed(ranges)).map((range, axis): Range => {
    const what = `the range of axis ${axis}`;
    if (range === null || range === undefined) return null;
    if (!Array.isArray(range)) return asWhole("slice", what, range);
    const [start, stop, step] = range.map((part: unknown) =>
      part === null || part === undefined ? null : asWhole("slice", what, part),
    );
    return [start ?? null, stop ?? null, step ?? 1];
  });
}

export interface PadOptions {
  /**
   * What stands around x: a constant, its edge, its mirror image without ("reflect") or with the edge repeated
   * ("symmetric"), or its other end ("wrap"). A constant when left out.
   */
  readonly mode?: PadMode;
  /** The constant, 0 when left out. Gradients flow into it. */
  readonly value?: number;
}

/**
 * Elements around x: `[before, after]` for each axis, or one number for all sides.
 * @throws ShapeError where the widths do not fit the axes.
 */
export function pad<const X extends Operand>(
  x: X,
  widths: number | rearranging.Widths,
  options: PadOptions = {},
): Tensor<SameRank<ShapeOf<X>>> {
  const value = asValue("pad", x);
  const given = fixed(widths);
  const each: rearranging.Widths = typeof given === "number" ? shapeOf(value).map(() => [given, given]) : pairs(given);
  const { mode = "constant", value: constant = 0 } = options;
  const padded = rearranging.padWith(value, each, mode, asValue("pad", constant));
  return padded as unknown as Tensor<SameRank<ShapeOf<X>>>;
}
