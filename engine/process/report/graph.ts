import { magnitude } from "../format.ts";
import type { Card, Graph, GraphRequest, Group } from "../protocol.ts";
import { rangeOf, type FunctionRun } from "./functionRun.ts";
import { ScopeTree, type Fold, type Item } from "./scopeTree.ts";

/** The part of the graph that a request sees. Linear in the length of the tape, however little of it is shown. */
export function graph(run: FunctionRun, request: GraphRequest): Graph {
  const view = new View(run, request);
  const edges = view.edges();
  return {
    function: run.name,
    cards: view.cards.map((card) => ({ ...cardOf(run, card.node), ...parentOf(card) })),
    groups: view.groups.map((group) => groupOf(run, view, group, edges)),
    edges: edges.map(({ from, to, count, contribution }) => ({ from: from.id, to: to.id, count, contribution })),
    output: run.output < 0 ? "" : view.ownerOf(run.output).id,
    totalNodes: run.length,
    open: view.groups.filter(({ open }) => open).map(({ id }) => id),
  };
}

interface ShownCard {
  readonly id: string;
  readonly node: number;
  readonly parent: ShownGroup | undefined;
}

interface ShownGroup {
  readonly id: string;
  readonly fold: Fold;
  readonly parent: ShownGroup | undefined;
  readonly depth: number;
  open: boolean;
  nodes: number;
  first: number;
  last: number;
  firstStep: number;
  lastStep: number;
}

type Shown = ShownCard | ShownGroup;

interface ShownEdge {
  readonly from: Shown;
  readonly to: Shown;
  count: number;
  contribution: number;
}

/** Which groups stand open, and which card or closed group each node is seen in. */
class View {
  readonly cards: ShownCard[] = [];
  readonly groups: ShownGroup[] = [];
  readonly #run: FunctionRun;
  readonly #visible: Shown[] = [];
  /** By node: the index in `#visible`. */
  readonly #owners: Int32Array;

  constructor(run: FunctionRun, request: GraphRequest) {
    this.#run = run;
    this.#open(request);
    this.#owners = this.#assign();
    this.#measure();
  }

  ownerOf(node: number): Shown {
    return this.#visible[this.#owners[node]!]!;
  }

  #open(request: GraphRequest): void {
    const tree = new ScopeTree(this.#run);
    const wanted = request.open === undefined ? undefined : new Set(request.open);
    const revealed = this.#scopesAround(request.reveal);
    let shown = 0;
    let queue: ShownGroup[] = [];
    const show = (items: readonly Item[], parent: ShownGroup | undefined): void => {
      shown += items.length;
      for (const item of items) {
        if (typeof item === "number") this.cards.push({ id: `n${item}`, node: item, parent });
        else queue.push(this.#addGroup(item, parent));
      }
    };
    show(tree.roots(), undefined);
    // Outermost groups first; what a person opened comes before what merely fits.
    while (queue.length > 0) {
      const level = queue;
      queue = [];
      for (const group of level) {
        const reveals = request.reveal !== undefined && contains(group.fold, request.reveal, revealed);
        if (!reveals && wanted !== undefined && !wanted.has(group.id)) continue;
        const items = group.fold.items();
        if (!reveals && shown + items.length > request.budget) continue;
        group.open = true;
        show(items, group);
      }
    }
  }

  #addGroup(fold: Fold, parent: ShownGroup | undefined): ShownGroup {
    const group = {
      id: fold.id,
      fold,
      parent,
      depth: parent === undefined ? 0 : parent.depth + 1,
      open: false,
      nodes: 0,
      first: this.#run.length,
      last: -1,
      firstStep: 0,
      lastStep: 0,
    };
    this.groups.push(group);
    return group;
  }

  #scopesAround(node: number | undefined): ReadonlySet<number> {
    const around = new Set<number>();
    if (node === undefined || node < 0 || node >= this.#run.length) return around;
    const { scopes } = this.#run.tape;
    for (let scope = this.#run.tape.scope[node]!; scope > 0; scope = scopes.parent(scope)) around.add(scope);
    return around;
  }

  #assign(): Int32Array {
    const { tape, length } = this.#run;
    const ofScope = new Int32Array(tape.scopes.length).fill(-1);
    const owners = new Int32Array(length).fill(-1);
    for (const group of this.groups) {
      if (group.open) continue;
      const index = this.#visible.push(group) - 1;
      for (const scope of group.fold.scopes) ofScope[scope] = index;
      for (const node of group.fold.nodes) owners[node] = index;
    }
    for (const card of this.cards) owners[card.node] = this.#visible.push(card) - 1;
    for (let scope = 1; scope < ofScope.length; scope++)
      if (ofScope[scope] === -1) ofScope[scope] = ofScope[tape.scopes.parent(scope)]!;
    for (let node = 0; node < length; node++) if (owners[node] === -1) owners[node] = ofScope[tape.scope[node]!]!;
    return owners;
  }

