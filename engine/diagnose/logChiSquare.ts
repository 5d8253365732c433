import { erf } from "../primitives/errorFunction.ts";
import { digamma, lgamma, polygamma } from "../primitives/gammaFunction.ts";

/** The cumulant generating function ln E[e^{sX}] of a random number X at s, with its first two derivatives. */
export interface Cumulants {
  readonly value: number;
  readonly first: number;
  readonly second: number;
}

/** A random number by its cumulants, which are there for all s > `from`. */
export interface Distribution {
  readonly from: number;
  at(s: number): Cumulants;
}

/** ½ ln(c·χ²_k): E[e^{sX}] = (2c)^{s/2} Γ((k + s)/2)/Γ(k/2), from s = −k on. */
function halfLogChiSquare(k: number, c: number, s: number): Cumulants {
  return {
    value: (s / 2) * Math.log(2 * c) + lgamma((k + s) / 2) - lgamma(k / 2),
    first: (Math.log(2 * c) + digamma((k + s) / 2)) / 2,
    second: polygamma(1, (k + s) / 2) / 4,
  };
}

/** ln ‖Wᵀδ‖/‖δ‖ of n inputs with independent normal weights of variance 1/n: ½ ln(χ²_n/n). */
export function linearLayer(n: number): Distribution {
  return { from: -n, at: (s) => halfLogChiSquare(n, 1 / n, s) };
}

/** More units than this are taken as they are to second order. */
const mostUnits = 64;
/** So unlikely a number of units that are on is left out. */
const unlikely = 3e-4;

/**
 * The same behind a relu, with weights of variance 2/n: ½ ln(2χ²_k/n), where k of n units are on, each as often as not. No
 * adjoint gets past a layer all of whose units are off: what is said is said of those that let one through, k ≥ 1.
 */
export function rectifiedLayer(n: number): Distribution {
  if (n > mostUnits) return normal(-5 / (4 * n), 5 / (4 * n));
  const units = Math.max(1, Math.round(n));
  const cases: { readonly k: number; readonly share: number }[] = [];
  for (let k = 1; k <= units; k++) {
    const share = lgamma(units + 1) - lgamma(k + 1) - lgamma(units - k + 1) - Math.log(2 ** units - 1);
    if (share > Math.log(unlikely)) cases.push({ k, share });
  }
  return {
    from: -cases[0]!.k,
    at(s) {
      const parts = cases.map(({ k, share }) => ({ share, ...halfLogChiSquare(k, 2 / units, s) }));
      const largest = Math.max(...parts.map(({ share, value }) => share + value));
      let [sum, first, second] = [0, 0, 0];
      for (const part of parts) {
        const weight = Math.exp(part.share + part.value - largest);
        sum += weight;
        first += weight * part.first;
        second += weight * (part.first ** 2 + part.second);
      }
      return { value: largest + Math.log(sum), first: first / sum, second: second / sum - (first / sum) ** 2 };
    },
  };
}

function normal(mean: number, variance: number): Distribution {
  return {
    from: -Infinity,
    at: (s) => ({ value: mean * s + (variance * s * s) / 2, first: mean + variance * s, second: variance }),
  };
}

/** The sum of independent numbers, each so many times. */
export function sumOf(parts: readonly { readonly times: number; readonly of: Distribution }[]): Distribution {
  return {
    from: Math.max(...parts.map(({ of }) => of.from)),
    at(s) {
      let [value, first, second] = [0, 0, 0];
      for (const { times, of } of parts) {
        const own = of.at(s);
        value += times * own.value;
        first += times * own.first;
        second += times * own.second;
      }
      return { value, first, second };
    },
  };
}

/** Halvings of the way to a quantile. */
const halvings = 60;

/**
 * The values below and above which the sum lies with the probability with which a normal number lies `deviations` of its
 * standard deviations below or above its mean: by the saddlepoint approximation of Lugannani and Rice (1980), whose
 * relative error is below 1 % here, also where a normal number would be a poor stand-in.
 */
export function boundsOf(
  distribution: Distribution,
  deviations: number,
): { readonly low: number; readonly high: number } {
  const wanted = below(-deviations);
  const bound = (isEnough: (s: number) => boolean, toward: number): number => {
    let [near, far] = [0, toward];
    for (let k = 0; k < halvings; k++) {
      const s = (near + far) / 2;
      if (isEnough(s)) far = s;
      else near = s;
    }
    return distribution.at(far).first;
  };
  const isLow = (s: number): boolean => probabilityBelow(distribution, s) <= wanted;
  const isHigh = (s: number): boolean => 1 - probabilityBelow(distribution, s) <= wanted;
  // Of a normal number s is deviations/√variance at its bound.
  let up = deviations / Math.sqrt(distribution.at(0).second);
  const lowest = distribution.from * (1 - 2 * Number.EPSILON);
  let down = Math.max(lowest, -up);
  while (!isHigh(up)) up *= 2;
  while (down > lowest && !isLow(down)) down = Math.max(lowest, 2 * down);
  return { low: bound(isLow, down), high: bound(isHigh, up) };
}

/** P(X ≤ K′(s)), where s is not 0. */
function probabilityBelow(distribution: Distribution, s: number): number {
  const { value, first, second } = distribution.at(s);
  const w = Math.sign(s) * Math.sqrt(2 * Math.max(0, s * first - value));
  const u = s * Math.sqrt(second);
  if (w === 0 || u === 0) return 0.5;
  return below(w) + (Math.exp((-w * w) / 2) / Math.sqrt(2 * Math.PI)) * (1 / w - 1 / u);
}

/** The probability that a standard normal number is below x. */
function below(x: number): number {
  return (1 + erf(x / Math.SQRT2)) / 2;
}
