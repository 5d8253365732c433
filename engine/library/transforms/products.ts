import { shapeOf } from "../../primitives/rule.ts";
import { sameShape } from "../../tape/shape.ts";
import type { Value } from "../../tape/tensor.ts";
import { argumentsOf, asFunction, inScope, runWith, splitLike, type Run } from "./apply.ts";
import { TransformError } from "./errors.ts";
import { gradientOf, withZeros } from "./grad.ts";
import { flatten, kind, misfit, noDerivative, released, type Flat } from "./trees.ts";
import type { Gradient, Tangents } from "./types.ts";

/**
 * The value of a function at a point, and its pullback: as JAX's `vjp`.
 *
 * `pullback(cotangent)` gives Jᵀ·cotangent, an array with the cotangent of each argument. The cotangent is built like the
 * value, each part of its shape. It may be called any number of times.
 *
 * @example const [y, pullback] = vjp(f, x); const [xBar] = pullback(yBar);
 * @throws TransformError where the cotangent is not built like the value.
 */
export function vjp<Args extends unknown[], Result>(
  f: (...args: Args) => Result,
  ...primals: Args
): [value: Result, pullback: (cotangent: Gradient<Result>) => Tangents<Args>] {
  const run = runOf("vjp", f, primals);
  const pullback = (cotangent: unknown): unknown =>
    inScope(() => {
      const seeds = alike("vjp: the cotangent", cotangent, run.output, "like the value of the function");
      return released(splitLike(run.inputs, withZeros(run.inputs, run.pull(seeds))));
    });
  return [released(run.result), pullback] as never;
}

/**
 * The value of a function at a point, and its derivative along a direction: as JAX's `jvp`. One forward pass; it costs
 * about as much as the function, whatever the number of inputs.
 *
 * @example const [y, dy] = jvp(f, [x], [dx]);
 * @param primals the arguments, in an array
 * @param tangents a tangent for each of them, built like it
 * @throws TransformError where tangents are missing or not built like the arguments.
 */
export function jvp<Args extends unknown[], Result>(
  f: (...args: Args) => Result,
  primals: readonly [...Args],
  tangents: Readonly<Tangents<NoInfer<Args>>>,
): [value: Result, tangent: Gradient<Result>] {
  const call = asFunction("jvp", f);
  return inScope(() => {
    const run = runWith("jvp", call, primals, checkedPlaces("jvp", primals, tangents));
    return released([run.result, tangentOf(run, tangentsOf("jvp", tangents, run))]);
  }) as never;
}

/**
 * The value of a function at a point, and its derivative there as a linear function: as JAX's `linearize`. The function runs
 * once; `pushforward(...tangents)` gives J·tangents, built like the value, and may be called any number of times.
 *
 * @example const [y, pushforward] = linearize(f, x); const dy = pushforward(dx);
 * @throws TransformError where tangents are missing or not built like the arguments.
 */
export function linearize<Args extends unknown[], Result>(
  f: (...args: Args) => Result,
  ...primals: Args
): [value: Result, pushforward: (...tangents: Tangents<Args>) => Gradient<Result>] {
  const run = runOf("linearize", f, primals);
  const pushforward = (...tangents: unknown[]): unknown =>
    inScope(() => {
      checkedPlaces("linearize", primals, tangents);
      return released(tangentOf(run, tangentsOf("linearize", tangents, run)));
    });
  return [released(run.result), pushforward] as never;
}

/**
 * The product of the Hessian of a function with a direction, without the Hessian: the derivative of the gradient along it
 * (Pearlmutter 1994), by one forward pass over one reverse pass.
 *
 * @example const [Hv] = hvp(f, [x], [v]);
 * @param f gives one number
 * @returns for each argument, H·tangents, built like it
 */
export function hvp<Args extends unknown[]>(
  f: (...args: Args) => number,
  primals: readonly [...Args],
  tangents: Readonly<Tangents<NoInfer<Args>>>,
): Tangents<Args> {
  asFunction("hvp", f);
  const places = checkedPlaces("hvp", primals, tangents);
  return inScope(() => {
    const run = runWith("hvp", gradientOf("hvp", f, { argnums: places }), primals, places);
    return released(tangentOf(run, tangentsOf("hvp", tangents, run)));
  }) as never;
}

/** Runs a function once, with all of its arguments as variables. */
function runOf(operation: string, f: unknown, primals: readonly unknown[]): Run {
  const call = asFunction(operation, f);
  const all = primals.map((_, k) => k);
  return inScope(() => runWith(operation, call, primals, all));
}

function checkedPlaces(operation: string, primals: unknown, tangents: unknown): readonly number[] {
  if (!Array.isArray(primals) || !Array.isArray(tangents))
    throw new TransformError(
      `${operation} takes the arguments in an array and their tangents in another: ${operation}(f, [x], [dx]).`,
    );
  if (primals.length === tangents.length)
    return argumentsOf(
      operation,
      Array.from(primals, (_, k) => k),
    ).list;
  const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;
  throw new TransformError(
    `${operation} was given ${count(tangents.length, "tangent")} for ${count(primals.length, "argument")}: give one for each, in their order.`,
  );
}

function tangentsOf(operation: string, tangents: readonly unknown[], { inputs }: Run): Value[] {
  return tangents.flatMap((tangent, k) =>
    alike(`${operation}: the tangent of argument ${k + 1}`, tangent, inputs[k]!, "like the argument"),
  );
}

/** The derivative of the result along `moves`, built like it. */
function tangentOf({ output, push }: Run, moves: readonly Value[]): unknown {
  return output.rebuild(withZeros([output], push(moves)), noDerivative);
}

/** The leaves of a tree that must be built like another. */
export function alike(what: string, tree: unknown, wanted: Flat, like: string): readonly Value[] {
  const only = wanted.leaves.length === 1 ? wanted.leaves[0] : undefined;
  // Nested arrays of numbers stand for a tensor where there is a single one.
  const given = flatten(what, tree);
  const problem = misfit(given, wanted);
  if (problem === undefined) return given.leaves;
  if (only !== undefined && given.leaves.length === 1 && !sameShape(shapeOf(only), shapeOf(given.leaves[0]!)))
    throw new TransformError(`${what} is ${kind(given.leaves[0]!)}, not ${kind(only)} ${like}.`);
  throw new TransformError(`${what} ${problem}: it must be built ${like}.`);
}
