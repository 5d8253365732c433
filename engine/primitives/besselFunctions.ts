import { euler } from "./gammaFunction.ts";
import { native } from "./native.ts";

const { PI } = Math;

/** From here on Hankel's expansions for the orders 0 and 1 have all digits: their smallest term is about e^(−2x). */
const far = 25;

/** (−1)ⁿ for whole n. */
const parity = (n: number): number => (n % 2 === 0 ? 1 : -1);

/** Jₙ(x), the Bessel function of the first kind, of whole order: to about 1e-15 of the largest value nearby. */
export function besselJ(n: number, x: number): number {
  if (n !== native.floor(n) || x !== x || n - n !== 0) return NaN;
  if (n < 0) return parity(n) * besselJ(-n, x);
  if (x < 0) return parity(n) * besselJ(n, -x);
  if (x === 0) return n === 0 ? 1 : 0;
  if (x === Infinity) return 0;
  if (x * x < 4 * (n + 1)) return powerSeries(n, x, -1);
  if (x < far || n > x) return miller(n, x, -1);
  let [before, value] = [hankel(0, x).j, hankel(1, x).j];
  if (n === 0) return before;
  for (let k = 1; k < n; k++) [before, value] = [value, ((2 * k) / x) * value - before];
  return value;
}

/** Yₙ(x), the Bessel function of the second kind, of whole order: −∞ at 0 and NaN below. */
export function besselY(n: number, x: number): number {
  if (n !== native.floor(n) || !(x >= 0) || n - n !== 0) return NaN;
  if (n < 0) return parity(n) * besselY(-n, x);
  if (x === 0) return -Infinity;
  if (x === Infinity) return 0;
  let [before, value] = x < far ? neumann(x) : [hankel(0, x).y, hankel(1, x).y];
  if (n === 0) return before;
  for (let k = 1; k < n && value > -Infinity; k++) [before, value] = [value, ((2 * k) / x) * value - before];
  return value;
}

/** e^(−|x|)·Iₙ(x), the modified Bessel function of the first kind, of whole order, without overflow. */
export function besselIe(n: number, x: number): number {
  if (n !== native.floor(n) || x !== x || n - n !== 0) return NaN;
  if (n < 0) return besselIe(-n, x);
  if (x < 0) return parity(n) * besselIe(n, -x);
  if (x === Infinity) return 0;
  if (x < 20 || x * x < 4 * (n + 1)) return native.exp(-x) * powerSeries(n, x, 1);
  if (x < n * n + 30) return miller(n, x, 1);
  const { p, q } = expansion(n, x);
  return (p - q) / native.sqrt(2 * PI * x);
}

/** Iₙ(x), the modified Bessel function of the first kind, of whole order. */
export function besselI(n: number, x: number): number {
  if (n !== native.floor(n) || x !== x || n - n !== 0) return NaN;
  if (x - x !== 0) return x > 0 ? x : parity(n) * Infinity;
  if (native.abs(x) < 20 || x * x < 4 * (native.abs(n) + 1))
    return x < 0 ? parity(n) * besselI(n, -x) : powerSeries(native.abs(n), x, 1);
  // The exponential overflows before its product does.
  const half = native.exp(native.abs(x) / 2);
  return besselIe(n, x) * half * half;
}

/** eˣ·Kₙ(x), the modified Bessel function of the second kind, of whole order, without underflow: ∞ at 0 and NaN below. */
export function besselKe(n: number, x: number): number {
  if (n !== native.floor(n) || !(x >= 0) || n - n !== 0) return NaN;
  if (n < 0) return besselKe(-n, x);
  if (x === 0) return Infinity;
  if (x === Infinity) return 0;
  let [before, value] = x < 1 ? macdonaldSeries(x) : macdonaldIntegrals(x);
  if (n === 0) return before;
  for (let k = 1; k < n && value < Infinity; k++) [before, value] = [value, ((2 * k) / x) * value + before];
  return value;
}

/** Kₙ(x), the modified Bessel function of the second kind, of whole order. */
export function besselK(n: number, x: number): number {
  return x > 1400 ? 0 * besselKe(n, x) : besselKe(n, x) * native.exp(-x);
}

/** Σ (±x²/4)ᵏ/(k!(n + k)!)·(x/2)ⁿ for whole n ≥ 0 (Abramowitz and Stegun 9.1.10 and 9.6.10). */
function powerSeries(n: number, x: number, sign: 1 | -1): number {
  // It is asked for there only of orders beyond x²/4 − 1, of which it is less than e^(−7000); its powers would overflow.
  if (x > 100) return 0;
  const quarter = (sign * x * x) / 4;
  let first = 1;
  for (let k = 1; k <= n && first > 0; k++) first *= x / 2 / k;
  let term = first;
  let sum = first;
  for (let k = 1; native.abs(term) > 1e-17 * native.abs(sum); k++) sum += term *= quarter / (k * (n + k));
  return sum;
}

/**
 * The Jₖ(x) or e^(−x)·Iₖ(x) of orders 0, 1, … by Miller's recurrence, downwards from where they are negligible, made to fit 1 =
 * J₀ + 2(J₂ + J₄ + …), or eˣ = I₀ + 2(I₁ + I₂ + …) (Gautschi, Computational aspects of three-term recurrence relations, 1967).
 * `each` is told of all but the last few, not yet made to fit; gives what to divide by.
 */
