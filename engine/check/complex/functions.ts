/**
 * Analytic functions of a complex number x + iy: their imaginary parts, by formulas that keep all digits for tiny y.
 * Undefined where a function is not analytic, or where its branch cut runs.
 * W. Kahan, Branch cuts for complex elementary functions, in: The State of the Art in Numerical Analysis (1987) 165–211.
 */

import { erfc as realErfc, erfinv as realErfinv } from "../../primitives/errorFunction.ts";

/** Im f(x + iy). */
export type Imaginary = (x: number, y: number) => number | undefined;

// As they are before traced code runs: then `Math` itself takes traced values.
const { abs, asinh, atan2, cbrt, cos, cosh, exp, hypot, log, log1p, sin, sinh, sqrt } = Math;
const realTanh = Math.tanh;
/** 2/√π */
const errorScale = 2 / sqrt(Math.PI);

interface Complex {
  readonly x: number;
  readonly y: number;
}

function root(x: number, y: number): Complex {
  const t = sqrt((hypot(x, y) + (x < 0 ? -x : x)) / 2);
  if (t === 0) return { x: 0, y: 0 };
  if (x >= 0) return { x: t, y: y / (2 * t) };
  return y < 0 ? { x: -y / (2 * t), y: -t } : { x: y / (2 * t), y: t };
}

/** Im(ā b) */
function crossed(a: Complex, b: Complex): number {
  return a.x * b.y - a.y * b.x;
}

/** Im log(1 + e^(x + iy)). */
function softplus(x: number, y: number): number {
  if (x <= 0) return atan2(exp(x) * sin(y), 1 + exp(x) * cos(y));
  return y + atan2(-exp(-x) * sin(y), 1 + exp(-x) * cos(y));
}

function tanh(x: number, y: number): number {
  return sin(2 * y) / (cosh(2 * x) + cos(2 * y));
}

/** ∫₀ʸ of e^−(x + is)² along the imaginary axis: to first order, as y is tiny. */
function erf(x: number, y: number): number {
  return y * errorScale * exp(-x * x);
}

/** ½z(1 + erf(z/√2)) */
function gelu(x: number, y: number): number {
  return 0.5 * (y * realErfc(-x * Math.SQRT1_2) + x * erf(x * Math.SQRT1_2, y * Math.SQRT1_2));
}

/** Bernoulli numbers B₂ₖ/(2k(2k − 1)), and B₂ₖ/2k. */
const gammaTerms = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156];
const digammaTerms = [1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12];
/** From here on the series below hold to the last digit. */
const asymptotic = 12;

/** Stirling's series beyond the recurrence log Γ(z) = log Γ(z + 1) − log z; right of 0. */
function lgamma(x: number, y: number): number | undefined {
  if (x <= 0) return undefined;
  let lower = 0;
  let at = x;
  for (; at < asymptotic; at++) lower += atan2(y, at);
  const r = hypot(at, y);
  const angle = atan2(y, at);
  const tail = gammaTerms.reduce((sum, term, k) => sum - term * r ** -(2 * k + 1) * sin((2 * k + 1) * angle), 0);
  return (at - 0.5) * angle + y * log(r) - y + tail - lower;
}

/** ψ(z) = ψ(z + 1) − 1/z; right of 0. */
function digamma(x: number, y: number): number | undefined {
  if (x <= 0) return undefined;
  let lower = 0;
  let at = x;
  for (; at < asymptotic; at++) lower -= y / hypot(at, y) / hypot(at, y);
  const r = hypot(at, y);
  const angle = atan2(y, at);
  const tail = digammaTerms.reduce((sum, term, k) => sum + term * r ** -(2 * k + 2) * sin((2 * k + 2) * angle), 0);
  return angle + (0.5 * sin(angle)) / r + tail - lower;
}

/** Im w of erf(w) = x + iy, from the real part: along the way erf grows by its slope, to first order. */
function erfinv(x: number, y: number): number | undefined {
  const w = realErfinv(x);
  return Number.isFinite(w) ? y / (errorScale * exp(-w * w)) : undefined;
}

/** Im of sin πz/πz; near 0 by its series in z². */
export function sinc(x: number, y: number): number {
  const [u, v] = [Math.PI * x, Math.PI * y];
  if (abs(u) >= 1) return quotient(sin(u), cos(u) * sinh(v), u, v);
  let sum = 0;
  let factor = 1; // ±u²ᵏ⁻¹/(2k + 1)!
  for (let k = 1; k < 12; k++) {
    factor *= k === 1 ? -u / 6 : (-u * u) / (2 * k * (2 * k + 1));
    sum += 2 * k * factor * v;
  }
  return sum;
}

