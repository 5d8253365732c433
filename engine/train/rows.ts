import { Random } from "../library/random.ts";
import type { Tensor } from "../tape/tensor.ts";

/** Which examples are trained on, which are kept for validation, and in what order they come: all from one seed. */
export class Rows {
  readonly training: Int32Array;
  readonly validation: Int32Array;
  readonly batchSize: number;
  readonly #seed: number;
  #streams: Random;
  /** The stream of the epoch before `#next`, and its batches once they are drawn. */
  #stream: Random;
  #next = 0;
  #batches: readonly Int32Array[] | undefined;

  constructor(examples: number, validationFraction: number, batchSize: number, seed: number) {
    const kept = Math.round(examples * validationFraction);
    const order = kept === 0 ? Int32Array.from({ length: examples }, (_, k) => k) : drawn(new Random(seed), examples);
    this.validation = order.slice(0, kept).sort();
    this.training = order.slice(kept).sort();
    this.batchSize = batchSize;
    this.#seed = seed;
    this.#streams = this.#stream = new Random(seed).split();
  }

  /** Examples that are left over at the end of an epoch wait for the next one, where the order is another. */
  get stepsPerEpoch(): number {
    return Math.floor(this.training.length / this.batchSize);
  }

  /** The batches of an epoch, counted from 0. Each epoch has a stream of random numbers of its own. */
  epoch(epoch: number): readonly Int32Array[] {
    if (epoch < this.#next - 1) {
      this.#streams = new Random(this.#seed).split();
      this.#next = 0;
    }
    while (this.#next <= epoch) {
      this.#stream = this.#streams.split();
      this.#next++;
      this.#batches = undefined;
    }
    return (this.#batches ??= this.#drawBatches());
  }

  #drawBatches(): Int32Array[] {
    const order = drawn(this.#stream, this.training.length).map((k) => this.training[k]!);
    return Array.from({ length: this.stepsPerEpoch }, (_, k) =>
      order.slice(k * this.batchSize, (k + 1) * this.batchSize),
    );
  }

  /** All examples kept for validation, batch by batch; the last batch may be smaller. */
  validationBatches(): Int32Array[] {
    const count = Math.ceil(this.validation.length / this.batchSize);
    return Array.from({ length: count }, (_, k) => this.validation.slice(k * this.batchSize, (k + 1) * this.batchSize));
  }
}

function drawn(random: Random, count: number): Int32Array {
  return Int32Array.from((random.permutation(count) as unknown as Tensor).data);
}
