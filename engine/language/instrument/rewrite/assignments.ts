import type * as t from "@babel/types";
import type { Variable } from "../lexicalScopes.ts";
import { runtimeName, type Taking } from "../../runtime/runtime.ts";
import { bare, endOfName, isFunction } from "../syntax.ts";
import { isNameless } from "./classes.ts";
import { arithmetic, isElement, makesNode, propertyKey } from "./operators.ts";
import { visitPattern } from "./patterns.ts";
import type { Rewriter } from "./rewriter.ts";
import { takenText, takingOf } from "./takenApart.ts";

export function assignmentExpression(node: t.AssignmentExpression, r: Rewriter): void {
  const { operator, right } = node;
  const left = node.left as t.Expression;
  // A function is not named after a variable in parentheses.
  const keeps = left.type === "ParenthesizedExpression" && left.expression.type === "Identifier" && isNameless(right);
  const target = keeps ? left.expression : eraseWrappers(left, r);
  if (operator === "=") plainAssignment(node, target, r);
  else if (operator === "||=" || operator === "&&=" || operator === "??=") logicalAssignment(node, target, r);
  else if (target.type === "Identifier" && r.known.isUntraced(target) && r.known.isUntraced(right)) r.visit(right);
  else compoundAssignment(node, target, r);
}

/** Takes parentheses and types around an assignment's target away. */
function eraseWrappers(target: t.Node, r: Rewriter): t.Node {
  const inner = bare(target);
  const end = inner.type === "Identifier" ? endOfName(r.text, inner) : inner.end!;
  r.edits.erase(target.start!, inner.start!);
  r.edits.erase(end, target.end!);
  return inner;
}

// ---------------------------------------------------------------------------------------------------------- a = value

function plainAssignment(node: t.AssignmentExpression, target: t.Node, r: Rewriter): void {
  const { right } = node;
  if (target.type === "Identifier") {
    const variable = r.scopes.of(target);
    if (variable === undefined) r.visit(right);
    else assignedValue(variable, target, right, r);
    return;
  }
  if (target.type !== "MemberExpression") {
    visitPattern(target, r);
    const taking = takingOf(target);
    if (taking !== 0) takenApart(node, taking, r);
    else r.visit(right);
    return;
  }
  const isLength = !target.computed && target.property.type === "Identifier" && target.property.name === "length";
  if (isElement(target)) {
    r.edits.before(node.start!, r.call("set", r.site(node)));
    objectAndKey(target, r);
    finishSet(node, r);
  } else if (isLength && target.object.type !== "Super" && !r.known.isUntraced(right)) {
    r.edits.before(node.start!, r.call("set", r.site(node)));
    r.visit(target.object);
    r.edits.replace(r.tokenAfter(target.object.end!), target.end!, `, "length"`);
    finishSet(node, r);
  } else {
    r.visit(target.object);
    if (target.computed) propertyKey(target.property, r);
    r.visit(right);
  }
}

/** `{ 0: a } = value` → `({ 0: a } = $adjoint.parts(t = value), t)` */
function takenApart(node: t.AssignmentExpression, taking: Exclude<Taking, 0>, r: Rewriter): void {
  const value = r.temporary();
  const { head, tail } = takenText(taking);
  r.parenthesised.add(node.start!);
  r.edits.before(node.start!, "(");
  r.wrap(node.right, `${head}${value} = `, tail);
  r.edits.after(node.end!, `, ${value})`);
}

/** `o[k]` as two arguments. */
function objectAndKey({ object, property, end }: t.MemberExpression, r: Rewriter): void {
  r.visit(object);
  const bracket = r.tokenAfter(object.end!);
  r.edits.replace(bracket, bracket + 1, ", ");
  r.wrap(property, "", "");
  r.edits.erase(end! - 1, end!);
}

function finishSet(node: t.AssignmentExpression, r: Rewriter): void {
  operatorBecomes(node, ",", r);
  r.visit(node.right);
  r.edits.after(node.end!, `, ${r.strict})`);
}

function operatorBecomes(node: t.AssignmentExpression, replacement: string, r: Rewriter): void {
  const at = r.tokenAfter(node.left.end!);
  r.edits.replace(at, at + node.operator.length, replacement);
}

