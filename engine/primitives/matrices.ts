/** What the primitives of linear algebra share. Matrices are the last two axes; those before them are a batch. */
import { describeShape, sizeOf, type Shape } from "../tape/shape.ts";
import { Tensor, type Value } from "../tape/tensor.ts";
import { add, mul } from "./arithmetic.ts";
import { ShapeError } from "./broadcastShapes.ts";
import { matmul } from "./contraction.ts";
import { pad, slice } from "./indexing.ts";
import { dataOf, shapeOf, type Primal } from "./rule.ts";
import { where } from "./selection.ts";
import { reshape, transpose } from "./shaping.ts";

/** The shape of a matrix or a batch of them, or else a ShapeError. */
export function matrixShape(operation: string, shape: Shape): { batch: Shape; rows: number; columns: number } {
  if (shape.length < 2) throw new ShapeError(`${operation} of ${describeShape(shape)}: give it a matrix`);
  return { batch: shape.slice(0, -2), rows: shape.at(-2)!, columns: shape.at(-1)! };
}

/** The same for square matrices. */
export function squareShape(operation: string, shape: Shape): { batch: Shape; size: number } {
  const { batch, rows, columns } = matrixShape(operation, shape);
  if (rows !== columns)
    throw new ShapeError(
      `${operation} of ${describeShape(shape)}: the matrix has ${rows} rows and ${columns} columns; give it a square one`,
    );
  return { batch, size: rows };
}

/** Applies `each` to every matrix of a batch, and joins what it gives. */
export function perMatrix(
  x: Primal,
  result: Shape,
  each: (matrix: Float64Array, rows: number, columns: number, index: number) => Float64Array,
): Tensor {
  const { shape } = x as Tensor;
  const [rows, columns] = [shape.at(-2)!, shape.at(-1)!];
  const data = new Float64Array(sizeOf(result));
  const count = sizeOf(shape.slice(0, -2));
  const size = rows * columns;
  for (let k = 0; k < count; k++) {
    const matrix = dataOf(x).subarray(k * size, (k + 1) * size);
    data.set(each(matrix, rows, columns, k), k * (data.length / count));
  }
  return new Tensor(result, data);
}

/** "the matrix", or which of a batch. */
export function whichMatrix(shape: Shape, index: number): string {
  return shape.length === 2 ? "the matrix" : `matrix ${index} of the batch`;
}

/** Remembers what was computed of a tensor for as long as the tensor is there. */
export function remembered<T>(compute: (x: Tensor) => T): (x: Primal) => T {
  const known = new WeakMap<Tensor, T>();
  return (x) => {
    let found = known.get(x as Tensor);
    if (found === undefined) {
      found = compute(x as Tensor);
      known.set(x as Tensor, found);
    }
    return found;
  };
}

// ------------------------------------------------------------------------------------------- functions of traced values

/** Aᵀ. */
export function adjoint(x: Value): Value {
  const rank = shapeOf(x).length;
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return transpose(x, [...axes.slice(0, -2), rank - 1, rank - 2]);
}

/** (A + Aᵀ)/2. */
export function symmetric(x: Value): Value {
  return mul(0.5, add(x, adjoint(x)));
}

/** The product of several matrices, from the left. */
export function product(...factors: readonly Value[]): Value {
  return factors.reduce((left, right) => matmul(left, right));
}

/** What stands on diagonal `highest` and below it; zeros above. */
export function lowerTriangle(x: Value, highest = 0): Value {
  return where(belowDiagonal(shapeOf(x), highest), x, 0);
}

/** What stands on diagonal `lowest` and above it; zeros below. */
export function upperTriangle(x: Value, lowest = 0): Value {
  return where(belowDiagonal(shapeOf(x), lowest - 1), 0, x);
}

/** 1 on diagonal k and below it. */
export function belowDiagonal(shape: Shape, k: number): Tensor {
  const [rows, columns] = [shape.at(-2)!, shape.at(-1)!];
  const mask = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns && j <= i + k; j++) mask[i * columns + j] = 1;
  return new Tensor([rows, columns], mask);
}

/** Φ: the lower triangle with half of the diagonal (Murray 2016). */
export function halvedTriangle(x: Value): Value {
  const size = shapeOf(x).at(-1)!;
  const mask = belowDiagonal([size, size], -1).data.slice();
  for (let i = 0; i < size; i++) mask[i * size + i] = 0.5;
  return mul(x, new Tensor([size, size], mask));
}

/** Ones on the diagonal from element `from` on. */
export function identityFrom(size: number, from = 0): Tensor {
  const data = new Float64Array(size * size);
  for (let i = from; i < size; i++) data[i * size + i] = 1;
  return new Tensor([size, size], data);
}

/** The elements [i, i] of matrices: [..., min(rows, columns)]. */
export function diagonalOf(x: Value, offset = 0): Value {
  const shape = shapeOf(x);
  const [rows, columns] = [shape.at(-2)!, shape.at(-1)!];
  const length = Math.max(0, Math.min(rows + Math.min(0, offset), columns - Math.max(0, offset)));
  const start = offset >= 0 ? offset : -offset * columns;
  const lead = shape.slice(0, -2);
  const flat = reshape(x, [...lead, rows * columns]);
  const stop = start + (length - 1) * (columns + 1) + 1;
  return slice(flat, [...lead.map(() => null), length === 0 ? [0, 0] : [start, stop, columns + 1]]);
}

/** Multiplies each column by its factor: A·diag(x). */
export function scaleColumns(a: Value, factors: Value): Value {
  return mul(a, rowOf(factors));
}

/** [..., 1, n] of [..., n]. */
export function rowOf(x: Value): Value {
  const shape = shapeOf(x);
  return reshape(x, [...shape.slice(0, -1), 1, shape.at(-1)!]);
}

/** [..., n, 1] of [..., n]. */
export function columnOf(x: Value): Value {
  return reshape(x, [...shapeOf(x), 1]);
}

/** The first columns of a matrix. */
export function firstColumns(x: Value, count: number): Value {
  return slice(x, [
    ...shapeOf(x)
      .slice(0, -1)
      .map(() => null),
    [0, count],
  ]);
}

/** Rows from `begin` up to `end`. */
export function rowsBetween(x: Value, begin: number, end: number): Value {
  return slice(x, [
    ...shapeOf(x)
      .slice(0, -2)
      .map(() => null),
    [begin, end],
  ]);
}

/** Zeros after the last row and column. */
export function enlarged(x: Value, rows: number, columns: number): Value {
  const shape = shapeOf(x);
  if (shape.at(-2) === rows && shape.at(-1) === columns) return x;
  const none: readonly [number, number] = [0, 0];
  return pad(x, [...shape.slice(0, -2).map(() => none), [0, rows - shape.at(-2)!], [0, columns - shape.at(-1)!]]);
}
