import { digamma, factorial, logBeta, polygamma, stirlingRest } from "./gammaFunction.ts";
import { native } from "./native.ts";
import { exponentialSeries, integrateFalling, lessItsSlope, log1pLess } from "./quadrature.ts";

/** Beyond it the continued fraction takes more terms than the integral does points. */
const many = 1e4;

/**
 * Iₓ(a, b) = ∫₀ˣ t^(a−1)(1 − t)^(b−1) dt/B(a, b), to about 1e-14 of itself: the continued fraction of Didonato and Morris (1992),
 * on the side of the mean where it converges; for large a or b the integral.
 */
export function betainc(a: number, b: number, x: number): number {
  if (!(a >= 0 && b >= 0 && x >= 0 && x <= 1) || (a === b && (a === 0 || a === Infinity))) return NaN;
  if (x === 0 || x === 1) return x;
  if (a === 0 || b === Infinity) return 1;
  if (b === 0 || a === Infinity) return 0;
  const y = 1 - x;
  return x * (a + b) <= a ? lower(a, b, x, y) : 1 - lower(b, a, y, x);
}

function lower(a: number, b: number, x: number, y: number): number {
  return a > many || b > many ? lowerOrder(0, 0, a, b, x, y) : betaTerm(a, b, x, y) * fraction(a, b, x, y);
}

/** ln x, of which y = 1 − x has more digits near 1. */
function logOf(x: number, y: number): number {
  return x < 0.5 ? native.log(x) : native.log1p(-y);
}

/** xᵃ·yᵇ/B(a, b) with y = 1 − x. */
function betaTerm(a: number, b: number, x: number, y: number): number {
  if (native.min(a, b) < 10) {
    const logarithm = a * logOf(x, y) + b * logOf(y, x);
    return native.exp(logarithm - logBeta(a, b));
  }
  // About x = a/(a + b), where it is largest: its parts would lose digits against each other.
  const sum = a + b;
  const away = x * b - y * a;
  const part = (n: number, share: number, off: number): number =>
    n * (share * sum < n / 2 ? native.log((share * sum) / n) - off : log1pLess(off));
  const exponent = part(a, x, away / a) + part(b, y, -away / b);
  const rest = stirlingRest(sum) - stirlingRest(a) - stirlingRest(b);
  return native.sqrt((a / sum) * (b / (2 * Math.PI))) * native.exp(exponent + rest);
}

/** By Lentz's method: αₙ/(βₙ + …) of Didonato and Morris, formula 9. */
function fraction(a: number, b: number, x: number, y: number): number {
  const lambda = a - (a + b) * x;
  const beta = (n: number): number =>
    (n > 0 ? n + (n * (b - n) * x) / (a + 2 * n - 1) : 0) + ((a + n) * (lambda + 1 + n * (1 + y))) / (a + 2 * n + 1);
  const alpha = (n: number): number =>
    (((a + n - 1) * (a + b + n - 1)) / (a + 2 * n - 1)) * ((n * (b - n) * x * x) / (a + 2 * n - 1));
  let value = beta(0);
  let c = value;
  let d = 0;
  for (let n = 1, change = 0; native.abs(change - 1) > 1e-16 && n < many; n++) {
    const [factor, term] = [alpha(n), beta(n)];
    d = 1 / (term + factor * d);
    c = term + factor / c;
    value *= change = c * d;
  }
  return 1 / value;
}

/**
 * ∂ⁱ⁺ʲIₓ(a, b)/∂aⁱ∂bʲ for whole i, j, not both 0: of the density, whose logarithm has the derivatives ln t − ψ(a) + ψ(a + b) and
 * so on, the integral from 0 to x, or, with the sign turned, from x to 1.
 */
export function betaincOrder(i: number, j: number, a: number, b: number, x: number): number {
  if (i === 0 && j === 0) return betainc(a, b, x);
  const isOrder = (n: number): boolean => n >= 0 && n === native.floor(n);
  if (!(isOrder(i) && isOrder(j) && a > 0 && b > 0 && x >= 0 && x <= 1 && a + b < Infinity)) return NaN;
  if (x === 0 || x === 1) return 0;
  const y = 1 - x;
  return x * (a + b) <= a ? lowerOrder(i, j, a, b, x, y) : -lowerOrder(j, i, b, a, y, x);
}

function lowerOrder(i: number, j: number, a: number, b: number, x: number, y: number): number {
  if (a >= 1) return tail(a, b, x, y, i, j);
  // Iₓ(a, b) = Iₓ(a + 1, b) + xᵃyᵇ/(a·B(a, b)): there the integrand is bounded.
  const logarithms = seriesOf(i, j, a, b, logOf(x, y), logOf(y, x));
  for (let k = 1; k <= i; k++) logarithms[k]![0]! += (k % 2 === 0 ? 1 : -1) / k / a ** k;
  const term = exponentialSeries(logarithms, betaTerm(a, b, x, y) / a)[i]![j]!;
  return tail(a + 1, b, x, y, i, j) + factorial(i) * factorial(j) * term;
}

/** The part of a derivative of the density below x, on that side of its mean. */
function tail(a: number, b: number, x: number, y: number, i: number, j: number): number {
  const ratio = x / y;
  const slope = (b - 1) * ratio - (a - 1);
  const logarithms = seriesOf(i, j, a, b, 0, 0);
  const first = (logarithms[1]?.[0] ?? 0) + logOf(x, y);
  const second = (logarithms[0]?.[1] ?? 0) + logOf(y, x);
  // With t = x(1 − u) and 1 − t = y(1 + ratio·u), the density at t by that at x.
  const integral = integrateFalling(
    (u, rest) => (a - 1) * lessItsSlope(rest, -u) + (b - 1) * log1pLess(ratio * u) + slope * u,
    i + j === 0
      ? undefined
      : (rest) => {
          if (i > 0) logarithms[1]![0] = first + rest;
          if (j > 0) logarithms[0]![1] = second + native.log1p(-ratio * native.expm1(rest));
          return i + j === 1 ? logarithms[i]![j]! : exponentialSeries(logarithms)[i]![j]!;
        },
    false,
    1 / (native.sqrt(a + b * ratio * ratio) + native.abs(slope)),
  );
  return (betaTerm(a, b, x, y) / y) * integral * factorial(i) * factorial(j);
}

/** Taylor coefficients of a·logOfX + b·logOfY − ln B(a, b), without the one of order 0. */
function seriesOf(i: number, j: number, a: number, b: number, logOfX: number, logOfY: number): number[][] {
  const derivative = (n: number, at: number): number => (n === 1 ? digamma(at) : polygamma(n - 1, at));
  return Array.from({ length: i + 1 }, (_, k) =>
    Array.from({ length: j + 1 }, (__, l) => {
      if (k + l === 0) return 0;
      const own = l === 0 ? derivative(k, a) : k === 0 ? derivative(l, b) : 0;
      const coefficient = (derivative(k + l, a + b) - own) / factorial(k) / factorial(l);
      return coefficient + (k === 1 && l === 0 ? logOfX : k === 0 && l === 1 ? logOfY : 0);
    }),
  );
}