/** Visits what a variable is given straight away, so that it is seen which values it holds. */
export function assignedValue(variable: Variable, name: t.Identifier, value: t.Node, r: Rewriter): void {
  const inner = bare(value);
  if (isFunction(inner) || isNotObserved(inner) || r.known.isUntracedVariable(variable) || r.known.isUntraced(inner)) {
    r.visit(value);
  } else if (isOperation(inner, r)) {
    r.nameOperation(inner, variable);
    r.visit(value);
  } else {
    r.wrap(value, r.call("observe", observation(variable, name, r, value.end!)), ")");
  }
}

/** A site of kind "binding" at a variable's name. */
export function observation(variable: Variable, name: t.Identifier, r: Rewriter, end = name.end!): number {
  const site = r.nameSite(name, "binding");
  r.givesValueTo(variable, site, end);
  return site;
}

function isNotObserved({ type }: t.Node): boolean {
  return type === "ClassExpression" || type === "ObjectExpression" || type === "ArrayExpression";
}

/** Whether an expression becomes one operation, which makes the node itself. */
function isOperation(node: t.Node, r: Rewriter): boolean {
  switch (node.type) {
    case "BinaryExpression":
      return makesNode.has(node.operator);
    case "UnaryExpression":
      return node.operator === "-";
    case "AssignmentExpression":
      return makesNode.has(node.operator.slice(0, -1));
    case "CallExpression":
      return r.known.mathProperty(node.callee) !== undefined;
    default:
      return false;
  }
}

// --------------------------------------------------------------------------------------------------------- a op= value

function compoundAssignment(node: t.AssignmentExpression, target: t.Node, r: Rewriter): void {
  const operator = node.operator.slice(0, -1);
  const name = arithmetic[operator]!;
  if (target.type === "Identifier") {
    const variable = r.scopes.of(target);
    if (variable !== undefined) r.nameOperation(node, variable);
  }
  const site = makesNode.has(operator) ? r.operation(node) : r.site(node);
  r.operand(target, site, 0);
  r.operand(node.right, site, 1);
  const place = targetOf(node, target, r);
  operatorBecomes(node, `${place.store}${r.call(name, site)}${place.read},`, r);
  r.visit(node.right);
  r.edits.after(node.end!, `)${place.end}`);
}

/** An assignment's target that is read and written: its text up to there has been rewritten, and evaluates it once. */
interface Place {
  /** Reads the old value. */
  readonly read: string;
  /** What stands before and after the new value to write it. */
  readonly store: string;
  readonly end: string;
}

/**
 * Rewrites the target so that it is evaluated where it stands. An element becomes the head of `$adjoint.set(S, o, k, …)`;
 * of everything else the text stays and the operator becomes `=`.
 */
function targetOf(node: t.Node, target: t.Node, r: Rewriter): Place {
  if (target.type === "MemberExpression") {
    if (isElement(target)) return elementTarget(node, target, r);
    return memberTarget(target, r);
  }
  const text = target.type === "Identifier" ? target.name : r.text.slice(target.start!, target.end!);
  return { read: text, store: "= ", end: "" };
}

function elementTarget(node: t.Node, target: t.MemberExpression, r: Rewriter): Place {
  const object = r.temporary();
  const key = r.temporary();
  const site = r.site(target);
  r.edits.before(node.start!, `${r.call("set", site)}${object} = `);
  r.visit(target.object);
  const bracket = r.tokenAfter(target.object.end!);
  r.edits.replace(bracket, bracket + 1, ", ");
  r.wrap(target.property, `${key} = ${runtimeName}.propertyKey(`, `, ${object})`);
  r.edits.erase(target.end! - 1, target.end!);
  return { read: `${r.call("get", site)}${object}, ${key})`, store: ", ", end: `, ${r.strict})` };
}

function memberTarget(target: t.MemberExpression, r: Rewriter): Place {
  const { object, property } = target;
  const objectEnd = object.end!;
  let name = r.text.slice(r.tokenAfter(objectEnd), target.end!);
  if (target.computed) {
    // super[k], or a key that is known text
    const key = r.temporary();
    r.wrap(property, `${key} = ${runtimeName}.propertyKey(`, ")");
    name = `[${key}]`;
  }
  if (isStable(object, r)) return { read: `${r.text.slice(object.start!, objectEnd)}${name}`, store: "= ", end: "" };
  const temporary = r.temporary();
  r.parenthesise(object, `(${temporary} = `, ")", r.visit);
  return { read: `${temporary}${name}`, store: "= ", end: "" };
}

