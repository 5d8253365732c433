import { firstPrimitive } from "../tape/tape.ts";

/** Every primitive there is. The place in this list is the operation's number on the tape. */
export const primitiveNames = [
  // arithmetic.ts
  "add",
  "sub",
  "mul",
  "div",
  "neg",
  // broadcasting.ts
  "broadcastTo",
  "sumTo",
] as const;

export type PrimitiveName = (typeof primitiveNames)[number];

const codes = new Map<string, number>(primitiveNames.map((name, index) => [name, firstPrimitive + index]));

/** The operation number of a primitive. */
export function codeOf(name: PrimitiveName): number {
  return codes.get(name)!;
}

/** The name of an operation as people see it; `input` and `constant` for the two that every tape has. */
export function operationName(code: number): string {
  return primitiveNames[code - firstPrimitive] ?? (code === 0 ? "input" : "constant");
}
