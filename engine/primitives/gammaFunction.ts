import { native } from "./native.ts";
import { cotPi, sinPi } from "./piTrigonometry.ts";

const { PI } = Math;
/** Euler's constant. */
export const euler = 0.5772156649015329;

/** B₂, B₄, …: Bernoulli numbers. */
const bernoulli = [
  1 / 6,
  -1 / 30,
  1 / 42,
  -1 / 30,
  5 / 66,
  -691 / 2730,
  7 / 6,
  -3617 / 510,
  43867 / 798,
  -174611 / 330,
];

/** From here on the asymptotic series below have all digits. */
const far = 10;

/** Σ B₂ⱼ·c(2j)·x^(−2j), as far as it takes. */
function asymptotic(x: number, coefficient: (order: number) => number): number {
  const square = x * x;
  let power = 1;
  let sum = 0;
  for (let j = 1; j <= 8; j++) sum += bernoulli[j - 1]! * coefficient(2 * j) * (power /= square);
  return sum;
}

/**
 * Σₖ (x + k)^(−s) over k from 0, Hurwitz's zeta function, for x > 0 and s > 1: the first terms one by one, the rest by
 * Euler and Maclaurin (Abramowitz and Stegun 23.1.30).
 */
export function hurwitzZeta(s: number, x: number): number {
  let sum = 0;
  let a = x;
  for (; a < far + s; a++) sum += a ** -s;
  const last = a ** -s;
  let tail = a ** (1 - s) / (s - 1) + last / 2;
  let factor = last;
  for (let j = 1; j <= bernoulli.length; j++) {
    // (s)₂ⱼ₋₁ a^(−s−2j+1)/(2j)!, from the one before
    factor *= j === 1 ? s / (2 * a) : ((s + 2 * j - 3) * (s + 2 * j - 2)) / ((2 * j - 1) * 2 * j * a * a);
    tail += bernoulli[j - 1]! * factor;
  }
  return sum + tail;
}

/** Hurwitz's zeta function for s > 1 and x > 0: ∞ at s = 1 and x = 0, NaN elsewhere. */
export function zeta(s: number, x: number): number {
  if (!(s >= 1 && x >= 0)) return NaN;
  if (s === 1 || x === 0) return Infinity;
  if (x === Infinity) return 0;
  if (s < 60) return hurwitzZeta(s, x);
  // The terms fall off so fast that a few are all.
  let sum = 0;
  for (let k = 0, term = 1; term > 1e-18 * sum && k < 1e4; k++) sum += term = (x + k) ** -s;
  return sum;
}

/** 1 − γ, with Euler's constant. */
const oneLessEuler = 0.42278433509846714;

/** (−1)ᵏ(ζ(k) − 1)/k for k = 2, 3, … */
const zetaCoefficients = Array.from(
  { length: 30 },
  (_, i) => ((i % 2 === 0 ? 1 : -1) * hurwitzZeta(i + 2, 2)) / (i + 2),
);

/** ln Γ(2 + z) for |z| ≤ ½ (Abramowitz and Stegun 6.1.33): its zero at z = 0 costs no digits. */
function lgammaNearTwo(z: number): number {
  let sum = 0;
  for (let i = zetaCoefficients.length - 1; i >= 0; i--) sum = (sum + zetaCoefficients[i]!) * z;
  return z * (oneLessEuler + sum);
}

/**
 * ln |Γ(x)|, to 1e-15 relative for x > 0. Below 2½ by the series about 2, from 10 on by Stirling's, between them by Γ(x + 1) =
 * x·Γ(x), and for x < 0 by reflection. ∞ at 0, −1, −2, …
 */
export function lgamma(x: number): number {
  if (x !== x) return NaN;
  if (x <= 0) {
    if (x === native.floor(x)) return Infinity;
    if (x < -0.5) return native.log(PI / native.abs(x * sinPi(x))) - lgamma(-x);
    return lgamma(1 + x) - native.log(-x);
  }
  if (x < 0.5) return lgammaNearTwo(x) - native.log1p(x) - native.log(x);
  if (x < 1.5) return lgammaNearTwo(x - 1) - native.log1p(x - 1);
  if (x < far) {
    let product = 1;
    let a = x;
    while (a > 2.5) product *= --a;
    return lgammaNearTwo(a - 2) + native.log(product);
  }
  if (x === Infinity) return x;
  return (x - 0.5) * (native.log(x) - 1) + (0.5 * native.log(2 * PI) - 0.5) + stirlingRest(x);
}

/** ln Γ(1 + z) for |z| ≤ ½, with its digits where that vanishes. */
export function lgammaOfOneMore(z: number): number {
  return lgammaNearTwo(z) - native.log1p(z);
}

/** What Stirling's ln √2π + (x − ½) ln x − x lacks of ln Γ(x), for x ≥ 10. */
export function stirlingRest(x: number): number {
  return x * asymptotic(x, (order) => 1 / (order * (order - 1)));
}

