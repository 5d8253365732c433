/** What an expression is, as far as its own text tells. */
import type * as t from "@babel/types";
import { bare } from "../language/instrument/syntax.ts";

const containers: ReadonlySet<string> = new Set(["Array", "Float64Array", "Float32Array"]);

/** A number as it is written, with its sign. */
export function isNumber(expression: t.Node): boolean {
  const node = bare(expression);
  return node.type === "UnaryExpression" ? isNumber(node.argument) : node.type === "NumericLiteral";
}

/** Expressions that may stand to the right of `*` as they are. */
export const binds: ReadonlySet<string> = new Set([
  ...["NumericLiteral", "Identifier", "MemberExpression", "CallExpression", "NewExpression", "ArrayExpression"],
  ...["ParenthesizedExpression", "UnaryExpression", "UpdateExpression", "TSNonNullExpression"],
  ...["OptionalCallExpression", "OptionalMemberExpression", "TaggedTemplateExpression"],
]);

export const isProduct = (node: t.Node): boolean =>
  node.type === "BinaryExpression" && (node.operator === "*" || node.operator === "/" || node.operator === "**");

export const isMemberObject = (node: t.Node): boolean =>
  binds.has(node.type) && !["NumericLiteral", "UnaryExpression", "UpdateExpression"].includes(node.type);

export function methodName(callee: t.Node): string | undefined {
  const member = bare(callee);
  return member.type === "MemberExpression" && !member.computed && member.property.type === "Identifier"
    ? member.property.name
    : undefined;
}

/** "Array.from", "structuredClone" */
export function builtinOf(callee: t.Node): string | undefined {
  const called = bare(callee);
  if (called.type === "Identifier") return called.name;
  const method = methodName(called);
  const object = called.type === "MemberExpression" ? bare(called.object) : undefined;
  return method !== undefined && object?.type === "Identifier" ? `${object.name}.${method}` : undefined;
}

export function isContainer({ callee }: t.NewExpression | t.CallExpression): boolean {
  return callee.type === "Identifier" && containers.has(callee.name);
}

/** The name of a property as the text gives it. */
export function keyOf({ key, computed }: t.ObjectProperty): string | undefined {
  if (computed) return undefined;
  return key.type === "Identifier" ? key.name : key.type === "StringLiteral" ? key.value : undefined;
}
