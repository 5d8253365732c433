import { native } from "../native.ts";
import { turned } from "../unfold.ts";

export interface Eigen {
  /** In ascending order. */
  readonly values: Float64Array;
  /** Column k belongs to value k; row-major [size, size]. */
  readonly vectors: Float64Array;
}

const epsilon = 2 ** -52;
/** For one eigenvalue; two or three are usual. Without an end where numbers are not finite. */
const mostIterations = 60;

/**
 * Eigenvalues and orthonormal eigenvectors of (A + Aᵀ)/2: Householder's reduction to a tridiagonal matrix (Golub and Van
 * Loan, Algorithm 8.3.1) and implicit QL steps on that (Bowdler, Martin, Reinsch and Wilkinson 1968).
 */
export function eigenSymmetric(matrix: Float64Array, size: number): Eigen {
  const a = new Float64Array(size * size);
  let largest = 0;
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) {
      const value = matrix[i * size + j]! / 2 + matrix[j * size + i]! / 2;
      a[i * size + j] = value;
      largest = native.max(largest, native.abs(value));
    }
  const scale = largest > 0 && largest < Infinity ? largest : 1;
  for (let k = 0; k < a.length; k++) a[k]! /= scale;
  const { diagonal, beside, rows } = tridiagonal(a, size);
  for (let k = 0; k < size; k++) isolate(k, diagonal, beside, rows, size);
  const order = Array.from(diagonal, (_, k) => k).sort((p, q) => diagonal[p]! - diagonal[q]!);
  const vectors = new Float64Array(size * size);
  order.forEach((k, to) => {
    for (let i = 0; i < size; i++) vectors[i * size + to] = rows[k * size + i]!;
  });
  return { values: Float64Array.from(order, (k) => diagonal[k]! * scale), vectors };
}

/** Diagonal and subdiagonal of QᵀAQ, and Qᵀ. */
function tridiagonal(a: Float64Array, size: number) {
  const diagonal = new Float64Array(size);
  const beside = new Float64Array(size);
  const factors = new Float64Array(size);
  const w = new Float64Array(size);
  for (let k = 0; k < size - 1; k++) {
    // v, with its first element 1, stays below the diagonal of column k; H = I − factor·vvᵀ.
    const first = a[(k + 1) * size + k]!;
    let below = 0;
    for (let i = k + 2; i < size; i++) below += a[i * size + k]! ** 2;
    if (below === 0) {
      beside[k] = first;
      continue;
    }
    const length = native.sqrt(first * first + below);
    const reflected = first > 0 ? -length : length;
    const factor = (reflected - first) / reflected;
    for (let i = k + 2; i < size; i++) a[i * size + k]! /= first - reflected;
    a[(k + 1) * size + k] = 1;
    beside[k] = reflected;
    factors[k] = factor;
    // w = p − ½ factor (pᵀv) v with p = factor·A·v; then A − vwᵀ − wvᵀ
    let along = 0;
    for (let i = k + 1; i < size; i++) {
      let sum = 0;
      for (let j = k + 1; j < size; j++) sum += a[i * size + j]! * a[j * size + k]!;
      w[i] = factor * sum;
      along += w[i]! * a[i * size + k]!;
    }
    for (let i = k + 1; i < size; i++) w[i]! -= (factor / 2) * along * a[i * size + k]!;
    for (let i = k + 1; i < size; i++) {
      const [v, own] = [a[i * size + k]!, w[i]!];
      for (let j = k + 1; j < size; j++) a[i * size + j]! -= v * w[j]! + own * a[j * size + k]!;
    }
  }
  for (let k = 0; k < size; k++) diagonal[k] = a[k * size + k]!;
  const q = new Float64Array(size * size);
  for (let k = 0; k < size; k++) q[k * size + k] = 1;
  for (let k = size - 2; k >= 0; k--) {
    if (factors[k] === 0) continue;
    w.fill(0);
    for (let i = k + 1; i < size; i++) for (let j = k + 1; j < size; j++) w[j]! += a[i * size + k]! * q[i * size + j]!;
    for (let i = k + 1; i < size; i++) {
      const scaled = factors[k]! * a[i * size + k]!;
      for (let j = k + 1; j < size; j++) q[i * size + j]! -= scaled * w[j]!;
    }
  }
  const rows = new Float64Array(size * size);
  turned(q, size, size, rows);
  return { diagonal, beside, rows };
}

/** QL steps with implicit shifts until eigenvalue k stands alone on the diagonal. */
function isolate(k: number, d: Float64Array, e: Float64Array, rows: Float64Array, size: number): void {
  for (let iteration = 0; iteration < mostIterations; iteration++) {
    let m = k;
    while (m < size - 1 && !(native.abs(e[m]!) <= epsilon * (native.abs(d[m]!) + native.abs(d[m + 1]!)))) m++;
    if (m === k) return;
    const half = (d[k + 1]! - d[k]!) / (2 * e[k]!);
    const root = native.sqrt(half * half + 1);
    let g = d[m]! - d[k]! + e[k]! / (half + (half < 0 ? -root : root));
    let [s, c, p] = [1, 1, 0];
    let i = m - 1;
    for (; i >= k; i--) {
      const f = s * e[i]!;
      const b = c * e[i]!;
      const r = native.sqrt(f * f + g * g);
      e[i + 1] = r;
      if (r === 0) {
        d[i + 1]! -= p;
        e[m] = 0;
        break;
      }
      s = f / r;
      c = g / r;
      g = d[i + 1]! - p;
      const t = (d[i]! - g) * s + 2 * c * b;
      p = s * t;
      d[i + 1] = g + p;
      g = c * t - b;
      turn(rows, i * size, (i + 1) * size, size, c, s);
    }
    if (i >= k) continue;
    d[k]! -= p;
    e[k] = g;
    e[m] = 0;
  }
}

/** (x, y) becomes (c·x − s·y, s·x + c·y), element by element of two runs. */
export function turn(data: Float64Array, x: number, y: number, count: number, c: number, s: number): void {
  for (let k = 0, i = x, j = y; k < count; k++, i++, j++) {
    const [u, v] = [data[i]!, data[j]!];
    data[i] = c * u - s * v;
    data[j] = s * u + c * v;
  }
}
