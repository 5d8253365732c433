import { native } from "./native.ts";

const { PI } = Math;
export const twoOverRootPi = 2 / native.sqrt(PI);

/** Step and nodes of the midpoint rule below: beyond the last one e^(−t²) is under 2⁻⁵³. */
const step = 0.5;
const nodes = Array.from({ length: 13 }, (_, k) => (k + 0.5) * step);
const squares = nodes.map((t) => t * t);
const weights = squares.map((square) => native.exp(-square));

/** e^(−x²): the square is split so that its rounding, which the exponential would magnify by x², does no harm. */
function gaussian(x: number): number {
  const high = native.fround(x);
  return native.exp(-high * high) * native.exp(-(x - high) * (x + high));
}

/**
 * 2/√π ∫ₓ^∞ e^(−t²) dt, to 1e-15 relative, in the tail too. From ½ on by the midpoint rule with the correction for the pole:
 * Hunter and Regan, A note on the evaluation of the complementary error function (1972).
 */
export function erfc(x: number): number {
  if (x < 0.5) return 1 - erf(x);
  if (x > 28) return 0;
  const square = x * x;
  let sum = 0;
  for (let k = 0; k < weights.length; k++) sum += weights[k]! / (square + squares[k]!);
  const pole = x < 6 ? 2 / (1 + native.exp((2 * PI * x) / step)) : 0;
  return ((2 * step * x) / PI) * gaussian(x) * sum + pole;
}

/** 2/√π ∫₀ˣ e^(−t²) dt, to 1e-15 relative: up to 1 by Abramowitz and Stegun 7.1.6, a series of positive terms. */
export function erf(x: number): number {
  const size = native.abs(x);
  if (size >= 1) return native.sign(x) * (1 - erfc(size));
  const square = x * x;
  let term = x;
  let sum = x;
  for (let n = 3; native.abs(term) > 1e-17 * native.abs(sum); n += 2) sum += term *= (2 * square) / n;
  return twoOverRootPi * native.exp(-square) * sum;
}

/** e^(x²)·erfc x, also where erfc is 0: ∞ from about −26.6 down. */
export function erfcx(x: number): number {
  if (!(x >= 1)) {
    const high = native.fround(x);
    return x < -27 ? Infinity : native.exp(high * high) * native.exp((x - high) * (x + high)) * erfc(x);
  }
  if (x > 1e8) return 1 / (native.sqrt(PI) * x);
  const square = x * x;
  let sum = 0;
  for (let k = 0; k < weights.length; k++) sum += weights[k]! / (square + squares[k]!);
  const pole = x < 6 ? (2 * native.exp(square)) / (1 + native.exp((2 * PI * x) / step)) : 0;
  return ((2 * step * x) / PI) * sum + pole;
}

/**
 * The x where the standard normal distribution function is p. In the tails by Newton's method on its logarithm, from the leading
 * term √(−2 ln p − …), else from `erfinv`.
 */
export function ndtri(p: number): number {
  if (!(p > 0 && p < 1)) return p === 0 ? -Infinity : p === 1 ? Infinity : NaN;
  if (p > 0.5) return -ndtri(1 - p);
  if (p > 0.1) return Math.SQRT2 * erfinv(2 * p - 1);
  const logarithm = native.log(p);
  const size = -2 * logarithm - native.log(2 * PI);
  let z = native.sqrt(size - native.log(native.max(size - native.log(native.max(size, 1)), 1)));
  for (let k = 0; k < 6; k++) {
    // ln Φ(−z) = −z²/2 + ln(½ erfcx(z/√2)), of slope −√(2/π)/erfcx(z/√2)
    const scaled = erfcx(z * Math.SQRT1_2);
    const excess = native.log(scaled / 2) - (z * z) / 2 - logarithm;
    const moved = excess / (native.sqrt(2 / PI) / scaled);
    z += moved;
    if (native.abs(moved) < 1e-16 * z) break;
  }
  return -z;
}

/** Where Winitzki's formula for erf is nearest to it. */
const winitzki = 0.147;

/**
 * The x with erf x = y: from Winitzki's formula, which is right to 0.2 %, two steps of Halley's method, each of which
 * trebles the digits. Towards ±1 it is erfc that is inverted, since there erf has no digits left.
 */
export function erfinv(y: number): number {
  const size = native.abs(y);
  if (!(size < 1)) return size === 1 ? y * Infinity : NaN;
  const logarithm = native.log1p(-size * size);
  const half = 2 / (PI * winitzki) + logarithm / 2;
  let x = native.sqrt(native.max(native.sqrt(half * half - logarithm / winitzki) - half, 0));
  for (let k = 0; k < 3; k++) {
    const excess = size < 0.5 ? erf(x) - size : 1 - size - erfc(x);
    const newton = excess / (twoOverRootPi * gaussian(x));
    x -= newton / (1 + x * newton);
  }
  return y < 0 ? -x : y === 0 ? y : x;
}
