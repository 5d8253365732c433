import type * as t from "@babel/types";
import type { SourceRange } from "../language/instrument/sourceReport.ts";
import { bare } from "../language/instrument/syntax.ts";
import { importChanges } from "./imports.ts";
import type { Program } from "./program.ts";
import type { Proposal } from "./proposal.ts";
import { distinct, editsAt } from "./spots.ts";

/**
 * `where(c, sqrt(x), 0)` with a root that is safe to take everywhere: `where(c, sqrt(where(c, x, 1)), 0)`. What is not
 * chosen gets an adjoint of 0, and its derivative then is a number. Undefined where the operation stands in no `where`.
 */
export function guard(program: Program, source: SourceRange): Proposal | undefined {
  const call = program.callAt(source);
  const [argument] = call?.arguments ?? [];
  if (call === undefined || argument === undefined || argument.type === "SpreadElement") return undefined;
  for (let inner: t.Node = call, at = program.parent(call); at !== undefined; inner = at, at = program.parent(at)) {
    if (at.type !== "CallExpression" || program.libraryName(at.callee) !== "where" || at.arguments.length !== 3)
      continue;
    const branch = at.arguments.indexOf(inner as t.Expression);
    if (branch < 1) return undefined;
    const where = program.textOf(at.callee);
    const condition = program.textOf(at.arguments[0]!);
    const [open, close] = branch === 1 ? [`${where}(${condition}, `, ", 1)"] : [`${where}(${condition}, 1, `, ")"];
    const edits = editsAt(program, [
      { start: argument.start!, end: argument.start!, text: open },
      { start: argument.end!, end: argument.end!, text: close },
    ]);
    return { title: `Take ${program.textOf(call.callee)} only of what ${where} chooses`, edits };
  }
  return undefined;
}

/** `log(softmax(z))` as `logSoftmax(z)`, which does not take the logarithm of what has become 0. */
export function logSoftmax(program: Program, source: SourceRange): Proposal | undefined {
  const call = program.callAt(source);
  const softmax = call?.arguments[0] && bare(call.arguments[0]);
  if (call === undefined || program.libraryName(call.callee) !== "log" || softmax?.type !== "CallExpression")
    return undefined;
  const [first] = softmax.arguments;
  const [outer, inner] = [bare(call.callee), bare(softmax.callee)];
  if (program.libraryName(inner) !== "softmax" || first === undefined) return undefined;
  if (outer.type !== "Identifier" || inner.type !== "Identifier") return undefined;
  const to = "logSoftmax";
  const imports = importChanges(
    program,
    new Map([
      [outer.name, { to, uses: new Set<t.Node>([outer]) }],
      [inner.name, { to, uses: new Set<t.Node>([inner]) }],
    ]),
  );
  const spots = imports && [
    ...imports,
    { start: outer.start!, end: outer.end!, text: to },
    { start: call.arguments[0]!.start!, end: first.start!, text: "" },
    { start: softmax.arguments.at(-1)!.end!, end: call.arguments[0]!.end!, text: "" },
  ];
  const edits = spots && distinct(spots);
  return edits && { title: "Use logSoftmax instead of log and softmax", edits: editsAt(program, edits) };
}
