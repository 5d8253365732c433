import { TransformError } from "./errors.ts";

/** v ↦ A·v for vectors of `size` elements. */
export type Apply = (v: Float64Array) => Float64Array;

/** Up to so many unknowns a system is solved by elimination, which takes one product for each. */
const largestDense = 256;
/** Directions that GMRES keeps before it starts anew. */
const restart = 60;

export interface LinearOptions {
  /** "dense" takes one product with each unit vector, and eliminates; "gmres" needs products only (Saad and Schultz 1986). */
  readonly solver?: "dense" | "gmres";
  /** Of the residual ‖b − A·x‖, as a share of ‖b‖, where the solver iterates. */
  readonly tolerance?: number;
  readonly maxIterations?: number;
}

/** x with A·x = b. `operation` is what errors call it. Throws a TransformError where the system is singular. */
export function solveLinear(
  operation: string,
  apply: Apply,
  b: Float64Array,
  { solver, tolerance = 1e-12, maxIterations = 1000 }: LinearOptions = {},
): Float64Array {
  if (b.every((x) => x === 0)) return new Float64Array(b.length);
  const dense = solver === undefined ? b.length <= largestDense : solver === "dense";
  return dense
    ? eliminated(operation, matrixOf(apply, b.length), b)
    : gmres(operation, apply, b, tolerance, maxIterations);
}

/** Columns. */
function matrixOf(apply: Apply, size: number): Float64Array[] {
  return Array.from({ length: size }, (_, k) => {
    const unit = new Float64Array(size);
    unit[k] = 1;
    return apply(unit).slice();
  });
}

/** Gaussian elimination with partial pivoting. */
function eliminated(operation: string, columns: Float64Array[], b: Float64Array): Float64Array {
  const size = b.length;
  const x = b.slice();
  const largest = Math.max(...columns.map((column) => Math.max(...column.map(Math.abs))));
  for (let k = 0; k < size; k++) {
    const column = columns[k]!;
    let pivot = k;
    for (let i = k + 1; i < size; i++) if (Math.abs(column[i]!) > Math.abs(column[pivot]!)) pivot = i;
    if (!(Math.abs(column[pivot]!) > largest * size * Number.EPSILON)) throw singular(operation, size, column[pivot]!);
    if (pivot !== k) {
      for (const each of columns) [each[k], each[pivot]] = [each[pivot]!, each[k]!];
      [x[k], x[pivot]] = [x[pivot]!, x[k]!];
    }
    for (let i = k + 1; i < size; i++) {
      const factor = column[i]! / column[k]!;
      if (factor === 0) continue;
      for (let j = k + 1; j < size; j++) columns[j]![i]! -= factor * columns[j]![k]!;
      x[i]! -= factor * x[k]!;
    }
  }
  for (let k = size - 1; k >= 0; k--) {
    x[k]! /= columns[k]![k]!;
    for (let i = 0; i < k; i++) x[i]! -= columns[k]![i]! * x[k]!;
  }
  return x;
}

function singular(operation: string, size: number, pivot: number): TransformError {
  return new TransformError(
    `${operation}: the linear system with ${size} ${size === 1 ? "unknown" : "unknowns"} is singular (a pivot is ${Number(pivot.toPrecision(3))}), so the solution does not depend smoothly on its inputs here.`,
    "not-converged",
  );
}

/** GMRES, with modified Gram–Schmidt and Givens rotations. */
function gmres(operation: string, apply: Apply, b: Float64Array, tolerance: number, most: number): Float64Array {
  const size = b.length;
  const x = new Float64Array(size);
  const goal = tolerance * length(b);
  let left = most;
  for (;;) {
    const product = apply(x);
    const residual = b.map((value, k) => value - product[k]!);
    const beta = length(residual);
    if (beta <= goal) return x;
    if (left <= 0)
      throw new TransformError(
        `${operation}: GMRES did not solve the linear system with ${size} unknowns in ${most} products: the residual is ${figure(beta)}, not ${figure(goal)}; take the solver "dense", or raise maxIterations.`,
        "not-converged",
      );
    const basis = [residual.map((value) => value / beta)];
    const columns: number[][] = [];
    const [cosines, sines, rotated] = [[] as number[], [] as number[], [beta]];
    const width = Math.min(restart, size, left);
    for (let k = 0; k < width; k++) {
      left--;
      const next = apply(basis[k]!).slice();
      const column: number[] = [];
      for (let i = 0; i <= k; i++) {
        const along = dot(next, basis[i]!);
        column.push(along);
        for (let j = 0; j < size; j++) next[j]! -= along * basis[i]![j]!;
      }
      const norm = length(next);
      for (let i = 0; i < k; i++) {
        const upper = cosines[i]! * column[i]! + sines[i]! * column[i + 1]!;
        column[i + 1] = -sines[i]! * column[i]! + cosines[i]! * column[i + 1]!;
        column[i] = upper;
      }
      const radius = Math.hypot(column[k]!, norm);
      if (radius === 0) throw singular(operation, size, 0);
      cosines.push(column[k]! / radius);
      sines.push(norm / radius);
      column[k] = radius;
      columns.push(column);
      rotated.push(-sines[k]! * rotated[k]!);
      rotated[k]! *= cosines[k]!;
      if (norm === 0 || Math.abs(rotated[k + 1]!) <= goal / 2) break;
      basis.push(next.map((value) => value / norm));
    }
    const weights = new Array<number>(columns.length);
    for (let k = columns.length - 1; k >= 0; k--) {
      let sum = rotated[k]!;
      for (let j = k + 1; j < columns.length; j++) sum -= columns[j]![k]! * weights[j]!;
      weights[k] = sum / columns[k]![k]!;
    }
    weights.forEach((weight, k) => {
      for (let j = 0; j < size; j++) x[j]! += weight * basis[k]![j]!;
    });
  }
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
}

export function length(v: Float64Array): number {
  return Math.sqrt(dot(v, v));
}

export const figure = (x: number): string => String(Number(x.toPrecision(3)));
