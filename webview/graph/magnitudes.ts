/** One logarithmic scale for all adjoints of a graph, and one for what its edges carry. */
import type { Graph } from "../../engine/process/protocol.ts";
import { magnitude } from "../format.ts";

/** The scale spans at least so many powers of ten below the largest; that of the bars at most so many. */
const fewestDecades = 4;
const mostDecades = 16;
/** The least that is drawn of something that is not zero. */
const least = 0.04;

export interface Magnitudes {
  /** log₁₀ of the adjoints at both ends of the scale; undefined where all are zero. */
  readonly ends: readonly [low: number, high: number] | undefined;
  /** 0 (none) to 1 (the largest in the graph), by the logarithm; what is far below the largest is all alike. */
  adjoint(size: number): number;
  /** The same from one end of the scale to the other, however far apart they are. */
  heat(size: number): number;
  /** 0 to 1: the share of the largest contribution. */
  contribution(size: number): number;
}

export function magnitudesOf(graph: Graph): Magnitudes {
  const adjoints = [
    ...graph.cards.map((card) => magnitude(card.adjoint)),
    ...graph.groups.flatMap((group) => [group.adjointIn, group.adjointOut]),
  ].filter((size) => size > 0 && Number.isFinite(size));
  const largest = Math.max(...adjoints, Number.MIN_VALUE);
  const smallest = Math.min(...adjoints, largest);
  const high = Math.log10(largest);
  const all = Math.max(fewestDecades, high - Math.log10(smallest) + 1);
  const scale = (size: number, decades: number): number => {
    if (!Number.isFinite(size)) return 1;
    return size > 0 ? Math.min(1, Math.max(least, 1 + (Math.log10(size) - high) / decades)) : 0;
  };
  const strongest = Math.max(0, ...graph.edges.map((edge) => Math.abs(edge.contribution)).filter(Number.isFinite));
  return {
    ends: adjoints.length === 0 ? undefined : [high - all, high],
    adjoint: (size) => scale(size, Math.min(mostDecades, all)),
    heat: (size) => scale(size, all),
    contribution(size) {
      if (!Number.isFinite(size)) return 1;
      return strongest > 0 ? Math.abs(size) / strongest : 0;
    },
  };
}
