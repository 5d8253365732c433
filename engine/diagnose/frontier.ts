import { dataOf } from "../primitives/rule.ts";
import { inputOperation } from "../tape/tape.ts";
import { someInput, type Subject } from "./subject.ts";

/** Whether all elements of a node's adjoint are 0. */
export function hasZeroAdjoint({ tape, adjoints }: Subject, node: number): boolean {
  return dataOf(tape.isTensor(node) ? (adjoints.tensor(node) ?? 0) : adjoints.scalar(node)).every((x) => x === 0);
}

/**
 * Whether `accept` takes every operation that gets an adjoint and passes none on to what is computed of `nodes`: there the
 * zeros end. It is asked in the order of the tape, with a 1 for each node before it that is computed of `nodes` and has none.
 */
export function acceptsFrontier(
  subject: Subject,
  nodes: readonly number[],
  accept: (node: number, influenced: Uint8Array) => boolean,
): boolean {
  const { tape, adjoints, output } = subject;
  const own = new Set(nodes);
  const influenced = new Uint8Array(output + 1);
  for (let node = nodes[0]!; node <= output; node++) {
    if (own.has(node)) {
      influenced[node] = 1;
      continue;
    }
    if (tape.operation[node] === inputOperation || !adjoints.reached(node)) continue;
    if (!someInput(tape, node, (input) => influenced[input] === 1)) continue;
    if (hasZeroAdjoint(subject, node)) influenced[node] = 1;
    else if (!accept(node, influenced)) return false;
  }
  return true;
}
