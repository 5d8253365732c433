import { contributions } from "../../differentiate/contributions.ts";
import type { Adjoints } from "../../differentiate/reverse.ts";
import type { Tape } from "../../tape/tape.ts";
import { size } from "./summaries.ts";

/**
 * The edges of the graph, from each node to those of its inputs that are nodes, with what flows back along them. Those of
 * node v are numbered from `start[v]` up to, not including, `start[v + 1]`, in the order of its inputs.
 */
export class Edges {
  readonly start: Int32Array;
  readonly input: Int32Array;
  /** A scalar's contribution to the input's adjoint, signed; the norm of a tensor's; 0 where nothing flows. */
  readonly contribution: Float64Array;
  readonly #tape: Tape;
  #uses: { readonly start: Int32Array; readonly edge: Int32Array; readonly user: Int32Array } | undefined;

  constructor(tape: Tape, adjoints: Adjoints) {
    this.#tape = tape;
    const { length } = tape;
    this.start = new Int32Array(length + 1);
    let count = 0;
    const inputs: number[] = [];
    const amounts: number[] = [];
    for (let node = 0; node < length; node++) {
      this.start[node] = count;
      const passed = contributions(tape, adjoints, node);
      tape.forEachWord(node, (word, position) => {
        if (word < 0) return;
        const term = passed.find((entry) => entry.position === position)?.contribution;
        inputs.push(word);
        amounts.push(typeof term === "number" ? term : term === undefined ? 0 : size(term));
        count++;
      });
    }
    this.start[length] = count;
    this.input = Int32Array.from(inputs);
    this.contribution = Float64Array.from(amounts);
  }

  /** The uses of a node in the order of execution: the using node and the edge. */
  usesOf(node: number): readonly { readonly user: number; readonly edge: number }[] {
    const { start, edge, user } = this.#usesTable();
    const uses = [];
    for (let k = start[node]!; k < start[node + 1]!; k++) uses.push({ user: user[k]!, edge: edge[k]! });
    return uses;
  }

  /** −1 where there is none. */
  firstUser(node: number): number {
    const { start, user } = this.#usesTable();
    return start[node] === start[node + 1] ? -1 : user[start[node]!]!;
  }

  #usesTable(): { readonly start: Int32Array; readonly edge: Int32Array; readonly user: Int32Array } {
    if (this.#uses !== undefined) return this.#uses;
    const { length } = this.#tape;
    const start = new Int32Array(length + 1);
    for (const input of this.input) start[input + 1]!++;
    for (let node = 0; node < length; node++) start[node + 1]! += start[node]!;
    const next = start.slice(0, length);
    const edge = new Int32Array(this.input.length);
    const user = new Int32Array(this.input.length);
    for (let node = 0; node < length; node++) {
      for (let k = this.start[node]!; k < this.start[node + 1]!; k++) {
        const place = next[this.input[k]!]!++;
        edge[place] = k;
        user[place] = node;
      }
    }
    return (this.#uses = { start, edge, user });
  }
}
