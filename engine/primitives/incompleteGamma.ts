import { digamma, factorial, lgamma, lgammaOfOneMore, polygamma, stirlingRest } from "./gammaFunction.ts";
import { native } from "./native.ts";
import { exponentialSeries, integrateFalling, lessItsSlope, log1pLess } from "./quadrature.ts";

/** Beyond it the series take more terms than the integral does points. */
const many = 1e4;

/**
 * P(a, x) = ∫₀ˣ t^(a−1)e^(−t) dt/Γ(a), to about 1e-14 of itself: the series (Abramowitz and Stegun 6.5.29) below a + 1, the
 * continued fraction above (6.5.31), for large a the integral.
 */
export function gammainc(a: number, x: number): number {
  if (!(a >= 0 && x >= 0) || (a === x && (a === 0 || a === Infinity))) return NaN;
  if (a === 0 || x === Infinity) return 1;
  if (x === 0 || a === Infinity) return 0;
  if (a > many) return x <= a ? tail(a, x, 0) : 1 - tail(a, x, 0);
  return x < a + 1 ? lowerSeries(a, x) : 1 - upperFraction(a, x);
}

/** Q(a, x) = 1 − P(a, x), with its digits where that is small. */
export function gammaincc(a: number, x: number): number {
  if (!(a >= 0 && x >= 0) || (a === x && (a === 0 || a === Infinity))) return NaN;
  if (a === 0 || x === Infinity) return 0;
  if (x === 0 || a === Infinity) return 1;
  if (a > many) return x <= a ? 1 - tail(a, x, 0) : tail(a, x, 0);
  if (x < 1.5 && a < 0.5) return upperOfSmall(a, x);
  return x < a + 1 ? 1 - lowerSeries(a, x) : upperFraction(a, x);
}

/** x^a·e^(−x)/Γ(a + 1), about the largest term as a whole, since its parts would lose digits against each other. */
export function gammaTerm(a: number, x: number): number {
  if (a < 10) return native.exp(a * native.log(x) - x - lgamma(a + 1));
  const rest = x < a / 2 ? native.log(x / a) - (x - a) / a : log1pLess((x - a) / a);
  return native.exp(a * rest - stirlingRest(a)) / native.sqrt(2 * Math.PI * a);
}

function lowerSeries(a: number, x: number): number {
  let [term, sum] = [1, 1];
  for (let n = 1; term > 1e-17 * sum; n++) sum += term *= x / (a + n);
  return native.min(gammaTerm(a, x) * sum, 1);
}

/** By Lentz's method. */
function upperFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let value = d;
  for (let n = 1, change = 0; native.abs(change - 1) > 1e-16 && n < 10 * many; n++) {
    const factor = -n * (n - a);
    b += 2;
    d = 1 / (factor * d + b);
    c = b + factor / c;
    value *= change = c * d;
  }
  return gammaTerm(a, x) * a * value;
}

/** 1 − x^a/Γ(a + 1)·(1 + a Σ (−x)ⁿ/((a + n)n!)), where that is near 0 for small a. */
function upperOfSmall(a: number, x: number): number {
  const exponent = a * native.log(x) - lgammaOfOneMore(a);
  let [power, sum] = [1, 0];
  for (let n = 1; native.abs(power) > 1e-18; n++) {
    power *= -x / n;
    sum += power / (a + n);
  }
  return -native.expm1(exponent) - native.exp(exponent) * a * sum;
}

/**
 * ∂ᵏP/∂aᵏ for whole k > 0: of the density, whose logarithm has the derivatives ln t − ψ(a), −ψ′(a), … with respect to a, the
 * integral from 0 to x, or, with the sign turned, from x on.
 */
export function gammaincOrder(k: number, a: number, x: number): number {
  if (k === 0) return gammainc(a, x);
  if (!(a > 0 && x >= 0 && k > 0 && k === native.floor(k)) || (a === x && a === Infinity)) return NaN;
  if (x === 0 || x === Infinity || a === Infinity) return 0;
  if (x > native.max(a, 1)) return -tail(a, x, k);
  if (a >= 1) return tail(a, x, k);
  // P(a, x) = P(a + 1, x) + x^a·e^(−x)/Γ(a + 1): there the integrand is bounded.
  const logarithms = seriesOf(k, a + 1);
  logarithms[1]! += native.log(x);
  return tail(a + 1, x, k) + factorial(k) * exponentialSeries(column(logarithms), gammaTerm(a, x))[k]![0]!;
}

/** The part of the k-th derivative of the density beyond x, on the side away from its mode. */
function tail(a: number, x: number, k: number): number {
  const isLower = x <= native.max(a, 1);
  const slope = x - a + 1;
  const logarithms = seriesOf(k, a);
  const first = (logarithms[1] ?? 0) + native.log(x);
  // With t = x(1 ∓ u), the density at t by that at x, and ln t = ln x + ln(1 ∓ u).
  const integral = integrateFalling(
    (u, rest) => (a - 1) * lessItsSlope(rest, isLower ? -u : u) + (isLower ? slope : -slope) * u,
    k === 0
      ? undefined
      : (rest) => {
          logarithms[1] = first + rest;
          return k === 1 ? logarithms[1] : exponentialSeries(column(logarithms))[k]![0]!;
        },
    !isLower,
    1 / (native.sqrt(a) + native.abs(slope)),
  );
  return gammaTerm(a, x) * a * integral * factorial(k);
}

/** Taylor coefficients of −ln Γ at a, without the one of order 0. */
function seriesOf(k: number, a: number): number[] {
  return Array.from({ length: k + 1 }, (_, n) => {
    if (n === 0) return 0;
    return -(n === 1 ? digamma(a) : polygamma(n - 1, a)) / factorial(n);
  });
}

const column = (series: readonly number[]): number[][] => series.map((x) => [x]);
