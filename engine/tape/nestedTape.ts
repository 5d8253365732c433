import { smallCapacity, Tape } from "./tape.ts";
import { TracedNumber, type Tensor, type Value } from "./tensor.ts";

/** A value of another tape that a nested recording used. */
export interface Capture {
  readonly value: TracedNumber | Tensor;
  readonly owner: Tape;
}

/**
 * The record of a function that runs inside of another recording. Values of the recordings around it are known here:
 * each one that the function computes with becomes an input, a capture. So nothing that a function closes over is lost
 * as a constant, and the record can be thrown away without a trace on the tape around it.
 */
export class NestedTape extends Tape {
  readonly #parent: Tape;
  readonly #captures: Capture[] = [];
  readonly #captureNodes: number[] = [];
  /** By the tape that holds a value and the value's node there, its node here. */
  readonly #nodes = new Map<Tape, Map<number, number>>();

  /** @param expected captures of an earlier record of the same function: they become the first inputs, in their order. */
  constructor(parent: Tape, expected: readonly Capture[] = []) {
    super(parent.limitBytes, smallCapacity);
    this.#parent = parent;
    for (const { value, owner } of expected) this.#capture(owner, value);
  }

  /** The values of other tapes that were used, in the order of their first use. */
  get captures(): readonly Capture[] {
    return this.#captures;
  }

  /** The input that stands for each of them. */
  get captureNodes(): readonly number[] {
    return this.#captureNodes;
  }

  override get parent(): Tape {
    return this.#parent;
  }

  override holds(value: TracedNumber | Tensor): boolean {
    return super.holds(value) || this.#outerOwner(value) !== undefined;
  }

  override owner(value: TracedNumber | Tensor): Tape | undefined {
    return super.holds(value) ? this : this.#outerOwner(value);
  }

  override word(value: Value): number {
    if (typeof value === "number" || super.holds(value)) return super.word(value);
    const owner = this.#outerOwner(value);
    return owner === undefined ? super.word(value) : this.#capture(owner, value);
  }

  #outerOwner(value: TracedNumber | Tensor): Tape | undefined {
    const owner = this.#parent.owner(value);
    if (owner !== undefined) return owner;
    // The tape of an expected capture may have been left meanwhile.
    for (const tape of this.#nodes.keys()) if (tape.owner(value) === tape) return tape;
    return undefined;
  }

  #capture(owner: Tape, value: TracedNumber | Tensor): number {
    let nodes = this.#nodes.get(owner);
    if (nodes === undefined) this.#nodes.set(owner, (nodes = new Map<number, number>()));
    let node = nodes.get(value.node);
    if (node === undefined) {
      ({ node } = this.addInput(value instanceof TracedNumber ? value.primal : value, "", 0));
      nodes.set(value.node, node);
      this.#captures.push({ value, owner });
      this.#captureNodes.push(node);
    }
    return node;
  }
}
