import { dataOf, type Primal } from "../primitives/rule.ts";
import { acceptsFrontier, hasZeroAdjoint } from "./frontier.ts";
import { operationOf, type Subject } from "./subject.ts";

const clamps: ReadonlySet<string> = new Set(["min", "max", "clip"]);

/**
 * The operations that hold all that is computed from a parameter at constant bounds, where derivatives are 0: `clip`, and
 * `min` and `max` with a constant that wins. Undefined where the parameter gets an adjoint, and where something else keeps it
 * from one: weights that begin at 0, a relu, another value that wins.
 *
 * @param nodes of the parameter
 */
export function clampsOf(subject: Subject, nodes: readonly number[]): number[] | undefined {
  if (!nodes.every((node) => hasZeroAdjoint(subject, node))) return undefined;
  const found: number[] = [];
  const all = acceptsFrontier(subject, nodes, (node) => isClamp(subject, node) && found.push(node) > 0);
  return all && found.length > 0 ? found : undefined;
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
