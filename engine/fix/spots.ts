import type { Program } from "./program.ts";
import type { ProposedEdit } from "./proposal.ts";

/** A change between two offsets of a text. */
export interface Spot {
  readonly start: number;
  readonly end: number;
  readonly text: ProposedEdit["text"];
}

/** In the order of the text, what is asked for twice once; undefined where one lies over another. */
export function distinct(spots: readonly Spot[]): Spot[] | undefined {
  const known = new Map(spots.map((spot) => [`${spot.start} ${spot.end} ${JSON.stringify(spot.text)}`, spot]));
  const sorted = [...known.values()].sort((a, b) => a.start - b.start || a.end - b.end);
  return sorted.some((spot, k) => k > 0 && spot.start < sorted[k - 1]!.end) ? undefined : sorted;
}

/** Whether a factor stands in any of them. */
export function scales(spots: readonly Spot[]): boolean {
  return spots.some(({ text }) => typeof text !== "string");
}

export function editsAt(program: Program, spots: readonly Spot[]): ProposedEdit[] {
  return spots.map(({ start, end, text }) => ({ source: program.range(start, end), text }));
}
