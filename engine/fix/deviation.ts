import type * as t from "@babel/types";
import { isPassing } from "../diagnose/levels.ts";
import { operationOf, type Subject } from "../diagnose/subject.ts";
import { dataOf } from "../primitives/rule.ts";
import type { SourceRange } from "../language/instrument/sourceReport.ts";
import { bare } from "../language/instrument/syntax.ts";
import type { Program } from "./program.ts";
import type { Proposal } from "./proposal.ts";
import { added, soften } from "./soften.ts";
import { editsAt, type Spot } from "./spots.ts";

/** What normalisations add to a variance (Ioffe and Szegedy 2015), and to what else they divide by. */
const epsilon = "1e-5";

/**
 * For a quotient 0/0, as of what is normalised by a deviation of 0: a little added under the root that the divisor is, or
 * comes from, `Math.sqrt(v + 1e-5)`, else to the divisor, `x / (s + 1e-5)`.
 *
 * @param node of the quotient
 */
export function deviation(
  programAt: (file: string) => Program | undefined,
  subject: Subject,
  node: number,
): Proposal | undefined {
  const { tape } = subject;
  const [above, below] = tape.inputPrimals(node);
  if (operationOf(subject, node) !== "div" || above === undefined || below === undefined) return undefined;
  if (!dataOf(above).includes(0) || !dataOf(below).includes(0)) return undefined;
  const root = rootOf(subject, tape.input1[node]!);
  const under = root === undefined ? undefined : underRoot(programAt, subject, root);
  if (under !== undefined) return under;
  const source = sourceOf(subject, node);
  const program = programAt(source.file);
  const divisor = program && divisorAt(program, source);
  if (program === undefined || divisor === undefined) return undefined;
  const edits = editsAt(program, inParentheses(divisor));
  return { title: `Keep the divisor ${program.textOf(bare(divisor))} off 0 by ${epsilon}`, edits };
}

const sourceOf = ({ tape, sites }: Subject, node: number): SourceRange => sites.get(tape.site[node]!);

/** `Math.sqrt(v + 1e-5)`, `(v + 1e-5) ** 0.5` */
function underRoot(
  programAt: (file: string) => Program | undefined,
  subject: Subject,
  root: number,
): Proposal | undefined {
  const source = sourceOf(subject, root);
  const program = programAt(source.file);
  if (program === undefined) return undefined;
  const power = program.nodeAt(source, "BinaryExpression");
  if (power?.operator !== "**") return soften(program, source, epsilon);
  const edits = editsAt(program, inParentheses(power.left));
  return { title: `Keep ${program.textOf(power.left)} off 0 by ${epsilon}`, edits };
}

/** `(x + 1e-5)` in the place of x, or of (x). */
function inParentheses(expression: t.Node): Spot[] {
  const inner = bare(expression);
  if (inner !== expression) return added(inner, epsilon);
  return [
    { start: expression.start!, end: expression.start!, text: "(" },
    { start: expression.end!, end: expression.end!, text: ` + ${epsilon})` },
  ];
}

/** What stands to the right of `/` or `/=`. */
function divisorAt(program: Program, source: SourceRange): t.Expression | undefined {
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
