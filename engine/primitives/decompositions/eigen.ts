import { native } from "../native.ts";

export interface Eigen {
  /** In ascending order. */
  readonly values: Float64Array;
  /** Column k belongs to value k; row-major [size, size]. */
  readonly vectors: Float64Array;
}

/** More sweeps than any matrix needs: convergence is quadratic, five to ten do. */
const mostSweeps = 60;
/** From this sweep on, elements that do not change the diagonal any more count as zero. */
const carefulSweeps = 4;

/**
 * Eigenvalues and orthonormal eigenvectors of (A + Aᵀ)/2 by Jacobi's method, row by row (Golub and Van Loan, §8.5; the
 * rotations as in Rutishauser 1966). Slower than QR iterations beyond a hundred rows, and as exact as there is.
 */
export function eigenSymmetric(matrix: Float64Array, size: number): Eigen {
  const a = new Float64Array(size * size);
  const rows = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    rows[i * size + i] = 1;
    for (let j = 0; j < size; j++) a[i * size + j] = matrix[i * size + j]! / 2 + matrix[j * size + i]! / 2;
  }
  for (let sweep = 0; sweep < mostSweeps; sweep++) if (!sweepOver(a, rows, size, sweep >= carefulSweeps)) break;
  const order = Array.from({ length: size }, (_, k) => k).sort((p, q) => a[p * size + p]! - a[q * size + q]!);
  const values = Float64Array.from(order, (k) => a[k * size + k]!);
  const vectors = new Float64Array(size * size);
  order.forEach((k, to) => {
    for (let i = 0; i < size; i++) vectors[i * size + to] = rows[k * size + i]!;
  });
  return { values, vectors };
}

/** Turns every element above the diagonal to zero in turn; false where there was nothing to turn. */
function sweepOver(a: Float64Array, rows: Float64Array, size: number, careful: boolean): boolean {
  let turned = false;
  for (let p = 0; p < size - 1; p++)
    for (let q = p + 1; q < size; q++) {
      const off = a[p * size + q]!;
      const [low, high] = [a[p * size + p]!, a[q * size + q]!];
      const tiny = native.abs(off) / 100;
      if (careful && native.abs(low) + tiny === native.abs(low) && native.abs(high) + tiny === native.abs(high)) {
        a[p * size + q] = a[q * size + p] = 0;
        continue;
      }
      if (!(native.abs(off) > 0)) continue;
      turned = true;
      // tan of the angle: the smaller root of t² + 2θt − 1
      const theta = (high - low) / 2 / off;
      const t = (theta < 0 ? -1 : 1) / (native.abs(theta) + native.sqrt(theta * theta + 1));
      const c = 1 / native.sqrt(t * t + 1);
      const s = t * c;
      turn(a, p * size, q * size, size, 1, c, s);
      turn(a, p, q, size, size, c, s);
      a[p * size + q] = a[q * size + p] = 0;
      a[p * size + p] = low - t * off;
      a[q * size + q] = high + t * off;
      turn(rows, p * size, q * size, size, 1, c, s);
    }
  return turned;
}

/** (x, y) becomes (c·x − s·y, s·x + c·y), element by element. */
export function turn(
  data: Float64Array,
  x: number,
  y: number,
  count: number,
  step: number,
  c: number,
  s: number,
): void {
  for (let k = 0, i = x, j = y; k < count; k++, i += step, j += step) {
    const [u, v] = [data[i]!, data[j]!];
    data[i] = c * u - s * v;
    data[j] = s * u + c * v;
  }
}
