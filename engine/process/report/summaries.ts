import type { Primal } from "../../primitives/rule.ts";
import type { Histogram, Summary, TensorSummary } from "../protocol.ts";

type Numbers = Float64Array | readonly number[];

export function summarize(primal: Primal): Summary {
  return typeof primal === "number" ? primal : summarizeData(primal.data);
}

/** Euclidean norm, extremes and mean. Of no elements: all zero. */
export function summarizeData(data: Numbers): TensorSummary {
  let min = data[0] ?? 0;
  let max = min;
  let sum = 0;
  let finite = true;
  for (const x of data) {
    finite &&= Number.isFinite(x);
    sum += x;
    // Unlike a comparison, these keep NaN.
    min = Math.min(min, x);
    max = Math.max(max, x);
  }
  return { norm: norm(data), min, max, mean: data.length === 0 ? 0 : sum / data.length, finite };
}

/** √Σx², scaled where the squares would overflow or vanish. */
export function norm(data: Numbers): number {
  let squares = 0;
  let largest = 0;
  for (const x of data) {
    squares += x * x;
    largest = Math.max(largest, Math.abs(x));
  }
  if (largest === 0 || !Number.isFinite(largest)) return largest;
  if (squares > 1e-290 && squares < Infinity) return Math.sqrt(squares);
  squares = 0;
  for (const x of data) squares += (x / largest) ** 2;
  return largest * Math.sqrt(squares);
}

/** The size of a primal: |x|, or a tensor's norm. */
export function size(primal: Primal): number {
  return typeof primal === "number" ? Math.abs(primal) : norm(primal.data);
}

/** A scalar as it is, of a tensor its norm. */
export function signedSize(summary: Summary): number {
  return typeof summary === "number" ? summary : summary.norm;
}

const bins = 32;

/** Counts of the finite elements in equal steps from the smallest to the largest. */
export function histogram(data: Numbers): Histogram {
  let min = Infinity;
  let max = -Infinity;
  for (const x of data) {
    if (!Number.isFinite(x)) continue;
    if (x < min) min = x;
    if (x > max) max = x;
  }
  if (min > max) return { min: 0, max: 0, counts: [] };
  const counts = new Array<number>(min === max ? 1 : bins).fill(0);
  // Halves first: the range of doubles does not fit into a double.
  const range = max / 2 - min / 2;
  for (const x of data) {
    if (!Number.isFinite(x)) continue;
    const bin = range === 0 ? 0 : Math.floor(((x / 2 - min / 2) / range) * counts.length);
    counts[Math.min(bin, counts.length - 1)]!++;
  }
  return { min, max, counts };
}

/** At most `most` points, each the mean of its stretch. */
export function resample(values: Numbers, most: number): number[] {
  const count = values.length;
  const points = Math.min(count, most);
  return Array.from({ length: points }, (_, point) => {
    const start = Math.floor((point * count) / points);
    const end = Math.floor(((point + 1) * count) / points);
    let sum = 0;
    for (let k = start; k < end; k++) sum += values[k]!;
    return sum / (end - start);
  });
}

/** Smallest and largest; NaN where there is one. */
export function extremes(values: Numbers): readonly [min: number, max: number] {
  let min = Infinity;
  let max = -Infinity;
  for (const x of values) {
    min = Math.min(min, x);
    max = Math.max(max, x);
  }
  return [min, max];
}
