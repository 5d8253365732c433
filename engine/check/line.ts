import { Path, type Crossing } from "./crossings.ts";
import type { Direction, Evaluate, Evaluation } from "./evaluation.ts";
import { firstNonFinite } from "./nonFinite.ts";
import { roundingNoise } from "./ridders.ts";
import { sureness } from "./steps.ts";

/** What is left of a correction to first order. */
const slackNoise = 1e-3;
/** A jump is told from a slope by a step so much larger. */
const farther = 2 ** 8;

/** A run at `t` along the direction. */
export interface Point {
  readonly t: number;
  readonly value: number;
  /** How far the value may be off because the inputs are not quite where they should be. */
  readonly noise: number;
  readonly crossing: Crossing | undefined;
}

/** The function along one direction through its point. */
export class Line {
  readonly direction: Direction;
  readonly #evaluate: Evaluate;
  readonly #base: Evaluation;
  readonly #path: Path;
  readonly #rounding: number;
  readonly #points = new Map<number, Point | undefined>();

  /** `path`: the way of the base. `rounding`: how far rounding inside of it may put its value off. */
  constructor(evaluate: Evaluate, base: Evaluation, path: Path, rounding: number, direction: Direction) {
    this.direction = direction;
    this.#evaluate = evaluate;
    this.#base = base;
    this.#path = path;
    this.#rounding = rounding;
  }

  /** Undefined where the function has no finite value. */
  async at(t: number): Promise<Point | undefined> {
    if (!this.#points.has(t)) this.#points.set(t, await this.#run(t, this.#path));
    return this.#points.get(t);
  }

  /** The points that are on the same pieces as the one at `t`; undefined where the function has no value there. */
  async sideOf(t: number): Promise<((t: number) => Promise<Point | undefined>) | undefined> {
    const nearest = await this.#evaluate(this.direction.move(t));
    if (nearest === undefined) return undefined;
    const path = new Path(nearest);
    return async (other) => {
      const point = await this.#run(other, path);
      return point?.crossing === undefined ? point : undefined;
    };
  }

  /** What stands between the point and its neighbours at this step. */
  async obstacle(step: number): Promise<Crossing | "no value" | "none"> {
    for (const t of [step, -step]) {
      const point = await this.at(t);
      if (point === undefined) return "no value";
      if (point.crossing !== undefined) return point.crossing;
    }
    return "none";
  }

  /** The first operation beside the point that takes a value which is another one there, though it is not traced. */
  async foreign(step: number): Promise<Crossing | undefined> {
    for (const t of [step, -step]) {
      const evaluation = await this.#evaluate(this.direction.move(t));
      const found = evaluation && this.#path.foreign(evaluation);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The first operation that is not the same beside the point: on another piece, or with another value not traced. */
  async different(step: number): Promise<Crossing | undefined> {
    for (const t of [step, -step]) {
      const evaluation = await this.#evaluate(this.direction.move(t));
      const found = evaluation && (this.#path.crossing(evaluation) ?? this.#path.foreign(evaluation));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The first operation beside the point that gives no finite number. */
  async nonFinite(step: number): Promise<Crossing | undefined> {
    for (const t of [step, -step]) {
      const run = await this.#evaluate(this.direction.move(t));
      if (run === undefined || Number.isFinite(run.value)) continue;
      const found = firstNonFinite(run);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Whether the value goes on to the point's: what is left of a jump does not shrink with the step. */
  async isContinuous(step: number): Promise<boolean> {
    for (const side of [-step, step]) {
      const [near, far] = [await this.at(side), await this.at(side * farther)];
      if (near === undefined || far === undefined) return false;
      const [rest, before] = [near, far].map(({ value }) => Math.abs(value - this.#base.value)) as [number, number];
      const rounding = Math.max(this.#rounding, Number.EPSILON * Math.abs(this.#base.value));
      if (rest > before / 2 && rest > sureness * rounding) return false;
    }
    return true;
  }

  /** The error that rounding puts into a difference quotient over `width`. */
  noise(width: number, ...points: readonly Point[]): number {
    const ofValues = roundingNoise([this.#base.value, ...points.map(({ value }) => value)], width);
    const rounding = Math.max(ofValues, this.#rounding / Math.abs(width));
    return points.reduce((sum, { noise }) => sum + noise / Math.abs(width), rounding);
  }

  async #run(t: number, path: Path): Promise<Point | undefined> {
    const evaluation = await this.#evaluate(this.direction.move(t));
    if (evaluation === undefined || !Number.isFinite(evaluation.value)) return undefined;
    const slack = this.direction.slack(this.#base.tape, evaluation.tape, t);
    return {
      t: this.direction.distance(this.#base.tape, evaluation.tape, t),
      value: evaluation.value - slack,
      noise: slackNoise * Math.abs(slack),
      crossing: path.crossing(evaluation),
    };
  }
}
