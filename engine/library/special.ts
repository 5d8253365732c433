import { ValueError } from "../primitives/argumentErrors.ts";
import * as arithmetic from "../primitives/arithmetic.ts";
import * as special from "../primitives/special.ts";
import * as transcendental from "../primitives/transcendental.ts";
import { one, two, type Elementwise, type ElementwiseOfTwo } from "./lifting.ts";
import type { Like, Operand } from "./types.ts";
import { asValue, fixed, describe } from "./values.ts";

/** The error function 2/√π ∫₀ˣ e^(−t²) dt, to 1e-15. */
export const erf: Elementwise = one("erf", special.erf);
/** 1 − erf x, to 1e-15 of itself also where that is tiny. */
export const erfc: Elementwise = one("erfc", special.erfc);
/** The inverse of erf: ±∞ at ±1, where its derivative is infinite too, and NaN beyond. */
export const erfinv: Elementwise = one("erfinv", special.erfinv);
/** ln |Γ(x)|: ∞ at 0, −1, −2, … */
export const lgamma: Elementwise = one("lgamma", special.lgamma);
/** The derivative of ln Γ: ∓∞ at ±0 and NaN at −1, −2, … */
export const digamma: Elementwise = one("digamma", special.digamma);
/** x ln y, and 0 where x = 0. */
export const xlogy: ElementwiseOfTwo = two("xlogy", special.xlogy);
/** ln(eᵃ + eᵇ) without overflow. */
export const logAddExp: ElementwiseOfTwo = two("logAddExp", special.logAddExp);
/** sin πx/πx, and 1 at 0. */
export const sinc: Elementwise = one("sinc", (x) => special.sinc(x, 0));
/** ln(p/(1 − p)), the inverse of sigmoid. */
export const logit: Elementwise = one("logit", (p) =>
  arithmetic.sub(transcendental.log(p), transcendental.log1p(arithmetic.neg(p))),
);

/**
 * The derivative of digamma of whole order n: `polygamma(1, x)` is trigamma.
 * @throws RangeError where the order is no whole number from 0 on.
 */
export function polygamma<const X extends Operand>(order: number, x: X): Like<X> {
  const n = fixed(order);
  if (!Number.isInteger(n) || n < 0)
    throw new ValueError(`polygamma: the order is ${describe(n)}; give a whole number from 0 on`);
  return special.polygamma(n, asValue("polygamma", x)) as Like<X>;
}
