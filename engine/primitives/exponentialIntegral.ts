import { euler } from "./gammaFunction.ts";
import { native } from "./native.ts";

/** The zero of Ei, and what is left of it beyond the nearest number. */
const root = 0.3725074107813666;
const rootRest = 1.3140183414386028e-17;

/** Ei(x) = ∫ eᵗ/t dt from −∞ to x, the principal value for x > 0: −∞ at 0. */
export function expi(x: number): number {
  if (x !== x) return NaN;
  if (x === 0) return -Infinity;
  if (x < 0) return -exp1(-x);
  if (native.abs(x - root) < 0.1) return aboutRoot(x - root - rootRest);
  if (x < 40) return euler + native.log(x) + series(x);
  // eˣ/x·Σ k!/xᵏ, down to its smallest term (Abramowitz and Stegun 5.1.51, turned to −x)
  let [term, sum] = [1, 1];
  for (let k = 1; k < x && term > 1e-17; k++) sum += term *= k / x;
  const half = native.exp(x / 2);
  return x === Infinity ? x : (half / x) * sum * half;
}

/** E₁(x) = ∫ e⁻ᵗ/t dt from x to ∞: ∞ at 0. For x < 0 the principal value −Ei(−x). */
export function exp1(x: number): number {
  if (!(x > 0)) return x === 0 ? Infinity : -expi(-x);
  if (x < 1) return -euler - native.log(x) - series(-x);
  if (x > 750) return 0;
  // The continued fraction of Abramowitz and Stegun 5.1.22 by Lentz's method.
  let b = x + 1;
  let c = 1e300;
  let d = 1 / b;
  let value = d;
  for (let n = 1, change = 0; native.abs(change - 1) > 1e-16 && n < 10_000; n++) {
    b += 2;
    d = 1 / (b - n * n * d);
    c = b - (n * n) / c;
    value *= change = c * d;
  }
  return value * native.exp(-x);
}

/** Σ xᵏ/(k·k!) (Abramowitz and Stegun 5.1.10). */
function series(x: number): number {
  let [term, sum] = [1, 0];
  for (let k = 1; k < 4 || native.abs(term) > 1e-17 * native.abs(sum); k++) {
    term *= x / k;
    sum += term / k;
  }
  return sum;
}

/** Ei at its zero and a little more, by Taylor's series: the k-th derivative d of eˣ/x has x·d⁽ᵏ⁾ + k·d⁽ᵏ⁻¹⁾ = eˣ. */
function aboutRoot(offset: number): number {
  const exponential = native.exp(root);
  let derivative = exponential / root;
  let [power, sum] = [offset, 0];
  for (let k = 1; k < 30; k++) {
    sum += derivative * power;
    derivative = (exponential - k * derivative) / root;
    power *= offset / (k + 1);
  }
  return sum;
}

/** 1/e, and what is left of it beyond the nearest number. */
const inverseE = 0.36787944117144233;
const inverseERest = -1.2428753672788363e-17;

/**
 * The real W(x) ≥ −1 with W·e^W = x, by Halley's method: NaN below −1/e (Corless et al., On the Lambert W function, 1996).
 */
export function lambertW(x: number): number {
  if (!(x > -inverseE)) return x === -inverseE ? -1 : NaN;
  if (x === 0 || x === Infinity) return x;
  // About the branch point by its series in p = √(2(ex + 1)), else from logarithms.
  const p = native.sqrt(native.max(2 * Math.E * (x + inverseE + inverseERest), 0));
  if (p < 1e-3) return -1 + p * (1 - p * (1 / 3 - p * (11 / 72 - (p * 43) / 540)));
  let w = x < 2 ? (x < -0.2 ? -1 + p * (1 - p / 3) : x / (1 + x)) : native.log(x) - native.log(native.log(x) + 0.3);
  for (let k = 0; k < 20; k++) {
    // With e^(−w), which neither overflows nor loses W at large x.
    const excess = w - x * native.exp(-w);
    const step = excess / (w + 1 - ((w + 2) * excess) / (2 * w + 2));
    w -= step;
    if (native.abs(step) <= 1e-16 * native.abs(w)) break;
  }
  return w;
}
