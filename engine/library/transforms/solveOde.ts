import { composite } from "../../differentiate/composite.ts";
import { Graph, type Of } from "../../differentiate/graph.ts";
import { add, mul, neg, sub } from "../../primitives/arithmetic.ts";
import { sum } from "../../primitives/reduction.ts";
import { primalOf, shapeOf, type Primal } from "../../primitives/rule.ts";
import type { Capture } from "../../tape/nestedTape.ts";
import { recording, withoutRecording } from "../../tape/recording.ts";
import type { Shape } from "../../tape/shape.ts";
import type { Value } from "../../tape/tensor.ts";
import { integrate, stageTimes, stageWeights, type Slope, type StepOptions } from "./dormandPrince.ts";
import { packed, unpacked, zerosWhereUndefined } from "./vectors.ts";

export interface SolveOptions extends StepOptions {
  readonly gradient: "adjoint" | "discretise";
}

/** The parts of y at each of several times. */
type States = readonly (readonly Value[])[];

/**
 * The solution of dy/dt = f(y, t) at `times`, from y at the first of them, which is left out. `f` takes the parts of y and
 * then t. What it closes over is a parameter of the equation.
 */
export function solveOde(f: Of, y0: readonly Value[], times: readonly Value[], options: SolveOptions): States {
  if (!recording.on) return solvedNumbers(f, y0, times, options).map(({ y }) => y);
  return options.gradient === "adjoint" ? byAdjoint(f, y0, times, options) : stepByStep(f, y0, times, options);
}

interface Interval {
  readonly y: readonly Primal[];
  readonly sizes: readonly number[];
}

/** As numbers. `slopeOf` computes f where something is to be learned of it on the way. */
function solvedNumbers(
  f: Of,
  y0: readonly Value[],
  times: readonly Value[],
  options: StepOptions,
  slopeOf: Of = (at) => withoutRecording(recording.tape, () => f(at)),
): Interval[] {
  const shapes = y0.map(shapeOf);
  const slope: Slope = (y, t) => packed(slopeOf([...unpacked(y, shapes), t]).map(primalOf));
  const at = times.map((time) => primalOf(time) as number);
  let y = packed(y0.map(primalOf));
  return at.slice(1).map((to, k) => {
    const interval = integrate(slope, y, at[k]!, to, options);
    y = interval.y;
    return { y: unpacked(y, shapes), sizes: interval.sizes };
  });
}

/**
 * The steps that were taken, recorded: the gradient is that of the numbers that the method computes, with the sizes of its
 * steps held. Only the step that ends at an output time varies, with that time.
 */
function stepByStep(f: Of, y0: readonly Value[], times: readonly Value[], options: StepOptions): States {
  const intervals = solvedNumbers(f, y0, times, options);
  let y = y0;
  let t = times[0]!;
  return intervals.map(({ sizes }, k) => {
    const end = times[k + 1]!;
    sizes.forEach((size, n) => {
      const h = n === sizes.length - 1 ? sub(end, t) : size;
      y = step(f, y, t, h);
      t = n === sizes.length - 1 ? end : add(t, h);
    });
    return y;
  });
}

function step(f: Of, y: readonly Value[], t: Value, h: Value): readonly Value[] {
  const slopes: (readonly Value[])[] = [];
  for (let stage = 0; stage < 6; stage++)
    slopes.push(f([...moved(y, slopes, stageWeights[stage]!, h), add(t, mul(stageTimes[stage]!, h))]));
  return moved(y, slopes, stageWeights[6]!, h);
}

function moved(y: readonly Value[], slopes: States, weights: readonly number[], h: Value): readonly Value[] {
  if (weights.length === 0) return y;
  return y.map((part, k) => {
    const terms = weights.flatMap((weight, j) => (weight === 0 ? [] : [mul(weight, slopes[j]![k]!)]));
    return add(part, mul(h, terms.reduce(add)));
  });
}

/**
 * One operation, differentiated by the continuous adjoint (Pontryagin 1962; Chen et al., Neural Ordinary Differential
 * Equations, 2018): λ′ = −(∂f/∂y)ᵀλ and θ̄′ = −(∂f/∂θ)ᵀλ are solved backward together with y, which begins at each output
 * time where it was there. What is kept does not grow with the steps. That equation is solved by this function too, so the
 * derivative can be differentiated again.
 */