function downwards(n: number, x: number, sign: 1 | -1, each: (k: number, value: number) => void): number {
  const most = native.max(n, sign < 0 ? x : 0);
  // Jₖ falls off within a few ∛x of its turning point, Iₖ like e^(−k²/2x).
  const first =
    2 * native.floor((most + 40 + (sign < 0 ? 12 * x ** (1 / 3) : 9 * native.sqrt(x)) + native.sqrt(40 * n)) / 2);
  let [after, value, total] = [0, 1e-280, 0];
  for (let k = first; k > 0; k--) {
    if (sign > 0 || k % 2 === 0) total += 2 * value;
    if (k <= n) each(k, value);
    [after, value] = [value, ((2 * k) / x) * value + sign * after];
    if (native.abs(value) > 1e250) {
      value *= 1e-250;
      after *= 1e-250;
      total *= 1e-250;
      each(-1, 1e-250);
    }
  }
  each(0, value);
  return total + value;
}

function miller(n: number, x: number, sign: 1 | -1): number {
  let found = 0;
  const total = downwards(n, x, sign, (k, value) => {
    if (k === n) found = value;
    else if (k === -1) found *= value;
  });
  return found / total;
}

/** Y₀ and Y₁ by Neumann's series of J₂ₖ (Abramowitz and Stegun 9.1.89, and its derivative). */
function neumann(x: number): [y0: number, y1: number] {
  const logarithm = native.log(x / 2) + euler;
  // The recurrence would overflow; beyond the second terms there is nothing.
  if (x < 1e-5) return [(2 / PI) * logarithm, -2 / PI / x + (x / PI) * (logarithm - 0.5)];
  const count = 40 + 2 * native.floor(x);
  const j = new Float64Array(count + 1);
  const total = downwards(count, x, -1, (k, value) => {
    if (k >= 0) j[k] = value;
    else for (let above = 0; above <= count; above++) j[above]! *= value;
  });
  for (let k = 0; k <= count; k++) j[k]! /= total;
  let [even, odd] = [0, 0];
  for (let k = native.floor(count / 2) - 1; k > 0; k--) {
    even += (parity(k) * j[2 * k]!) / k;
    odd += (parity(k) * (j[2 * k - 1]! - j[2 * k + 1]!)) / k;
  }
  return [(2 / PI) * (logarithm * j[0]! - 2 * even), (2 / PI) * (logarithm * j[1]! - j[0]! / x + odd)];
}

/** The sums P and Q of even and odd terms of Hankel's expansion, all signs plus (Abramowitz and Stegun 9.2.9, 9.7.1). */
function expansion(
  n: number,
  x: number,
): { readonly p: number; readonly q: number; readonly terms: readonly number[] } {
  const mu = 4 * n * n;
  const terms = [1];
  let term = 1;
  for (let k = 1; ; k++) {
    const next = (term * (mu - (2 * k - 1) ** 2)) / (8 * k * x);
    // From here on they grow again.
    if (k > n && native.abs(next) >= native.abs(term)) break;
    terms.push((term = next));
    if (native.abs(next) < 1e-18) break;
  }
  let [p, q] = [0, 0];
  for (let k = terms.length - 1; k >= 0; k--)
    if (k % 2 === 0) p += terms[k]!;
    else q += terms[k]!;
  return { p, q, terms };
}

/** J and Y of order 0 or 1 for large x (Abramowitz and Stegun 9.2.5 and 9.2.6). */
function hankel(n: 0 | 1, x: number): { readonly j: number; readonly y: number } {
  const { terms } = expansion(n, x);
  let [p, q] = [0, 0];
  for (let k = terms.length - 1; k >= 0; k--)
    if (k % 2 === 0) p += (k % 4 === 0 ? 1 : -1) * terms[k]!;
    else q += (k % 4 === 1 ? 1 : -1) * terms[k]!;
  // √2 times cosine and sine of x − π/4 or x − 3π/4.
  const [sine, cosine] = [native.sin(x), native.cos(x)];
  const [c, s] = n === 0 ? [cosine + sine, sine - cosine] : [sine - cosine, -sine - cosine];
  const size = 1 / native.sqrt(PI * x);
  return { j: size * (p * c - q * s), y: size * (p * s + q * c) };
}

/** eˣK₀ and eˣK₁ for x < 1 (Abramowitz and Stegun 9.6.13), the second by the Wronskian I₀K₁ + I₁K₀ = 1/x. */
function macdonaldSeries(x: number): [k0: number, k1: number] {
  const quarter = (x * x) / 4;
  const [i0, i1] = [powerSeries(0, x, 1), powerSeries(1, x, 1)];
  let [term, harmonic, sum] = [1, 0, 0];
  for (let k = 1; term > 1e-18; k++) {
    term *= quarter / (k * k);
    harmonic += 1 / k;
    sum += term * harmonic;
  }
  const k0 = sum - (native.log(x / 2) + euler) * i0;
  return [k0 * native.exp(x), ((1 / x - i1 * k0) / i0) * native.exp(x)];
}

/** eˣKₙ(x) = ∫₀^∞ e^(−x(cosh t − 1)) cosh nt dt by the trapezoidal rule, whose error is less than e^(−35) at these steps. */
function macdonaldIntegrals(x: number): [k0: number, k1: number] {
  const step = native.min(0.2, 0.6 / native.sqrt(x));
  let [k0, k1] = [0.5, 0.5];
  for (let k = 1; ; k++) {
    const sine = sinh((k * step) / 2);
    const weight = native.exp(-2 * x * sine * sine);
    k0 += weight;
    k1 += weight * (1 + 2 * sine * sine);
    if (weight < 1e-18) break;
  }
  return [k0 * step, k1 * step];
}

function sinh(x: number): number {
  const e = native.expm1(x);
  return (e + e / (e + 1)) / 2;
}
