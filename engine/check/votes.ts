import type { Adjoints } from "../differentiate/reverse.ts";
import { forward } from "../differentiate/forward.ts";
import type { SourceRange } from "../language/instrument/sourceReport.ts";
import { adjointRounding } from "./adjointRounding.ts";
import { ComplexStep, type NotAnalytic } from "./complex/step.ts";
import type { Crossing } from "./crossings.ts";
import type { Direction, Evaluate, Evaluation } from "./evaluation.ts";
import { dissent, roundingDissent } from "./meaning.ts";
import { largestAdjoint, type Stretch } from "./elements.ts";
import { InsideTangent } from "./insideTangent.ts";
import { roundingError } from "./rounding.ts";
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
/** Sums of the same terms, in another order. */
const rulesTolerance = 1e-13;
/** So do complex numbers; products of many of them round more. */
const complexTolerance = 1e-9;
/** An estimate with a tolerance of this is worth no better one. */
const settledTolerance = 1e-5;
/** One whose tolerance is this share of how far the adjoint is off refutes it, if another vote says the same. */
const refutedShare = 1e-3;
/** Differences whose tolerance is a larger share than this of what they measure tell nothing. */
const uselessTolerance = 0.1;
/** Differences that know a derivative so well and are so far off are right, whatever a complex step says. */
const decisiveTolerance = 1e-3;
const decisiveError = 1e-2;
/** A value of which rounding is a larger share is left over from larger terms that cancel. */
const cancelledShare = 1e-7;
/** What rounding may do to a derivative, in units of what it does to the value over the size of the parameter. */
const roundingFactor = 16;
/** Derivatives so much smaller than the largest one, or than the value, count as 0 when their relative error is told. */
const negligibleShare = 1e-8;
const negligibleOfValue = 1e-13;
/** Adjoints below the smallest normal number are taken for zero, and factors on the way may raise that a little. */
const underflow = 1e-300;
/** What is known to be so small counts as known. */
const negligibleTolerance = 1e3 * underflow;

/** Takes the votes on a derivative of one function at one point. */
export class Ballot {
  readonly #base: Evaluation;
  readonly #differences: Differences;
  readonly #complex: ComplexStep;
  readonly #inside: InsideTangent;
  /** Of the value, absolute. */
  readonly #rounding: number;
  /** Where so large terms are rounded that little is left of the value when they cancel. */
  readonly #cancelledAt: SourceRange | undefined;
  readonly #negligible: number;
  readonly #placeOf: (site: number) => SourceRange;
  /** Why the last run beside the point threw. */
  readonly #failureBeside: (() => { readonly source: SourceRange } | undefined) | undefined;
  readonly #adjoints: Adjoints | undefined;
  #backwardRounding: ReturnType<typeof adjointRounding> | undefined;
  #notAnalytic: NotAnalytic | undefined;

