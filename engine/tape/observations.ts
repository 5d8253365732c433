import { Numbers } from "./numbers.ts";
import type { Shape } from "./shape.ts";

/**
 * Which traced value a variable held, one entry for each time it was set. `value` is a node, or ~k for snapshot k: the
 * nodes (or `untraced`) of an array's elements.
 */
export class Observations {
  readonly sites = new Numbers(Int32Array);
  readonly values = new Numbers(Int32Array);
  readonly scopes = new Numbers(Int32Array);
  readonly snapshots: Snapshot[] = [];

  get length(): number {
    return this.sites.length;
  }

  get bytes(): number {
    return this.sites.bytes + this.values.bytes + this.scopes.bytes;
  }

  add(site: number, value: number, scope: number): void {
    this.sites.push(site);
    this.values.push(value);
    this.scopes.push(scope);
  }

  addSnapshot(site: number, snapshot: Snapshot, scope: number): void {
    this.add(site, ~(this.snapshots.push(snapshot) - 1), scope);
  }
}

/** The elements of an array when it was observed: its nested shape, the node of each element, the primals of untraced ones. */
export interface Snapshot {
  readonly shape: Shape;
  readonly nodes: Int32Array;
  readonly primals: Float64Array;
}
