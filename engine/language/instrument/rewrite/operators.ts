import type * as t from "@babel/types";
import { runtimeName } from "../../runtime/runtime.ts";
import { bare } from "../syntax.ts";
import { updateExpression } from "./assignments.ts";
import { nativeLink } from "./optionalChains.ts";
import type { Rewriter } from "./rewriter.ts";

export const arithmetic: Readonly<Record<string, string>> = {
  "+": "add",
  "-": "sub",
  "*": "mul",
  "/": "div",
  "%": "mod",
  "**": "pow",
  "&": "bitAnd",
  "|": "bitOr",
  "^": "bitXor",
  "<<": "shiftLeft",
  ">>": "shiftRight",
  ">>>": "shiftRightUnsigned",
};

const comparison: Readonly<Record<string, string>> = {
  "<": "less",
  "<=": "lessEqual",
  ">": "greater",
  ">=": "greaterEqual",
  "==": "looseEqual",
  "!=": "!looseEqual",
  "===": "strictEqual",
  "!==": "!strictEqual",
};

/** The others give plain numbers or booleans. */
export const makesNode: ReadonlySet<string> = new Set(["+", "-", "*", "/", "%", "**"]);

const unary: Readonly<Record<string, string>> = { "-": "neg", "+": "plus", "~": "bitNot" };

export function binaryExpression(node: t.BinaryExpression, r: Rewriter): void {
  const { left, right, operator } = node;
  if (left.type === "PrivateName") {
    r.visit(right);
    return;
  }
  if (operator === "in") {
    propertyKey(left, r);
    r.visit(right);
    return;
  }
  const name = arithmetic[operator] ?? comparison[operator];
  if (name === undefined || isNative(node, r)) {
    r.visit(left);
    r.visit(right);
    return;
  }
  const negated = name.startsWith("!");
  const site = makesNode.has(operator) ? r.operation(node) : r.site(node);
  r.operand(left, site, 0);
  r.operand(right, site, 1);
  r.edits.before(node.start!, `${negated ? "!" : ""}${r.call(negated ? name.slice(1) : name, site)}`);
  r.visit(left);
  const at = r.tokenAfter(left.end!);
  r.edits.replace(at, at + operator.length, ",");
  r.visit(right);
  r.edits.after(node.end!, ")");
}

function isNative({ left, right, operator }: t.BinaryExpression, r: Rewriter): boolean {
  const { known } = r;
  if (known.isUntraced(left) && known.isUntraced(right)) return true;
  if (operator === "===" || operator === "!==") return known.isNoNumber(left) || known.isNoNumber(right);
  return (operator === "==" || operator === "!=") && (isNullish(left, r) || isNullish(right, r));
}

function isNullish(node: t.Node, r: Rewriter): boolean {
  return bare(node).type === "NullLiteral" || r.known.globalName(node) === "undefined";
}

export function unaryExpression(node: t.UnaryExpression, r: Rewriter): void {
  const { operator, argument } = node;
  const start = node.start!;
  if (operator === "!") {
    test(argument, r);
    return;
  }
  if (operator === "delete") {
    reference(argument, r);
    return;
  }
  if (operator === "typeof") {
    // `typeof` of a name that nobody declared does not throw.
    if (r.known.isUntraced(argument) || isUndeclared(argument, r)) {
      r.visit(argument);
      return;
    }
    r.edits.replace(start, start + operator.length, `${runtimeName}.typeOf(`);
    r.wrap(argument, "", ")");
    return;
  }
  const name = unary[operator];
  if (name === undefined || r.known.isUntraced(argument)) {
    r.visit(argument);
    return;
  }
  const site = operator === "-" ? r.operation(node) : r.site(node);
  r.operand(argument, site, 0);
  r.edits.replace(start, start + 1, r.call(name, site));
  r.visit(argument);
  r.edits.after(node.end!, ")");
}

function isUndeclared(node: t.Node, r: Rewriter): boolean {
  const inner = bare(node);
  if (inner.type !== "Identifier") return false;
  const variable = r.scopes.of(inner);
  return variable === undefined || variable.mayBeMissing === true;
}

