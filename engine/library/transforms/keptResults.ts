import { bytesOf } from "../../differentiate/composite.ts";
import { operationName } from "../../primitives/names.ts";
import type { KeepsResults, Primal } from "../../primitives/rule.ts";
import { sizeOf } from "../../tape/shape.ts";
import { Tensor, type TracedNumber } from "../../tape/tensor.ts";

/** What `checkpoint` keeps of the results of operations. */
export type Selection = "nothing" | { readonly names: readonly string[] } | { readonly bytes: number };

export interface Result {
  readonly primal: Tensor;
  /** Roughly, the operations that computing it takes. */
  readonly cost: number;
}

/**
 * Notes the results of the operations on tensors while a function runs, counted from 0, and keeps those that are selected:
 * when the function runs again they are not computed.
 */
export class KeptResults implements KeepsResults {
  readonly #selection: Selection;
  readonly #results: (Result | undefined)[] = [];
  readonly #named = new Set<Primal>();

  constructor(selection: Selection) {
    this.#selection = selection;
  }

  next(): undefined {
    return undefined;
  }

  computed(code: number, inputs: readonly Primal[], result: Primal): void {
    const kept = this.#selection !== "nothing" && result instanceof Tensor;
    this.#results.push(kept ? { primal: result, cost: costOf(code, inputs, result) } : undefined);
  }

  name(value: TracedNumber | Tensor, name: string): void {
    const selection = this.#selection;
    if (
      typeof selection === "object" &&
      "names" in selection &&
      selection.names.includes(name) &&
      value instanceof Tensor
    )
      this.#named.add(value);
  }

  select(): SelectedResults {
    const selected = new Map<number, Tensor>();
    const selection = this.#selection;
    if (selection === "nothing") return new SelectedResults(selected);
    if ("names" in selection) {
      const data = new Set([...this.#named].map((value) => (value as Tensor).data));
      this.#results.forEach((result, k) => {
        if (result !== undefined && data.has(result.primal.data)) selected.set(k, result.primal);
      });
      return new SelectedResults(selected);
    }
    for (const k of mostWorth(this.#results, selection.bytes)) selected.set(k, this.#results[k]!.primal);
    return new SelectedResults(selected);
  }
}

/** Of results, those to keep within so many bytes: by their places in the list. */
export function mostWorth(results: readonly (Result | undefined)[], bytes: number): number[] {
  const byWorth = results
    .flatMap((result, k) => (result === undefined ? [] : [{ k, ...result }]))
    .sort((a, b) => b.cost / b.primal.data.byteLength - a.cost / a.primal.data.byteLength);
  const selected: number[] = [];
  let left = bytes;
  for (const { k, primal } of byWorth) {
    if (primal.data.byteLength > left) continue;
    left -= primal.data.byteLength;
    selected.push(k);
  }
  return selected;
}

/** The results that were kept. */
export class SelectedResults {
  readonly #results: ReadonlyMap<number, Tensor>;

  constructor(results: ReadonlyMap<number, Tensor>) {
    // Without the tape that they were computed on, which is to be forgotten.
    this.#results = new Map([...results].map(([k, { shape, data }]) => [k, new Tensor(shape, data)]));
  }

  get list(): readonly Tensor[] {
    return [...this.#results.values()];
  }

  /** Gives them when the function runs again. */
  replay(): KeepsResults {
    let count = 0;
    return { next: () => this.#results.get(count++), computed: () => undefined };
  }
}

export function costOf(code: number, inputs: readonly Primal[], result: Tensor): number {
  const size = sizeOf(result.shape);
  if (operationName(code) !== "matmul") return size + inputs.reduce<number>((n, x) => n + bytesOf([x]) / 8, 0);
  const [left] = inputs;
  return 2 * size * (left instanceof Tensor ? left.shape.at(-1)! : 1);
}