  /** Counts what stands in each group, open or closed. */
  #measure(): void {
    const { completed } = this.#run.order;
    for (let node = 0; node < this.#run.length; node++) {
      const owner = this.ownerOf(node);
      const step = completed[node]!;
      let group: ShownGroup | undefined = isGroup(owner) ? owner : owner.parent;
      for (; group !== undefined; group = group.parent) {
        group.nodes++;
        group.first = Math.min(group.first, node);
        group.last = Math.max(group.last, node);
        if (step === 0) continue;
        group.firstStep = group.firstStep === 0 ? step : Math.min(group.firstStep, step);
        group.lastStep = Math.max(group.lastStep, step);
      }
    }
  }

  /** One edge for all that run between the same two: from a card, what adds up at its node; from a group, the norm. */
  edges(): ShownEdge[] {
    const { start, input, contribution } = this.#run.edges;
    const { tape, length } = this.#run;
    const visible = this.#visible;
    const owners = this.#owners;
    const found = new Map<number, ShownEdge>();
    for (let node = 0; node < length; node++) {
      const to = owners[node]!;
      for (let edge = start[node]!; edge < start[node + 1]!; edge++) {
        const from = owners[input[edge]!]!;
        if (from === to) continue;
        const key = from * visible.length + to;
        let between = found.get(key);
        if (between === undefined)
          found.set(key, (between = { from: visible[from]!, to: visible[to]!, count: 0, contribution: 0 }));
        const amount = contribution[edge]!;
        const addsUp = !isGroup(between.from) && !tape.isTensor(between.from.node);
        between.count++;
        between.contribution =
          addsUp || between.count === 1 ? between.contribution + amount : Math.hypot(between.contribution, amount);
      }
    }
    return [...found.values()];
  }
}

function isGroup(shown: Shown): shown is ShownGroup {
  return "fold" in shown;
}

function contains(fold: Fold, node: number, scopesAround: ReadonlySet<number>): boolean {
  return fold.nodes.includes(node) || fold.scopes.some((scope) => scopesAround.has(scope));
}

function parentOf({ parent }: Shown): { parent?: string } {
  return parent === undefined ? {} : { parent: parent.id };
}

function cardOf(run: FunctionRun, node: number): Omit<Card, "parent"> {
  return {
    id: `n${node}`,
    node,
    label: run.label(node),
    op: run.operation(node),
    shape: run.tape.shapeOf(node),
    value: run.value(node),
    adjoint: run.adjointSummary(node),
    line: run.line(node),
    step: run.order.completed[node]!,
  };
}

function groupOf(run: FunctionRun, view: View, group: ShownGroup, edges: readonly ShownEdge[]): Group {
  const { id, fold, open, nodes, first, last, firstStep, lastStep } = group;
  const inside = (shown: Shown): boolean => {
    for (let around: Shown | undefined = shown; around !== undefined; around = around.parent)
      if (around === group) return true;
    return false;
  };
  let entering = 0;
  let leaving = 0;
  for (const { from, to, contribution } of edges) {
    const [fromInside, toInside] = [inside(from), inside(to)];
    if (fromInside && !toInside) entering = Math.hypot(entering, contribution);
    if (toInside && !fromInside) leaving = Math.hypot(leaving, contribution);
  }
  // The seed comes from outside.
  if (run.output >= 0 && inside(view.ownerOf(run.output)))
    entering = Math.hypot(entering, magnitude(run.adjointSummary(run.output)));
  return {
    id,
    ...parentOf(group),
    open,
    label: fold.label,
    source: fold.site > 0 ? rangeOf(run.sites.get(fold.site)) : run.outline.nameSource,
    nodes,
    first,
    last,
    firstStep,
    lastStep,
    repeats: fold.repeats,
    adjointIn: entering,
    adjointOut: leaving,
  };
}
