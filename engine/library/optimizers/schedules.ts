import { ValueError } from "../../primitives/argumentErrors.ts";
import { add, div, mul, pow, sub } from "../../primitives/arithmetic.ts";
import { less } from "../../primitives/comparison.ts";
import { floor } from "../../primitives/rounding.ts";
import { clip, where } from "../../primitives/selection.ts";
import { cos } from "../../primitives/transcendental.ts";
import type { Value } from "../../tape/tensor.ts";
import { describe } from "../values.ts";
import { checkOption, checkPositive, optionsOf } from "./optimizer.ts";

/**
 * A learning rate for each step, which are counted from 0. It is recorded and compiled with the model: write one of your own
 * with functions and operators, and select with `where`.
 *
 * @example adam({ learningRate: (step) => 0.01 * 0.5 ** (step / 1000) })
 */
export type Schedule = (step: number) => number;

/** A rate, or a schedule of rates. */
export type LearningRate = number | Schedule;

/** The learning rate of step `step`. */
export function rateAt(rate: LearningRate, step: Value): Value {
  return typeof rate === "function" ? rate(step as number) : rate;
}

/** @throws RangeError where it is neither a rate that makes sense nor a schedule. */
export function checkRate(optimizer: string, rate: unknown): void {
  if (typeof rate !== "function") checkOption(optimizer, "learningRate", rate, 0, Infinity);
}

const schedule = (at: (step: Value) => Value): Schedule => at as unknown as Schedule;

function checkSteps(name: string, option: string, steps: unknown): void {
  if (!(Number.isSafeInteger(steps) && (steps as number) > 0))
    throw new ValueError(`${name}: ${option} is ${describe(steps)}; give a whole number from 1 on`);
}

function checkNumber(name: string, option: string, value: unknown): void {
  if (!Number.isFinite(value)) throw new ValueError(`${name}: ${option} is ${describe(value)}; give a finite number`);
}

/** What share of `steps` has gone by, from 0 to 1. */
const progress = (step: Value, steps: number): Value => clip(div(step, steps), 0, 1);

/** From one rate to another in a straight line over so many steps; from then on the second. */
export function linearSchedule(from: number, to: number, steps: number): Schedule {
  checkNumber("linearSchedule", "the first rate", from);
  checkNumber("linearSchedule", "the last rate", to);
  checkSteps("linearSchedule", "the number of steps", steps);
  return schedule((step) => add(from, mul(to - from, progress(step, steps))));
}

/**
 * rate · decayᵗ with t = step/steps: as PyTorch's ExponentialLR. With `staircase` t is rounded down, so that the rate falls once in
 * so many steps, as by StepLR.
 */
export function exponentialDecay(
  rate: number,
  decay: number,
  options: { readonly steps?: number; readonly staircase?: boolean } = {},
): Schedule {
  const { steps = 1, staircase = false } = optionsOf("exponentialDecay", options, "{ steps: 1000 }");
  checkNumber("exponentialDecay", "the rate", rate);
  checkPositive("exponentialDecay", "the decay", decay);
  checkSteps("exponentialDecay", "steps", steps);
  return schedule((step) => {
    const turns = div(step, steps);
    return mul(rate, pow(decay, staircase ? floor(turns) : turns));
  });
}

/**
 * From `rate` to `final` (0 when left out) along half a turn of the cosine, over so many steps; from then on `final`: Loshchilov
 * and Hutter, SGDR (2017). With `warmup` the rate first rises from 0 over that many of the steps.
 */
export function cosineDecay(
  rate: number,
  steps: number,
  options: { readonly final?: number; readonly warmup?: number } = {},
): Schedule {
  const { final = 0, warmup: rising = 0 } = optionsOf("cosineDecay", options, "{ warmup: 100 }");
  checkNumber("cosineDecay", "the rate", rate);
  checkNumber("cosineDecay", "final", final);
  checkSteps("cosineDecay", "the number of steps", steps);
  if (!(Number.isSafeInteger(rising) && rising >= 0 && rising < steps))
    throw new ValueError(`cosineDecay: warmup is ${describe(rising)}; give a whole number of steps below ${steps}`);
  const falling = schedule((step) => {
    const share = mul(0.5, add(1, cos(mul(Math.PI, progress(step, steps - rising)))));
    return add(final, mul(rate - final, share));
  });
  return rising === 0 ? falling : warmup(falling, rising);
}

/** First a straight line from 0 over so many steps to where the schedule or rate begins, then that, counted from there. */
export function warmup(then: LearningRate, steps: number): Schedule {
  checkRate("warmup", then);
  checkSteps("warmup", "the number of steps", steps);
  const first = rateAt(then, 0);
  return schedule((step) => {
    const rising = mul(first, div(step, steps));
    return where(less(step, steps), rising, rateAt(then, clip(sub(step, steps), 0, Infinity)));
  });
}

/**
 * Rates that change at given steps: `piecewiseConstant(0.1, { 1000: 0.01, 5000: 0.001 })` is 0.1 up to step 999, 0.01 from step
 * 1000 on, and 0.001 from step 5000 on.
 */
export function piecewiseConstant(rate: number, from: Readonly<Record<number, number>>): Schedule {
  checkNumber("piecewiseConstant", "the first rate", rate);
  const changes = Object.entries(optionsOf("piecewiseConstant", from, "{ 1000: 0.01 }", "later rates")).map(
    ([at, next]) => [Number(at), next] as const,
  );
  for (const [at, next] of changes) {
    checkSteps("piecewiseConstant", "a step at which the rate changes", at);
    checkNumber("piecewiseConstant", `the rate from step ${at}`, next);
  }
  changes.sort(([a], [b]) => a - b);
  return schedule((step) => changes.reduce<Value>((latest, [at, next]) => where(less(step, at), latest, next), rate));
}
