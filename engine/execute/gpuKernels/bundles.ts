/**
 * Long rows of operations on single numbers, as models written with plain numbers and loops make them: computed in bundles,
 * each of them one kernel, instead of a kernel for every few of them.
 */
import { sizeOf } from "../../tape/shape.ts";
import { arityOf } from "./functions.ts";
import { Graph, type GpuNode, type OperationNode } from "./graph.ts";
import { collected, elementAt, sourceOf } from "./collect.ts";
import { mostTextures } from "./textures.ts";

/** One operation of a bundle. An operand is a member before it, or ~k for input k of the bundle. */
export interface BundleMember {
  readonly name: string;
  readonly operands: readonly number[];
}

/** Fewer are written into the kernels that take them. */
const fewestNumbers = 100;
/** Operations in a bundle: longer ones compile slowly. */
const mostMembers = 128;
/** Turns of a loop that are as many times longer than a bundle are found still. */
const longestTurn = 6 * mostMembers;
/** A number that stands in the program so often is part of it; others are data, so that equal bundles have equal texts. */
const often = 8;

export interface Bundled {
  readonly graph: Graph;
  /** What is kept of the graph before, in this one. */
  readonly nodeOf: (node: number) => number;
}

/** The same computation with its single numbers in bundles and its joins of many of them collected. */
export function bundled(graph: Graph, kept: readonly number[]): Bundled {
  return new Bundler(graph, kept).run();
}

class Bundler {
  readonly #from: Graph;
  readonly #to = new Graph();
  readonly #needed: Uint8Array;
  readonly #users: (number[] | undefined)[];
  readonly #kept: ReadonlySet<number>;
  readonly #nodes: (number | undefined)[];
  /** Members of the bundle that is being put together, and what waits for it. */
  #open = new Map<number, number>();
  #waiting = new Set<number>();
  readonly #occurrences = new Map<number, number>();
  /** Lengths of the bundles that come next. */
  readonly #lengths: number[] = [];

