import { composite } from "../../differentiate/composite.ts";
import { Graph, type Of } from "../../differentiate/graph.ts";
import { linearize, type Linearized } from "../../differentiate/linearize.ts";
import { add, mul, neg, sub } from "../../primitives/arithmetic.ts";
import { norm } from "../../primitives/reduction.ts";
import { primalOf, shapeOf, type Primal } from "../../primitives/rule.ts";
import { hypot } from "../../primitives/transcendental.ts";
import { recording, withoutRecording } from "../../tape/recording.ts";
import type { Value } from "../../tape/tensor.ts";
import { asFunction, inScope, type AnyFunction } from "./apply.ts";
import { TransformError } from "./errors.ts";
import { figure, length, solveLinear, type LinearOptions } from "./linearSolve.ts";
import { flatten, misfit, released, type Flat } from "./trees.ts";
import { packed, unpacked, zerosWhereUndefined } from "./vectors.ts";

export interface FixedPointOptions {
  /** How little a turn may change the value at its end: ‖f(x) − x‖ ≤ tolerance · (1 + ‖x‖). 1e-12 when left out. */
  readonly tolerance?: number;
  /** 1000 when left out. */
  readonly maxIterations?: number;
  /** How the linear system of the derivative is solved. */
  readonly linear?: LinearOptions;
}

/**
 * x with f(x) = x, found by applying `f` again and again. Its derivative follows from the implicit function theorem, by one
 * linear system (I − ∂f/∂x)ᵀλ = x̄: nothing of the iteration is kept. Gradients flow into what `f` closes over, not into
 * where it starts.
 *
 * @example const z = fixedPoint((z) => tanh(matmul(w, z) + b), zeros([8]));   // a deep equilibrium layer
 * @param init a tree of numbers and tensors; `f` gives one built like it
 * @throws TransformError where it does not converge, with how far it got.
 */
export function fixedPoint<X>(
  f: (x: X) => X,
  init: X,
  { tolerance = 1e-12, maxIterations = 1000, linear = {} }: FixedPointOptions = {},
): X {
  const map = ofLeaves("fixedPoint", asFunction("fixedPoint", f), init);
  return inScope(() => {
    if (recording.watcher?.compiles === true)
      return map.rebuild(unrolled(map, Math.max(tolerance, compiledTolerance), maxIterations));
    let x = map.start;
    for (let k = 0; ; k++) {
      const next = numbers(() => map.apply(x));
      const [before, after] = [packed(x), packed(next)];
      const change = length(after.map((value, i) => value - before[i]!));
      const size = length(after);
      x = next;
      if (!Number.isFinite(change + size)) throw unsettled(k + 1, change, size);
      if (change <= tolerance * (1 + size)) break;
      if (k + 1 >= maxIterations) throw unsettled(k + 1, change, size);
    }
    const residual: Of = (at) => map.apply(at).map((value, k) => sub(at[k]!, value));
    return released(map.rebuild(implicit("fixedPoint", residual, x, linear)));
  }) as X;
}

function unsettled(turns: number, change: number, size: number): TransformError {
  return new TransformError(
    `fixedPoint: after ${turns} turns the value still changes by ${figure(change)} a turn (its norm is ${figure(size)}); start closer, damp the function, or raise maxIterations or tolerance.`,
    "not-converged",
  );
}

/** What is compiled computes in float32. */
const compiledTolerance = 1e-6;

/**
 * The iteration itself, recorded turn by turn: in what is compiled there is no room for a search. When it has converged, so
 * has its derivative.
 */
function unrolled(map: Map, tolerance: number, maxIterations: number): readonly Value[] {
  const size = (values: readonly Value[]): Value => values.map((value) => norm(value)).reduce((a, b) => hypot(a, b));
  let x: readonly Value[] = map.start;
  for (let k = 1; ; k++) {
    const next = map.apply(x);
    const [change, length] = [size(next.map((value, i) => sub(value, x[i]!))), size(next)];
    const allowed = mul(tolerance, add(1, length));
    recording.watcher?.compared("lessEqual", change, allowed);
    x = next;
    const [now, most] = [primalOf(change) as number, primalOf(allowed) as number];
    if (now <= most && Number.isFinite(now)) return x;
    if (k >= maxIterations || !Number.isFinite(now)) throw unsettled(k, now, primalOf(length) as number);
  }
}

