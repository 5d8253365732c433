import { enlarged } from "./numbers.ts";
import type { Shape } from "./shape.ts";

/** Words of one entry: its site, its value, its scope. They stand side by side: an entry is written in one go. */
const words = 3;

/**
 * Which traced value a variable held, one entry for each time it was set. `value` is a node, or ~k for snapshot k: the
 * nodes (or `untraced`) of an array's elements.
 */
export class Observations {
  length = 0;
  #entries = new Int32Array(32 * words);
  readonly snapshots: Snapshot[] = [];

  get bytes(): number {
    return this.length * words * this.#entries.BYTES_PER_ELEMENT;
  }

  add(site: number, value: number, scope: number): void {
    const at = this.length * words;
    if (at === this.#entries.length) this.#entries = enlarged(this.#entries);
    const entries = this.#entries;
    entries[at] = site;
    entries[at + 1] = value;
    entries[at + 2] = scope;
    this.length++;
  }

  addSnapshot(site: number, snapshot: Snapshot, scope: number): void {
    this.add(site, ~(this.snapshots.push(snapshot) - 1), scope);
  }

  site(index: number): number {
    return this.#entries[index * words]!;
  }

  value(index: number): number {
    return this.#entries[index * words + 1]!;
  }

  scope(index: number): number {
    return this.#entries[index * words + 2]!;
  }

  /** Puts an entry into another scope. */
  move(index: number, scope: number): void {
    this.#entries[index * words + 2] = scope;
  }
}

/** The elements of an array when it was observed: its nested shape, the node of each element, the primals of untraced ones. */
export interface Snapshot {
  readonly shape: Shape;
  readonly nodes: Int32Array;
  readonly primals: Float64Array;
}
