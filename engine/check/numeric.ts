import { Path, type Crossing } from "./crossings.ts";
import type { Direction, Evaluate, Evaluation } from "./evaluation.ts";
import { DifferenceTableau, reduction, roundingNoise, type Estimate } from "./ridders.ts";

/** Binary orders below the size of the parameter: the first step, how near a kink is told of, the smallest step. */
const firstOrder = 5;
const nearOrder = 16;
const smallestOrder = 36;
/** A parameter that is smaller still is moved by a part of itself. */
const ownOrder = 8;
/** A step that leaves the piece, or where there is no value, is followed by one so much smaller. */
const retreat = 4;
/** Where the differences cannot be trusted, others are begun with steps so much smaller, and at least so often. */
const restart = 32;
const fewestRestarts = 3;

/** What an estimate of an error is multiplied by before anything is built on it. */
const sureness = 10;
/** What is left of a correction to first order. */
const slackNoise = 1e-3;
/** A jump is told from a slope by a step so much larger. */
const farther = 2 ** 8;
/** One-sided derivatives that differ by more are those of two pieces; by less, of pieces that fit. */
const unlikeShare = 1e-3;
const smoothShare = 1e-6;

/** A derivative along a direction, from differences. */
export interface NumericDerivative extends Estimate {
  /** A kink so near that a person wants to hear of it, and how near. */
  readonly kink?: Crossing & { readonly distance: number };
  /** The point is on a kink or at the edge of where there are values: the derivatives of either side, where there are any. */
  readonly below?: Estimate;
  readonly above?: Estimate;
  /** Value and derivative go on from one side to the other. */
  readonly smooth?: true;
  /** There are values at the point alone, and none on either side. */
  readonly isolated?: true;
}

/** A run at `t` along the direction. */
interface Point {
  readonly t: number;
  readonly value: number;
  /** How far the value may be off because the inputs are not quite where they should be. */
  readonly noise: number;
  readonly crossing: Crossing | undefined;
}

/** What the differences are held against. */
export interface Expectation {
  /** The derivative that is to be confirmed. */
  readonly derivative: number;
  /** Whether an estimate confirms it so well that no better one is needed. */
  confirmedBy(estimate: Estimate): boolean;
  /** Whether differences that carry this much noise could still tell it from what an estimate says. */
  refutable(estimate: Estimate, noise: number): boolean;
}

/** Derivatives of one function at one point. */
export class Differences {
  readonly #evaluate: Evaluate;
  readonly #base: Evaluation;
  readonly #path: Path;
  /** The first step of the derivative before, in units of the parameter, by input: kinks lie about as dense for the next one. */
  readonly #firstSteps = new Map<number, number>();
  /** Points of the line at hand. */
  #points = new Map<number, Point | undefined>();

  constructor(evaluate: Evaluate, base: Evaluation) {
    this.#evaluate = evaluate;
    this.#base = base;
    this.#path = new Path(base);
  }

