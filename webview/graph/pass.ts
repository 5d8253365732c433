/** How far the backward pass has come, told for what is drawn. */
import type { Card, Edge, Graph, Group } from "../../engine/process/protocol.ts";

export type Reach = "none" | "partial" | "complete";

/** Where the pass stands: `done` steps are done, in the last of them `node` passed its adjoint on. */
export interface Standing {
  readonly done: number;
  readonly node: number;
}

export const finished: Standing = { done: Infinity, node: -1 };

/** The first step gives the output its adjoint; nothing is passed on yet. */
const seedStep = 1;

export class Pass {
  readonly #done: number;
  /** This node and all after it, in order of execution, have passed their adjoint on. */
  readonly #passing: number;
  readonly #cards: ReadonlyMap<string, Card>;
  readonly #groups: ReadonlyMap<string, Group>;
  readonly #users = new Map<string, Edge[]>();

  constructor(graph: Graph, { done, node }: Standing) {
    this.#done = done;
    this.#passing = done <= seedStep ? Infinity : node;
    this.#cards = new Map(graph.cards.map((card) => [card.id, card]));
    this.#groups = new Map(graph.groups.map((group) => [group.id, group]));
    for (const edge of graph.edges) {
      const users = this.#users.get(edge.from);
      if (users) users.push(edge);
      else this.#users.set(edge.from, [edge]);
    }
  }

  /** Whether what flows back along the edge has done so: in part, where the edge ends at a group that the pass is in. */
  flow({ from, to }: Edge): Reach {
    return this.#isReached(from) ? this.passedOn(to) : "none";
  }

  /** Whether a card or group has passed its adjoint on. */
  passedOn(id: string): Reach {
    if (!this.#isReached(id)) return "none";
    const card = this.#cards.get(id);
    if (card) return card.node >= this.#passing ? "complete" : "none";
    const group = this.#groups.get(id)!;
    return group.first >= this.#passing ? "complete" : group.last >= this.#passing ? "partial" : "none";
  }

  /** Whether the adjoint of a card or group has arrived. */
  reach(id: string): Reach {
    if (!this.#isReached(id) || this.#done === 0) return "none";
    const card = this.#cards.get(id);
    if (card && card.step <= this.#done) return "complete";
    const flows = (this.#users.get(id) ?? []).map((edge) => this.flow(edge));
    if (flows.every((flow) => flow === "none")) {
      // A group that the result stands in has no users that are drawn.
      return flows.length === 0 && this.#done >= (this.#groups.get(id)?.firstStep ?? Infinity) ? "complete" : "none";
    }
    return !card && flows.every((flow) => flow === "complete") ? "complete" : "partial";
  }

  /** What has arrived so far at a scalar card; undefined where that cannot be told from what is drawn. */
  arrived(card: Card): number | undefined {
    if (typeof card.adjoint !== "number") return undefined;
    const users = this.#users.get(card.id) ?? [];
    if (users.some((edge) => this.flow(edge) === "partial")) return undefined;
    return users.reduce((sum, edge) => sum + (this.flow(edge) === "complete" ? edge.contribution : 0), 0);
  }

  #isReached(id: string): boolean {
    return (this.#cards.get(id)?.step ?? this.#groups.get(id)?.lastStep ?? 0) > 0;
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
