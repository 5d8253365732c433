import { shapeOf } from "../../primitives/rule.ts";
import { reshape, stack, transpose } from "../../primitives/shaping.ts";
import { sizeOf, type Shape } from "../../tape/shape.ts";
import { Tensor, type Value } from "../../tape/tensor.ts";
import { argumentsOf, asFunction, inScope, runWith, type Run } from "./apply.ts";
import { TransformError } from "./errors.ts";
import { gradientOf, withZeros } from "./grad.ts";
import { noDerivative, released } from "./trees.ts";
import type { Argnums, Jacobian, JacobianWrt } from "./types.ts";

export interface JacobianOptions extends Argnums {
  /**
   * "forward" takes one pass for each element of the arguments, "reverse" one for each element of the result. When left
   * out, the fewer passes are taken.
   */
  readonly mode?: "forward" | "reverse";
}

/**
 * All first derivatives of a function of trees, as a function of the same arguments: as JAX's `jacfwd` and `jacrev`, which
 * `mode` chooses from.
 *
 * The Jacobian of a result of shape [m] with respect to an argument of shape [n] is [m, n]: the result's shape followed by the
 * argument's. Of trees, each part of the result has a tree built like the argument in its place.
 *
 * @example jacobian((x: Tensor<readonly [3]>) => sin(x))(x)   // [3, 3], diagonal
 */
export function jacobian<Args extends unknown[], Result, const Options extends JacobianOptions = object>(
  f: (...args: Args) => Result,
  options?: Options,
): (...args: Args) => JacobianWrt<Result, Args, Options> {
  return jacobianOf("jacobian", f, options) as never;
}

/** The Jacobian by forward passes: for functions with few inputs. See `jacobian`. */
export function jacfwd<Args extends unknown[], Result, const Options extends Argnums = object>(
  f: (...args: Args) => Result,
  options?: Options,
): (...args: Args) => JacobianWrt<Result, Args, Options> {
  return jacobianOf("jacfwd", f, { ...options, mode: "forward" }) as never;
}

/** The Jacobian by reverse passes: for functions with few outputs. See `jacobian`. */
export function jacrev<Args extends unknown[], Result, const Options extends Argnums = object>(
  f: (...args: Args) => Result,
  options?: Options,
): (...args: Args) => JacobianWrt<Result, Args, Options> {
  return jacobianOf("jacrev", f, { ...options, mode: "reverse" }) as never;
}

/** Built like the argument, with a tree like it in the place of each part: ∂²f/∂xᵢ∂xⱼ. */
type Hessian<Args extends readonly unknown[], Options> = Options extends { readonly argnums: infer N }
  ? N extends readonly number[]
    ? { -readonly [K in keyof N]: { -readonly [J in keyof N]: Second<Args, N[K], N[J]> } }
    : Second<Args, N, N>
  : Second<Args, 0, 0>;
type Second<Args extends readonly unknown[], I, J> = I extends number
  ? J extends number
    ? Jacobian<Exclude<Args[I], undefined>, Exclude<Args[J], undefined>>
    : never
  : never;

/**
 * All second derivatives of a function that gives one number: the Jacobian of its gradient, by forward passes over one
 * reverse pass. With respect to an argument of shape [n] it is [n, n].
 *
 * @example hessian((x: number, y: number) => x ** 2 * y, { argnums: [0, 1] })(3, 2)   // [[4, 6], [6, 0]]
 */
export function hessian<Args extends unknown[], const Options extends Argnums = object>(
  f: (...args: Args) => number,
  options?: Options,
): (...args: Args) => Hessian<Args, Options> {
  asFunction("hessian", f);
  return jacobianOf("hessian", gradientOf("hessian", f, options), { ...options, mode: "forward" }) as never;
}

function jacobianOf(
  operation: string,
  f: unknown,
  { argnums, mode }: JacobianOptions = {},
): (...args: readonly unknown[]) => unknown {
  const call = asFunction(operation, f);
  const { list, one } = argumentsOf(operation, argnums);
  if (mode !== undefined && !["forward", "reverse"].includes(mode))
    throw new TransformError(`${operation}: the mode is "forward" or "reverse", not ${JSON.stringify(mode)}.`);
  return (...args) =>
    inScope(() => {
      const run = runWith(operation, call, args, list);
      const elements = (leaves: readonly Value[]): number => leaves.reduce<number>((n, x) => n + sizeOf(shapeOf(x)), 0);
      const inputs = run.inputs.flatMap(({ leaves }) => leaves);
      const forward = mode === undefined ? elements(inputs) <= elements(run.output.leaves) : mode === "forward";
      const parts = forward ? byForward(run, inputs) : byReverse(run, inputs);
      const rows = parts.map((row) => {
        let from = 0;
        const trees = run.inputs.map(({ leaves, rebuild }) =>
          rebuild(row.slice(from, (from += leaves.length)), noDerivative),
        );
        return one ? trees[0] : trees;
      });
      return released(run.output.rebuild(rows, noDerivative));
    });
}

/** Of each leaf of the result, the derivative with respect to each leaf of the arguments, [...result, ...argument]. */
type Parts = Value[][];

function byReverse({ output, pull, inputs: trees }: Run, inputs: readonly Value[]): Parts {
  return output.leaves.map((leaf, k) => {
    const shape = shapeOf(leaf);
    const rows = units(shape).map((unit) => {
      const seeds = output.leaves.map((_, at) => (at === k ? unit : undefined));
      return withZeros(trees, pull(seeds));
    });
    return inputs.map((input, j) =>
      gathered(
        rows.map((row) => row[j]!),
        [...shape, ...shapeOf(input)],
      ),
    );
  });
}

function byForward({ output, push }: Run, inputs: readonly Value[]): Parts {
  const columns = inputs.map((input, j) =>
    units(shapeOf(input)).map((unit) => {
      const moves = inputs.map((_, at) => (at === j ? unit : undefined));
      return withZeros([output], push(moves));
    }),
  );
  return output.leaves.map((leaf, k) =>
    inputs.map((input, j) => {
      const [out, given] = [shapeOf(leaf), shapeOf(input)];
      const joined = gathered(
        columns[j]!.map((column) => column[k]!),
        [...given, ...out],
      );
      const axes = [...out.map((_, axis) => given.length + axis), ...given.map((_, axis) => axis)];
      return axes.length < 2 ? joined : transpose(joined, axes);
    }),
  );
}

function gathered(rows: readonly Value[], shape: Shape): Value {
  if (shape.length === 0) return rows[0]!;
  if (rows.length === 0) return new Tensor(shape, new Float64Array(0));
  return reshape(stack(rows), shape);
}

/** The unit vectors of a shape. */
function units(shape: Shape): Value[] {
  if (shape.length === 0) return [1];
  return Array.from({ length: sizeOf(shape) }, (_, k) => {
    const data = new Float64Array(sizeOf(shape));
    data[k] = 1;
    return new Tensor(shape, data);
  });
}
