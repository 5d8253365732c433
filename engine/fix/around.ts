/** A factor written around an expression. */
import type * as t from "@babel/types";
import { isWrapper } from "../language/instrument/syntax.ts";
import type { Structure } from "../language/runtime/parameters.ts";
import { binds, isMemberObject, isProduct } from "./expressions.ts";
import { imported } from "./imports.ts";
import type { Program } from "./program.ts";
import type { Spot } from "./spots.ts";
import { depthOf, leafKindOf } from "./structures.ts";

/**
 * The factor before an expression, `4 * x`, or in a `map` over it. Of tensors it is a `mul(4, x)`: to TypeScript what
 * operators give is a number, whose shape is not known. Undefined where what the expression gave cannot be mapped over.
 */
export function around(program: Program, expression: t.Node, value: Structure): Spot[] | undefined {
  const depth = depthOf(value);
  if (depth === undefined) return undefined;
  const start = expression.start!;
  const end = expression.end!;
  const parent = program.parent(expression);
  const named = parent?.type === "ObjectProperty" && parent.shorthand ? `${program.textOf(expression)}: ` : "";
  const product = leafKindOf(value) === "tensor" ? imported(program, "mul") : undefined;
  const imports = product?.changes ?? [];
  const asType = product === undefined ? "" : assertion(program, expression);
  const spots = (open: string, before: Spot["text"], close: string): Spot[] => [
    ...imports,
    ...(open === "" ? [] : [{ start, end: start, text: open }]),
    { start: depth === 0 ? start : end, end: depth === 0 ? start : end, text: before },
    ...(close === "" ? [] : [{ start: end, end, text: close }]),
  ];
  if (depth === 0) {
    if (product !== undefined)
      return spots("", { before: `${named}${product.callee}(`, number: 1, after: ", " }, `)${asType}`);
    const [open, close] = parentheses(!binds.has(expression.type) && !isProduct(expression));
    return spots("", { before: named, number: 1, after: ` * ${open}` }, close);
  }
  const names = Array.from({ length: depth }, (_, k) => (k === depth - 1 ? "w" : depth === 2 ? "row" : `rows${k}`));
  const [open, close] = parentheses(!isMemberObject(expression));
  const calls = names.map((name, k) => `${k === 0 ? "" : names[k - 1]!}.map((${name}) => `).join("");
  const [first, last] = product === undefined ? ["", " * w"] : [`${product.callee}(`, ", w)"];
  const after = `${last}${")".repeat(depth)}${asType}`;
  return spots(`${named}${open}`, { before: `${close}${calls}${first}`, number: 1, after }, "");
}

const parentheses = (needed: boolean): readonly [string, string] => (needed ? ["(", ")"] : ["", ""]);

/** " as Tensor", where the text gives a type that does not tell the shape: the product of such tensors is a number too. */
function assertion(program: Program, expression: t.Node): string {
  const parent = program.parent(expression);
  const type = parent === undefined || isWrapper(parent) ? undefined : typeOf(program, expression);
  return type === undefined || type === "number" || /\bTensor</.test(type) ? "" : ` as ${type}`;
}

/** The type that the text gives an expression, or the variable or parameter that it is the value of: "const", "Tensor". */
export function typeOf(program: Program, expression: t.Node): string | undefined {
  const parent = program.parent(expression);
  if (parent === undefined) return undefined;
  if ("typeAnnotation" in parent && isWrapper(parent)) return program.textOf(parent.typeAnnotation);
  if (isWrapper(parent)) return typeOf(program, parent);
  const pattern =
    parent.type === "AssignmentPattern" && parent.right === expression
      ? parent.left
      : parent.type === "VariableDeclarator" && parent.init === expression
        ? parent.id
        : undefined;
  if (pattern === undefined || !("typeAnnotation" in pattern) || pattern.typeAnnotation?.type !== "TSTypeAnnotation")
    return undefined;
  return program.textOf(pattern.typeAnnotation.typeAnnotation);
}