function byAdjoint(f: Of, y0: readonly Value[], times: readonly Value[], options: SolveOptions): States {
  const known: Capture[] = [];
  const watched: Of = (at) => {
    const graph = new Graph(f, at, known);
    known.push(...graph.captures.slice(known.length));
    return graph.primals;
  };
  const states = solvedNumbers(f, y0, times, options, watched).map(({ y }) => y);
  const [count, moments] = [y0.length, times.length];
  const captures = known.map(({ value }) => value);
  const split = (values: readonly Value[]): States => states.map((_, i) => values.slice(i * count, (i + 1) * count));
  const parts = (
    inputs: readonly Value[],
  ): [y0: readonly Value[], times: readonly Value[], theta: readonly Value[]] => [
    inputs.slice(0, count),
    inputs.slice(count, count + moments),
    inputs.slice(count + moments),
  ];
  const shapes = [...y0, ...captures].map(shapeOf);
  const at = (y: readonly Value[], t: Value, theta: readonly Value[]): ReturnType<Graph["at"]> =>
    new Graph(f, [...y.map(primalOf), primalOf(t)], known).at([...y, t, ...theta]);

  const results = composite(
    {
      name: "odeint",
      ...(options.steps === undefined ? { accuracy: { relative: options.rtol, absolute: options.atol } } : {}),
      pull(cotangents, inputs, outputs) {
        const [begin, clock, theta] = parts(inputs);
        const [ys, cs] = [[begin, ...split(outputs)], split(cotangents)];
        const rates: Value[] = new Array<Value>(moments).fill(0);
        let lambda = zerosWhereUndefined([], shapes.slice(0, count));
        let bar = zerosWhereUndefined([], shapes.slice(count));
        const backward: Of = (values) => {
          const [y, l, t] = [values.slice(0, count), values.slice(count, 2 * count), values.at(-1)!];
          const here = at(y, t, theta);
          const adjoints = zerosWhereUndefined(withoutTime(here.pull(l), count), shapes);
          return [...here.outputs, ...adjoints.map((adjoint) => neg(adjoint))];
        };
        for (let i = moments - 1; i > 0; i--) {
          const [y, c] = [ys[i]!, cs[i - 1]!];
          rates[i] = inner(c, at(y, clock[i]!, theta).outputs);
          lambda = lambda.map((value, k) => add(value, c[k]!));
          const [state] = solveOde(backward, [...y, ...lambda, ...bar], [clock[i]!, clock[i - 1]!], options);
          lambda = state!.slice(count, 2 * count);
          bar = state!.slice(2 * count);
        }
        rates[0] = neg(inner(lambda, at(begin, clock[0]!, theta).outputs));
        return [...lambda, ...rates, ...bar];
      },
      push(tangents, inputs, outputs) {
        const [begin, clock, theta] = parts(inputs);
        const [dy, dt, dtheta] = parts(tangents as readonly Value[]) as [Moves, Moves, Moves];
        const along: Of = (values) => {
          const [y, v, t] = [values.slice(0, count), values.slice(count, -1), values.at(-1)!];
          const here = at(y, t, theta);
          return [
            ...here.outputs,
            ...zerosWhereUndefined(here.push([...v, undefined, ...dtheta]), shapes.slice(0, count)),
          ];
        };
        const slopes = (y: readonly Value[], i: number, rate: Value | undefined): readonly (Value | undefined)[] =>
          rate === undefined
            ? y.map(() => undefined)
            : at(y, clock[i]!, theta).outputs.map((slope) => mul(rate, slope));
        // A later beginning is a solution that was moved back along its slope.
        const early = slopes(begin, 0, dt[0]).map((slope) => (slope === undefined ? undefined : neg(slope)));
        const start = total([dy, early], shapes.slice(0, count));
        const solved = solveOde(along, [...begin, ...start], clock, options).map((state) => state.slice(count));
        return split(outputs).flatMap((y, i) =>
          total([solved[i]!, slopes(y, i + 1, dt[i + 1])], shapes.slice(0, count)),
        );
      },
    },
    [...y0, ...times, ...captures],
    states.flat(),
  );
  return split(results);
}

type Moves = readonly (Value | undefined)[];

/** Cotangents of y and of what is closed over, without that of the time, which stands in between. */
function withoutTime(values: Moves, count: number): Moves {
  return [...values.slice(0, count), ...values.slice(count + 1)];
}

function total(terms: readonly Moves[], shapes: readonly Shape[]): readonly Value[] {
  return zerosWhereUndefined(
    shapes.map((_, k) => {
      const there = terms.map((term) => term[k]).filter((term) => term !== undefined);
      return there.length === 0 ? undefined : there.reduce(add);
    }),
    shapes,
  );
}

function inner(a: readonly Value[], b: readonly Value[]): Value {
  return a.map((value, k) => sum(mul(value, b[k]!))).reduce(add, 0);
}
