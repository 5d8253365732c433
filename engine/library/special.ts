import { ValueError } from "../primitives/argumentErrors.ts";
import * as arithmetic from "../primitives/arithmetic.ts";
import * as incomplete from "../primitives/incomplete.ts";
import * as special from "../primitives/special.ts";
import * as transcendental from "../primitives/transcendental.ts";
import { equal, isNaN, less } from "../primitives/comparison.ts";
import { abs, where } from "../primitives/selection.ts";
import type { Value } from "../tape/tensor.ts";
import { one, two, type Elementwise, type ElementwiseOfTwo } from "./lifting.ts";
import type { Like, Operand } from "./types.ts";
import { asValue, calledAs, fixed, describe } from "./values.ts";

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
/** Γ(x): NaN at −1, −2, …, and ∞ from 171.7 on, where `lgamma` still serves. */
export const gamma: Elementwise = one("gamma", special.gamma);
/** e^(x²)·erfc x, which is not yet 0 where erfc is. */
export const erfcx: Elementwise = one("erfcx", special.erfcx);
/** The exponential integral ∫ eᵗ/t dt from −∞ to x, the principal value for x > 0. */
export const expi: Elementwise = one("expi", special.expi);
/** The exponential integral E₁(x) = ∫ e⁻ᵗ/t dt from x to ∞. */
export const exp1: Elementwise = one("exp1", special.exp1);
/** Lambert's W, the real W ≥ −1 with W·e^W = x: NaN below −1/e, where its derivative is infinite. */
export const lambertW: Elementwise = one("lambertW", special.lambertW);
/**
 * Σ (q + k)^(−s) over k = 0, 1, …: Hurwitz's zeta function, and Riemann's where q is left out, for s > 1. It is not
 * differentiated with respect to s, and says so.
 */
export function zeta<const X extends Operand = 1>(s: Operand, q?: X): Like<X> {
  return calledAs("zeta", () => special.zeta(asValue("zeta", s), asValue("zeta", q ?? 1)) as Like<X>);
}
/** x ln(1 + y), and 0 where x = 0 and y = −1. */
export const xlog1py: ElementwiseOfTwo = two("xlog1py", incomplete.xlog1py);
/** x ln(x/y), and 0 where x = 0: the terms of a relative entropy. ∞ where y = 0 < x. */
export const relEntr: ElementwiseOfTwo = two("relEntr", (x, y) => {
  // Of nearly equal numbers the difference of logarithms has few digits.
  const isNear = less(abs(arithmetic.sub(x, y)), arithmetic.mul(0.5, y));
  const [nearX, nearY] = [where(isNear, x, 1), where(isNear, y, 1)];
  const near = arithmetic.mul(nearX, transcendental.log1p(arithmetic.div(arithmetic.sub(nearX, nearY), nearY)));
  return where(isNear, near, arithmetic.sub(special.xlogy(x, x), special.xlogy(x, y)));
});
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

/** The inverse of the standard normal distribution function: the x below which a share p lies. ±∞ at 0 and 1. */
export const ndtri: Elementwise = one("ndtri", special.ndtri);

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

/** ln B(a, b) = ln Γ(a) + ln Γ(b) − ln Γ(a + b), for positive a and b without the loss of that difference. */
export const logBeta: ElementwiseOfTwo = two("logBeta", incomplete.logBeta);
/** B(a, b) = Γ(a)Γ(b)/Γ(a + b), for positive a and b. */
export const beta: ElementwiseOfTwo = two("beta", (a, b) => transcendental.exp(incomplete.logBeta(a, b)));
/**
 * The regularised lower incomplete gamma function P(a, x) = ∫₀ˣ t^(a−1)e^(−t) dt/Γ(a), the distribution function of the gamma
 * distribution. NaN for negative a or x. Differentiable in both, to any order.
 */
export const gammainc: ElementwiseOfTwo = two("gammainc", incomplete.gammainc);
/** The regularised upper incomplete gamma function Q(a, x) = 1 − P(a, x), with its digits where that is small. */
export const gammaincc: ElementwiseOfTwo = two("gammaincc", incomplete.gammaincc);
/**
 * The regularised incomplete beta function Iₓ(a, b) = ∫₀ˣ t^(a−1)(1 − t)^(b−1) dt/B(a, b), the distribution function of the beta
 * distribution. NaN for negative a or b and x beyond [0, 1]. Differentiable in all three, to any order.
 */
export function betainc<const X extends Operand>(a: Operand, b: Operand, x: X): Like<X> {
  return calledAs("betainc", () => {
    return incomplete.betainc(asValue("betainc", a), asValue("betainc", b), asValue("betainc", x)) as Like<X>;
  });
}
/**
 * ln of the multivariate gamma function of dimension d: ¼d(d − 1) ln π + Σ ln Γ(x − j/2) over j = 0, …, d − 1.
 * @throws RangeError where the dimension is no whole number from 1 on.
 */
export function multigammaln<const X extends Operand>(x: X, dimension: number): Like<X> {
  const d = fixed(dimension);
  if (!Number.isInteger(d) || d < 1)
    throw new ValueError(`multigammaln: the dimension is ${describe(d)}; give a whole number from 1 on`);
  const value = asValue("multigammaln", x);
  let sum: Value = (d * (d - 1) * Math.log(Math.PI)) / 4;
  for (let j = 0; j < d; j++) sum = arithmetic.add(sum, special.lgamma(arithmetic.sub(value, j / 2)));
  return sum as Like<X>;
}
/** −x ln x, 0 where x = 0, and −∞ below. */
export const entr: Elementwise = one("entr", (x) => {
  const below = less(x, 0);
  const safe = where(below, 1, x);
  return where(below, -Infinity, arithmetic.sub(0, special.xlogy(safe, safe)));
});
/** 0 below 0, 1 above, h at 0, and NaN of NaN. A gradient flows into h alone. */
export const heaviside: ElementwiseOfTwo = two("heaviside", (x, h) =>
  where(equal(x, 0), h, where(isNaN(x), NaN, less(0, x))),
);
