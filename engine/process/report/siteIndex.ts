import type { Tape } from "../../tape/tape.ts";

/** The nodes that each site made, in the order of execution. */
export class SiteIndex {
  readonly #start: Int32Array;
  readonly #nodes: Int32Array;

  constructor(tape: Tape, sites: number) {
    const { length, site } = tape;
    const start = new Int32Array(sites + 1);
    for (let node = 0; node < length; node++) start[site[node]! + 1]!++;
    for (let k = 0; k < sites; k++) start[k + 1]! += start[k]!;
    const next = start.slice(0, sites);
    const nodes = new Int32Array(length);
    for (let node = 0; node < length; node++) nodes[next[site[node]!]!++] = node;
    this.#start = start;
    this.#nodes = nodes;
  }

  nodesOf(site: number): Int32Array {
    return this.#nodes.subarray(this.#start[site], this.#start[site + 1]);
  }
}

/**
 * The results among the nodes of one site: an expression that applies several primitives makes them one after the other,
 * in one scope, and its value is the last.
 */
export function resultsOf(tape: Tape, nodes: Int32Array): Int32Array {
  return nodes.filter((node, k) => nodes[k + 1] !== node + 1 || tape.scope[node + 1] !== tape.scope[node]);
}
