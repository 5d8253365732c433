import { formatCount, formatNumber } from "../../process/format.ts";

export interface Benchmark {
  readonly name: string;
  readonly title: string;
  readonly run: () => Promise<BenchmarkResult>;
}

export interface BenchmarkResult {
  readonly measurements: readonly Measurement[];
  /** Why the results that were measured are wrong. */
  readonly problem?: string;
  /** Peers that would have been measured too, by the names of their packages. */
  readonly absent?: readonly string[];
  /** Peers that could not do it, and why. */
  readonly failed?: readonly string[];
}

/** Median and spread of one quantity. */
export interface Measurement {
  readonly name: string;
  readonly unit: string;
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly samples: number;
  /** What performance is wanted. */
  readonly goal?: number;
}

export function measured(name: string, unit: string, samples: readonly number[], goal?: number): Measurement {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
  const facts = { name, unit, median, least: sorted[0]!, most: sorted.at(-1)!, samples: samples.length };
  return goal === undefined ? facts : { ...facts, goal };
}

/** A line for people to read. */
export function lineOf({ name, unit, median, least, most, samples, goal }: Measurement): string {
  const figures = `${formatNumber(median, 3)} ${unit}`.padStart(14);
  const spread = `${formatNumber(least, 3)} … ${formatNumber(most, 3)} over ${formatCount(samples)}`;
  const wanted = goal === undefined ? "" : `, goal ≤ ${formatNumber(goal, 3)} ${unit}`;
  return `  ${name.padEnd(24)}${figures}   (${spread}${wanted})\n`;
}