  constructor(graph: Graph, kept: readonly number[]) {
    const { nodes, constants } = graph;
    this.#from = graph;
    // One by one: there may be more than a call takes as arguments.
    for (const constant of constants) this.#to.constants.push(constant);
    this.#kept = new Set(kept);
    this.#nodes = new Array<number | undefined>(nodes.length);
    this.#users = new Array<number[] | undefined>(nodes.length);
    this.#needed = new Uint8Array(nodes.length);
    for (const node of kept) this.#needed[node] = 1;
    for (let id = nodes.length - 1; id >= 0; id--) {
      const node = nodes[id]!;
      if (this.#needed[id] === 0 || node.kind !== "operation") continue;
      for (const input of node.inputs) {
        this.#needed[input] = 1;
        (this.#users[input] ??= []).push(id);
      }
    }
  }

  run(): Bundled {
    const { nodes } = this.#from;
    const members = nodes.flatMap((node, id) => (this.#needed[id] === 1 && isMember(node) ? [id] : []));
    const bundles = members.length >= fewestNumbers;
    const names = members.map((id) => (nodes[id] as OperationNode).name);
    let next = 0;
    let length = 0;
    if (bundles) this.#countNumbers(members);
    nodes.forEach((node, id) => {
      if (this.#needed[id] === 0) return;
      const inputs = node.kind === "operation" ? node.inputs : [];
      if (!bundles || !isMember(node)) {
        if (inputs.some((input) => this.#open.has(input) || this.#waiting.has(input))) this.#waiting.add(id);
        else this.#emit(id);
        return;
      }
      if (this.#open.size === length || inputs.some((input) => this.#waiting.has(input))) this.#close();
      if (this.#open.size === 0) length = this.#nextLength(names, next);
      this.#open.set(id, this.#open.size);
      next++;
    });
    this.#close();
    const keptAs = new Map([...this.#kept].map((id) => [id, this.#alone(this.#nodes[id]!)]));
    return { graph: this.#to, nodeOf: (node) => keptAs.get(node)! };
  }

  /** What is kept has a texture of its own; those of its bundle go on reading it there. */
  #alone(node: number): number {
    const source = this.#to.nodes[sourceOf(this.#to, node).source]!;
    const shared = source.kind === "operation" && source.name === "bundle";
    return shared ? this.#to.operation("copy", [node], this.#to.shapeOf(node)) : node;
  }

  #countNumbers(members: readonly number[]): void {
    const { nodes } = this.#from;
    for (const id of members)
      for (const input of (nodes[id] as OperationNode).inputs) {
        const operand = nodes[input]!;
        if (operand.kind === "number")
          this.#occurrences.set(operand.value, (this.#occurrences.get(operand.value) ?? 0) + 1);
      }
  }

  /** How long the bundle is that begins here: as many whole turns of a loop as there is room for, or a part of one. */
  #nextLength(names: readonly string[], at: number): number {
    const scheduled = this.#lengths.shift();
    if (scheduled !== undefined) return scheduled;
    const turn = turnAt(names, at);
    if (turn === undefined) return mostMembers;
    if (turn <= mostMembers) return turn * Math.floor(mostMembers / turn);
    const parts = Math.ceil(turn / mostMembers);
    const bounds = Array.from({ length: parts + 1 }, (_, part) => Math.round((turn * part) / parts));
    this.#lengths.push(...bounds.slice(2).map((bound, k) => bound - bounds[k + 1]!));
    return bounds[1]!;
  }

  #emit(id: number): void {
    const node = this.#from.nodes[id]!;
    const to = this.#to;
    if (node.kind === "number") this.#nodes[id] = to.number(node.value, node.shape);
    else if (node.kind === "host") this.#nodes[id] = to.host(node.slot);
    else if (node.kind === "resident") this.#nodes[id] = to.resident(node.of, node.leaf, node.shape);
    else {
      const inputs = node.inputs.map((input) => this.#nodes[input]!);
      this.#nodes[id] =
        node.name === "join" ? collected(to, inputs) : to.operation(node.name, inputs, node.shape, node.attributes);
    }
  }

  #close(): void {
    if (this.#open.size > 0) this.#emitBundle();
    const waiting = this.#waiting;
    this.#open = new Map();
    this.#waiting = new Set();
    for (const id of waiting) this.#emit(id);
  }

  #emitBundle(): void {
    const [from, to, open] = [this.#from, this.#to, this.#open];
    const inputs: number[] = [];
    const known = new Map<number, number>();
    const numbers: number[] = [];
    const members: { name: string; operands: number[] }[] = [];
    const results: number[] = [];
    for (const [id, place] of open) {
      const { name, inputs: own } = from.nodes[id] as OperationNode;
      const operands = own.map((input) => {
        const member = open.get(input);
        if (member !== undefined) return member;
        const operand = from.nodes[input]!;
        // Which of these numbers it is, from a place that inputs have not.
        if (operand.kind === "number" && this.#occurrences.get(operand.value)! < often)
          return firstNumber - (numbers.push(operand.value) - 1);
        let index = known.get(input);
        if (index === undefined) known.set(input, (index = inputs.push(this.#nodes[input]!) - 1));
        return ~index;
      });
      members.push({ name, operands });
      if (this.#kept.has(id) || this.#users[id]!.some((user) => !open.has(user))) results.push(place);
    }
    const given = inputs.length;
    if (numbers.length > 0) {
      const table = to.constant([numbers.length], Float32Array.from(numbers));
      numbers.forEach((_, k) => inputs.push(elementAt(to, table, k)));
    }
    for (const member of members)
      member.operands = member.operands.map((operand) =>
        operand <= firstNumber ? ~(given + firstNumber - operand) : operand,
      );
    const bundle = to.operation("bundle", withinReach(to, inputs), [results.length], { members, results });
    const places = [...open.keys()];
    results.forEach((place, k) => {
      const id = places[place]!;
      this.#nodes[id] = to.reshape(elementAt(to, bundle, k), from.shapeOf(id));
    });
  }
}

const firstNumber = -(2 ** 40);

/** Whether it is an operation on single numbers that makes one. */
function isMember(node: GpuNode): boolean {
  return node.kind === "operation" && arityOf(node.name) !== undefined && sizeOf(node.shape) === 1;
}

/** After how many operations the same ones come again; undefined where they do not. */
function turnAt(names: readonly string[], at: number): number | undefined {
  for (let turn = 1; turn <= longestTurn; turn++) {
    const window = Math.max(turn, mostMembers);
    if (at + turn + window > names.length) return undefined;
    let k = 0;
    while (k < window && names[at + k] === names[at + turn + k]) k++;
    if (k === window) return turn;
  }
  return undefined;
}

/** Elements, those that lie in too many textures collected from the ones with the fewest. */
function withinReach(graph: Graph, elements: readonly number[]): readonly number[] {
  const bySource = new Map<number, number[]>();
  elements.forEach((element, k) => {
    const { source } = sourceOf(graph, element);
    const { kind } = graph.nodes[source]!;
    if (kind === "number" || kind === "host") return;
    const own = bySource.get(source);
    if (own === undefined) bySource.set(source, [k]);
    else own.push(k);
  });
  if (bySource.size <= mostTextures) return elements;
  const far = [...bySource.values()].sort((a, b) => b.length - a.length).slice(mostTextures - 1);
  const moved = far.flat().sort((a, b) => a - b);
  const together = collected(
    graph,
    moved.map((k) => elements[k]!),
  );
  const reached = [...elements];
  moved.forEach((k, place) => (reached[k] = elementAt(graph, together, place)));
  return reached;
}
