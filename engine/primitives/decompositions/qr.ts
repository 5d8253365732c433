import { native } from "../native.ts";

/**
 * Q of A = Q·R for a row-major [rows, columns] with rows ≥ columns: [rows, columns], by Householder reflections (Golub and
 * Van Loan, Algorithms 5.2.1 and 5.1.6). Signs are LAPACK's: a diagonal element of R has the opposite sign of what it is
 * reflected from.
 */
export function orthonormalBasis(a: Float64Array, rows: number, columns: number): Float64Array {
  const work = a.slice();
  const scales = new Float64Array(columns);
  for (let k = 0; k < columns; k++) {
    // v = x − β e₁ with β = −sign(x₁)‖x‖; H = I − τ v vᵀ, v₁ = 1.
    const first = work[k * columns + k]!;
    const length = lengthOf(work, k, rows, columns);
    if (length === native.abs(first)) continue;
    const beta = first >= 0 ? -length : length;
    const tau = (beta - first) / beta;
    for (let i = k + 1; i < rows; i++) work[i * columns + k]! /= first - beta;
    work[k * columns + k] = beta;
    scales[k] = tau;
    for (let j = k + 1; j < columns; j++) reflect(work, columns, k, rows, tau, work, columns, j);
  }
  const q = new Float64Array(rows * columns);
  for (let k = 0; k < columns; k++) q[k * columns + k] = 1;
  for (let k = columns - 1; k >= 0; k--)
    if (scales[k] !== 0) for (let j = k; j < columns; j++) reflect(work, columns, k, rows, scales[k]!, q, columns, j);
  return q;
}

/** Of column k from row k on, without overflow. */
function lengthOf(a: Float64Array, k: number, rows: number, columns: number): number {
  let largest = 0;
  for (let i = k; i < rows; i++) largest = native.max(largest, native.abs(a[i * columns + k]!));
  if (largest === 0 || largest === Infinity) return largest;
  let sum = 0;
  for (let i = k; i < rows; i++) sum += (a[i * columns + k]! / largest) ** 2;
  return largest * native.sqrt(sum);
}

/** Applies the k-th reflection to column j of `to`. */
function reflect(
  vectors: Float64Array,
  width: number,
  k: number,
  rows: number,
  tau: number,
  to: Float64Array,
  columns: number,
  j: number,
): void {
  let sum = to[k * columns + j]!;
  for (let i = k + 1; i < rows; i++) sum += vectors[i * width + k]! * to[i * columns + j]!;
  sum *= tau;
  to[k * columns + j]! -= sum;
  for (let i = k + 1; i < rows; i++) to[i * columns + j]! -= sum * vectors[i * width + k]!;
}
