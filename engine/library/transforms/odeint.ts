import { slice } from "../../primitives/indexing.ts";
import { primalOf } from "../../primitives/rule.ts";
import { stack } from "../../primitives/shaping.ts";
import { recording, withoutRecording } from "../../tape/recording.ts";
import { describeShape } from "../../tape/shape.ts";
import { Tensor, TracedNumber, type Value } from "../../tape/tensor.ts";
import type { Of } from "../../differentiate/graph.ts";
import type { Tensor as TensorOf } from "../types.ts";
import { asFunction, inScope, type AnyFunction } from "./apply.ts";
import { TransformError } from "./errors.ts";
import { implicitRoot } from "./implicit.ts";
import type { Stacked } from "./types.ts";
import { solveOde, type SolveOptions } from "./solveOde.ts";
import { flatten, misfit, released, type Flat } from "./trees.ts";

export interface OdeOptions {
  /** Error allowed in each step, relative to the solution. 1e-8 when left out. */
  readonly rtol?: number;
  /** Error allowed in each step, in the units of the solution. 1e-8 when left out. */
  readonly atol?: number;
  /** Steps tried between two output times. 100 000 when left out. */
  readonly maxSteps?: number;
  /** So many equal steps between two output times, without control of the error. */
  readonly steps?: number;
  /**
   * "adjoint": by a second equation, solved backward in time; what is kept does not grow with the number of steps, and the
   * gradient is as exact as rtol and atol say. "discretise": by the steps themselves, all of which are kept; the gradient is
   * that of the computed numbers. "adjoint" when left out.
   */
  readonly gradient?: "adjoint" | "discretise";
}

/**
 * Solves dy/dt = f(y, t) from y at `times[0]`, by the method of Dormand and Prince of order 5(4) with steps of adaptive
 * size. Gives y at all times, the first included: each part stacked along a new first axis. Gradients flow into `y0`,
 * `times`, and what `f` closes over.
 *
 * @example const z = odeint((z) => a * z, 3, [0, 2]).at(-1)   // 3·exp(2a)
 * @param f dy/dt, built like y; `t` is a number
 * @param y0 a tree of numbers and tensors
 * @param times ascending or descending
 * @throws TransformError where steps do not come to an end, with where and why.
 */
export function odeint<Y>(
  f: (y: Y, t: number) => Y,
  y0: Y,
  times: readonly number[] | TensorOf,
  options: OdeOptions = {},
): Stacked<Y> {
  const { start, slope } = equation("odeint", f, y0);
  const at = timesOf(times);
  return inScope(() => {
    const states = solveOde(slope, start.leaves, at, checkedOptions("odeint", options));
    const all = [start.leaves, ...states];
    return released(start.rebuild(start.leaves.map((_, k) => stack(all.map((state) => state[k]!)))));
  }) as Stacked<Y>;
}

export interface OdeEventOptions extends OdeOptions {
  /** Where to give up waiting for the event. */
  readonly until: number;
}

/**
 * Solves dy/dt = f(y, t) from y at `t0` until `event(y, t)` changes its sign, and gives that time and y there. The time of
 * the event has a derivative too, by the implicit function theorem, and so does y there.
 *
 * @example // the time a ball takes to fall: √(2h/g)
 * odeintEvent(({ v }) => ({ x: v, v: -9.81 }), { x: h, v: 0 }, 0, ({ x }) => x, { until: 10 }).t
 * @throws TransformError where the event does not come before `until`.
 */
export function odeintEvent<Y>(
  f: (y: Y, t: number) => Y,
  y0: Y,
  t0: number,
  event: (y: Y, t: number) => number,
  options: OdeEventOptions,
): { t: number; y: Y } {
  const { start, slope } = equation("odeintEvent", f, y0);
  const happens = asFunction("odeintEvent", event);
  const settings = checkedOptions("odeintEvent", options);
  const sign = (y: readonly Value[], t: Value): Value => {
    const value = happens(start.rebuild(y), t);
    if (typeof value === "number" || value instanceof TracedNumber) return value;
    throw new TransformError("odeintEvent: the event gives a number, whose change of sign is waited for.");
  };
  return inScope(() => {
    const from = t0 as Value;
    const found = withoutRecording(recording.tape, () => searched(slope, start, from, sign, options.until, settings));
    const after = (t: Value): readonly Value[] => solveOde(slope, start.leaves, [from, t], settings)[0]!;
    const t = implicitRoot((at: number) => sign(after(at), at) as number, found, { solve: () => found }) as Value;
    return released({ t, y: start.rebuild(after(t)) });
  }) as { t: number; y: Y };
}

/** Stretches that are looked at for a change of sign. */
const stretches = 100;

