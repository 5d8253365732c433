import { forward } from "../differentiate/forward.ts";
import type { SourceRange } from "../language/instrument/sourceReport.ts";
import type { Direction, Evaluate, Evaluation } from "./evaluation.ts";
import { Differences, type Expectation, type NumericDerivative } from "./numeric.ts";
import type { KinkReport, Votes } from "./report.ts";
import type { Estimate } from "./ridders.ts";

/**
 * What the differences' own estimate of their error is multiplied by. The estimate is a difference of neighbouring
 * extrapolations, and now and then two of those agree by chance.
 */
const errorFactor = 10;
/** Nobody writes a rule that is wrong by less, and some rounding escapes every estimate. */
const relativeFloor = 1e-7;
/** Forward and reverse multiply the same numbers in another order. */
const pairingTolerance = 1e-10;
/** An estimate with a tolerance of this is worth no better one. */
const settledTolerance = 1e-5;
/** Derivatives so much smaller than the largest one, or than the value, count as 0 when their relative error is told. */
const negligibleShare = 1e-8;
const negligibleOfValue = 1e-13;

/** Takes the three votes on a derivative of one function at one point. */
export class Ballot {
  readonly #base: Evaluation;
  readonly #differences: Differences;
  readonly #negligible: number;
  readonly #placeOf: (site: number) => SourceRange;

  /** `largest` is the size of the largest derivative of the function. */
  constructor(evaluate: Evaluate, base: Evaluation, largest: number, placeOf: (site: number) => SourceRange) {
    this.#base = base;
    this.#differences = new Differences(evaluate, base);
    this.#negligible = Math.max(finite(largest) * negligibleShare, Math.abs(finite(base.value)) * negligibleOfValue);
    this.#placeOf = placeOf;
  }

  /** `reverse` is the derivative along `direction` that the reverse pass gives. */
  async votes(direction: Direction, reverse: number): Promise<Votes> {
    const { tape, output } = this.#base;
    const tangent = output < 0 ? undefined : forward(tape, output, direction.tangents(tape));
    const forwards = (tangent ?? 0) as number;
    const numeric = await this.#differences.along(direction, this.#expectation(reverse));
    return this.#judged(reverse, forwards, numeric);
  }

  #expectation(reverse: number): Expectation {
    const allowed = ({ derivative, error }: Estimate): number =>
      errorFactor * error + relativeFloor * (Math.abs(reverse) + Math.abs(derivative));
    return {
      derivative: reverse,
      confirmedBy: (estimate) => {
        const size = Math.abs(reverse) + Math.abs(estimate.derivative);
        const tolerance = allowed(estimate);
        return (
          Math.abs(reverse - estimate.derivative) <= tolerance &&
          tolerance <= Math.max(settledTolerance * size, this.#negligible)
        );
      },
      refutable: (estimate, noise) => {
        const off = Math.abs(reverse - estimate.derivative);
        return off > allowed(estimate) && errorFactor * noise < off / errorFactor;
      },
    };
  }

  #judged(reverse: number, forwards: number, numeric: NumericDerivative): Votes {
    const { kink, below, above } = numeric;
    const sides = [below, above].filter((side) => side !== undefined);
    const onEdge = numeric.error === Infinity ? false : sides.length > 0;
    const lowest = onEdge ? Math.min(...sides.map(({ derivative }) => derivative)) : numeric.derivative;
    const highest = onEdge ? Math.max(...sides.map(({ derivative }) => derivative)) : numeric.derivative;
    const nearest = (x: number): number => Math.min(Math.max(x, lowest), highest);
    const size = Math.abs(reverse) + Math.abs(nearest(reverse));
    const allowed = errorFactor * numeric.error + relativeFloor * size;
    const unit = Math.max(size, this.#negligible) || 1;
    const off = Math.abs(reverse - nearest(reverse));
    const votes = { reverse, forward: forwards, numeric: numeric.derivative };
    const report = kink === undefined ? {} : { kink: this.#kinkReport(kink, below, above) };

    if (!Number.isFinite(reverse) || !Number.isFinite(forwards) || !Number.isFinite(numeric.derivative))
      return { ...votes, error: NaN, tolerance: allowed / unit, verdict: "non-finite", ...report };
    const paired =
      Math.abs(reverse - forwards) <= pairingTolerance * (Math.abs(reverse) + Math.abs(forwards)) ||
      // Where large terms cancel, rounding parts the two, but never by more than can be measured.
      Math.abs(forwards - nearest(forwards)) <= Math.min(allowed, settledTolerance * unit);
    const verdict = off <= allowed && paired ? (kink === undefined ? "ok" : "kink") : "wrong";
    return { ...votes, error: off / unit, tolerance: allowed / unit, verdict, ...report };
  }

  #kinkReport(kink: NonNullable<NumericDerivative["kink"]>, below?: Estimate, above?: Estimate): KinkReport {
    const { op, site, distance } = kink;
    const sides = below && above ? { sides: [below.derivative, above.derivative] as const } : {};
    return { op, source: this.#placeOf(site), distance, ...sides };
  }
}

function finite(x: number): number {
  return Number.isFinite(x) ? Math.abs(x) : 0;
}
