import { Branches } from "./branches.ts";
import { enlarged, growth, Numbers } from "./numbers.ts";
import { Observations } from "./observations.ts";
import { Scopes } from "./scopes.ts";
import { scalarShape, type Shape } from "./shape.ts";
import { declarationSites, Tensor, TracedNumber, untraced, type Value } from "./tensor.ts";

/** Thrown when a recording would outgrow the tape's hard cap. */
export class TapeLimitError extends Error {
  readonly limitBytes: number;
  constructor(limitBytes: number) {
    super(`the tape would outgrow its limit of ${Math.round(limitBytes / 2 ** 20)} MiB`);
    this.name = "TapeLimitError";
    this.limitBytes = limitBytes;
  }
}

/** What a primitive was applied with besides its inputs: axes, a shape, an index. */
export type Attributes = Readonly<Record<string, unknown>>;

/** Of tapes that come and go by the thousand. */
export const smallCapacity = 32;
/** Nodes of a tape are at first made for this many; then arrays grow (measured faster than chunks or reserves). */
const firstCapacity = 1024;
export const defaultLimitBytes = 2 ** 30;

/** Input words: a node number, ~k for constant number k, or `noInput`. */
export const noInput = -0x8000_0000;

/** Node flags. A node that none of them is true of has the 0 that its place was made with. */
export const isTensor = 1;
/** input0 is an offset into `lists`, input1 the number of words there. */
export const isNary = 2;
export const hasAttributes = 4;

/** Bytes of one node in the arrays below. */
const bytesPerNode = 1 + 1 + 8 + 4 * 4;

/**
 * The record of one run, a structure of arrays indexed by node. Nodes stand in the order of execution, so inputs come
 * before what uses them. The tape knows no mathematics: `operation` is a number that only the table of primitives reads.
 */
export class Tape {
  length = 0;
  operation: Uint8Array<ArrayBuffer>;
  flags: Uint8Array<ArrayBuffer>;
  /** The primal of a scalar node; of a tensor node its index in `tensors`. */
  primal: Float64Array<ArrayBuffer>;
  input0: Int32Array<ArrayBuffer>;
  input1: Int32Array<ArrayBuffer>;
  site: Int32Array<ArrayBuffer>;
  scope: Int32Array<ArrayBuffer>;

  readonly constants = new Numbers(Float64Array);
  readonly lists = new Numbers(Int32Array);
  readonly tensors: Tensor[] = [];
  readonly scopes = new Scopes();
  readonly branches = new Branches();
  /** The names that the program gave to values of nodes, by which a checkpoint may keep them. */
  readonly valueNames = new Map<number, string>();
  readonly observations = new Observations();

  readonly #attributes = new Map<number, Attributes>();
  /** The node of each constant tensor that was taken as an input. */
  readonly #tensorConstants = new Map<Tensor, number>();
  readonly #inputNames = new Map<number, string>();
  readonly limitBytes: number;
  #tensorBytes = 0;

  constructor(limitBytes = defaultLimitBytes, capacity = firstCapacity) {
    this.limitBytes = limitBytes;
    this.operation = new Uint8Array(capacity);
    this.flags = new Uint8Array(capacity);
    this.primal = new Float64Array(capacity);
    this.input0 = new Int32Array(capacity);
    this.input1 = new Int32Array(capacity);
    this.site = new Int32Array(capacity);
    this.scope = new Int32Array(capacity);
  }

  /** Makes room for at least one more node. The callers' fast paths test `length === operation.length` themselves. */
  grow(): void {
    if (this.bytes > this.limitBytes) throw new TapeLimitError(this.limitBytes);
    // To just past the limit at most, so that it is met here in time.
    const capacity = Math.min(this.operation.length * growth, Math.ceil(this.limitBytes / bytesPerNode) + 1);
    this.operation = enlarged(this.operation, capacity);
    this.flags = enlarged(this.flags, capacity);
    this.primal = enlarged(this.primal, capacity);
    this.input0 = enlarged(this.input0, capacity);
    this.input1 = enlarged(this.input1, capacity);
    this.site = enlarged(this.site, capacity);
    this.scope = enlarged(this.scope, capacity);
  }

  /** Bytes in use. */
  get bytes(): number {
    return (
      this.length * bytesPerNode +
      this.constants.bytes +
      this.lists.bytes +
      this.#tensorBytes +
      this.scopes.bytes +
      this.branches.bytes +
      this.observations.bytes
    );
  }

  /** A node with a scalar primal. Inputs are words (see `noInput`). */
  addScalar(operation: number, primal: number, input0: number, input1: number, site: number, scope: number): number {
    const node = this.length;
    if (node === this.operation.length) this.grow();
    this.operation[node] = operation;
    this.primal[node] = primal;
    this.input0[node] = input0;
    this.input1[node] = input1;
    this.site[node] = site;
    this.scope[node] = scope;
    this.length = node + 1;
    return node;
  }