export interface ImplicitRootOptions<X> {
  /**
   * Finds the root: from the function and the guess to x with f(x) ≈ 0. It is not differentiated. When left out, Newton's
   * method, with steps halved until the residual shrinks.
   */
  readonly solve?: (f: (x: X) => X, guess: X) => X;
  /** How small a step of Newton's method ends it: ‖Δx‖ ≤ tolerance · (1 + ‖x‖). 1e-12 when left out. */
  readonly tolerance?: number;
  /** 100 when left out. */
  readonly maxIterations?: number;
  /** How linear systems are solved, those of Newton's method and that of the derivative. */
  readonly linear?: LinearOptions;
}

/**
 * x with f(x) = 0. Its derivative follows from the implicit function theorem, by one linear system (∂f/∂x)ᵀλ = x̄: how the
 * root was found does not matter. Gradients flow into what `f` closes over, not into the guess.
 *
 * @example const root = implicitRoot((x) => x ** 3 + a * x - 1, 0.5);   // ∂root/∂a = −x/(3x² + a)
 * @param guess a tree of numbers and tensors; `f` gives one built like it
 * @throws TransformError where no root is found, with the residual, and where ∂f/∂x is singular there.
 */
export function implicitRoot<X>(f: (x: X) => X, guess: X, options: ImplicitRootOptions<X> = {}): X {
  const map = ofLeaves("implicitRoot", asFunction("implicitRoot", f), guess);
  const { solve, linear = {} } = options;
  if (recording.watcher?.compiles === true)
    throw new TransformError(
      "implicitRoot: a search for a root cannot be compiled into a training step; write it as a fixedPoint, such as x − f(x)/slope.",
    );
  return inScope(() => {
    const x = solve === undefined ? newton(map, options) : solved(map, solve, f);
    return released(map.rebuild(implicit("implicitRoot", (at) => map.apply(at), x, linear)));
  }) as X;
}

/** A function of trees that are built alike, as one of their leaves. */
interface Map {
  readonly start: readonly Primal[];
  readonly apply: Of;
  readonly rebuild: Flat["rebuild"];
}

function ofLeaves(operation: string, f: AnyFunction, init: unknown): Map {
  const wanted = flatten(`${operation}: where it starts`, init);
  return {
    start: wanted.leaves.map(primalOf),
    rebuild: wanted.rebuild,
    apply(leaves) {
      const given = flatten(`${operation}: what the function returned`, f(wanted.rebuild(leaves)));
      const problem = misfit(given, wanted);
      if (problem === undefined) return given.leaves;
      throw new TransformError(
        `${operation}: what the function returned ${problem}: it must be built like what it is given.`,
      );
    },
  };
}

function solved<X>(map: Map, solve: (f: (x: X) => X, guess: X) => X, f: (x: X) => X): readonly Primal[] {
  const found = withoutRecording(recording.tape, () => solve(f, map.rebuild(map.start) as X));
  const flat = flatten("implicitRoot: what solve returned", found);
  const problem = misfit(flat, { ...flatten("", map.rebuild(map.start)) });
  if (problem !== undefined)
    throw new TransformError(`implicitRoot: what solve returned ${problem}: it must be built like the guess.`);
  return flat.leaves.map(primalOf);
}

/** What a function gives while nothing is recorded. */
function numbers(f: () => readonly Value[]): readonly Primal[] {
  return withoutRecording(recording.tape, () => f().map(primalOf));
}

