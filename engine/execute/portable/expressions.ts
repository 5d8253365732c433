import { codeOf, type PrimitiveName } from "../../primitives/names.ts";
import { rules } from "../../primitives/table.ts";

/** The scalar functions that generated code calls, by name. */
export type Functions = Record<string, unknown>;

const written: Readonly<Record<string, (...x: string[]) => string>> = {
  add: (a, b) => `(${a} + ${b})`,
  sub: (a, b) => `(${a} - ${b})`,
  mul: (a, b) => `(${a} * ${b})`,
  div: (a, b) => `(${a} / ${b})`,
  square: (a) => `(${a} * ${a})`,
  reciprocal: (a) => `(1 / ${a})`,
  neg: (a) => `(-${a})`,
  equal: (a, b) => `(${a} === ${b} ? 1 : 0)`,
  notEqual: (a, b) => `(${a} === ${b} ? 0 : 1)`,
  less: (a, b) => `(${a} < ${b} ? 1 : 0)`,
  lessEqual: (a, b) => `(${a} <= ${b} ? 1 : 0)`,
  greater: (a, b) => `(${a} > ${b} ? 1 : 0)`,
  greaterEqual: (a, b) => `(${a} >= ${b} ? 1 : 0)`,
  winsMax: (a, b) => `(${a} >= ${b} || ${a} !== ${a} ? 1 : 0)`,
  winsMin: (a, b) => `(${a} <= ${b} || ${a} !== ${a} ? 1 : 0)`,
  where: (c, a, b) => `(${c} === 0 ? ${b} : ${a})`,
  // A NaN is passed on.
  relu: (x) => `(${x} < 0 ? 0 : ${x})`,
  stopGradient: (x) => x,
};

/** Whether an operation is a function of single numbers, applied to each element. */
export function isElementwise(name: string): boolean {
  return name in written || rules[codeOf(name as PrimitiveName)]?.scalar !== undefined;
}

/** The operation as a JavaScript expression of its operands, which are names or numbers. */
export function expressionOf(name: string, operands: readonly string[], functions: Functions): string {
  const write = written[name];
  if (write !== undefined) return write(...operands);
  functions[name] = rules[codeOf(name as PrimitiveName)]!.scalar;
  return `${name}(${operands.join(", ")})`;
}
