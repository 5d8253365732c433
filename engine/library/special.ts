import { ValueError } from "../primitives/argumentErrors.ts";
import * as arithmetic from "../primitives/arithmetic.ts";
import * as special from "../primitives/special.ts";
import * as transcendental from "../primitives/transcendental.ts";
import { equal, less } from "../primitives/comparison.ts";
import { where } from "../primitives/selection.ts";
import type { Value } from "../tape/tensor.ts";
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

/** 2ˣ. */
export const exp2: Elementwise = one("exp2", (x) => arithmetic.pow(2, x));
/** The standard normal distribution function, ½ erfc(−x/√2). */
export const ndtr: Elementwise = one("ndtr", normal);

/** ln of the standard normal distribution function, exact also far below, where that itself is 0. */
export const logNdtr: Elementwise = one("logNdtr", (x) => {
  const far = less(x, tail);
  // Φ(x) = φ(x)/|x| · Σ (−1)ᵏ (2k − 1)!!/x²ᵏ
  const y = where(far, x, tail);
  const inverse = arithmetic.reciprocal(arithmetic.square(y));
  let series: Value = 1;
  for (let k = 8; k > 0; k--) series = arithmetic.sub(1, arithmetic.mul(2 * k - 1, arithmetic.mul(inverse, series)));
  const exponent = arithmetic.sub(arithmetic.mul(-0.5, arithmetic.square(y)), 0.5 * Math.log(2 * Math.PI));
  const below = arithmetic.add(
    arithmetic.sub(exponent, transcendental.log(arithmetic.neg(y))),
    transcendental.log(series),
  );
  return where(far, below, transcendental.log(normal(where(far, tail, x))));
});

/** From here on downwards eight terms of the series have all digits. */
const tail = -20;

function normal(x: Value): Value {
  return arithmetic.mul(0.5, special.erfc(arithmetic.mul(x, -Math.SQRT1_2)));
}

/** ln B(a, b) = ln Γ(a) + ln Γ(b) − ln Γ(a + b). */
export const logBeta: ElementwiseOfTwo = two("logBeta", (a, b) =>
  arithmetic.sub(arithmetic.add(special.lgamma(a), special.lgamma(b)), special.lgamma(arithmetic.add(a, b))),
);
/** −x ln x, and 0 where x = 0. */
export const entr: Elementwise = one("entr", (x) => arithmetic.neg(special.xlogy(x, x)));
/** 0 below 0, 1 above, and h at 0. A gradient flows into h alone. */
export const heaviside: ElementwiseOfTwo = two("heaviside", (x, h) => where(equal(x, 0), h, less(0, x)));