function newton(
  map: Map,
  { tolerance = 1e-12, maxIterations = 100, linear }: Omit<ImplicitRootOptions<unknown>, "solve">,
): readonly Primal[] {
  let x = map.start;
  const shapes = x.map(shapeOf);
  const at = (point: readonly Primal[]): Linearized =>
    withoutRecording(recording.tape, () => linearize(map.apply, point));
  const sizeOf = ({ outputs }: Linearized): number => length(packed(outputs.map(primalOf)));
  let here = at(x);
  let residual = sizeOf(here);
  for (let k = 0; residual !== 0; k++) {
    if (k >= maxIterations || !Number.isFinite(residual))
      throw new TransformError(
        `implicitRoot: no root found in ${k} steps of Newton's method: the residual is ${figure(residual)} at a point of norm ${figure(length(packed(x)))}; start closer to a root, or give a solve of your own.`,
        "not-converged",
      );
    const push = (v: Float64Array): Float64Array =>
      withoutRecording(recording.tape, () =>
        packed(zerosWhereUndefined(here.push(unpacked(v, shapes)), shapes).map(primalOf)),
      );
    const step = solveLinear("implicitRoot", push, packed(here.outputs.map(primalOf)), linear);
    const from = packed(x);
    const small = length(step) <= tolerance * (1 + length(from));
    for (let scale = 1; ; scale /= 2) {
      const candidate = unpacked(
        from.map((value, i) => value - scale * step[i]!),
        shapes,
      );
      const there = at(candidate);
      const size = sizeOf(there);
      if (size < residual || (small && size <= 2 * residual)) {
        [x, here, residual] = [candidate, there, size];
        break;
      }
      if (small) return x;
      if (scale < 2 ** -40)
        throw new TransformError(
          `implicitRoot: no root found: after ${k} steps of Newton's method no step makes the residual smaller than ${figure(residual)}; start closer to a root, or give a solve of your own.`,
          "not-converged",
        );
    }
    if (small) return x;
  }
  return x;
}

/**
 * The solution of F(x, θ) = 0 as a function of θ, everything that F closes over: one operation. With A = ∂F/∂x there,
 * x̄ gives θ̄ = −(∂F/∂θ)ᵀ A⁻ᵀ x̄, and θ̇ gives ẋ = −A⁻¹ (∂F/∂θ) θ̇. Each linear system is again the solution of an equation,
 * so it can be differentiated again, to any order.
 */
export function implicit(
  name: string,
  residual: Of,
  solution: readonly Primal[],
  options: LinearOptions,
): readonly Value[] {
  if (!recording.on) return solution;
  const graph = new Graph(residual, solution);
  const count = solution.length;
  const linear = (inputs: readonly Value[], outputs: readonly Value[]): [Linearized, Linearized] => {
    const at = [...outputs, ...inputs];
    return [graph.at(at), withoutRecording(recording.tape, () => graph.at(at.map(primalOf)))];
  };
  return composite(
    {
      name,
      pull(cotangents, inputs, outputs) {
        const [values, plain] = linear(inputs, outputs);
        const transposed = (at: Linearized) => (v: readonly Value[]) => at.pull(v).slice(0, count);
        const lambda = solvedFor(name, transposed(plain), transposed(values), cotangents, options);
        return values
          .pull(lambda)
          .slice(count)
          .map((adjoint) => (adjoint === undefined ? undefined : neg(adjoint)));
      },
      push(tangents, inputs, outputs) {
        const [values, plain] = linear(inputs, outputs);
        const still = outputs.map(() => undefined);
        const moved = zerosWhereUndefined(values.push([...still, ...tangents]), outputs.map(shapeOf));
        const along = (at: Linearized) => (v: readonly Value[]) => at.push([...v, ...tangents.map(() => undefined)]);
        return solvedFor(
          name,
          along(plain),
          along(values),
          moved.map((value) => neg(value)),
          options,
        );
      },
    },
    graph.captures.map(({ value }) => value),
    solution,
  );
}

type Products = (v: readonly Value[]) => readonly (Value | undefined)[];

/** x with A·x = b. While a recording is on, x is known on it as the solution of that equation. */
function solvedFor(
  name: string,
  plain: Products,
  values: Products,
  b: readonly Value[],
  options: LinearOptions,
): readonly Value[] {
  const shapes = b.map(shapeOf);
  const product = (v: Float64Array): Float64Array =>
    packed(numbers(() => zerosWhereUndefined(plain(unpacked(v, shapes)), shapes)));
  const x = unpacked(solveLinear(name, product, packed(b.map(primalOf)), options), shapes);
  if (!recording.on) return x;
  const equation: Of = (at) => zerosWhereUndefined(values(at), shapes).map((value, k) => sub(value, b[k]!));
  return implicit(name, equation, x, options);
}
