import { broadcastTo } from "../../primitives/broadcasting.ts";
import { shapeOf } from "../../primitives/rule.ts";
import { Tensor, TracedNumber, type Value } from "../../tape/tensor.ts";
import { Complex } from "../complex/number.ts";
import { argumentsOf, asFunction, inScope, runWith, splitLike, type AnyFunction } from "./apply.ts";
import { TransformError } from "./errors.ts";
import { kind, released, type Flat } from "./trees.ts";
import type { GradOptions, Wrt } from "./types.ts";

type Loss = number | readonly [number, unknown];
type AuxOf<Result> = Result extends readonly [number, infer Aux] ? Aux : never;

/**
 * The gradient of a function of numbers, tensors, and trees of them, as a function of the same arguments: as JAX's `grad`.
 *
 * The gradient is built like the argument, each part of its shape: ∂f/∂argument. It can be used inside of a model, and be
 * differentiated itself, to any order.
 *
 * @example const df = grad((x: number) => x ** 3); df(2)           // 12
 * @example grad(loss, { argnums: [0, 1] })(weights, bias)            // [∂loss/∂weights, ∂loss/∂bias]
 * @param f gives one number; with `hasAux`, `[number, aux]`, and the gradient function gives `[gradient, aux]`
 * @throws TransformError where `f` gives no single number, or the argument holds what is no number.
 */
export function grad<Args extends unknown[], Result extends Loss, const Options extends GradOptions = object>(
  f: (...args: Args) => Result,
  options?: Options,
): (
  ...args: Args
) => Options extends { readonly hasAux: true } ? [Wrt<Args, Options>, AuxOf<Result>] : Wrt<Args, Options> {
  return gradientOf("grad", f, options) as never;
}

/** `grad` for a function that is made of it: errors name that. */
export function gradientOf(operation: string, f: unknown, options?: GradOptions): AnyFunction {
  const run = differentiated(operation, f, options);
  return (...args) => {
    const { gradient, aux, hasAux } = run(args);
    return released(hasAux ? [gradient, aux] : gradient);
  };
}

/**
 * As `grad`, but gives `[value, gradient]`; with `hasAux`, `[[value, aux], gradient]`. The value costs nothing extra.
 *
 * @example const [loss, gradient] = valueAndGrad(lossOf)(parameters, batch);
 */
export function valueAndGrad<Args extends unknown[], Result extends Loss, const Options extends GradOptions = object>(
  f: (...args: Args) => Result,
  options?: Options,
): (...args: Args) => [Result, Wrt<Args, Options>] {
  const run = differentiated("valueAndGrad", f, options);
  return ((...args: unknown[]) => {
    const { result, gradient } = run(args);
    return released([result, gradient]);
  }) as never;
}

interface Differentiated {
  readonly result: unknown;
  readonly gradient: unknown;
  readonly aux: unknown;
  readonly hasAux: boolean;
}

function differentiated(
  operation: string,
  f: unknown,
  { argnums, hasAux = false }: GradOptions = {},
): (args: readonly unknown[]) => Differentiated {
  const call = asFunction(operation, f);
  const { list, one } = argumentsOf(operation, argnums);
  return (args) =>
    inScope(() => {
      const run = runWith(operation, call, args, list, (result) => {
        const value = hasAux ? valueOf(operation, result) : result;
        return asScalar(operation, value, hasAux);
      });
      const parts = splitLike(run.inputs, withZeros(run.inputs, run.pull([1])));
      const aux = hasAux ? (run.result as readonly unknown[])[1] : undefined;
      return { result: run.result, gradient: one ? parts[0] : parts, aux, hasAux };
    });
}

function valueOf(operation: string, result: unknown): unknown {
  if (Array.isArray(result) && result.length === 2) return result[0] as unknown;
  throw new TransformError(`${operation}: with hasAux the function returns [value, aux].`);
}

function asScalar(operation: string, value: unknown, hasAux: boolean): unknown {
  if (typeof value === "number" || value instanceof TracedNumber) return value;
  const found =
    value instanceof Tensor
      ? `${kind(value)}; reduce it to a number, with sum or mean for example, or take the jacobian`
      : value === undefined
        ? "nothing; return a number"
        : Array.isArray(value)
          ? hasAux
            ? "no number as its value"
            : "an array; return one number, or take the jacobian, or say hasAux where it is [value, aux]"
          : value instanceof Complex
            ? "a complex number; return a real one, such as its abs or real part, or take the jacobian"
            : typeof value === "object"
              ? `${value === null ? "null" : "an object"}; return one number, or take the jacobian`
              : `a value of type ${typeof value}; return a number`;
  throw new TransformError(`${operation}: the function returned ${found}.`);
}

/** Zeros where a derivative is undefined: the result does not depend on that input. */
export function withZeros(inputs: readonly Flat[], values: readonly (Value | undefined)[]): Value[] {
  const leaves = inputs.flatMap((input) => input.leaves);
  return leaves.map((leaf, k) => values[k] ?? broadcastTo(0, shapeOf(leaf)));
}
