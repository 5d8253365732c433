import { native } from "../native.ts";
import { substitute } from "./triangular.ts";

/** A[permutation] = L·U: L below the diagonal of `packed` (its diagonal is 1), U on it and above. */
export interface LU {
  readonly packed: Float64Array;
  readonly permutation: Int32Array;
  /** The sign of the permutation. */
  readonly sign: number;
}

/** The LU factorization of a row-major [rows, columns] with partial pivoting (Golub and Van Loan, Algorithm 3.4.1). */
export function factorLU(a: Float64Array, rows: number, columns: number): LU {
  const packed = a.slice();
  const permutation = Int32Array.from({ length: rows }, (_, i) => i);
  let sign = 1;
  for (let k = 0; k < rows && k < columns; k++) {
    let pivot = k;
    for (let i = k + 1; i < rows; i++)
      if (native.abs(packed[i * columns + k]!) > native.abs(packed[pivot * columns + k]!)) pivot = i;
    if (pivot !== k) {
      for (let j = 0, p = pivot * columns, q = k * columns; j < columns; j++, p++, q++)
        [packed[p], packed[q]] = [packed[q]!, packed[p]!];
      [permutation[pivot], permutation[k]] = [permutation[k]!, permutation[pivot]!];
      sign = -sign;
    }
    const diagonal = packed[k * columns + k]!;
    if (diagonal === 0) continue;
    for (let i = k + 1; i < rows; i++) {
      const factor = (packed[i * columns + k]! /= diagonal);
      if (factor === 0) continue;
      for (let j = k + 1, to = i * columns + j, from = k * columns + j; j < columns; j++)
        packed[to++]! -= factor * packed[from++]!;
    }
  }
  return { packed, permutation, sign };
}

const epsilon = 2 ** -52;

/**
 * The first pivot of a square factorization that is 0 but for the rounding of what it is the difference of; −1 where the
 * matrix is regular to working precision.
 */
export function lostPivot({ packed }: LU, size: number): number {
  for (let k = 0; k < size; k++) {
    const pivot = native.abs(packed[k * size + k]!);
    let terms = pivot;
    for (let j = 0; j < k; j++) terms += native.abs(packed[k * size + j]! * packed[j * size + k]!);
    if (pivot <= size * epsilon * terms) return k;
  }
  return -1;
}

/** X of A·X = B, or of Aᵀ·X = B, for B row-major [size, columns]. */
export function solveLU(
  { packed, permutation }: LU,
  size: number,
  b: Float64Array,
  columns: number,
  transposed: boolean,
): Float64Array {
  const x = new Float64Array(b.length);
  if (transposed) {
    // Aᵀ = UᵀLᵀP
    const y = b.slice();
    substitute(packed, size, y, columns, { lower: false, transpose: true, unitDiagonal: false });
    substitute(packed, size, y, columns, { lower: true, transpose: true, unitDiagonal: true });
    for (let i = 0; i < size; i++)
      for (let j = 0; j < columns; j++) x[permutation[i]! * columns + j] = y[i * columns + j]!;
    return x;
  }
  for (let i = 0; i < size; i++)
    for (let j = 0; j < columns; j++) x[i * columns + j] = b[permutation[i]! * columns + j]!;
  substitute(packed, size, x, columns, { lower: true, transpose: false, unitDiagonal: true });
  substitute(packed, size, x, columns, { lower: false, transpose: false, unitDiagonal: false });
  return x;
}

/** The determinant from the factorization. */
export function determinantLU({ packed, sign }: LU, size: number): number {
  let product = sign;
  for (let k = 0; k < size; k++) product *= packed[k * size + k]!;
  return product;
}
