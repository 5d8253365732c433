/** The run as a tree of groups: calls and loop turns, with long stretches folded, so that no group is wide. */
import { constantOperation } from "../../tape/tape.ts";
import type { FunctionRun } from "./functionRun.ts";
import { callLabel, scopeLabel, turnLabel } from "./scopeLabels.ts";

/** At most about this many children are shown of one group; more are folded into stretches. */
const widest = 40;
/** Turns of a loop, or calls of one function after another, from which on they are folded into one group. */
const fewest = 3;
/** Parts that a folded loop opens into, and the turns that a part may have. */
const mostParts = 12;
const roundSizes = Array.from({ length: 30 }, (_, k) => [1, 2, 5][k % 3]! * 10 ** Math.floor(k / 3));
/** Elements of a parameter that stand as cards of their own. */
const mostInputs = 6;

/** What stands in a group: a node, or a group in it. */
export type Item = number | Fold;

/** A group. `scopes` are the scopes it stands for, as a run of neighbours; a stretch of single nodes has none. */
export interface Fold {
  readonly id: string;
  readonly label: string;
  /** How many calls or turns it folds together. */
  readonly repeats: number;
  /** What stands in it, made when it is opened. */
  readonly items: () => readonly Item[];
  /** The scopes that are in it, without those inside of them. */
  readonly scopes: readonly number[];
  /** The single nodes in it that belong to a scope around it. */
  readonly nodes: readonly number[];
  /** A node whose place stands for the group's. */
  readonly site: number;
}

export class ScopeTree {
  /** The scope that each node is shown in. */
  readonly scopeOf: Int32Array;
  readonly #run: FunctionRun;
  /** Nodes in each scope and the scopes inside of it. */
  readonly #sizes: Int32Array;
  /** The first of them. */
  readonly #firsts: Int32Array;
  readonly #nodes: Lists;
  readonly #children: Lists;

  constructor(run: FunctionRun) {
    this.#run = run;
    const { tape } = run;
    const count = tape.scopes.length;
    const { length } = tape;
    const parents = new Int32Array(count);
    for (let scope = 1; scope < count; scope++) parents[scope] = tape.scopes.parent(scope);
    this.scopeOf = shownScopes(run, parents);
    this.#nodes = new Lists(this.scopeOf, 0, length, count);
    this.#sizes = new Int32Array(count);
    this.#firsts = new Int32Array(count).fill(length);
    for (let node = length - 1; node >= 0; node--) {
      this.#sizes[this.scopeOf[node]!]!++;
      this.#firsts[this.scopeOf[node]!] = node;
    }
    // A scope is numbered after the one around it.
    for (let scope = count - 1; scope > 0; scope--) {
      const parent = parents[scope]!;
      this.#sizes[parent]! += this.#sizes[scope]!;
      this.#firsts[parent] = Math.min(this.#firsts[parent]!, this.#firsts[scope]!);
    }
    this.#children = new Lists(parents, 1, count, count);
  }

