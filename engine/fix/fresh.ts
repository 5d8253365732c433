import type * as t from "@babel/types";
import { bare } from "../language/instrument/syntax.ts";
import { builtinOf, isContainer, methodName } from "./expressions.ts";
import type { Program } from "./program.ts";

/** Whether an expression is an array that has nothing in it yet, or zeros, or such arrays: what it holds comes later. */
export function isFresh(program: Program, expression: t.Node): boolean {
  const node = bare(expression);
  if (node.type === "NumericLiteral") return node.value === 0;
  if (node.type === "ArrayExpression") return node.elements.every((element) => element && isFresh(program, element));
  if (node.type !== "NewExpression" && node.type !== "CallExpression") return false;
  const [first, second] = node.arguments;
  if (isContainer(node)) return node.arguments.length === 1 && bare(first!).type !== "ArrayExpression";
  const made = (callback: t.Node | undefined): boolean => {
    const called = callback && program.functionOf(callback);
    return called !== undefined && program.returned(called).every((result) => isFresh(program, result));
  };
  if (builtinOf(node.callee) === "Array.from") return made(second);
  if (methodName(node.callee) === "map") return made(first);
  return methodName(node.callee) === "fill" && first !== undefined && isFresh(program, first);
}
