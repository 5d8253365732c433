import { equal } from "./comparison.ts";
import { arithmetic, binary, unary } from "./elementwise.ts";
import type { Partial } from "./rule.ts";
import { round } from "./rounding.ts";
import { log } from "./transcendental.ts";

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

export const reciprocal = unary(
  "reciprocal",
  (x) => 1 / x,
  (_, y) => neg(mul(y, y)),
);
export const square = unary(
  "square",
  (x) => x * x,
  (x) => mul(2, x),
);

/** How often b was taken off a to leave the rest y. */
const quotient: Partial = (a, b, y) => neg(round(div(sub(a, y), b)));

/** a − b·trunc(a/b): the sign of the dividend, as JavaScript's `%`. Where it jumps, the derivative of the piece it is on. */
export const mod = binary("mod", (a, b) => a % b, [() => 1, quotient]);
/** a − b·floor(a/b): the sign of the divisor, as NumPy's `remainder`. Where it jumps, the derivative of the piece it is on. */
export const remainder = binary("remainder", evaluateRemainder, [() => 1, quotient]);

function evaluateRemainder(a: number, b: number): number {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

/**
 * a to the power b.
 *
 * ∂/∂a = b·a^(b−1), and 0 where a = b = 0: x⁰ is the constant 1, its derivative is not 0·0⁻¹.
 * ∂/∂b = aᵇ·ln a exists for a > 0. At a = 0 it is 0 (for b > 0 the limit from a > 0, for b = 0 by convention). For a < 0
 * it is NaN: there aᵇ is real only at isolated b, and a zero would hide that.
 */
export const pow = binary("pow", (a, b) => a ** b, [
  (a, b) => {
    // A constant exponent stays one in the derivative, which then has no logarithm of a in its turn.
    if (typeof b === "number") return b === 0 ? 0 : mul(b, pow(a, b - 1));
    return mul(b, pow(a, add(sub(b, 1), mul(equal(a, 0), equal(b, 0)))));
  },
  (a, _, y) => mul(y, log(add(a, equal(a, 0)))),
]);

Object.assign(arithmetic, { add, mul, neg });