  /** `adjoints`: of the base; undefined where its value hangs on no input. */
  constructor(
    evaluate: Evaluate,
    base: Evaluation,
    adjoints: Adjoints | undefined,
    placeOf: (site: number) => SourceRange,
    failureBeside?: () => { readonly source: SourceRange } | undefined,
  ) {
    this.#base = base;
    this.#adjoints = adjoints;
    this.#failureBeside = failureBeside;
    const largest = adjoints === undefined ? 0 : largestAdjoint(base, adjoints);
    const rounding = adjoints === undefined ? { error: 0, withCasts: 0, site: 0 } : roundingError(base, adjoints);
    this.#rounding = rounding.error;
    if (rounding.error > cancelledShare * Math.abs(base.value)) this.#cancelledAt = placeOf(rounding.site);
    this.#differences = new Differences(evaluate, base, rounding.withCasts);
    this.#complex = new ComplexStep(base);
    this.#inside = new InsideTangent(base);
    const termSize = Math.max(Math.abs(finite(base.value)), this.#rounding / Number.EPSILON);
    this.#negligible = Math.max(largest * negligibleShare, termSize * negligibleOfValue);
    this.#placeOf = placeOf;
  }

  /** The first operation for which a complex step was refused; undefined where there was none. */
  get notAnalytic(): NotAnalytic | undefined {
    return this.#notAnalytic;
  }

  /** `reverse` is the derivative along `direction` that the reverse pass gives. */
  async votes(direction: Direction, reverse: number): Promise<Votes> {
    const { tape, output } = this.#base;
    const tangent = output < 0 ? undefined : forward(tape, output, direction.tangents(tape));
    const forwards = (tangent ?? 0) as number;
    if (!Number.isFinite(this.#base.value))
      return { reverse, forward: forwards, numeric: NaN, error: NaN, tolerance: 0, verdict: "non-finite" };
    const complex = this.#byComplexStep(direction);
    const numeric = await this.#differences.along(direction, this.#expectation(direction, reverse, complex));
    return this.#judged(direction, { reverse, forward: forwards, numeric, complex });
  }

  /** How far the adjoints are off because of custom rules; undefined where it is not known what one of them does inside. */
  ruleDeficit({ direction, reverse, terms }: Stretch): Estimate | undefined {
    const inside = this.#inside.along(direction);
    if (inside === undefined || !Number.isFinite(inside)) return undefined;
    return {
      derivative: reverse - inside,
      error: rulesTolerance * (Math.abs(reverse) + Math.abs(inside) + terms),
    };
  }

  /** How far `reverse` is from what is measured, and how well that is known, from few runs: to an error of `enough` if that can be. */
  async deficit(direction: Direction, reverse: number, enough: number): Promise<Estimate | undefined> {
    const complex = this.#byComplexStep(direction);
    if (complex !== undefined)
      return { derivative: reverse - complex, error: complexTolerance * (Math.abs(reverse) + Math.abs(complex)) };
    const measured = await this.#differences.roughly(direction, enough);
    return measured && { derivative: reverse - measured.derivative, error: measured.error };
  }

  /** Whether a complex step, where one can be taken, gives the same: quicker than all votes, and blind to what is not traced. */
  agreesWithComplexStep(direction: Direction, reverse: number): boolean {
    const complex = this.#byComplexStep(direction);
    return (
      complex === undefined || Math.abs(reverse - complex) <= relativeFloor * (Math.abs(reverse) + Math.abs(complex))
    );
  }

  #byComplexStep(direction: Direction): number | undefined {
    const found = this.#complex.along(direction);
    if (typeof found === "number") return Number.isFinite(found) ? found : undefined;
    this.#notAnalytic ??= found;
    return undefined;
  }

  #expectation(direction: Direction, reverse: number, complex: number | undefined): Expectation {
    // Where a complex step cannot be taken, what the rules of custom functions are to give tells as well.
    let inside: number | undefined;
    let asked = false;
    const traced = (): number | undefined => {
      if (!asked) inside = complex ?? this.#inside.along(direction);
      asked = true;
      return inside;
    };
    const allowed = ({ derivative, error }: Estimate): number =>
      errorFactor * error + relativeFloor * (Math.abs(reverse) + Math.abs(derivative)) + underflow;
    return {
      derivative: reverse,
      confirmedBy: (estimate) => {
        const size = Math.abs(reverse) + Math.abs(estimate.derivative);
        const tolerance = allowed(estimate);
        return (
          Math.abs(reverse - estimate.derivative) <= tolerance &&
          tolerance <= Math.max(settledTolerance * size, this.#negligible, 2 * underflow)
        );
      },
      refutedBy: (estimate) => {
        const tolerance = allowed(estimate);
        const off = Math.abs(reverse - estimate.derivative);
        if (!(off > errorFactor * tolerance)) return false;
        const other = traced();
        if (other === undefined) return false;
        const settled = Math.max(
          settledTolerance * (Math.abs(other) + Math.abs(estimate.derivative)),
          refutedShare * off,
        );
        return Math.abs(other - estimate.derivative) <= tolerance && tolerance <= settled;
      },
      refutable: (estimate, noise) => {
        const off = Math.abs(reverse - estimate.derivative);
        return off > allowed(estimate) && errorFactor * noise < off / errorFactor;
      },
    };
  }

  async #judged(
    direction: Direction,
    {
      reverse,
      forward,
      numeric,
      complex,
    }: { reverse: number; forward: number; numeric: NumericDerivative; complex: number | undefined },
  ): Promise<Votes> {
    const { below, above } = numeric;
    const sides = [below, above].filter((side) => side !== undefined);
    const onEdge = numeric.error === Infinity ? false : sides.length > 0;
    const lowest = onEdge ? Math.min(...sides.map(({ derivative }) => derivative)) : numeric.derivative;
    const highest = onEdge ? Math.max(...sides.map(({ derivative }) => derivative)) : numeric.derivative;
    const nearest = (x: number): number => Math.min(Math.max(x, lowest), highest);
    const size = Math.abs(reverse) + Math.abs(nearest(reverse));
    const allowed = errorFactor * numeric.error + relativeFloor * size + underflow;
    const unit = Math.max(size, this.#negligible) || 1;
    const off = Math.abs(reverse - nearest(reverse));
    // Pieces that fit are no kink, unless the gradient is neither's.
    const kink = numeric.smooth === true && off <= allowed ? undefined : numeric.kink;
    const report = kink === undefined ? {} : { kink: this.#kinkReport(kink, below, above) };
    // Of the piece that the point itself is on, which at a kink need not be any side's.
    const fourth = complex === undefined || onEdge ? {} : { complex };
    const votes = { reverse, forward, numeric: numeric.derivative, ...fourth };

    if (numeric.isolated === true && reverse === 0 && forward === 0)
      return { ...votes, error: 0, tolerance: 0, verdict: "kink", kink: await this.#isolated(direction) };
    const finiteModes = Number.isFinite(reverse) && Number.isFinite(forward);
    if (!finiteModes || !Number.isFinite(numeric.derivative))
      return { ...votes, error: NaN, tolerance: allowed / unit, verdict: "non-finite", ...report };

    const rounding = (roundingFactor * this.#rounding) / direction.scale(this.#base.tape).largest;
    const within = (x: number, y: number, tolerance: number): boolean =>
      Math.abs(x - y) <= tolerance * (Math.abs(x) + Math.abs(y)) + underflow ||
      // Terms that cancel leave their rounding behind in each of the two.
      Math.abs(x - y) <= rounding ||
      // Where large terms cancel, rounding parts the two, but never by more than can be measured.
      Math.abs(x - y) <= Math.min(allowed, settledTolerance * unit);
    const paired =
      within(reverse, forward, pairingTolerance) ||
      Math.abs(forward - nearest(forward)) <= Math.min(allowed, settledTolerance * unit);
    const measured = off <= allowed;
    const useless = allowed > uselessTolerance * unit;
    const decisive = allowed <= decisiveTolerance * unit && off > decisiveError * unit;
    if (fourth.complex !== undefined) {
      const certain = within(reverse, fourth.complex, complexTolerance);
      if (
        certain &&
        paired &&
        (useless || (!measured && !decisive)) &&
        (await this.#differences.foreign(direction)) === undefined
      ) {
        // The program beside the point is what the tape says, and of that the derivative is known.
        const error = Math.abs(reverse - fourth.complex) / unit;
        const tolerance = Math.max(complexTolerance, error);
        return { ...votes, error, tolerance, verdict: kink === undefined ? "ok" : "kink", ...report };
      }
      const confirmed = Math.abs(fourth.complex - numeric.derivative) <= allowed;
      if (measured && !certain && confirmed) {
        const apart = Math.abs(reverse - fourth.complex);
        const judged = { ...votes, error: apart / unit, tolerance: complexTolerance, verdict: "wrong" as const };
        return { ...judged, ...dissent(judged, complexTolerance * unit), ...report };
      }
    }
    const judged = { ...votes, error: off / unit, tolerance: allowed / unit };
    if (!measured || !paired) {
      const foreign = onEdge ? undefined : await this.#differences.foreign(direction);
      const lost = roundingFactor * this.#lostBackward(direction);
      if (foreign === undefined && Math.max(off, Math.abs(reverse - forward)) <= lost + allowed)
        return {
          ...judged,
          tolerance: (lost + allowed) / unit,
          verdict: kink === undefined ? "ok" : "kink",
          ...(lost > uselessTolerance * unit ? { inconclusive: true as const } : {}),
          ...report,
        };
      const wrong = { ...judged, verdict: "wrong" as const };
      const who = dissent(wrong, allowed, onEdge);
      if (who.dissent === "program" && foreign === undefined && this.#cancelledAt !== undefined)
        return { ...wrong, ...roundingDissent, cancelled: this.#cancelledAt, ...report };
      return { ...wrong, ...who, ...this.#foreignReport(foreign), ...report };
    }
    // A value that stays as it is to the last digit agrees with a derivative of 0, however much of it is rounding.
    const inconclusive =
      size > 0 && useless && allowed > negligibleTolerance && fourth.complex === undefined && sides.length === 0
        ? { inconclusive: true as const }
        : {};
    return { ...judged, verdict: kink === undefined ? "ok" : "kink", ...inconclusive, ...report };
  }

  /** What rounding on the way back may do to the derivative along a direction. */
  #lostBackward(direction: Direction): number {
    if (this.#adjoints === undefined) return 0;
    this.#backwardRounding ??= adjointRounding(this.#base, this.#adjoints);
    return direction.uncertainty(this.#base.tape, this.#backwardRounding);
  }

  #foreignReport(foreign: Crossing | undefined): Pick<Votes, "untraced"> {
    return foreign === undefined ? {} : { untraced: this.#placeOf(foreign.site) };
  }

  async #isolated(direction: Direction): Promise<KinkReport> {
    const there = await this.#differences.withoutValue(direction);
    const source = there === undefined ? this.#failureBeside?.()?.source : this.#placeOf(there.site);
    return { op: "domain", source: source ?? this.#placeOf(0), distance: 0 };
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
