/** How far the backward pass has come at one step, told for what is drawn. */
import type { Card, Edge, Graph, Group } from "../../engine/process/protocol.ts";

export type Reach = "none" | "partial" | "complete";

export class Pass {
  readonly #step: number;
  readonly #stretch = new Map<string, readonly [first: number, last: number]>();
  readonly #users = new Map<string, Edge[]>();

  /** `step`: how many steps are done; infinite when all are. */
  constructor(graph: Graph, step: number) {
    this.#step = step;
    for (const card of graph.cards) this.#stretch.set(card.id, [card.step, card.step]);
    for (const group of graph.groups) this.#stretch.set(group.id, [group.firstStep, group.lastStep]);
    for (const edge of graph.edges) {
      const users = this.#users.get(edge.from);
      if (users) users.push(edge);
      else this.#users.set(edge.from, [edge]);
    }
  }

  get finished(): boolean {
    return this.#step === Infinity;
  }

  /** Whether what flows back along the edge has done so: in part, where the edge ends at a group that the pass is in. */
  flow(edge: Edge): Reach {
    const [first, last] = this.#stretch.get(edge.to) ?? [0, 0];
    if (last === 0) return "none";
    return this.#step >= last ? "complete" : this.#step >= first ? "partial" : "none";
  }

  /** Whether the adjoint of a card or group has arrived. */
  reach(id: string): Reach {
    if (this.finished) return this.#isReached(id) ? "complete" : "none";
    const flows = (this.#users.get(id) ?? []).filter((edge) => this.#isReached(edge.to)).map((edge) => this.flow(edge));
    if (flows.length === 0) return this.#isReached(id) && this.#step >= this.#stretch.get(id)![0] ? "complete" : "none";
    if (flows.every((flow) => flow === "complete")) return "complete";
    return flows.every((flow) => flow === "none") ? "none" : "partial";
  }

  /** What has arrived so far at a scalar card; undefined where that cannot be told from what is drawn. */
  arrived(card: Card): number | undefined {
    if (typeof card.adjoint !== "number") return undefined;
    const users = (this.#users.get(card.id) ?? []).filter((edge) => this.flow(edge) !== "none");
    if (users.some((edge) => edge.count > 1 || this.flow(edge) === "partial")) return undefined;
    return users.reduce((sum, { contribution }) => sum + contribution, 0);
  }

  #isReached(id: string): boolean {
    return (this.#stretch.get(id)?.[1] ?? 0) > 0;
  }
}

/** What is drawn for a node: its card, or the innermost closed group around it. */
export function drawnFor(graph: Graph, node: number): string | undefined {
  const card = graph.cards.find((each) => each.node === node);
  if (card) return card.id;
  let innermost: Group | undefined;
  for (const group of graph.groups) {
    if (group.open || node < group.first || node > group.last) continue;
    if (!innermost || group.last - group.first < innermost.last - innermost.first) innermost = group;
  }
  return innermost?.id;
}