/** Visits what is only asked whether it is truthy. */
export function test(node: t.Node, r: Rewriter): void {
  if (node.type === "ParenthesizedExpression") {
    test(node.expression, r);
    return;
  }
  if (node.type === "SequenceExpression") {
    node.expressions.slice(0, -1).forEach((expression) => unused(expression, r));
    test(node.expressions.at(-1)!, r);
    return;
  }
  if (node.type === "LogicalExpression" && node.operator !== "??") {
    test(node.left, r);
    test(node.right, r);
    return;
  }
  if (r.known.isBoolean(node) || r.known.isUntraced(node)) {
    r.visit(node);
    return;
  }
  r.wrap(node, r.call("truth", r.site(node)), ")");
}

export function logicalExpression(node: t.LogicalExpression, r: Rewriter): void {
  const { left, right, operator } = node;
  if (operator === "??" || r.known.isBoolean(left) || r.known.isUntraced(left)) {
    r.visit(left);
    r.visit(right);
    return;
  }
  r.parenthesise(node, "(", ")", () => {
    const value = r.temporary();
    r.wrap(left, `${r.call("truth", r.site(left))}${value} = `, ")");
    const at = r.tokenAfter(left.end!);
    r.edits.replace(at, at + 2, operator === "&&" ? "?" : `? ${value} :`);
    r.visit(right);
    if (operator === "&&") r.edits.after(node.end!, ` : ${value}`);
  });
}

export function conditionalExpression(node: t.ConditionalExpression, r: Rewriter): void {
  test(node.test, r);
  r.visit(node.consequent);
  r.visit(node.alternate);
}

/** Visits an expression whose value nobody takes. */
export function unused(node: t.Node, r: Rewriter): void {
  switch (node.type) {
    case "ParenthesizedExpression":
      unused(node.expression, r);
      break;
    case "SequenceExpression":
      for (const expression of node.expressions) unused(expression, r);
      break;
    case "LogicalExpression":
      if (node.operator === "??") {
        r.visit(node);
        break;
      }
      test(node.left, r);
      // What `x++` becomes is an assignment.
      if (node.right.type === "UpdateExpression") r.wrap(node.right, "(", ")", (right) => unused(right, r));
      else unused(node.right, r);
      break;
    case "ConditionalExpression":
      test(node.test, r);
      unused(node.consequent, r);
      unused(node.alternate, r);
      break;
    case "UpdateExpression":
      updateExpression(node, r, false);
      break;
    default:
      r.visit(node);
  }
}

/** Visits a property key that is computed. */
export function propertyKey(key: t.Node, r: Rewriter): void {
  if (r.known.isUntraced(key)) {
    r.visit(key);
    return;
  }
  r.wrap(key, `${runtimeName}.key(`, ")");
}

/** Whether reading or writing a member has to ask for the shadow of a typed array. */
export function isElement(node: t.MemberExpression | t.OptionalMemberExpression): boolean {
  if (!node.computed || node.object.type === "Super") return false;
  const key = bare(node.property);
  return key.type !== "StringLiteral" || /^\d/.test(key.value);
}

export function memberExpression(node: t.MemberExpression, r: Rewriter): void {
  if (!isElement(node)) {
    reference(node, r);
    return;
  }
  const { object, property } = node;
  const site = r.site(node);
  r.edits.before(node.start!, r.call("get", site));
  r.visit(object);
  const bracket = r.tokenAfter(object.end!);
  r.edits.replace(bracket, bracket + 1, ", ");
  r.wrap(property, "", "");
  r.edits.replace(node.end! - 1, node.end!, ")");
}

/** Visits what is called, deleted or asked for in another way than for its value. */
export function reference(node: t.Node, r: Rewriter): void {
  if (node.type === "ParenthesizedExpression") {
    reference(node.expression, r);
    return;
  }
  if (node.type === "TSNonNullExpression") {
    reference(node.expression, r);
    r.edits.erase(node.expression.end!, node.end!);
    return;
  }
  if (node.type === "OptionalMemberExpression" || node.type === "OptionalCallExpression") {
    nativeLink(node, r);
    return;
  }
  if (node.type !== "MemberExpression") {
    r.visit(node);
    return;
  }
  r.visit(node.object);
  if (node.computed) propertyKey(node.property, r);
}
