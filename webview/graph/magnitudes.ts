/** One logarithmic scale for all adjoints of a graph, and one for what its edges carry. */
import type { Graph } from "../../engine/process/protocol.ts";
import { magnitude } from "../format.ts";

/** The scale spans at least and at most so many powers of ten below the largest. */
const fewestDecades = 4;
const mostDecades = 16;
/** The least that is drawn of something that is not zero. */
const least = 0.04;

export interface Magnitudes {
  /** 0 (none) to 1 (the largest in the graph), by the logarithm. */
  adjoint(size: number): number;
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
  const decades = Math.min(mostDecades, Math.max(fewestDecades, Math.log10(largest / smallest) + 1));
  const strongest = Math.max(0, ...graph.edges.map((edge) => Math.abs(edge.contribution)).filter(Number.isFinite));
  return {
    adjoint(size) {
      if (!Number.isFinite(size)) return 1;
      return size > 0 ? Math.min(1, Math.max(least, 1 + Math.log10(size / largest) / decades)) : 0;
    },
    contribution(size) {
      if (!Number.isFinite(size)) return 1;
      return strongest > 0 ? Math.abs(size) / strongest : 0;
    },
  };
}