/** ln B(a, b) = ln Γ(a) + ln Γ(b) − ln Γ(a + b) for a, b > 0, without the difference of large logarithms. */
export function logBeta(a: number, b: number): number {
  const [less, more] = a < b ? [a, b] : [b, a];
  if (!(less > 0) || more < far || more === Infinity)
    return less > 0 && more === Infinity ? -Infinity : lgamma(a) + lgamma(b) - lgamma(a + b);
  const sum = less + more;
  const rest = stirlingRest(more) - stirlingRest(sum);
  if (less >= far) {
    const root = 0.5 * native.log((2 * PI * sum) / less / more);
    return less * native.log(less / sum) - more * native.log1p(less / more) + root + stirlingRest(less) + rest;
  }
  return lgamma(less) - less * native.log(sum) - (more - 0.5) * native.log1p(less / more) + less + rest;
}

/** Γ(x), to about 1e-15 of itself: ±∞ at ±0 and NaN at −1, −2, … */
export function gamma(x: number): number {
  if (x === 0) return 1 / x;
  if (x < 0) {
    if (x === native.floor(x)) return NaN;
    const reflected = gamma(-x);
    return reflected === Infinity ? 0 : -PI / (sinPi(x) * (x * reflected));
  }
  if (x > 172) return Infinity;
  if (x > 20 && x !== native.floor(x)) {
    // In halves, since the power overflows before its product does.
    const root = x ** ((x - 0.5) / 2);
    return native.sqrt(2 * PI) * root * native.exp(-x) * root * native.exp(stirlingRest(x));
  }
  let product = 1;
  let a = x;
  while (a > 2.5) product *= --a;
  if (a < 0.5) return native.exp(lgammaNearTwo(a) - native.log1p(a)) / a;
  return product * native.exp(a < 1.5 ? lgammaOfOneMore(a - 1) : lgammaNearTwo(a - 2));
}

/** The zero of digamma, and what is left of it beyond the nearest number. */
const root = 1.4616321449683622;
const rootRest = 9.5499954299656977e-17;
/** Taylor coefficients of digamma there: (−1)ᵏ⁺¹ζ(k + 1, x₀) for k = 1, 2, … */
const aboutRoot = Array.from({ length: 24 }, (_, i) => (i % 2 === 0 ? 1 : -1) * hurwitzZeta(i + 2, root));

/** Γ′(x)/Γ(x), to 1e-15 relative for x > 0. ∓∞ at ±0, NaN at −1, −2, … */
export function digamma(x: number): number {
  if (x === 0) return -1 / x;
  if (x < 0) return x === native.floor(x) ? NaN : digamma(1 - x) - PI * cotPi(x);
  const offset = x - root - rootRest;
  if (native.abs(offset) < 0.3) {
    let sum = 0;
    for (let k = aboutRoot.length - 1; k >= 0; k--) sum = (sum + aboutRoot[k]!) * offset;
    return sum;
  }
  let a = x;
  let sum = 0;
  for (; a < far; a++) sum -= 1 / a;
  return sum + native.log(a) - 0.5 / a - asymptotic(a, (order) => 1 / order);
}

/** The n-th derivative of digamma, for whole n ≥ 0; NaN for other n. At a pole ∞ where both sides agree, else NaN. */
export function polygamma(n: number, x: number): number {
  if (n === 0) return digamma(x);
  if (!(n > 0 && n === native.floor(n) && x > -Infinity)) return NaN;
  const sign = n % 2 === 0 ? -1 : 1;
  if (x === 0) return (sign / x) * (sign > 0 ? native.sign(1 / x) : 1);
  if (x > 0) return x === Infinity ? 0 : sign * factorial(n) * hurwitzZeta(n + 1, x);
  if (x === native.floor(x)) return sign > 0 ? Infinity : NaN;
  // The n-th derivative of ψ(1 − x) − ψ(x) = π cot πx.
  return -sign * polygamma(n, 1 - x) - PI ** (n + 1) * cotangentDerivative(n, cotPi(x));
}

/** n! of a whole n. */
export function factorial(n: number): number {
  let product = 1;
  for (let k = 2; k <= n; k++) product *= k;
  return product;
}

/** The n-th derivative of cot t as a polynomial of c = cot t: P′ₙ₊₁ = −(1 + c²)·dPₙ/dc. */
function cotangentDerivative(n: number, c: number): number {
  let polynomial = [0, 1];
  for (let k = 0; k < n; k++) {
    const next = new Array<number>(polynomial.length + 1).fill(0);
    for (let power = 1; power < polynomial.length; power++) {
      const slope = power * polynomial[power]!;
      next[power - 1]! -= slope;
      next[power + 1]! -= slope;
    }
    polynomial = next;
  }
  return polynomial.reduceRight((sum, coefficient) => sum * c + coefficient);
}
