import { TransformError } from "./errors.ts";

/** Nodes of the stages in a step, as shares of it. */
export const stageTimes = [0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1] as const;
/** Weights of the slopes before each stage. The last row gives the solution, of order 5. */
export const stageWeights: readonly (readonly number[])[] = [
  [],
  [1 / 5],
  [3 / 40, 9 / 40],
  [44 / 45, -56 / 15, 32 / 9],
  [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
  [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
  [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
];
/** The solution less the one of order 4. */
const errorWeights = [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40];

/** dy/dt. */
export type Slope = (y: Float64Array, t: number) => Float64Array;

export interface StepOptions {
  readonly rtol: number;
  readonly atol: number;
  readonly maxSteps: number;
  /** So many equal steps, without error control. */
  readonly steps?: number | undefined;
}

export interface Integrated {
  readonly y: Float64Array;
  /** The sizes of the steps, in order; they add up to the interval. */
  readonly sizes: readonly number[];
}

/** A step changes by these factors at most, and is aimed at this share of the tolerance (Hairer, Nørsett, Wanner II.4). */
const [slowest, fastest, safety] = [0.2, 10, 0.9];

/**
 * y at `to`, from y at `from`: the explicit Runge–Kutta method of Dormand and Prince (1980) of order 5, with steps that keep
 * the difference from its order 4 within atol + rtol·|y|.
 */
export function integrate(f: Slope, y0: Float64Array, from: number, to: number, options: StepOptions): Integrated {
  const sizes: number[] = [];
  if (from === to) return { y: y0, sizes };
  const { steps } = options;
  const span = to - from;
  let y = y0;
  let t = from;
  let slope = checked(f(y, t), t);
  if (steps !== undefined) {
    for (let k = 0; k < steps; k++) {
      const h = span / steps;
      const { next, last } = step(f, y, slope, t, h);
      sizes.push(h);
      [y, slope, t] = [next, checked(last, t + h), from + (span * (k + 1)) / steps];
    }
    return { y, sizes };
  }
  let h = firstStep(f, y, slope, t, span, options);
  for (let tries = 0; ; tries++) {
    const last = Math.abs(to - t) <= Math.abs(h) * (1 + 1e-9);
    const size = last ? to - t : h;
    const stepped = step(f, y, slope, t, size);
    const error = errorOf(stepped.slopes, size, y, stepped.next, options);
    const factor = error === 0 ? fastest : Math.min(fastest, Math.max(slowest, safety * error ** -0.2));
    if (error <= 1) {
      sizes.push(size);
      [y, slope, t] = [stepped.next, checked(stepped.last, t + size), last ? to : t + size];
      if (last) return { y, sizes };
      h = size * factor;
    } else h = size * (Number.isNaN(error) ? slowest : Math.min(1, factor));
    if (Math.abs(h) <= 16 * Number.EPSILON * Math.max(Math.abs(t), Math.abs(to)))
      throw failure(
        `the step shrank to ${figure(h)} at t = ${figure(t)}: the solution has a singularity there, or the function is not smooth; end before it, or raise rtol and atol`,
      );
    if (tries + 1 >= options.maxSteps)
      throw failure(
        `after ${options.maxSteps} steps the solution has come from t = ${figure(from)} to ${figure(t)} of ${figure(to)}, with steps of ${figure(h)}; the equation is stiff, or maxSteps too low`,
      );
  }
}

function failure(what: string): TransformError {
  return new TransformError(`odeint: ${what}.`, "not-converged");
}

function checked(slope: Float64Array, t: number): Float64Array {
  const bad = slope.findIndex((x) => !Number.isFinite(x));
  if (bad < 0) return slope;
  throw failure(`dy/dt is ${String(slope[bad])} at t = ${figure(t)}, so the solution ends there`);
}

function step(
  f: Slope,
  y: Float64Array,
  first: Float64Array,
  t: number,
  h: number,
): { readonly next: Float64Array; readonly last: Float64Array; readonly slopes: readonly Float64Array[] } {
  const slopes = [first];
  for (let stage = 1; stage < 6; stage++)
    slopes.push(f(moved(y, slopes, stageWeights[stage]!, h), t + stageTimes[stage]! * h));
  const next = moved(y, slopes, stageWeights[6]!, h);
  const last = f(next, t + h);
  slopes.push(last);
  return { next, last, slopes };
}

function moved(y: Float64Array, slopes: readonly Float64Array[], weights: readonly number[], h: number): Float64Array {
  const at = new Float64Array(y.length);
  for (let k = 0; k < y.length; k++) {
    let sum = 0;
    for (let j = 0; j < weights.length; j++) sum += weights[j]! * slopes[j]![k]!;
    at[k] = y[k]! + h * sum;
  }
  return at;
}

/** The root mean square of the error, each element as a share of its tolerance. */
function errorOf(
  slopes: readonly Float64Array[],
  h: number,
  before: Float64Array,
  after: Float64Array,
  { rtol, atol }: StepOptions,
): number {
  let sum = 0;
  for (let k = 0; k < before.length; k++) {
    let error = 0;
    for (let j = 0; j < errorWeights.length; j++) error += errorWeights[j]! * slopes[j]![k]!;
    const scale = atol + rtol * Math.max(Math.abs(before[k]!), Math.abs(after[k]!));
    sum += ((h * error) / scale) ** 2;
  }
  return Math.sqrt(sum / Math.max(1, before.length));
}

/** Hairer, Nørsett and Wanner, Solving Ordinary Differential Equations I, II.4. */
function firstStep(
  f: Slope,
  y: Float64Array,
  slope: Float64Array,
  t: number,
  span: number,
  { rtol, atol }: StepOptions,
): number {
  const scaled = (v: Float64Array): number => {
    let sum = 0;
    for (let k = 0; k < v.length; k++) sum += (v[k]! / (atol + rtol * Math.abs(y[k]!))) ** 2;
    return Math.sqrt(sum / Math.max(1, v.length));
  };
  const [d0, d1] = [scaled(y), scaled(slope)];
  const guess = d0 < 1e-5 || d1 < 1e-5 ? 1e-6 : (0.01 * d0) / d1;
  const direction = Math.sign(span);
  const tried = Math.min(guess, Math.abs(span)) * direction;
  const other = f(moved(y, [slope], [1], tried), t + tried);
  const d2 = scaled(other.map((x, k) => x - slope[k]!)) / Math.abs(tried);
  const largest = Math.max(d1, d2);
  const better = largest <= 1e-15 ? Math.max(1e-6, guess * 1e-3) : (0.01 / largest) ** 0.2;
  return direction * Math.min(100 * guess, Number.isFinite(better) ? better : guess, Math.abs(span));
}

const figure = (x: number): string => String(Number(x.toPrecision(4)));
