import type { Adjoints } from "../differentiate/reverse.ts";
import { enlarged } from "../tape/numbers.ts";
import type { Tape } from "../tape/tape.ts";

/**
 * The inputs of all nodes that the output depends on, in two arrays: what passes over the tape once for every line of a
 * program calls nothing on its way. Those of node n are `nodes[k]` for `starts[n]` ≤ k < `starts[n + 1]`, constants left out.
 */
export class InputTable {
  readonly starts: Int32Array;
  readonly nodes: Int32Array;

  constructor(tape: Tape, adjoints: Adjoints) {
    const length = Math.max(0, adjoints.output + 1);
    const starts = (this.starts = new Int32Array(length + 1));
    let nodes = new Int32Array(2 * length + 64);
    let count = 0;
    const visit = (word: number): void => {
      if (word < 0) return;
      if (count === nodes.length) nodes = enlarged(nodes);
      nodes[count++] = word;
    };
    for (let node = 0; node < length; node++) {
      if (adjoints.reached(node)) tape.forEachWord(node, visit);
      starts[node + 1] = count;
    }
    this.nodes = nodes;
  }
}
