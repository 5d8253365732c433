import type { Card, Graph, GraphRequest, Group } from "../protocol.ts";
import { rangeOf, type FunctionRun } from "./functionRun.ts";
import type { Fold, Item } from "./scopeTree.ts";

/** The part of the graph that a request sees. Linear in the length of the tape, however little of it is shown. */
export function graph(run: FunctionRun, request: GraphRequest): Graph {
  const view = new View(run, request);
  const edges = view.edges();
  return {
    function: run.name,
    cards: view.cards.map((card) => ({ ...cardOf(run, card.node), ...parentOf(card) })),
    groups: view.groups.map((group) => groupOf(run, group)),
    edges: edges.map(({ from, to, count, flow }) => ({ from: from.id, to: to.id, count, contribution: flow.amount })),
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
  readonly entering: Flow;
  readonly leaving: Flow;
}

type Shown = ShownCard | ShownGroup;

interface ShownEdge {
  readonly from: Shown;
  readonly to: Shown;
  /** The groups whose borders it crosses. */
  readonly left: readonly ShownGroup[];
  readonly reached: readonly ShownGroup[];
  count: number;
  readonly flow: Flow;
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
    show(this.#run.scopeTree.roots(), undefined);
    // Outermost groups first; what a person opened comes before what merely fits. Unasked, all groups of a level open or none.
    while (queue.length > 0) {
      const level = queue;
      queue = [];
      const fits = (): boolean => level.reduce((sum, { fold }) => sum + fold.items().length, shown) <= request.budget;
      const opens = wanted !== undefined || fits();
      for (const group of level) {
        const reveals = request.reveal !== undefined && contains(group.fold, request.reveal, revealed);
        if (!reveals && (!opens || wanted?.has(group.id) === false)) continue;
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
      entering: new Flow(),
      leaving: new Flow(),
    };
    this.groups.push(group);
    return group;
  }

  #scopesAround(node: number | undefined): ReadonlySet<number> {
    const around = new Set<number>();
    if (node === undefined || node < 0 || node >= this.#run.length) return around;
    const { scopes } = this.#run.tape;
    for (let scope = this.#run.scopeTree.scopeOf[node]!; scope > 0; scope = scopes.parent(scope)) around.add(scope);
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
    for (let node = 0; node < length; node++)
      if (owners[node] === -1) owners[node] = ofScope[this.#run.scopeTree.scopeOf[node]!]!;
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

  /** One edge for all that run between the same two; and what enters and leaves each group across its border. */
  edges(): ShownEdge[] {
    const { tape, length, edges } = this.#run;
    const { start, user, edge } = edges.uses;
    const visible = this.#visible;
    const found = new Map<number, ShownEdge>();
    for (let node = 0; node < length; node++) {
      const from = this.#owners[node]!;
      // Only a tensor's norm is known, and norms of what is added up don't add up.
      const source = tape.isTensor(node) ? undefined : node;
      for (let use = start[node]!; use < start[node + 1]!; use++) {
        const to = this.#owners[user[use]!]!;
        if (from === to) continue;
        const key = from * visible.length + to;
        let between = found.get(key);
        if (between === undefined) found.set(key, (between = this.#edge(from, to)));
        const amount = edges.contribution[edge[use]!]!;
        between.count++;
        between.flow.add(source, amount);
        for (const group of between.left) group.entering.add(source, amount);
        for (const group of between.reached) group.leaving.add(source, amount);
      }
    }
    // The seed comes from outside.
    const { output } = this.#run;
    if (output >= 0) for (const group of groupsAround(this.ownerOf(output))) group.entering.add(output, 1);
    return [...found.values()];
  }

  #edge(fromIndex: number, toIndex: number): ShownEdge {
    const [from, to] = [this.#visible[fromIndex]!, this.#visible[toIndex]!];
    const [aroundFrom, aroundTo] = [groupsAround(from), groupsAround(to)];
    return {
      from,
      to,
      left: aroundFrom.filter((group) => !aroundTo.includes(group)),
      reached: aroundTo.filter((group) => !aroundFrom.includes(group)),
      count: 0,
      flow: new Flow(),
    };
  }
}

/** What flows back from several uses: added up at each node that it flows to, and of several nodes the norm. */
class Flow {
  #node: number | undefined;
  #sum = 0;
  #norm = 0;
  #several = false;

  /** The uses of a node come one after the other. Undefined: of a node of which only norms are known. */
  add(node: number | undefined, amount: number): void {
    if (node === undefined || node !== this.#node) {
      if (this.#sum !== 0) this.#several = true;
      this.#norm = Math.hypot(this.#norm, this.#sum);
      this.#node = node;
      this.#sum = 0;
    }
    this.#sum += amount;
  }

  /** With its sign where it flows to one node. */
  get amount(): number {
    return this.#several ? Math.hypot(this.#norm, this.#sum) : this.#sum;
  }
}

/** Outermost last. */
function groupsAround(shown: Shown): ShownGroup[] {
  const around: ShownGroup[] = [];
  let group: ShownGroup | undefined = isGroup(shown) ? shown : shown.parent;
  for (; group !== undefined; group = group.parent) around.push(group);
  return around;
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

function groupOf(run: FunctionRun, group: ShownGroup): Group {
  const { id, fold, open, nodes, first, last, firstStep, lastStep, entering, leaving } = group;
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
    adjointIn: Math.abs(entering.amount),
    adjointOut: Math.abs(leaving.amount),
  };
}
