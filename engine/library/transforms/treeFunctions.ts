import { concat, reshape } from "../../primitives/shaping.ts";
import { shapeOf } from "../../primitives/rule.ts";
import { slice } from "../../primitives/indexing.ts";
import { describeShape, sameShape, sizeOf } from "../../tape/shape.ts";
import type { Value as TapeValue } from "../../tape/tensor.ts";
import type { Tensor, Value } from "../types.ts";
import { asValue } from "../values.ts";
import { asFunction } from "./apply.ts";
import { TransformError } from "./errors.ts";
import { flatten, misfit } from "./trees.ts";
import type { Gradient } from "./types.ts";

/**
 * A tree with f of its leaves in their place, as JAX's `tree.map`; with several trees that are built alike, f of the leaves that
 * stand at the same place in each. Leaves are numbers, tensors and typed arrays (which come as vectors); a complex number has
 * two.
 *
 * @example const next = treeMap((w, g) => w - 0.1 * g, parameters, gradients);
 * @throws TransformError where the trees are not built alike.
 */
export function treeMap<T>(f: (...leaves: Value[]) => unknown, tree: T, ...others: readonly unknown[]): Gradient<T> {
  const call = asFunction("treeMap", f);
  const first = flatten("treeMap: the first tree", tree);
  const rest = others.map((other, k) => {
    const what = `treeMap: tree ${k + 2}`;
    const flat = flatten(what, other);
    const alike = flat.paths.length === first.paths.length && flat.paths.every((path, at) => path === first.paths[at]);
    if (!alike) throw new TransformError(`${what} ${misfit(flat, first)!}: trees must be built alike.`);
    return flat.leaves;
  });
  return first.rebuild(first.leaves.map((leaf, k) => call(leaf, ...rest.map((leaves) => leaves[k]!)))) as Gradient<T>;
}

/** The leaves of a tree in order, as JAX's `tree.leaves`. */
export function treeLeaves(tree: unknown): Value[] {
  return [...flatten("treeLeaves: the tree", tree).leaves] as Value[];
}

/**
 * All numbers of a tree in one vector, and the way back, as JAX's `ravel_pytree`: for optimisers, linear algebra and solvers that
 * work on vectors.
 *
 * @example const [vector, unravel] = ravel(parameters); const moved = unravel(vector - step);
 * @returns the vector, and a function that builds a tree like the one given of any vector as long
 */
export function ravel<T>(tree: T): [vector: Tensor, unravel: (vector: Tensor | readonly number[]) => Gradient<T>] {
  const { leaves, rebuild } = flatten("ravel: the tree", tree);
  const shapes = leaves.map(shapeOf);
  const rows = leaves.map((leaf) => reshape(leaf, [sizeOf(shapeOf(leaf))]));
  const count = shapes.reduce((sum, shape) => sum + sizeOf(shape), 0);
  const unravel = (vector: unknown): unknown => {
    const value = asValue("ravel", vector);
    if (!sameShape(shapeOf(value), [count]))
      throw new TransformError(
        `ravel: the tree has ${count} numbers; give a vector of as many, not ${describeShape(shapeOf(value))}.`,
      );
    let from = 0;
    return rebuild(
      shapes.map((shape): TapeValue => {
        const end = from + sizeOf(shape);
        const part = slice(value, [[from, end]]);
        from = end;
        return reshape(part, shape);
      }),
    );
  };
  return [rows.length === 0 ? asValue("ravel", []) : concat(rows, 0), unravel] as never;
}
