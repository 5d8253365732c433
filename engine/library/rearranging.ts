import { add } from "../primitives/arithmetic.ts";
import { ShapeError } from "../primitives/broadcastShapes.ts";
import { greaterEqual } from "../primitives/comparison.ts";
import * as rearranging from "../primitives/rearranging.ts";
import { where } from "../primitives/selection.ts";
import * as shaping from "../primitives/shaping.ts";
import { describeShape } from "../tape/shape.ts";
import { Tensor as RuntimeTensor, type Value } from "../tape/tensor.ts";
import type { Diag, Embedded, Exchanged, SameRank } from "./shapeTypes.ts";
import type { Axes, BatchOf, Diagonal, Like, Operand, ShapeOf, Shaped, Tensor } from "./types.ts";
import { asList, asValue, asWhole, asWholes, fixed, shapeOf, calledAs } from "./values.ts";

/** The axis `from` as axis `to`; the others keep their order. */
export function moveAxis<const X extends Operand>(x: X, from: number, to: number): Shaped<SameRank<ShapeOf<X>>> {
  return rearranging.moveAxis(asValue("moveAxis", x), fixed(from), fixed(to)) as Shaped<SameRank<ShapeOf<X>>>;
}

/** Axes a and b in each other's place. */
export function swapAxes<const X extends Operand, const A extends number, const B extends number>(
  x: X,
  a: A,
  b: B,
): Shaped<Exchanged<ShapeOf<X>, A, B>> {
  const result = rearranging.swapAxes(asValue("swapAxes", x), fixed<number>(a), fixed<number>(b));
  return result as Shaped<Exchanged<ShapeOf<X>, A, B>>;
}

/** Axes `first` to `last` as one; all of them when left out. */
export function flatten(x: Operand, first = 0, last = -1): Tensor {
  return rearranging.flatten(asValue("flatten", x), fixed(first), fixed(last)) as unknown as Tensor;
}

/**
 * Elements moved on by `shift` places along axes; what goes out at one end comes in at the other. Without axes they move
 * through all in a row.
 */
export function roll<const X extends Operand>(x: X, shift: number | readonly number[], axes?: Axes): Like<X> {
  return rearranging.roll(
    asValue("roll", x),
    asWholes("roll", "a shift", shift),
    axes === undefined ? undefined : asWholes("roll", "an axis", axes),
  ) as Like<X>;
}

/** Copies of x side by side: `counts[k]` of them along axis k, aligned at the last axis. */
export function tile(x: Operand, counts: number | readonly number[]): Tensor {
  const given = asWholes("tile", "a count", counts);
  return rearranging.tile(asValue("tile", x), typeof given === "number" ? [given] : given) as unknown as Tensor;
}

/** Each element along an axis so many times in a row (one count, or one for each); of all in a row when left out. */
export function repeat(x: Operand, counts: number | readonly number[], axis?: number): Tensor {
  return rearranging.repeat(
    asValue("repeat", x),
    asWholes("repeat", "a count", counts),
    fixed(axis),
  ) as unknown as Tensor;
}

/** The parts of x along an axis, the first when left out, without that axis. */
export function unstack(x: Operand, axis = 0): number[] {
  return rearranging.unstack(asValue("unstack", x), fixed(axis)) as number[];
}

/**
 * A vector as a matrix with it on diagonal k and zeros elsewhere; of a matrix, its diagonal k. Diagonals above the main one
 * have k > 0.
 */
export function diag<const X extends Operand>(x: X): Tensor<Diag<ShapeOf<X>>>;
export function diag(x: Operand, k: number): Tensor;
export function diag(x: unknown, k = 0): unknown {
  return rearranging.diag(asValue("diag", x), asWhole("diag", "the diagonal", k));
}

/** Matrices with the elements along the last axis of x on diagonal k, zeros elsewhere. */
export function diagEmbed<const X extends Operand>(x: X): Tensor<Embedded<ShapeOf<X>>>;
export function diagEmbed(x: Operand, k: number): Tensor;
export function diagEmbed(x: unknown, k = 0): unknown {
  return rearranging.diagonalMatrix(asValue("diagEmbed", x), asWhole("diagEmbed", "the diagonal", k));
}

/** Diagonal k of the matrices along two axes, the last two when left out; it is the last axis of the result. */
export function diagonal<const X extends Operand>(x: X): Tensor<Diagonal<ShapeOf<X>>>;
export function diagonal(x: Operand, k: number, rowAxis?: number, columnAxis?: number): Tensor;
export function diagonal(x: unknown, k = 0, rowAxis = -2, columnAxis = -1): unknown {
  return rearranging.diagonal(
    asValue("diagonal", x),
    asWhole("diagonal", "the diagonal", k),
    fixed(rowAxis),
    fixed(columnAxis),
  );
}

/** The sum of diagonal k of the matrices along two axes, the last two when left out. */
export function trace<const X extends Operand>(x: X, k?: number): Shaped<BatchOf<ShapeOf<X>>>;
export function trace(x: Operand, k: number, rowAxis: number, columnAxis: number): number;
export function trace(x: unknown, k = 0, rowAxis = -2, columnAxis = -1): unknown {
  return calledAs("trace", () => {
    return rearranging.trace(
      asValue("trace", x),
      asWhole("trace", "the diagonal", k),
      fixed(rowAxis),
      fixed(columnAxis),
    );
  });
}

/**
 * Vectors spread over a common grid, one tensor for each.
 *
 * @param options.indexing "ij" gives axis k to vector k; "xy", as when left out, gives the first the second axis, as in plots
 */
export function meshgrid(vectors: readonly Operand[], options: { readonly indexing?: "xy" | "ij" } = {}): Tensor[] {
  const values = asList("meshgrid", "the vectors", vectors).map((vector) => asValue("meshgrid", vector));
  return rearranging.meshgrid(values, options.indexing ?? "xy") as unknown as Tensor[];
}

/** The matrix x with zeros above diagonal k. */
export function tril<const X extends Operand>(x: X, k = 0): Like<X> {
  const value = asValue("tril", x);
  return where(belowDiagonal("tril", value, asWhole("tril", "the diagonal", k)), value, 0) as Like<X>;
}

/** The matrix x with zeros below diagonal k. */
export function triu<const X extends Operand>(x: X, k = 0): Like<X> {
  const value = asValue("triu", x);
  return where(belowDiagonal("triu", value, asWhole("triu", "the diagonal", k) - 1), 0, value) as Like<X>;
}

/** 1 on diagonal k and below it. */
function belowDiagonal(name: string, x: Value, k: number): Value {
  const shape = shapeOf(x);
  if (shape.length < 2) throw new ShapeError(`${name} of ${describeShape(shape)}: give it a matrix`);
  const [rows, columns] = [counted(shape.at(-2)!), counted(shape.at(-1)!)];
  return greaterEqual(add(shaping.reshape(rows, [-1, 1]), k), columns);
}

function counted(extent: number): RuntimeTensor {
  return new RuntimeTensor(
    [extent],
    Float64Array.from({ length: extent }, (_, i) => i),
  );
}