/** The time at which the sign changes, in the first stretch in which it does. */
function searched(
  slope: Of,
  { leaves }: Flat,
  from: Value,
  sign: (y: readonly Value[], t: Value) => Value,
  until: number,
  options: SolveOptions,
): number {
  const first = primalOf(from) as number;
  const number = (y: readonly Value[], t: number): number => primalOf(sign(y, t)) as number;
  let y: readonly Value[] = leaves.map(primalOf);
  let t = first;
  let before = number(y, t);
  for (let k = 1; k <= stretches; k++) {
    const next = first + ((until - first) * k) / stretches;
    const there = solveOde(slope, y, [t, next], options)[0]!;
    const after = number(there, next);
    // At the beginning the event may be about to begin: a ball that is thrown from the ground.
    if (before !== 0 && before > 0 !== after > 0) {
      const from = { t, y };
      return crossing(t, before, next, after, (at) => number(solveOde(slope, from.y, [from.t, at], options)[0]!, at));
    }
    [y, t, before] = [there, next, after];
  }
  throw new TransformError(
    `odeintEvent: the event has not come by t = ${until}: it is ${String(Number(before.toPrecision(3)))} there, and its sign has not changed since t = ${first}.`,
    "not-converged",
  );
}

/** Where f changes its sign between `a` and `b`, by the Illinois method (Dowell and Jarratt 1971). */
function crossing(a: number, fa: number, b: number, fb: number, f: (t: number) => number): number {
  let [low, atLow, high, atHigh] = [a, fa, b, fb];
  const fine = 4 * Number.EPSILON * Math.max(Math.abs(a), Math.abs(b));
  for (let k = 0; k < 100 && Math.abs(high - low) > fine; k++) {
    const chord = high - (atHigh * (high - low)) / (atHigh - atLow);
    const between = (chord - low) * (chord - high) < 0;
    const middle = between ? chord : (low + high) / 2;
    const value = f(middle);
    if (value === 0 || middle === low || middle === high) return middle;
    // The end that stays for long is given less weight, so that it moves as well.
    if (value > 0 === atHigh > 0) atLow /= 2;
    else [low, atLow] = [high, atHigh];
    [high, atHigh] = [middle, value];
  }
  return high;
}

function equation(operation: string, f: unknown, y0: unknown): { readonly start: Flat; readonly slope: Of } {
  const call: AnyFunction = asFunction(operation, f);
  const start = flatten(`${operation}: the beginning y`, y0);
  const slope: Of = (at) => {
    const given = flatten(`${operation}: dy/dt`, call(start.rebuild(at.slice(0, -1)), at.at(-1)));
    const problem = misfit(given, start);
    if (problem === undefined) return given.leaves;
    throw new TransformError(`${operation}: dy/dt ${problem}: it must be built like y.`);
  };
  return { start, slope };
}

function timesOf(times: unknown): readonly Value[] {
  const list =
    times instanceof Tensor && times.shape.length === 1 ? Array.from(times.data, (_, k) => slice(times, [k])) : times;
  if (!Array.isArray(list) || list.length < 2 || !list.every((t) => typeof t === "number" || t instanceof TracedNumber))
    throw new TransformError(
      `odeint: times are two numbers or more, in an array or a vector, not ${times instanceof Tensor ? `a tensor of shape ${describeShape(times.shape)}` : JSON.stringify(times)}.`,
    );
  const numbers = list.map((t: Value) => primalOf(t) as number);
  const rises = numbers.every((t, k) => k === 0 || t >= numbers[k - 1]!);
  const falls = numbers.every((t, k) => k === 0 || t <= numbers[k - 1]!);
  if (rises || falls) return list;
  throw new TransformError(`odeint: the times must ascend or descend throughout, not ${numbers.join(", ")}.`);
}

function checkedOptions(operation: string, options: OdeOptions): SolveOptions {
  const { rtol = 1e-8, atol = 1e-8, maxSteps = 100_000, steps, gradient = "adjoint" } = options;
  if (!(rtol >= 0 && atol >= 0 && rtol + atol > 0))
    throw new TransformError(`${operation}: rtol and atol are positive, not ${rtol} and ${atol}.`);
  if (!["adjoint", "discretise"].includes(gradient))
    throw new TransformError(`${operation}: gradient is "adjoint" or "discretise", not ${JSON.stringify(gradient)}.`);
  if (steps !== undefined && !(Number.isInteger(steps) && steps > 0))
    throw new TransformError(`${operation}: steps is a whole number from 1 on, not ${String(steps)}.`);
  const compiles = recording.watcher?.compiles === true;
  if (compiles && steps === undefined)
    throw new TransformError(
      `${operation}: steps of adaptive size cannot be compiled into a training step; give the option steps, such as { steps: 10 }.`,
    );
  // What is to be compiled is recorded step by step.
  return { rtol, atol, maxSteps, steps, gradient: compiles ? "discretise" : gradient };
}
