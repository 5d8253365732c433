import { isPassing } from "../diagnose/levels.ts";
import { operationOf, type Subject } from "../diagnose/subject.ts";
import { dataOf } from "../primitives/rule.ts";
import { bare } from "../language/instrument/syntax.ts";
import type { Program } from "./program.ts";
import type { Proposal } from "./proposal.ts";
import { added, soften } from "./soften.ts";
import { editsAt } from "./spots.ts";

/** What normalisations add to a variance (Ioffe and Szegedy 2015), and to what else they divide by. */
const epsilon = "1e-5";

/**
 * For a quotient 0/0, as of what is normalised by a deviation of 0: a little added under the root that the divisor is, or
 * comes from, `Math.sqrt(v + 1e-5)`, else to the divisor, `x / (s + 1e-5)`.
 *
 * @param node of the quotient
 */
export function deviation(program: Program, subject: Subject, node: number): Proposal[] {
  const { tape, sites } = subject;
  const [above, below] = tape.inputPrimals(node);
  if (operationOf(subject, node) !== "div" || above === undefined || below === undefined) return [];
  if (!dataOf(above).includes(0) || !dataOf(below).includes(0)) return [];
  const root = rootOf(subject, tape.input1[node]!);
  const softened = root === undefined ? undefined : soften(program, sites.get(tape.site[root]!), epsilon);
  if (softened !== undefined) return [softened];
  const power = root === undefined ? undefined : program.nodeAt(sites.get(tape.site[root]!), "BinaryExpression");
  if (power?.operator === "**") {
    const title = `Keep ${program.textOf(power.left)} off 0 by ${epsilon}`;
    const inner = bare(power.left) === power.left ? undefined : bare(power.left);
    const edits =
      inner === undefined
        ? [
            { start: power.left.start!, end: power.left.start!, text: "(" },
            { start: power.left.end!, end: power.left.end!, text: ` + ${epsilon})` },
          ]
        : added(inner, epsilon);
    return [{ title, edits: editsAt(program, edits) }];
  }
  const divisor = divisorAt(program, subject, node);
  if (divisor === undefined) return [];
  const inner = bare(divisor);
  const spots =
    inner === divisor
      ? [
          { start: divisor.start!, end: divisor.start!, text: "(" },
          { start: divisor.end!, end: divisor.end!, text: ` + ${epsilon})` },
        ]
      : added(inner, epsilon);
  return [{ title: `Keep the divisor ${program.textOf(inner)} off 0 by ${epsilon}`, edits: editsAt(program, spots) }];
}

/** What stands to the right of `/` or `/=`. */
function divisorAt(program: Program, { tape, sites }: Subject, node: number) {
  const source = sites.get(tape.site[node]!);
  const quotient = program.nodeAt(source, "BinaryExpression") ?? program.nodeAt(source, "AssignmentExpression");
  return quotient?.operator === "/" || quotient?.operator === "/=" ? quotient.right : undefined;
}

/** The root, also as a power, that a 0 is or is made of by operations that only hand it on. */
function rootOf(subject: Subject, from: number): number | undefined {
  const { tape } = subject;
  const seen = new Set<number>();
  const stack = from < 0 ? [] : [from];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node) || !dataOf(tape.primalOf(node)).includes(0)) continue;
    seen.add(node);
    const operation = operationOf(subject, node);
    if (operation === "sqrt" || operation === "pow") return node;
    if (isPassing(tape.operation[node]!) || operation === "mul") stack.push(...tape.inputsOf(node));
  }
  return undefined;
}
