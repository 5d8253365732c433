import { dataOf, type Primal } from "../primitives/rule.ts";
import { inputOperation } from "../tape/tape.ts";
import { operationOf, someInput, type Subject } from "./subject.ts";

const clamps: ReadonlySet<string> = new Set(["min", "max", "clip"]);

/**
 * The operations that hold all that is computed from a parameter at constant bounds, where derivatives are 0: `clip`, and
 * `min` and `max` with a constant that wins. Undefined where the parameter gets an adjoint, and where something else keeps it
 * from one: weights that begin at 0, a relu, another value that wins.
 *
 * @param nodes of the parameter
 */
export function clampsOf(subject: Subject, nodes: readonly number[]): number[] | undefined {
  const { tape, adjoints, output } = subject;
  const isZero = (node: number): boolean =>
    dataOf(tape.isTensor(node) ? (adjoints.tensor(node) ?? 0) : adjoints.scalar(node)).every((x) => x === 0);
  if (!nodes.every(isZero)) return undefined;
  const own = new Set(nodes);
  const influenced = new Uint8Array(output + 1);
  const found: number[] = [];
  for (let node = nodes[0]!; node <= output; node++) {
    if (own.has(node)) {
      influenced[node] = 1;
      continue;
    }
    if (tape.operation[node] === inputOperation || !adjoints.reached(node)) continue;
    if (!someInput(tape, node, (input) => influenced[input] === 1)) continue;
    if (isZero(node)) influenced[node] = 1;
    else if (isClamp(subject, node)) found.push(node);
    else return undefined;
  }
  return found.length === 0 ? undefined : found;
}

function isClamp(subject: Subject, node: number): boolean {
  const { tape } = subject;
  const operation = operationOf(subject, node);
  if (!clamps.has(operation) || tape.inputsOf(node).length !== 1) return false;
  return operation === "clip" || !constantsOf(subject, node).every((primal) => dataOf(primal).every((x) => x === 0));
}

/** The operands that are not traced: of a relu written as a maximum all of them are 0. */
function constantsOf({ tape }: Subject, node: number): Primal[] {
  const [traced] = tape.inputsOf(node);
  const own = tape.primalOf(traced!);
  const primals = tape.inputPrimals(node);
  const at = primals.indexOf(own);
  return primals.filter((_, k) => k !== at);
}
