import { customRuleOf, custom } from "../primitives/custom.ts";
import { operationName } from "../primitives/names.ts";
import { constantOperation, inputOperation, type Tape } from "../tape/tape.ts";
import type { Shape } from "../tape/shape.ts";
import { drawnTensors, type Tensor } from "../tape/tensor.ts";
import { Steps } from "./steps.ts";

const bytesOfNumber = 8;

const views: ReadonlySet<string> = new Set(["reshape", "transpose", "slice", "broadcastTo", "identity"]);

/** Whether the result of an operation is another look at its input, for which compiled programs take no memory either. */
export function isView(operation: number): boolean {
  return views.has(operationName(operation));
}

/**
 * The pieces of memory that values stand in, numbered. A view shares that of the value it is a view of; every number has
 * one of its own.
 */
export class Storages {
  readonly #bytes: number[] = [];
  readonly #known = new Map<Float64Array, number>();

  get count(): number {
    return this.#bytes.length;
  }

  bytes(storage: number): number {
    return this.#bytes[storage]!;
  }

  ofNumber(): number {
    return this.#bytes.push(bytesOfNumber) - 1;
  }

  ofTensor({ data }: Tensor): number {
    let storage = this.#known.get(data);
    if (storage === undefined) {
      storage = this.#bytes.push(data.byteLength) - 1;
      this.#known.set(data, storage);
    }
    return storage;
  }

  /** Of a node; `storageOf` gives those of the nodes before it. */
  ofNode(tape: Tape, node: number, storageOf: Int32Array): number {
    const primal = tape.primalOf(node);
    if (typeof primal === "number") return this.ofNumber();
    const known = this.#known.get(primal.data);
    if (known !== undefined) return known;
    const word = tape.input0[node]!;
    // The results of a checkpoint or a loop stand on the tape as one vector, but each has memory of its own.
    const isPart = tape.operation[word] === custom.code && operationName(tape.operation[node]!) === "slice";
    if (!isView(tape.operation[node]!) || word < 0 || isPart) return this.ofTensor(primal);
    this.#known.set(primal.data, storageOf[word]!);
    return storageOf[word]!;
  }
}

/**
 * A run as a list of operations that read and write pieces of memory. Random numbers that it drew count as made by it, where
 * they are first used.
 */
export interface Forward {
  readonly steps: Steps;
  readonly storages: Storages;
  /** By node. */
  readonly storageOf: Int32Array;
  /** By node of random numbers that the run drew, the node that uses them first: they stand at its place. */
  readonly drawnFor: ReadonlyMap<number, number>;
  /** By storage, the node that made it. */
  readonly makerOf: readonly number[];
  /** Storages of parameters and of data: they are held whatever happens. */
  readonly held: ReadonlySet<number>;
  /** Storages that checkpoints of the program keep, with the shapes of what stands in them. */
  readonly keptByRules: ReadonlyMap<number, Shape>;
}

export function forwardOf(tape: Tape): Forward {
  const steps = new Steps();
  const storages = new Storages();
  const storageOf = new Int32Array(tape.length);
  const makerOf: number[] = [];
  const held = new Set<number>();
  const drawnFor = new Map<number, number>();
  /** Drawn, and not used yet. */
  const open = new Set<number>();
  const keptByRules = new Map<number, Shape>();
  for (let node = 0; node < tape.length; node++) {
    const before = storages.count;
    const storage = storages.ofNode(tape, node, storageOf);
    storageOf[node] = storage;
    const operation = tape.operation[node]!;
    const drawn = operation === constantOperation && drawnTensors.has(tape.primalOf(node) as Tensor);
    if (drawn) open.add(node);
    else if (open.size > 0)
      tape.forEachWord(node, (word) => {
        if (open.delete(word)) drawnFor.set(word, node);
      });
    if (operation === inputOperation || (operation === constantOperation && !drawn)) held.add(storage);
    else if (storage === before) {
      steps.add(node);
      tape.forEachWord(node, (word) => {
        if (word >= 0) steps.read(storageOf[word]!);
      });
      steps.write(storage);
      const kept = operation === custom.code ? (customRuleOf(tape.attributes(node)).kept ?? []) : [];
      for (const tensor of kept) {
        const own = storages.ofTensor(tensor);
        if (own > storage) steps.write(own);
        keptByRules.set(own, tensor.shape);
      }
    }
    while (makerOf.length < storages.count) makerOf.push(node);
  }
  return { steps, storages, storageOf, drawnFor, makerOf, held, keptByRules };
}