  /** A node of any arity. A number as `result` makes a scalar node. */
  add(
    operation: number,
    result: number | Tensor,
    inputs: readonly Value[],
    attributes: Attributes | undefined,
    site: number,
    scope: number,
  ): TracedNumber | Tensor {
    const words = inputs.map((input) => this.word(input));
    const nary = words.length > 2;
    const input0 = nary ? this.lists.length : (words[0] ?? noInput);
    const input1 = nary ? words.length : (words[1] ?? noInput);
    if (nary) for (const word of words) this.lists.push(word);
    const scalar = typeof result === "number";
    const node = this.addScalar(operation, scalar ? result : this.tensors.length, input0, input1, site, scope);
    let flags = nary ? isNary : 0;
    if (attributes !== undefined) {
      flags |= hasAttributes;
      this.#attributes.set(node, attributes);
    }
    if (scalar) {
      this.flags[node] = flags;
      return new TracedNumber(node, this);
    }
    this.flags[node] = flags | isTensor;
    const tensor = new Tensor(result.shape, result.data, node);
    this.tensors.push(tensor);
    this.#countTensorBytes(tensor);
    return tensor;
  }

  /** Whether a value stands on this tape. */
  holds(value: TracedNumber | Tensor): boolean {
    if (value instanceof TracedNumber) return value.tape === this;
    const { node } = value;
    return node !== untraced && this.isTensor(node) && this.tensors[this.primal[node]!] === value;
  }

  /** The recording around this one. */
  get parent(): Tape | undefined {
    return undefined;
  }

  /** The tape that a value stands on: this one, or undefined. */
  owner(value: TracedNumber | Tensor): Tape | undefined {
    return this.holds(value) ? this : undefined;
  }

  /** The input word of a value. */
  word(value: Value): number {
    if (typeof value === "number") return ~this.constants.push(value);
    if (this.holds(value)) return value.node;
    if (value instanceof TracedNumber) return ~this.constants.push(value.primal);
    // A constant tensor becomes a node without inputs: rare, and everything that walks nodes then needs no second table.
    let node = this.#tensorConstants.get(value);
    if (node === undefined) {
      node = this.addScalar(
        constantOperation,
        this.tensors.length,
        noInput,
        noInput,
        declarationSites.get(value) ?? 0,
        0,
      );
      this.flags[node] = isTensor;
      this.tensors.push(value);
      this.#tensorConstants.set(value, node);
      this.#countTensorBytes(value);
    }
    return node;
  }

  #countTensorBytes(tensor: Tensor): void {
    this.keep(tensor.data.byteLength);
  }

  /** Counts what is kept in the attributes of nodes, for the backward pass. */
  keep(bytes: number): void {
    this.#tensorBytes += bytes;
    if (this.#tensorBytes > this.limitBytes) throw new TapeLimitError(this.limitBytes);
  }

  /** An independent variable: what gradients are taken with respect to. */
  addInput(primal: number | Tensor, name: string, site: number): TracedNumber | Tensor {
    const value = this.add(inputOperation, primal, [], undefined, site, 0);
    this.#inputNames.set(value.node, name);
    return value;
  }

  inputName(node: number): string | undefined {
    return this.#inputNames.get(node);
  }

  attributes(node: number): Attributes {
    return this.#attributes.get(node) ?? {};
  }

  isTensor(node: number): boolean {
    return (this.flags[node]! & isTensor) !== 0;
  }

  /** The primal of a node, without its place on the tape. */
  primalOf(node: number): number | Tensor {
    const primal = this.primal[node]!;
    return this.isTensor(node) ? this.tensors[primal]! : primal;
  }

  shapeOf(node: number): Shape {
    return this.isTensor(node) ? this.tensors[this.primal[node]!]!.shape : scalarShape;
  }

  /** The node as a traced value, to compute on with. */
  valueOf(node: number): TracedNumber | Tensor {
    return this.isTensor(node) ? this.tensors[this.primal[node]!]! : new TracedNumber(node, this);
  }

  /** Calls `visit` with each input word of `node`, in order. */
  forEachWord(node: number, visit: (word: number, position: number) => void): void {
    const input0 = this.input0[node]!;
    const input1 = this.input1[node]!;
    if ((this.flags[node]! & isNary) !== 0) {
      for (let k = 0; k < input1; k++) visit(this.lists.get(input0 + k), k);
      return;
    }
    if (input0 !== noInput) visit(input0, 0);
    if (input1 !== noInput) visit(input1, 1);
  }

  /** The nodes among the inputs of `node`, in order; constant numbers are left out. */
  inputsOf(node: number): number[] {
    const inputs: number[] = [];
    this.forEachWord(node, (word) => {
      if (word >= 0) inputs.push(word);
    });
    return inputs;
  }

  /** The primals of all inputs of `node`, constant numbers included, in order. */
  inputPrimals(node: number): (number | Tensor)[] {
    const primals: (number | Tensor)[] = [];
    this.forEachWord(node, (word) => primals.push(word >= 0 ? this.primalOf(word) : this.constants.get(~word)));
    return primals;
  }

  /** All inputs of `node` as values to compute on with. */
  inputValues(node: number): Value[] {
    const values: Value[] = [];
    this.forEachWord(node, (word) => values.push(word >= 0 ? this.valueOf(word) : this.constants.get(~word)));
    return values;
  }
}

/** Operations that every tape has; the table of primitives counts on from `firstPrimitive`. */
export const inputOperation = 0;
export const constantOperation = 1;
export const firstPrimitive = 2;
