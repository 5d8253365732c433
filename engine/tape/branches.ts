import { Numbers } from "./numbers.ts";

/** Which way each comparison of traced values went: two runs with equal branches took the same path. */
export class Branches {
  readonly #sites = new Numbers(Int32Array);
  readonly #nodes = new Numbers(Int32Array);
  readonly #outcomes = new Numbers(Int32Array);

  get length(): number {
    return this.#sites.length;
  }

  get bytes(): number {
    return this.#sites.bytes + this.#nodes.bytes + this.#outcomes.bytes;
  }

  /** `node` is the tape's length when the comparison was made, `outcome` its result as 0 or 1 (or the index of a winner). */
  add(site: number, node: number, outcome: number): void {
    this.#sites.push(site);
    this.#nodes.push(node);
    this.#outcomes.push(outcome);
  }

  at(index: number): { site: number; node: number; outcome: number } {
    return { site: this.#sites.get(index), node: this.#nodes.get(index), outcome: this.#outcomes.get(index) };
  }
}
