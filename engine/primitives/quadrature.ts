import { native } from "./native.ts";

const step = 1 / 16;
/** Beyond it what is left at the ends is below 1e-17. */
const half = 53;
const points = Array.from({ length: 2 * half + 1 }, (_, k) => {
  const t = (k - half) * step;
  const turned = (Math.PI / 2) * ((native.exp(t) - native.exp(-t)) / 2);
  const [ahead, behind] = [native.exp(turned), native.exp(-turned)];
  const weight = (step * (Math.PI / 2) * (native.exp(t) + native.exp(-t))) / 2 / (ahead + behind) ** 2;
  return { place: ahead / (ahead + behind), weight: 2 * weight };
});

/**
 * ∫₀¹ f(u) du by Takahasi and Mori's double exponential rule (1974): to all digits where f is smooth within, whatever it is at
 * the ends. f is told 1 − u as well, which it could not compute near 1.
 */
function integrateOverUnit(f: (u: number, fromEnd: number) => number): number {
  let sum = 0;
  for (let k = 0; k < points.length; k++) {
    const { place, weight } = points[k]!;
    sum += weight * f(place, points[points.length - 1 - k]!.place);
  }
  return sum;
}

/**
 * A density that falls from 1 at 0, given by its logarithm, integrated with a factor over [0, 1] or, where `isOpen`, over [0, ∞): as
 * far as there is a digit of it, from `width`, a guess at where it has become small.
 */
export function integrateFalling(
  logarithm: (u: number, logOfRest: number) => number,
  factor: ((logOfRest: number) => number) | undefined,
  isOpen: boolean,
  width: number,
): number {
  const logOfRest = (u: number): number => native.log1p(isOpen ? u : -u);
  let whole = native.min(width, 1);
  while ((isOpen || whole < 1) && logarithm(whole, logOfRest(whole)) > -42) whole *= 1.3;
  if (!isOpen && whole > 1) whole = 1;
  const reachesEnd = !isOpen && whole === 1;
  const sum = integrateOverUnit((place, fromEnd) => {
    const u = whole * place;
    const rest = reachesEnd ? native.log(fromEnd) : logOfRest(u);
    const density = native.exp(logarithm(u, rest));
    return factor === undefined || density === 0 ? density : density * factor(rest);
  });
  return whole * sum;
}

/** ln(1 + x) − x, with its digits near 0. */
export function log1pLess(x: number): number {
  if (native.abs(x) > 0.4) return native.log1p(x) - x;
  // ln(1 + x) = 2 artanh r with r = x/(2 + x), and 2r − x = −r·x
  const r = x / (2 + x);
  const square = r * r;
  let power = square;
  let sum = 0;
  for (let k = 3; k < 45; k += 2, power *= square) sum += power / k;
  return r * (2 * sum - x);
}

/** ln(1 + x) − x where the logarithm is at hand. */
export function lessItsSlope(logarithm: number, x: number): number {
  return native.abs(x) > 0.4 ? logarithm - x : log1pLess(x);
}

/**
 * Taylor coefficients of exp f from those of f in two variables, both [i][j]: i·eᵢⱼ = Σ k·f_kl·e_(i−k)(j−l), and the same along j
 * where i = 0.
 */
export function exponentialSeries(series: readonly (readonly number[])[], scale = 1): number[][] {
  const result = series.map((row) => row.map(() => 0));
  result[0]![0] = scale;
  series.forEach((row, i) =>
    row.forEach((_, j) => {
      if (i + j === 0) return;
      let sum = 0;
      for (let k = 0; k <= i; k++)
        for (let l = 0; l <= j; l++) sum += (i > 0 ? k : l) * series[k]![l]! * result[i - k]![j - l]!;
      result[i]![j] = sum / (i > 0 ? i : j);
    }),
  );
  return result;
}
