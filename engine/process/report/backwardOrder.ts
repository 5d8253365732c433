import type { Adjoints } from "../../differentiate/reverse.ts";
import { pullback } from "../../primitives/rule.ts";
import { rules } from "../../primitives/table.ts";
import type { Tape } from "../../tape/tape.ts";

/**
 * The steps of the backward pass, counting from 1. Step 1 seeds the output; in each further step one node, in reverse
 * order of execution, passes its adjoint on to its inputs.
 */
export class BackwardOrder {
  /** The node that passes its adjoint on in step k + 2. */
  readonly passing: Int32Array;
  /** By node, the step in which its adjoint is complete; 0 where the pass never reaches it. */
  readonly completed: Int32Array;

  constructor(tape: Tape, adjoints: Adjoints) {
    const { output } = adjoints;
    const passing: number[] = [];
    this.completed = new Int32Array(tape.length);
    this.completed[output] = 1;
    for (let node = output; node >= 0; node--) {
      const rule = rules[tape.operation[node]!];
      if (rule === undefined || !adjoints.reached(node)) continue;
      passing.push(node);
      tape.forEachWord(node, (word, position) => {
        if (word >= 0 && adjoints.reached(word) && pullback(rule, position) !== undefined)
          this.completed[word] = passing.length + 1;
      });
    }
    this.passing = Int32Array.from(passing);
  }

  get total(): number {
    return this.passing.length + 1;
  }
}
