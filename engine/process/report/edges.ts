import { contributions, type Contribution } from "../../differentiate/contributions.ts";
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
  #uses: Uses | undefined;

  constructor(tape: Tape, adjoints: Adjoints) {
    this.#tape = tape;
    const { length } = tape;
    this.start = new Int32Array(length + 1);
    let count = 0;
    for (let node = 0; node < length; node++) {
      this.start[node] = count;
      tape.forEachWord(node, (word) => {
        if (word >= 0) count++;
      });
    }
    this.start[length] = count;
    this.input = new Int32Array(count);
    this.contribution = new Float64Array(count);
    for (let node = 0; node < length; node++) this.#fill(node, contributions(tape, adjoints, node));
  }

  /** Terms come in the order of the inputs; what no input varies with has none. */
  #fill(node: number, terms: readonly Contribution[]): void {
    let edge = this.start[node]!;
    let next = 0;
    this.#tape.forEachWord(node, (word, position) => {
      if (word < 0) return;
      const term = terms[next]?.position === position ? terms[next++]!.contribution : 0;
      this.input[edge] = word;
      this.contribution[edge++] = typeof term === "number" ? term : size(term);
    });
  }

  /** The uses of a node in the order of execution: the using node and the edge. */
  usesOf(node: number): readonly { readonly user: number; readonly edge: number }[] {
    const { start, edge, user } = this.uses;
    const uses = [];
    for (let k = start[node]!; k < start[node + 1]!; k++) uses.push({ user: user[k]!, edge: edge[k]! });
    return uses;
  }

  /** −1 where there is none. */
  firstUser(node: number): number {
    const { start, user } = this.uses;
    return start[node] === start[node + 1] ? -1 : user[start[node]!]!;
  }

  /** The edges from each node to those that use it. */
  get uses(): Uses {
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

/** Those of node u are numbered from `start[u]` up to, not including, `start[u + 1]`, in the order of execution. */
export interface Uses {
  readonly start: Int32Array;
  readonly user: Int32Array;
  /** The number among the `Edges`. */
  readonly edge: Int32Array;
}
