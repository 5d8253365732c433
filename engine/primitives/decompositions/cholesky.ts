import { native } from "../native.ts";

/** Where a matrix turned out not to be positive definite: the pivot, and what it is. */
export interface BadPivot {
  readonly index: number;
  readonly pivot: number;
}

/** Lower triangular L with L·Lᵀ = (A + Aᵀ)/2 (Golub and Van Loan, Algorithm 4.2.1), row by row. */
export function factorCholesky(a: Float64Array, size: number): Float64Array | BadPivot {
  const factor = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      let sum = (a[i * size + j]! + a[j * size + i]!) / 2;
      for (let k = 0, p = i * size, q = j * size; k < j; k++) sum -= factor[p++]! * factor[q++]!;
      if (i !== j) factor[i * size + j] = sum / factor[j * size + j]!;
      else if (sum <= 0) return { index: i, pivot: sum };
      else factor[i * size + i] = native.sqrt(sum);
    }
  return factor;
}
