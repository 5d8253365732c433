import { multiply } from "../matmulKernel.ts";
import { native } from "../native.ts";
import { turned } from "../unfold.ts";
import { turn } from "./eigen.ts";
import { orthonormalBasis } from "./qr.ts";

/** A = U·diag(values)·Vᵀ with k = min(rows, columns): U row-major [rows, k], V [columns, k], values descending. */
export interface SingularValues {
  readonly u: Float64Array;
  readonly values: Float64Array;
  readonly v: Float64Array;
}

const epsilon = 2 ** -52;
const mostSweeps = 60;

/**
 * The singular value decomposition by one-sided Jacobi rotations (Hestenes 1958; Demmel and Veselić 1992 show that it keeps
 * the relative accuracy of small singular values), after a QR factorization where there are more rows than columns.
 */
export function decomposeSingular(a: Float64Array, rows: number, columns: number): SingularValues {
  if (rows < columns) {
    const transposed = new Float64Array(a.length);
    turned(a, rows, columns, transposed);
    const { u, values, v } = decomposeSingular(transposed, columns, rows);
    return { u: v, values, v: u };
  }
  if (rows === columns) return square(a, rows);
  const q = orthonormalBasis(a, rows, columns);
  const transposed = new Float64Array(q.length);
  turned(q, rows, columns, transposed);
  const r = new Float64Array(columns * columns);
  multiply(transposed, a, r, columns, rows, columns);
  const inner = square(r, columns);
  const u = new Float64Array(rows * columns);
  multiply(q, inner.u, u, rows, columns, columns);
  return { ...inner, u };
}

function square(a: Float64Array, size: number): SingularValues {
  // Rows of `left` are the columns of A·V, which turning makes orthogonal; rows of `right` are the columns of V.
  const left = new Float64Array(size * size);
  turned(a, size, size, left);
  const largest = left.reduce((most, value) => native.max(most, native.abs(value)), 0);
  const scale = largest > 0 && largest < Infinity ? largest : 1;
  for (let k = 0; k < left.length; k++) left[k]! /= scale;
  const right = new Float64Array(size * size);
  for (let k = 0; k < size; k++) right[k * size + k] = 1;
  for (let sweep = 0; sweep < mostSweeps; sweep++) if (!sweepOver(left, right, size)) break;
  const lengths = Float64Array.from({ length: size }, (_, k) => native.sqrt(inner(left, k * size, k * size, size)));
  const order = Array.from(lengths, (_, k) => k).sort((p, q) => lengths[q]! - lengths[p]!);
  const u = new Float64Array(size * size);
  const v = new Float64Array(size * size);
  order.forEach((k, to) => {
    for (let i = 0; i < size; i++) {
      u[i * size + to] = lengths[k]! > 0 ? left[k * size + i]! / lengths[k]! : 0;
      v[i * size + to] = right[k * size + i]!;
    }
  });
  order.forEach((k, to) => {
    if (lengths[k] === 0) complete(u, size, to);
  });
  return { u, values: Float64Array.from(order, (k) => lengths[k]! * scale), v };
}

function sweepOver(left: Float64Array, right: Float64Array, size: number): boolean {
  let rotated = false;
  const squares = Float64Array.from({ length: size }, (_, k) => inner(left, k * size, k * size, size));
  for (let p = 0; p < size - 1; p++)
    for (let q = p + 1; q < size; q++) {
      const [alpha, beta] = [squares[p]!, squares[q]!];
      const gamma = inner(left, p * size, q * size, size);
      if (!(native.abs(gamma) > epsilon * native.sqrt(alpha * beta))) continue;
      rotated = true;
      const zeta = (beta - alpha) / 2 / gamma;
      const t = (zeta < 0 ? -1 : 1) / (native.abs(zeta) + native.sqrt(zeta * zeta + 1));
      const c = 1 / native.sqrt(t * t + 1);
      turn(left, p * size, q * size, size, c, c * t);
      turn(right, p * size, q * size, size, c, c * t);
      squares[p] = inner(left, p * size, p * size, size);
      squares[q] = beta + t * gamma;
    }
  return rotated;
}

function inner(data: Float64Array, p: number, q: number, count: number): number {
  let sum = 0;
  for (let k = 0; k < count; k++) sum += data[p + k]! * data[q + k]!;
  return sum;
}

/** Puts a unit vector orthogonal to all others in the place of column `to`, which is zero. */
function complete(u: Float64Array, size: number, to: number): void {
  let best = new Float64Array(size);
  let length = 0;
  for (let axis = 0; axis < size; axis++) {
    const candidate = new Float64Array(size);
    candidate[axis] = 1;
    for (let pass = 0; pass < 2; pass++)
      for (let k = 0; k < size; k++) {
        let along = 0;
        for (let i = 0; i < size; i++) along += candidate[i]! * u[i * size + k]!;
        for (let i = 0; i < size; i++) candidate[i]! -= along * u[i * size + k]!;
      }
    const own = native.sqrt(inner(candidate, 0, 0, size));
    if (own > length) [best, length] = [candidate, own];
  }
  for (let i = 0; i < size; i++) u[i * size + to] = best[i]! / length;
}
