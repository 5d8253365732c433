import type * as t from "@babel/types";
import { runtimeName } from "../../runtime/runtime.ts";
import { bare } from "../syntax.ts";
import { eraseTypeArguments } from "./eraseTypes.ts";
import { reference } from "./operators.ts";
import type { Rewriter } from "./rewriter.ts";

/** The functions of Math that a tape knows; `Math.random` takes nothing and stays. */
const mathFunctions = new Set(
  (
    "abs acos acosh asin asinh atan atan2 atanh cbrt ceil clz32 cos cosh exp expm1 floor fround hypot imul log log10 " +
    "log1p log2 max min pow round sign sin sinh sqrt tan tanh trunc"
  ).split(" "),
);
const globalFunctions = new Set(
  "Number String Boolean BigInt parseInt parseFloat isNaN isFinite Array Object".split(" "),
);
/** Their methods make no nodes, and tools that read the source look for these calls. */
const plainObjects = new Set(["Object", "console", "Symbol", "Reflect", "Promise"]);
/** Global classes that take traced numbers apart. */
const constructed = new Set(
  (
    "Array Number String Boolean Object Date Map Set Float64Array Float32Array Float16Array Int8Array Uint8Array " +
    "Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array BigInt64Array BigUint64Array ArrayBuffer DataView"
  ).split(" "),
);

export function callExpression(node: t.CallExpression, r: Rewriter): void {
  const { callee } = node;
  eraseTypeArguments(node, r);
  if (evaluates(node, r)) {
    evaluation(node, r);
    return;
  }
  const name = runtimeFunction(node, r);
  if (name === undefined) {
    const fields = callee.type === "Super" ? r.afterSuper : undefined;
    if (fields !== undefined) r.parenthesise(node, "(", fields, () => callArguments(node, r));
    else {
      reference(callee, r);
      callArguments(node, r);
    }
    return;
  }
  const site = r.operation(node);
  node.arguments.forEach((argument, input) => r.operand(argument, site, input));
  r.edits.replace(callee.start!, callee.end!, `${runtimeName}.${name}`);
  const parenthesis = openingParenthesis(node, r);
  r.edits.after(parenthesis + 1, node.arguments.length === 0 ? `${site}` : `${site}, `);
  r.visitAll(node.arguments);
}

/** `eval(…)`, which sees the names around it, and `(0, eval)(…)`, which does not. */
function evaluates({ callee, arguments: [text] }: t.CallExpression, r: Rewriter): boolean {
  if (text === undefined || text.type === "SpreadElement") return false;
  const inner = bare(callee);
  const called = inner.type === "SequenceExpression" ? inner.expressions.at(-1)! : callee;
  return called.type === "Identifier" && called.name === "eval" && r.scopes.of(called) === undefined;
}

/** The text is instrumented when it is there; the call stays what it is. */
function evaluation(node: t.CallExpression, r: Rewriter): void {
  const [text, ...others] = node.arguments;
  r.host.operations++;
  r.visit(node.callee);
  const strict = node.callee.type === "Identifier" && r.strict;
  r.wrap(text!, `${r.call("evaluated", r.site(node))}eval, ${strict}, `, ")");
  r.visitAll(others);
}

/** What answers a call of a function of Math or of a global function. */
function runtimeFunction({ callee, arguments: values }: t.CallExpression, r: Rewriter): string | undefined {
  if (values.every((value) => r.known.isUntraced(value))) return undefined;
  const property = r.known.mathProperty(callee);
  if (property !== undefined) return mathFunctions.has(property) ? `math.${property}` : undefined;
  const global = r.known.globalName(callee);
  return global !== undefined && globalFunctions.has(global) ? `globals.${global}` : undefined;
}

export function openingParenthesis(
  { callee, typeArguments }: t.CallExpression | t.NewExpression | t.OptionalCallExpression,
  r: Rewriter,
): number {
  return r.tokenAfter(typeArguments?.end ?? callee.end!);
}

/** Visits the arguments of a call to something unknown, which learns its site from the last of them. */
export function callArguments(node: t.CallExpression | t.OptionalCallExpression, r: Rewriter): void {
  const { arguments: values } = node;
  const last = values.at(-1);
  if (!makesNothing(node, r)) r.host.operations++;
  if (last === undefined || !wantsSite(node, r)) {
    r.visitAll(values);
    return;
  }
  r.visitAll(values.slice(0, -1));
  const site = r.site(node);
  if (last.type === "SpreadElement") r.wrap(last.argument, r.call("last", site), ")");
  else r.wrap(last, r.call("last", site), ")");
}

function makesNothing(
  { callee, arguments: values }: t.CallExpression | t.OptionalCallExpression,
  r: Rewriter,
): boolean {
  if (callee.type === "Import" || r.known.mathProperty(callee) !== undefined) return true;
  const global = r.known.globalName(callee);
  if (global === "require" || global === "Symbol") return true;
  return isMethodOf(callee, plainObjects, r) && values.every((value) => r.known.isUntraced(value));
}

function wantsSite({ callee, arguments: values }: t.CallExpression | t.OptionalCallExpression, r: Rewriter): boolean {
  const called = bare(callee);
  if (called.type === "Super" || called.type === "Import" || r.known.mathProperty(called) !== undefined) return false;
  if (called.type === "Identifier") {
    const variable = r.scopes.of(called);
    // A function of this file has sites of its own inside.
    if (variable?.kind === "function" && variable.assignments === 0) return false;
    if (variable === undefined && (called.name === "eval" || called.name === "require" || called.name === "Symbol"))
      return false;
  }
  if (isMethodOf(called, plainObjects, r)) return false;
  // `__exportStar(require("./a"), exports)`: Node reads the names of exports from the text.
  return !values.some((value) => isName(value, "exports", r) || isName(value, "module", r));
}

function isName(node: t.Node, name: string, r: Rewriter): boolean {
  return r.known.globalName(node) === name;
}

function isMethodOf(callee: t.Node, names: ReadonlySet<string>, r: Rewriter): boolean {
  if (callee.type !== "MemberExpression" && callee.type !== "OptionalMemberExpression") return false;
  const global = r.known.globalName(callee.object);
  return global !== undefined && names.has(global);
}

export function newExpression(node: t.NewExpression, r: Rewriter): void {
  const { callee, arguments: values } = node;
  eraseTypeArguments(node, r);
  r.host.operations++;
  if (!isConstructed(node, r)) {
    r.visit(callee);
    r.visitAll(values);
    return;
  }
  const site = r.site(node);
  r.edits.replace(node.start!, node.start! + 3, `${runtimeName}.construct(${site}, `);
  r.visit(callee);
  const parenthesis = openingParenthesis(node, r);
  if (parenthesis < node.end! && r.text[parenthesis] === "(") {
    r.edits.replace(parenthesis, parenthesis + 1, values.length === 0 ? "" : ", ");
    r.visitAll(values);
  } else {
    r.edits.after(node.end!, ")");
  }
}

function isConstructed({ callee, arguments: values }: t.NewExpression, r: Rewriter): boolean {
  const called = bare(callee);
  if (called.type === "Identifier") {
    const variable = r.scopes.of(called);
    if (variable === undefined && !r.scopes.dynamic) {
      return constructed.has(called.name) && !values.every((value) => r.known.isUntraced(value));
    }
    return !(variable?.assignments === 0 && (variable.kind === "class" || variable.kind === "function"));
  }
  return called.type !== "ClassExpression" && called.type !== "FunctionExpression" && called.type !== "MetaProperty";
}
