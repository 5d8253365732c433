import { add } from "../primitives/arithmetic.ts";
import { pullback } from "../primitives/rule.ts";
import { rules } from "../primitives/table.ts";
import type { Tape } from "../tape/tape.ts";
import type { Value } from "../tape/tensor.ts";

/**
 * A reverse pass that is recorded on the tape, from `output` to the nodes in `wanted` only: no adjoint is computed of what
 * hangs on none of them, such as the data. Gives the adjoints by node; nodes that the output does not hang on have none.
 * To be called while a recording is on.
 */
export function recordBackward(tape: Tape, output: number, wanted: ReadonlySet<number>): ReadonlyMap<number, Value> {
  const active = new Uint8Array(output + 1);
  for (let node = 0; node <= output; node++) {
    if (wanted.has(node)) active[node] = 1;
    else tape.forEachWord(node, (word) => (active[node]! |= word >= 0 ? active[word]! : 0));
  }
  const adjoints = new Map<number, Value>([[output, 1]]);
  for (let node = output; node >= 0; node--) {
    const cotangent = adjoints.get(node);
    const rule = rules[tape.operation[node]!];
    if (cotangent === undefined || active[node] === 0 || rule === undefined) continue;
    const inputs = tape.inputValues(node);
    const result = tape.valueOf(node);
    const attributes = tape.attributes(node);
    tape.forEachWord(node, (word, position) => {
      if (word < 0 || active[word] === 0) return;
      const pull = pullback(rule, position);
      if (pull === undefined) return;
      const contribution = pull(cotangent, inputs, result, attributes, position);
      const sum = adjoints.get(word);
      adjoints.set(word, sum === undefined ? contribution : add(sum, contribution));
    });
  }
  return adjoints;
}
