import { Tape } from "./tape.ts";
import { TracedNumber, type Tensor, type Value } from "./tensor.ts";

/**
 * The record of a function that runs inside of another recording. Values of the recordings around it are known here:
 * each one that the function computes with becomes an input, a capture. So nothing that a function closes over is lost
 * as a constant, and the record can be thrown away without a trace on the tape around it.
 */
export class NestedTape extends Tape {
  readonly #parent: Tape;
  readonly #captures: (TracedNumber | Tensor)[] = [];
  /** By the tape that holds a value and the value's node there, its node here. */
  readonly #nodes = new Map<Tape, Map<number, number>>();
  readonly #inputs: number[] = [];

  constructor(parent: Tape) {
    super(parent.limitBytes);
    this.#parent = parent;
  }

  /** The values of other tapes that were used, in the order of their first use. */
  get captures(): readonly (TracedNumber | Tensor)[] {
    return this.#captures;
  }

  /** The input that stands for each of them. */
  get captureNodes(): readonly number[] {
    return this.#inputs;
  }

  override holds(value: TracedNumber | Tensor): boolean {
    return super.holds(value) || this.#parent.holds(value);
  }

  override owner(value: TracedNumber | Tensor): Tape | undefined {
    return super.holds(value) ? this : this.#parent.owner(value);
  }

  override word(value: Value): number {
    if (typeof value === "number" || super.holds(value)) return super.word(value);
    const owner = this.#parent.owner(value);
    return owner === undefined ? super.word(value) : this.#capture(owner, value);
  }

  #capture(owner: Tape, value: TracedNumber | Tensor): number {
    let nodes = this.#nodes.get(owner);
    if (nodes === undefined) this.#nodes.set(owner, (nodes = new Map<number, number>()));
    let node = nodes.get(value.node);
    if (node === undefined) {
      ({ node } = this.addInput(value instanceof TracedNumber ? value.primal : value, "", 0));
      nodes.set(value.node, node);
      this.#captures.push(value);
      this.#inputs.push(node);
    }
    return node;
  }
}
