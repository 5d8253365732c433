import { Path, type Crossing } from "./crossings.ts";
import type { Direction, Evaluate, Evaluation } from "./evaluation.ts";
import { Line } from "./line.ts";
import { DifferenceTableau, reduction, type Estimate } from "./ridders.ts";
import { besideKink, sidesOf, unseenKink, type Sides } from "./sides.ts";
import { fewestRestarts, firstOrder, restart, retreat, stepsFor, sureness, type Steps } from "./steps.ts";

/** A derivative along a direction, from differences; of a point on a kink, from those of its sides. */
export interface NumericDerivative extends Sides {
  /** A kink so near that a person wants to hear of it, and how near. */
  readonly kink?: Crossing & { readonly distance: number };
}

/** What the differences are held against. */
export interface Expectation {
  /** The derivative that is to be confirmed. */
  readonly derivative: number;
  /** Whether an estimate confirms it so well that no better one is needed. */
  confirmedBy(estimate: Estimate): boolean;
  /** Whether an estimate, with what else is known, refutes it so well that no better one is needed. */
  refutedBy(estimate: Estimate): boolean;
  /** Whether differences that carry this much noise could still tell it from what an estimate says. */
  refutable(estimate: Estimate, noise: number): boolean;
}

/** Smaller jumps of the value, relative to it, may come from a search that ends when it is near enough. */
const leastJump = 1e-9;

/** A step that moves the value by more of itself is long for a function that varies fast. */
const nearShare = 2 ** -8;
/** Of the parameter's resolution: shorter steps are mostly rounding. */
const leastMoves = 2 ** 6;
/** An estimate that is known less well than this corrects no other. */
const coarse = 1e-3;

/** Derivatives of one function at one point. */
export class Differences {
  readonly #evaluate: Evaluate;
  readonly #base: Evaluation;
  readonly #path: Path;
  readonly #rounding: number;
  /** The first step of the derivative before, in units of the parameter, by input: kinks lie about as dense for the next one. */
  readonly #firstSteps = new Map<number, number>();

  /** `rounding`: how far rounding inside of the run may put its value off. */
  constructor(evaluate: Evaluate, base: Evaluation, rounding: number) {
    this.#evaluate = evaluate;
    this.#base = base;
    this.#rounding = rounding;
    this.#path = new Path(base);
  }

