import { arithmetic, binary, unary } from "./rule.ts";

export const add = binary("add", (a, b) => a + b, [() => 1, () => 1]);
export const sub = binary("sub", (a, b) => a - b, [() => 1, () => -1]);
export const mul = binary("mul", (a, b) => a * b, [(_, b) => b, (a) => a]);
// d(a/b) = da/b − (a/b)/b db
export const div = binary("div", (a, b) => a / b, [(_, b) => div(1, b), (_, b, y) => neg(div(y, b))]);
export const neg = unary(
  "neg",
  (x) => -x,
  () => -1,
);

Object.assign(arithmetic, { add, mul, neg });