  /** The picture as a whole. A call that everything happens in is no group of its own. */
  roots(): readonly Item[] {
    const inputs: number[] = [];
    let scope = 0;
    for (;;) {
      const nodes = [...this.#nodes.of(scope)];
      const own = nodes.filter((node) => !this.#run.isInput(node) && !this.#run.isConstant(node));
      const children = this.#filled(scope);
      const only = children.length === 1 && own.length === 0 ? children[0]! : undefined;
      if (only === undefined) return [...this.#foldInputs(inputs), ...this.itemsOf(scope)];
      for (const node of nodes) inputs.push(node);
      scope = only;
    }
  }

  itemsOf(scope: number): readonly Item[] {
    const items = [...this.#foldInputs([...this.#nodes.of(scope)]), ...this.#foldRepeats(this.#filled(scope))];
    return this.#foldWide(
      items.sort((a, b) => this.#first(a) - this.#first(b)),
      `s${scope}`,
    );
  }

  #first(item: Item): number {
    if (typeof item === "number") return item;
    return item.nodes[0] ?? this.#firsts[item.scopes[0]!]!;
  }

  #filled(scope: number): number[] {
    return [...this.#children.of(scope)].filter((child) => this.#sizes[child]! > 0);
  }

  /** Neighbours of one site become a group: the turns of a loop, the calls of one function. */
  #foldRepeats(scopes: readonly number[]): Fold[] {
    const { scopes: table } = this.#run.tape;
    const folds: Fold[] = [];
    for (let begin = 0; begin < scopes.length;) {
      let end = begin + 1;
      while (
        end < scopes.length &&
        table.site(scopes[end]!) === table.site(scopes[begin]!) &&
        table.iteration(scopes[end]!) < 0 === table.iteration(scopes[begin]!) < 0 &&
        (table.iteration(scopes[end]!) < 0 || table.iteration(scopes[end]!) > table.iteration(scopes[end - 1]!))
      )
        end++;
      const same = scopes.slice(begin, end);
      if (same.length >= fewest) folds.push(this.#foldOfScopes(same));
      else folds.push(...same.map((scope) => this.#foldOfScope(scope)));
      begin = end;
    }
    return folds;
  }

  #foldOfScope(scope: number): Fold {
    return {
      id: `s${scope}`,
      label: scopeLabel(this.#run, scope),
      repeats: 1,
      items: () => this.itemsOf(scope),
      scopes: [scope],
      nodes: [],
      site: this.#run.tape.scopes.site(scope),
    };
  }

  /** Opens into parts of round lengths, so that a loop of 10⁴ turns is four groups deep. */
  #foldOfScopes(scopes: readonly number[]): Fold {
    const { scopes: table } = this.#run.tape;
    const [first, last] = [scopes[0]!, scopes.at(-1)!];
    const site = table.site(first);
    const place = this.#run.sites.get(site);
    const label =
      table.iteration(first) < 0
        ? callLabel(this.#run, place)
        : turnLabel(this.#run, place, table.iteration(first), table.iteration(last));
    const items = (): readonly Item[] => {
      if (scopes.length <= mostParts) return scopes.map((scope) => this.#foldOfScope(scope));
      const size = roundSizes.find((candidate) => scopes.length / candidate <= mostParts)!;
      return chunks(scopes, size).map((part) =>
        part.length === 1 ? this.#foldOfScope(part[0]!) : this.#foldOfScopes(part),
      );
    };
    return { id: `r${first}-${last}`, label, repeats: scopes.length, items, scopes, nodes: [], site };
  }

  /** The elements of an array parameter become one group of its name. */
  #foldInputs(nodes: readonly number[]): Item[] {
    const items: Item[] = [];
    for (let begin = 0; begin < nodes.length;) {
      const name = this.#parameterOf(nodes[begin]!);
      let end = begin + 1;
      while (name !== undefined && end < nodes.length && this.#parameterOf(nodes[end]!) === name) end++;
      const same = nodes.slice(begin, end);
      if (same.length > mostInputs) items.push(this.#foldOfNodes(same, name!, `i${same[0]!}`, same.length));
      else items.push(...same);
      begin = end;
    }
    return items;
  }

  #parameterOf(node: number): string | undefined {
    return this.#run.isInput(node) ? this.#run.tape.inputName(node)?.replace(/[[.].*$/s, "") : undefined;
  }

  #foldOfNodes(nodes: readonly number[], label: string, id: string, repeats: number): Fold {
    return {
      id,
      label,
      repeats,
      items: () => this.#foldWide(nodes, id),
      scopes: [],
      nodes,
      site: this.#run.tape.site[nodes[0]!]!,
    };
  }

  /** Of many items, stretches of neighbours become groups: "lines 12 – 30". */
  #foldWide(items: readonly Item[], id: string): readonly Item[] {
    if (items.length <= widest) return items;
    const size = Math.ceil(items.length / Math.ceil(widest / 4));
    return chunks(items, Math.max(2, size)).map((part, k) => this.#foldOfItems(part, `${id}.${k}`));
  }

  #foldOfItems(items: readonly Item[], id: string): Item {
    if (items.length === 1) return items[0]!;
    const sites = items.map((item) => (typeof item === "number" ? this.#run.tape.site[item]! : item.site));
    const lines = sites.filter((site) => site > 0).map((site) => this.#run.sites.get(site).line);
    const [from, to] = lines.length === 0 ? [0, 0] : [Math.min(...lines), Math.max(...lines)];
    const label = items.every((item) => typeof item === "number" && this.#run.isInput(item))
      ? `${this.#run.label(items[0] as number)} …`
      : from === to
        ? `line ${from}`
        : `lines ${from} – ${to}`;
    return {
      id,
      label,
      repeats: 1,
      items: () => this.#foldWide(items, id),
      scopes: items.flatMap((item) => (typeof item === "number" ? [] : item.scopes)),
      nodes: items.flatMap((item) => (typeof item === "number" ? [item] : item.nodes)),
      site: sites[0]!,
    };
  }
}

/**
 * A constant that is used in one call or one turn only is shown there, not where it was made; so is one that a turn and the
 * next one read, as of a series of which each turn sees two neighbours.
 */
function shownScopes({ tape, length }: FunctionRun, parents: Int32Array): Int32Array {
  const { scopes: table } = tape;
  const shown = tape.scope.slice(0, length);
  const first = new Int32Array(length).fill(-1);
  const last = new Int32Array(length).fill(-1);
  let user = 0;
  const visit = (word: number): void => {
    if (word < 0 || tape.operation[word] !== constantOperation) return;
    if (first[word]! < 0) first[word] = shown[user]!;
    else if (shown[user] !== first[word])
      last[word] = last[word]! < 0 ? shown[user]! : meeting(last[word]!, shown[user]!, parents);
  };
  for (user = 0; user < length; user++) tape.forEachWord(user, visit);
  for (let node = 0; node < length; node++) {
    if (first[node]! < 0) continue;
    const [a, b] = [first[node]!, last[node]! < 0 ? first[node]! : last[node]!];
    const around = meeting(a, b, parents);
    const [from, to] = [childOf(around, a, parents), childOf(around, b, parents)];
    const isNext =
      from !== to && table.site(from) === table.site(to) && table.iteration(to) === table.iteration(from) + 1;
    const scope = isNext && table.iteration(from) >= 0 ? a : around;
    // The function's own scope and what is around it make one picture: see `roots`.
    if (scope > 0 && parents[scope] !== 0 && meeting(scope, shown[node]!, parents) === shown[node]) shown[node] = scope;
  }
  return shown;
}

/** The innermost scope around two. A scope is numbered after the one around it. */
function meeting(a: number, b: number, parents: Int32Array): number {
  while (a !== b)
    if (a > b) a = parents[a]!;
    else b = parents[b]!;
  return a;
}

/** The scope straight inside of `around` on the way to `scope`. */
function childOf(around: number, scope: number, parents: Int32Array): number {
  while (scope !== around && parents[scope] !== around) scope = parents[scope]!;
  return scope;
}

/** Numbers from `from` up to `end`, listed by what `keys` says of them. */
class Lists {
  readonly #start: Int32Array;
  readonly #members: Int32Array;

  constructor(keys: Int32Array, from: number, end: number, lists: number) {
    this.#start = new Int32Array(lists + 1);
    for (let member = from; member < end; member++) this.#start[keys[member]! + 1]!++;
    for (let k = 0; k < lists; k++) this.#start[k + 1]! += this.#start[k]!;
    const next = this.#start.slice(0, lists);
    this.#members = new Int32Array(end - from);
    for (let member = from; member < end; member++) this.#members[next[keys[member]!]!++] = member;
  }

  of(list: number): Int32Array {
    return this.#members.subarray(this.#start[list], this.#start[list + 1]);
  }
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, k) => items.slice(k * size, (k + 1) * size));
}