/** Im of a(1 + t)/2 with t = tanh of the cubic that GELU's approximation takes. */
function geluTanh(x: number, y: number): number {
  const scale = sqrt(2 / Math.PI);
  const u = scale * (x + 0.044715 * x * x * x);
  const v = scale * (y + 0.044715 * 3 * x * x * y);
  return 0.5 * (y * (1 + realTanh(u)) + x * tanh(u, v));
}

function inverseTangent(x: number, y: number): number {
  return 0.25 * log1p((4 * y) / (x * x + (1 - y) * (1 - y)));
}

export const functions: Readonly<Record<string, Imaginary>> = {
  neg: (_, y) => -y,
  square: (x, y) => 2 * x * y,
  reciprocal: (x, y) => -(y / hypot(x, y)) / hypot(x, y),
  exp: (x, y) => exp(x) * sin(y),
  expm1: (x, y) => exp(x) * sin(y),
  log: (x, y) => atan2(y, x),
  log1p: (x, y) => atan2(y, 1 + x),
  log2: (x, y) => atan2(y, x) * Math.LOG2E,
  log10: (x, y) => atan2(y, x) * Math.LOG10E,
  sqrt: (x, y) => (x === 0 ? undefined : root(x, y).y),
  rsqrt: (x, y) => (x === 0 ? undefined : -root(x, y).y / hypot(x, y)),
  // Odd: the root of a negative number is that of its opposite.
  cbrt: (x, y) => (x === 0 ? undefined : cbrt(hypot(x, y)) * sin(atan2(y, abs(x)) / 3)),
  sin: (x, y) => cos(x) * sinh(y),
  cos: (x, y) => -sin(x) * sinh(y),
  tan: (x, y) => sinh(2 * y) / (cos(2 * x) + cosh(2 * y)),
  asin: (x, y) => (abs(x) >= 1 ? undefined : asinh(crossed(root(1 - x, -y), root(1 + x, y)))),
  acos: (x, y) => (abs(x) >= 1 ? undefined : asinh(crossed(root(1 + x, y), root(1 - x, -y)))),
  atan: inverseTangent,
  sinh: (x, y) => cosh(x) * sin(y),
  cosh: (x, y) => sinh(x) * sin(y),
  tanh,
  asinh(x, y) {
    // −i asin(iz)
    const [a, b] = [root(1 + y, -x), root(1 - y, x)];
    return atan2(y, a.x * b.x - a.y * b.y);
  },
  acosh: (x, y) => (x <= 1 ? undefined : 2 * atan2(root(x - 1, y).y, root(x + 1, y).x)),
  atanh: (x, y) => 0.5 * atan2(2 * y, (1 - x) * (1 + x) - y * y),
  sigmoid: (x, y) => (0.5 * sin(y)) / (cosh(x) + cos(y)),
  softplus,
  erf,
  erfc: (x, y) => -erf(x, y),
  erfinv,
  gelu,
  geluTanh,
  lgamma,
  digamma,
};

/** Im (a + ib)^(p + iq). */
export function power(a: number, b: number, p: number, q: number): number | undefined {
  if (q === 0 && Number.isInteger(p) && abs(p) <= 1024) {
    if (a === 0) return p === 1 ? b : p >= 2 || p === 0 ? 0 : undefined;
    const odd = a < 0 && p % 2 !== 0;
    // (−z)ᵖ = ±zᵖ: the angle of a number right of the imaginary axis is small.
    const [x, y] = a < 0 ? [-a, -b] : [a, b];
    const imaginary = hypot(x, y) ** p * sin(p * atan2(y, x));
    return odd ? -imaginary : imaginary;
  }
  if (a <= 0) return undefined;
  const r = hypot(a, b);
  const angle = atan2(b, a);
  return r ** p * exp(-q * angle) * sin(p * angle + q * log(r));
}

/** Im (a + ib)/(c + id). */
export function quotient(a: number, b: number, c: number, d: number): number {
  const r = hypot(c, d);
  return (b * (c / r) - a * (d / r)) / r;
}

/** Im of the angle of the point (b, a), both complex. */
export function angle(a: number, da: number, b: number, db: number): number | undefined {
  if (a === 0 && b === 0) return undefined;
  if (abs(b) >= abs(a)) return inverseTangent(a / b, quotient(a, da, b, db));
  return -inverseTangent(b / a, quotient(b, db, a, da));
}

/** Im log(eᵃ + eᵇ). */
export function logAddExp(a: number, da: number, b: number, db: number): number {
  const [low, high, dLow, dHigh] = a < b ? [a, b, da, db] : [b, a, db, da];
  return dHigh + softplus(low - high, dLow - dHigh);
}

/** Im a·log b. */
export function timesLog(a: number, da: number, b: number, db: number): number | undefined {
  if (b <= 0) return undefined;
  return da * log(hypot(b, db)) + a * atan2(db, b);
}