  /** The derivative along `direction`, with steps that stay on the pieces of the function that the point is on. */
  async along(direction: Direction, expected: Expectation): Promise<NumericDerivative> {
    const line = this.#line(direction);
    const steps = stepsFor(direction.scale(this.#base.tape));
    const { unit, near, smallest } = steps;
    let kink: NumericDerivative["kink"];
    const before = this.#firstSteps.get(direction.input) ?? Infinity;
    let step = Math.max(near, unit * Math.min(2 ** -firstOrder, before * retreat));
    for (;;) {
      const crossing = await line.obstacle(step);
      if (crossing === "none") break;
      if (crossing !== "no value" && step <= near) kink = { ...crossing, distance: step };
      if (step <= smallest) {
        const sides = await sidesOf(line, unit, smallest);
        const beside = kink === undefined ? undefined : await besideKink(line, steps, sides);
        if (kink !== undefined && beside !== undefined)
          return { ...beside.estimate, kink: { ...kink, distance: beside.distance } };
        const alone = kink === undefined ? sides : { ...sides, kink: { ...kink, distance: 0 } };
        return alone.isolated === true ? acrossPieces(line, steps, expected, alone) : alone;
      }
      step = step > near && step / retreat < near ? near : Math.max(step / retreat, smallest);
    }
    this.#firstSteps.set(direction.input, step / unit);
    const estimate = await refined(line, step, this.#finest(steps, expected), expected);
    const confirmed = expected.confirmedBy(estimate);
    if (kink === undefined && !confirmed && !expected.refutedBy(estimate)) {
      const jump = await unseenKink(line, unit, smallest, estimate);
      if (jump !== undefined) return jump;
    }
    if (kink === undefined && confirmed && (await standsAlone(line, this.#base.value, step, smallest))) {
      const crossing = (await line.foreign(smallest)) ?? { op: "jump", site: 0 };
      return { ...estimate, below: estimate, above: estimate, kink: { ...crossing, distance: 0 } };
    }
    // Pieces that fit together, as those of another order of pivots do, are no kink.
    const fits = kink !== undefined && confirmed && (await isSmoothAcross(line, steps, expected));
    return kink === undefined || fits ? estimate : { ...estimate, kink };
  }

  /**
   * The derivative along `direction` from as few runs as tell it to an error of `enough`, or else as well as one series of
   * steps does. Undefined where no step stays on the piece.
   */
  async roughly(direction: Direction, enough: number): Promise<Estimate | undefined> {
    const line = this.#line(direction);
    const { unit, near, smallest } = stepsFor(direction.scale(this.#base.tape));
    let step = unit * Math.min(2 ** -firstOrder, this.#firstSteps.get(direction.input) ?? near / unit);
    for (; (await line.obstacle(step)) !== "none"; step /= retreat) if (step <= smallest) return undefined;
    let best: Estimate | undefined;
    for (let begins = 0; begins < 2 && step >= smallest && !(best !== undefined && best.error <= enough); begins++) {
      const found = await extrapolated(line, step, { enough });
      if (best === undefined || found.error < best.error) best = found;
      step /= restart;
    }
    return best;
  }

  /**
   * Where the runs just beside the point are not the same program, for a value in it that is not traced is another one:
   * the first operation that takes such a value. Undefined where they are.
   */
  foreign(direction: Direction): Promise<Crossing | undefined> {
    return this.#line(direction).different(stepsFor(direction.scale(this.#base.tape)).nearest);
  }

  /** Where, just beside the point, the program stops to have a finite value; undefined where it threw. */
  withoutValue(direction: Direction): Promise<Crossing | undefined> {
    return this.#line(direction).nonFinite(stepsFor(direction.scale(this.#base.tape)).smallest);
  }

  /** With the derivative that is expected, larger steps would take the value far from where it is. */
  #finest({ smallest, resolution }: Steps, { derivative }: Expectation): number {
    const near = (nearShare * Math.abs(this.#base.value)) / Math.abs(derivative);
    return near < smallest ? Math.max(near, resolution * leastMoves) : smallest;
  }

  #line(direction: Direction): Line {
    return new Line(this.#evaluate, this.#base, this.#path, this.#rounding, direction);
  }
}

/**
 * Differences from ever smaller steps until they confirm what is expected. Steps that are too large for how fast the
 * function varies can agree among themselves on a wrong derivative: nothing is refuted before the steps are so small
 * that rounding hides the difference.
 */
async function refined(
  line: Line,
  first: number,
  smallest: number,
  expected: Expectation,
  across = false,
): Promise<Estimate> {
  let best: Estimate = { derivative: NaN, error: Infinity };
  for (let begin = first, restarts = 0; begin >= smallest; begin /= restart, restarts++) {
    if (restarts > fewestRestarts && !expected.refutable(best, line.noise(begin))) break;
    const found = await extrapolated(line, begin, expected, across);
    if (expected.confirmedBy(found) || expected.refutedBy(found)) return found;
    if (relativeError(found, expected) < relativeError(best, expected) || corrects(found, best, expected)) best = found;
  }
  return best;
}

/** `until`: what makes more rows needless. `across`: steps may leave the piece. */
async function extrapolated(
  line: Line,
  begin: number,
  until: Expectation | { readonly enough: number },
  across = false,
): Promise<Estimate> {
  const tableau = new DifferenceTableau(2);
  const settled = (estimate: Estimate): boolean =>
    "enough" in until ? estimate.error <= until.enough : until.confirmedBy(estimate) || until.refutedBy(estimate);
  for (let h = begin; !tableau.finished; h /= reduction) {
    const [above, below] = [await line.at(h), await line.at(-h)];
    if (above === undefined || below === undefined) break;
    if (!across && (above.crossing !== undefined || below.crossing !== undefined)) break;
    const width = above.t - below.t;
    if (width === 0) break;
    tableau.add((above.value - below.value) / width, line.noise(width, above, below));
    if (tableau.rows >= ("enough" in until ? 2 : 3) && settled(tableau.best)) break;
  }
  return tableau.best;
}

/**
 * Where pieces lie so dense that no two points are on the same one, as those of a search by bisection do, the function may
 * be smooth all the same: differences across the pieces, as far as they agree among themselves.
 */
async function acrossPieces(
  line: Line,
  { unit, smallest }: Steps,
  expected: Expectation,
  alone: NumericDerivative,
): Promise<NumericDerivative> {
  const beside = [await line.at(smallest), await line.at(-smallest)];
  if (beside.some((point) => point === undefined)) return alone;
  const estimate = await refined(line, unit * 2 ** -firstOrder, smallest, expected, true);
  return estimate.error === Infinity || alone.kink === undefined ? alone : { ...estimate, kink: alone.kink };
}

/** Whether the value is none that those on both sides tend to, as where a program asks for one whole number. */
async function standsAlone(line: Line, value: number, step: number, smallest: number): Promise<boolean> {
  const [above, below] = [await line.at(step), await line.at(-step)];
  if (above === undefined || below === undefined) return false;
  const off = Math.abs((above.value + below.value) / 2 - value);
  if (off <= Math.abs(above.value - below.value) || off <= leastJump * Math.abs(value)) return false;
  return !(await line.isContinuous(smallest));
}

/** Whether larger steps, which leave the piece, give the same. */
async function isSmoothAcross(line: Line, { unit }: Steps, expected: Expectation): Promise<boolean> {
  return expected.confirmedBy(await extrapolated(line, unit * 2 ** -firstOrder, expected, true));
}

/**
 * Whether smaller steps, though they tell it less well, show that larger ones did not see how fast the function varies: of
 * a chaotic one those give a mean over many waves, whose error is small against a derivative that is large.
 */
function corrects(found: Estimate, best: Estimate, expected: Expectation): boolean {
  const apart = Math.abs(found.derivative - best.derivative);
  return (
    apart > sureness * (found.error + best.error) &&
    Math.abs(found.derivative - expected.derivative) <= sureness * found.error &&
    relativeError(found, expected) < coarse
  );
}

function relativeError({ derivative, error }: Estimate, expected: Expectation): number {
  const size = Math.abs(derivative) + (Math.abs(expected.derivative) || 0);
  return error === Infinity || Number.isNaN(size) ? Infinity : error / (size || 1);
}
