export interface Triangle {
  /** Whether the triangle on and below the diagonal is meant, or that on and above it. */
  readonly lower: boolean;
  /** Whether the matrix is to be taken transposed. */
  readonly transpose: boolean;
  /** Whether the diagonal counts as 1. */
  readonly unitDiagonal: boolean;
}

/** Solves T·X = B in place for a triangle T of a row-major [size, size] and B = x, row-major [size, columns]. */
export function substitute(
  a: Float64Array,
  size: number,
  x: Float64Array,
  columns: number,
  { lower, transpose, unitDiagonal }: Triangle,
): void {
  const [rowStep, columnStep] = transpose ? [1, size] : [size, 1];
  const forward = lower !== transpose;
  for (let step = 0; step < size; step++) {
    const i = forward ? step : size - 1 - step;
    const row = i * columns;
    const [begin, end] = forward ? [0, i] : [i + 1, size];
    for (let j = begin; j < end; j++) {
      const factor = a[i * rowStep + j * columnStep]!;
      if (factor === 0) continue;
      for (let c = 0, from = j * columns; c < columns; c++) x[row + c]! -= factor * x[from++]!;
    }
    if (unitDiagonal) continue;
    const diagonal = a[i * size + i]!;
    for (let c = 0; c < columns; c++) x[row + c]! /= diagonal;
  }
}
