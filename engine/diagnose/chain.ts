import type { Adjoints } from "../differentiate/reverse.ts";
import type { Tape } from "../tape/tape.ts";
import type { InputTable } from "./inputTable.ts";
import type { Levels } from "./levels.ts";

/** The members of one level whose values are used beyond it: the output of a layer, the state after a step. */
export type Station = readonly number[];

/** A repeated computation, as its stations from the input to the result. */
export interface Chain {
  readonly levels: Levels;
  readonly stations: readonly Station[];
  readonly first: number;
  readonly last: number;
}

export function chainOf({ starts, nodes }: InputTable, output: number, levels: Levels): Chain {
  const { level, isMember, count } = levels;
  const leaves = new Uint8Array(level.length);
  for (let user = 0; user < level.length; user++)
    for (let k = starts[user]!; k < starts[user + 1]!; k++) {
      const input = nodes[k]!;
      if (isMember[input] === 1 && !(isMember[user] === 1 && level[user] === level[input])) leaves[input] = 1;
    }
  if (isMember[output] === 1) leaves[output] = 1;
  const stations = Array.from({ length: count }, (): number[] => []);
  for (let node = 0; node < level.length; node++)
    if (leaves[node] === 1 && level[node]! >= 0) stations[level[node]!]!.push(node);
  const filled = stations.filter((station) => station.length > 0);
  return { levels, stations, first: filled[0]?.[0] ?? 0, last: filled.at(-1)?.at(-1) ?? 0 };
}

/** ln of the Euclidean norm of the adjoints of several nodes; −∞ where all are zero. */
export function logNorm(tape: Tape, adjoints: Adjoints, nodes: readonly number[]): number {
  let largest = 0;
  const each = (visit: (x: number) => void): void => {
    for (const node of nodes) {
      if (!tape.isTensor(node)) visit(adjoints.scalar(node));
      else for (const x of adjoints.tensor(node)?.data ?? []) visit(x);
    }
  };
  // Scaled by the largest, so that squares neither overflow nor vanish.
  each((x) => {
    const size = x < 0 ? -x : x;
    if (!(size <= largest)) largest = size;
  });
  if (largest === 0 || largest - largest !== 0) return Math.log(largest);
  let sum = 0;
  each((x) => (sum += (x / largest) ** 2));
  return Math.log(largest) + Math.log(sum) / 2;
}

/** One line of a chain's body, with what it does to the adjoint between two stations. */
export interface Factor {
  readonly site: number;
  /** A node of the site, for its operation. */
  readonly node: number;
  /** ln ‖Jᵀδ‖/‖δ‖. */
  readonly nats: number;
}

/**
 * What each line does to the adjoint on its way from one station down to the one before it. Lines that every way between
 * the two stations leads through cut the body; the log-ratio of adjoint norms between neighbouring cuts belongs to the
 * line that computes the later one. The factors add up to the log-ratio between the stations.
 */
export class Body {
  readonly #tape: Tape;
  readonly #adjoints: Adjoints;
  readonly #chain: Chain;
  readonly #byLevel: number[][];

  constructor(tape: Tape, adjoints: Adjoints, chain: Chain) {
    this.#tape = tape;
    this.#adjoints = adjoints;
    this.#chain = chain;
    this.#byLevel = this.#useful();
  }

  /** The nodes on the way from station `k` to station `k + 1`. */
  nodesAfter(k: number): readonly number[] {
    return this.#byLevel[k] ?? [];
  }

  /** The same, and the members of the later station's level. */
  stepNodes(k: number): readonly number[] {
    return [...this.nodesAfter(k), ...this.#members(k + 1)];
  }

  /** By level, the nodes that are no members and lead to a member of the next level. */
  #useful(): number[][] {
    const { level, isMember, count } = this.#chain.levels;
    const useful = new Uint8Array(level.length);
    const byLevel = Array.from({ length: count }, (): number[] => []);
    let user = 0;
    const visit = (word: number): void => {
      if (word < 0 || isMember[word] === 1 || level[word]! < 0) return;
      const leads =
        isMember[user] === 1 ? level[word] === level[user]! - 1 : useful[user] === 1 && level[word] === level[user];
      if (leads) useful[word] = 1;
    };
    for (user = level.length - 1; user >= 0; user--) {
      if (!this.#adjoints.reached(user)) continue;
      if (useful[user] === 1) byLevel[level[user]!]!.push(user);
      if (isMember[user] === 1 || useful[user] === 1) this.#tape.forEachWord(user, visit);
    }
    for (const nodes of byLevel) nodes.reverse();
    return byLevel;
  }

  /** The factors between stations `k` and `k + 1`, from the earlier to the later. */
  factors(k: number): Factor[] {
    const { stations, levels } = this.#chain;
    const { level, isMember } = levels;
    const { site } = this.#tape;
    const groups = new Map<number, { nodes: number[]; leaving: Set<number>; next: Set<number> }>();
    const startNext = new Set<number>();
    const end = -1;
    const groupOf = (node: number): number => (isMember[node] === 1 ? end : site[node]!);
    const nodes = this.nodesAfter(k);
    const inside = new Set(nodes);
    for (const node of nodes) {
      const group = groups.get(site[node]!) ?? { nodes: [], leaving: new Set(), next: new Set() };
      group.nodes.push(node);
      groups.set(site[node]!, group);
    }
    const next = this.#members(k + 1);
    for (const user of [...nodes, ...next])
      this.#tape.forEachWord(user, (word) => {
        if (word < 0) return;
        const to = groupOf(user);
        if (isMember[word] === 1) {
          if (level[word] === k) startNext.add(to);
        } else if (inside.has(word) && site[word] !== to) {
          groups.get(site[word]!)!.next.add(to);
          groups.get(site[word]!)!.leaving.add(word);
        }
      });
    const reachedWithout = (removed: number): Set<number> => {
      const seen = new Set<number>();
      const stack = [...startNext];
      for (let group = stack.pop(); group !== undefined; group = stack.pop()) {
        if (group === removed || seen.has(group)) continue;
        seen.add(group);
        stack.push(...(groups.get(group)?.next ?? []));
      }
      return seen;
    };
    const cuts = [...groups]
      .map(([key, group]) => ({ key, group, before: reachedWithout(key) }))
      .filter(({ before, group }) => !before.has(end) && group.leaving.size > 0)
      .sort((a, b) => a.before.size - b.before.size);
    const factors: Factor[] = [];
    let below = logNorm(this.#tape, this.#adjoints, stations[k]!);
    for (const { key, group } of cuts) {
      const here = logNorm(this.#tape, this.#adjoints, [...group.leaving]);
      factors.push({ site: key, node: group.nodes.at(-1)!, nats: below - here });
      below = here;
    }
    const top = stations[k + 1]!;
    const node = top.at(-1)!;
    factors.push({ site: site[node]!, node, nats: below - logNorm(this.#tape, this.#adjoints, top) });
    return factors;
  }

  #members(level: number): number[] {
    return this.#memberLists()[level] ?? [];
  }

  #lists: number[][] | undefined;
  #memberLists(): number[][] {
    if (this.#lists === undefined) {
      const { levels } = this.#chain;
      this.#lists = Array.from({ length: levels.count }, (): number[] => []);
      for (let node = 0; node < levels.level.length; node++)
        if (levels.isMember[node] === 1 && levels.level[node]! >= 0) this.#lists[levels.level[node]!]!.push(node);
    }
    return this.#lists;
  }
}