/** Whether evaluating it twice gives the same: `this`, `super` and variables that are never assigned again. */
function isStable(node: t.Node, r: Rewriter): boolean {
  if (node.type === "ThisExpression" || node.type === "Super") return true;
  if (node.type !== "Identifier" || r.scopes.dynamic) return false;
  const variable = r.scopes.of(node);
  return variable?.assignments === 0 && variable.kind !== "enumMember";
}

// ------------------------------------------------------------------------------------------------- a ||= value, a &&= b

function logicalAssignment(node: t.AssignmentExpression, target: t.Node, r: Rewriter): void {
  const { operator, right } = node;
  const element = target.type === "MemberExpression" && isElement(target);
  if (!element && (operator === "??=" || r.known.isUntraced(target))) {
    r.visit(target);
    r.visit(right);
    return;
  }
  const value = r.temporary();
  r.parenthesised.add(node.start!);
  r.edits.before(node.start!, operator === "??=" ? `((${value} = ` : `(${r.call("truth", r.site(target))}${value} = `);
  const { write, end } = element ? elementRead(target, r) : { write: `${targetOf(node, target, r).read} = `, end: "" };
  const [middle, close] = {
    "??=": [`) ?? (${write}`, `))`],
    "||=": [`) ? ${value} : ${write}`, ")"],
    "&&=": [`) ? ${write}`, ` : ${value})`],
  }[operator as "??=" | "||=" | "&&="] as [string, string];
  operatorBecomes(node, middle, r);
  r.visit(right);
  r.edits.after(node.end!, `${end}${close}`);
}

/** Rewrites an element to a read of it that keeps object and key for a write. */
function elementRead(target: t.MemberExpression, r: Rewriter): { write: string; end: string } {
  const object = r.temporary();
  const key = r.temporary();
  const site = r.site(target);
  r.edits.before(target.start!, `${r.call("get", site)}${object} = `);
  r.visit(target.object);
  const bracket = r.tokenAfter(target.object.end!);
  r.edits.replace(bracket, bracket + 1, ", ");
  r.wrap(target.property, `${key} = ${runtimeName}.propertyKey(`, `, ${object})`);
  r.edits.replace(target.end! - 1, target.end!, ")");
  return { write: `${r.call("set", site)}${object}, ${key}, `, end: `, ${r.strict})` };
}

// ----------------------------------------------------------------------------------------------------------- a++, --a

export function updateExpression(node: t.UpdateExpression, r: Rewriter, used = true): void {
  const { argument, prefix, operator } = node;
  const target = eraseWrappers(argument, r);
  if (target.type === "Identifier" && r.known.isUntraced(target)) return;
  if (target.type === "Identifier") {
    const variable = r.scopes.of(target);
    if (variable !== undefined) r.nameOperation(node, variable);
  }
  const site = r.operation(node);
  r.operand(target, site, 0);
  const step = r.call(operator === "++" ? "increment" : "decrement", site);
  const at = prefix ? node.start! : r.tokenAfter(argument.end!);
  r.edits.erase(at, at + 2);

  const old = used && !prefix ? r.temporary() : undefined;
  const element = target.type === "MemberExpression" && isElement(target);
  if (used && !(element && prefix)) {
    r.parenthesised.add(node.start!);
    r.edits.before(node.start!, "(");
  }
  if (element) {
    const { read, end } = elementTarget(node, target, r);
    const value = old === undefined ? read : `${old} = ${runtimeName}.numeric(${read})`;
    r.edits.after(node.end!, `, ${step}${value})${end}`);
  } else if (old === undefined) {
    const { read } = targetOf(node, target, r);
    r.edits.after(node.end!, ` = ${step}${read})`);
  } else {
    r.edits.before(node.start!, `${old} = ${runtimeName}.numeric(`);
    const { read } = targetOf(node, target, r);
    r.edits.after(node.end!, `), ${read} = ${step}${old})`);
  }
  if (old !== undefined) r.edits.after(node.end!, `, ${old})`);
  else if (used && !element) r.edits.after(node.end!, ")");
}
