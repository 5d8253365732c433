import { binary, unary } from "./elementwise.ts";

// Piecewise constant: the derivative is zero wherever there is one.
export const floor = unary("floor", Math.floor);
export const ceil = unary("ceil", Math.ceil);
export const round = unary("round", Math.round);
export const trunc = unary("trunc", Math.trunc);
export const sign = unary("sign", Math.sign);
export const clz32 = unary("clz32", Math.clz32);
export const imul = binary("imul", Math.imul);

/** Rounds to float32. The derivative passes straight through: rounding is noise on the value, not part of the model. */
export const fround = unary("fround", Math.fround, () => 1);

/** Rounds to half precision; see `fround`. Node has it from version 24 on. */
export const f16round = unary(
  "f16round",
  (x) => (Math as unknown as { f16round(x: number): number }).f16round(x),
  () => 1,
);
