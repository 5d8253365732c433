import type * as t from "@babel/types";
import type { SourceRange } from "../language/instrument/sourceReport.ts";
import { bare } from "../language/instrument/syntax.ts";
import { binds, builtinOf, isProduct } from "./expressions.ts";
import type { Program } from "./program.ts";
import type { Proposal } from "./proposal.ts";
import { editsAt, type Spot } from "./spots.ts";

/** Functions with a pole of themselves or of their derivative at 0. */
const poles: ReadonlySet<string> = new Set(["sqrt", "log", "log2", "log10", "rsqrt", "reciprocal", "cbrt"]);
/** Small against what models compute with, and large enough for the derivatives of sqrt and log to be of a usual size. */
const little = "1e-12";

/** `Math.sqrt(x)` that is taken of 0, where its derivative is infinite, a little beside it: `Math.sqrt(x + 1e-12)`. */
export function soften(program: Program, source: SourceRange, by = little): Proposal | undefined {
  const call = program.callAt(source);
  const [argument, ...others] = call?.arguments ?? [];
  if (call === undefined || argument === undefined || argument.type === "SpreadElement" || others.length > 0)
    return undefined;
  const name = program.libraryName(call.callee) ?? /^Math\.(\w+)$/.exec(builtinOf(call.callee) ?? "")?.[1];
  if (name === undefined || !poles.has(name)) return undefined;
  const edits = editsAt(program, added(argument, by));
  return { title: `Keep ${program.textOf(call.callee)} off 0 by ${by}`, edits };
}

/** `x + 1e-12` in the place of x. */
export function added(term: t.Node, by: string): Spot[] {
  if (isTerm(term)) return [{ start: term.end!, end: term.end!, text: ` + ${by}` }];
  return [
    { start: term.start!, end: term.start!, text: "(" },
    { start: term.end!, end: term.end!, text: `) + ${by}` },
  ];
}

/** Whether `+ 1e-12` may follow as it is. */
function isTerm(expression: t.Node): boolean {
  if (binds.has(expression.type) || isProduct(expression)) return true;
  const node = bare(expression);
  return node === expression && node.type === "BinaryExpression" && (node.operator === "+" || node.operator === "-");
}