  /** The derivative along `direction`, with steps that stay on the pieces of the function that the point is on. */
  async along(direction: Direction, expected: Expectation): Promise<NumericDerivative> {
    const { largest, only } = direction.scale(this.#base.tape);
    const unit = powerOfTwo(largest);
    const near = unit * 2 ** -nearOrder;
    const smallest = Math.min(unit * 2 ** -smallestOrder, powerOfTwo(only ?? Infinity) * 2 ** -ownOrder);
    this.#points = new Map();
    let kink: NumericDerivative["kink"];
    const before = this.#firstSteps.get(direction.input) ?? Infinity;
    let step = Math.max(near, unit * Math.min(2 ** -firstOrder, before * retreat));
    for (;;) {
      const crossing = await this.#obstacle(direction, step);
      if (crossing === "none") break;
      if (crossing !== "no value" && step <= near) kink = { ...crossing, distance: step };
      if (step <= smallest) {
        const sides = await this.#fromSides(direction, unit, smallest, kink);
        return sides.isolated === true ? this.#acrossPieces(direction, unit, smallest, expected, sides) : sides;
      }
      step = step > near && step / retreat < near ? near : Math.max(step / retreat, smallest);
    }
    this.#firstSteps.set(direction.input, step / unit);
    const estimate = await this.#refined(direction, step, smallest, expected);
    if (kink === undefined && !expected.confirmedBy(estimate)) {
      const jump = await this.#unseenKink(direction, unit, smallest, estimate);
      if (jump !== undefined) return jump;
    }
    return kink === undefined ? estimate : { ...estimate, kink };
  }

  /**
   * Where the runs just beside the point are not the same program, for a value in it that is not traced is another one:
   * the first operation that takes such a value. Undefined where they are.
   */
  async foreign(direction: Direction): Promise<Crossing | undefined> {
    const { largest, only } = direction.scale(this.#base.tape);
    const step = Math.min(powerOfTwo(largest) * 2 ** -nearOrder, powerOfTwo(only ?? Infinity) * 2 ** -ownOrder);
    for (const t of [step, -step]) {
      const evaluation = await this.#evaluate(direction.move(t));
      const found = evaluation && (this.#path.crossing(evaluation) ?? this.#path.foreign(evaluation));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Both sides are smooth and yet not alike, although nothing on the tape tells of a kink: what chose is not traced. */
  async #unseenKink(
    direction: Direction,
    unit: number,
    smallest: number,
    estimate: Estimate,
  ): Promise<NumericDerivative | undefined> {
    const { below, above } = await this.#fromSides(direction, unit, smallest, undefined);
    if (below === undefined || above === undefined) return undefined;
    const size = Math.abs(below.derivative) + Math.abs(above.derivative);
    const apart = Math.abs(below.derivative - above.derivative);
    const known = sureness * (below.error + above.error) + unlikeShare * size;
    if (!(known <= size / 2 || size === 0)) return undefined;
    const jumps = errorIsLarge(estimate, size) && !(await this.#isContinuous(direction, smallest));
    if (apart <= known && !jumps) return undefined;
    const site = await this.#foreignAt(direction, smallest);
    const kink = { ...(site ?? { op: "jump", site: 0 }), distance: 0 };
    const mean = (below.derivative + above.derivative) / 2;
    return { derivative: mean, error: Math.max(below.error, above.error), below, above, kink };
  }

  async #foreignAt(direction: Direction, step: number): Promise<Crossing | undefined> {
    for (const t of [step, -step]) {
      const evaluation = await this.#evaluate(direction.move(t));
      const found = evaluation && this.#path.foreign(evaluation);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** What stands between the point and its neighbours at this step. */
  async #obstacle(direction: Direction, step: number): Promise<Crossing | "no value" | "none"> {
    for (const t of [step, -step]) {
      const point = await this.#at(direction, t);
      if (point === undefined) return "no value";
      if (point.crossing !== undefined) return point.crossing;
    }
    return "none";
  }

  /**
   * Differences from ever smaller steps until they confirm what is expected. Steps that are too large for how fast the
   * function varies can agree among themselves on a wrong derivative: nothing is refuted before the steps are so small
   * that rounding hides the difference.
   */
  async #refined(
    direction: Direction,
    first: number,
    smallest: number,
    expected: Expectation,
    across = false,
  ): Promise<Estimate> {
    let best: Estimate = { derivative: NaN, error: Infinity };
    for (let begin = first, restarts = 0; begin >= smallest; begin /= restart, restarts++) {
      if (restarts > fewestRestarts && !expected.refutable(best, this.#noise(begin))) break;
      const found = await this.#extrapolated(direction, begin, expected, across);
      if (expected.confirmedBy(found)) return found;
      if (relativeError(found, expected) < relativeError(best, expected)) best = found;
    }
    return best;
  }

  async #extrapolated(direction: Direction, begin: number, expected: Expectation, across: boolean): Promise<Estimate> {
    const tableau = new DifferenceTableau(2);
    for (let h = begin; !tableau.finished; h /= reduction) {
      const [above, below] = [await this.#at(direction, h), await this.#at(direction, -h)];
      if (above === undefined || below === undefined) break;
      if (!across && (above.crossing !== undefined || below.crossing !== undefined)) break;
      const width = above.t - below.t;
      if (width === 0) break;
      tableau.add((above.value - below.value) / width, this.#noise(width, above, below));
      if (tableau.rows >= 3 && expected.confirmedBy(tableau.best)) break;
    }
    return tableau.best;
  }

  /**
   * Where pieces lie so dense that no two points are on the same one, as those of a search by bisection do, the function may
   * be smooth all the same: differences across the pieces, as far as they agree among themselves.
   */
  async #acrossPieces(
    direction: Direction,
    unit: number,
    smallest: number,
    expected: Expectation,
    alone: NumericDerivative,
  ): Promise<NumericDerivative> {
    const beside = [await this.#at(direction, smallest), await this.#at(direction, -smallest)];
    if (beside.some((point) => point === undefined)) return alone;
    const estimate = await this.#refined(direction, unit * 2 ** -firstOrder, smallest, expected, true);
    return estimate.error === Infinity || alone.kink === undefined ? alone : { ...estimate, kink: alone.kink };
  }

  async #fromSides(
    direction: Direction,
    unit: number,
    smallest: number,
    kink: NumericDerivative["kink"],
  ): Promise<NumericDerivative> {
    const below = await this.#side(direction, -unit, -smallest);
    const above = await this.#side(direction, unit, smallest);
    const sides = { ...(below === undefined ? {} : { below }), ...(above === undefined ? {} : { above }) };
    const found = [below, above].filter((side) => side !== undefined);
    return {
      derivative: found.length === 0 ? NaN : found.reduce((sum, { derivative }) => sum + derivative, 0) / found.length,
      error: Math.max(0, ...found.map(({ error }) => error)),
      ...(kink === undefined ? {} : { kink: { ...kink, distance: 0 } }),
      ...(found.length === 2 && (await this.#isSmooth(direction, smallest, below!, above!)) ? { smooth: true } : {}),
      ...(found.length === 0 ? { isolated: true as const } : sides),
    };
  }

  /** Whether value and derivative go on across the point: its pieces fit. */
  async #isSmooth(direction: Direction, step: number, below: Estimate, above: Estimate): Promise<boolean> {
    const size = Math.abs(below.derivative) + Math.abs(above.derivative);
    const apart = Math.abs(below.derivative - above.derivative);
    if (apart > sureness * (below.error + above.error) + smoothShare * size) return false;
    return this.#isContinuous(direction, step);
  }

  /** Whether the value goes on to the point's: what is left of a jump does not shrink with the step. */
  async #isContinuous(direction: Direction, step: number): Promise<boolean> {
    for (const side of [-step, step]) {
      const [near, far] = [await this.#at(direction, side), await this.#at(direction, side * farther)];
      if (near === undefined || far === undefined) return false;
      const [rest, before] = [near, far].map(({ value }) => Math.abs(value - this.#base.value)) as [number, number];
      if (rest > before / 2 && rest > sureness * Number.EPSILON * Math.abs(this.#base.value)) return false;
    }
    return true;
  }

  /** The derivative on one side, from points of that side alone: on a jump the value itself belongs to the other. */
  async #side(direction: Direction, unit: number, smallest: number): Promise<Estimate | undefined> {
    const nearest = await this.#evaluate(direction.move(smallest));
    if (nearest === undefined) return undefined;
    const path = new Path(nearest);
    const onSide = async (t: number): Promise<Point | undefined> => {
      const point = await this.#run(direction, t, path);
      return point?.crossing === undefined ? point : undefined;
    };
    let step = unit * 2 ** -(firstOrder + 3);
    while ((await onSide(2 * step)) === undefined || (await onSide(step)) === undefined) {
      if (Math.abs(step) <= Math.abs(smallest)) return undefined;
      step /= retreat;
    }
    const tableau = new DifferenceTableau(1);
    for (let h = step; !tableau.finished; h /= reduction) {
      const [far, close] = [await onSide(2 * h), await onSide(h)];
      if (far === undefined || close === undefined || far.t === close.t) break;
      const width = far.t - close.t;
      tableau.add((far.value - close.value) / width, this.#noise(width, far, close));
    }
    return tableau.best.error === Infinity ? undefined : tableau.best;
  }

  #noise(width: number, ...points: readonly Point[]): number {
    const rounding = roundingNoise([this.#base.value, ...points.map(({ value }) => value)], width);
    return points.reduce((sum, { noise }) => sum + noise / Math.abs(width), rounding);
  }

  /** Undefined where the function has no finite value. */
  async #at(direction: Direction, t: number): Promise<Point | undefined> {
    if (!this.#points.has(t)) this.#points.set(t, await this.#run(direction, t, this.#path));
    return this.#points.get(t);
  }

  async #run(direction: Direction, t: number, path: Path): Promise<Point | undefined> {
    const evaluation = await this.#evaluate(direction.move(t));
    if (evaluation === undefined || !Number.isFinite(evaluation.value)) return undefined;
    const slack = direction.slack(this.#base.tape, evaluation.tape, t);
    return {
      t: direction.distance(this.#base.tape, evaluation.tape, t),
      value: evaluation.value - slack,
      noise: slackNoise * Math.abs(slack),
      crossing: path.crossing(evaluation),
    };
  }
}

/** Whether differences tell nothing, against what the sides' derivatives add up to. */
function errorIsLarge({ derivative, error }: Estimate, size: number): boolean {
  return error * sureness > Math.max(Math.abs(derivative), size);
}

/** The largest power of two that is no larger than x. */
function powerOfTwo(x: number): number {
  return 2 ** Math.floor(Math.log2(x));
}

function relativeError({ derivative, error }: Estimate, expected: Expectation): number {
  const size = Math.abs(derivative) + Math.abs(expected.derivative);
  return error === Infinity || Number.isNaN(size) ? Infinity : error / (size || 1);
}
