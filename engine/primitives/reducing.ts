import type { Attributes } from "../tape/tape.ts";
import type { Shape } from "../tape/shape.ts";
import { Tensor, type Value } from "../tape/tensor.ts";
import { axesOf, lanesOf, reducedShape, type Axes, type Lanes } from "./axes.ts";
import { ShapeError } from "./broadcastShapes.ts";
import { broadcastTo } from "./broadcasting.ts";
import type { PrimitiveName } from "./names.ts";
import { dataOf, primitive, scalarOrTensor, shapeOf, type Primal, type Primitive, type Rule } from "./rule.ts";
import { reshape, transposed } from "./shaping.ts";

export type Reduction = (x: Value, axes?: Axes, keepDims?: boolean) => Value;

export interface Reduced {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

export const reduced = (attributes: Attributes): Reduced => attributes as unknown as Reduced;

/** Reduces lanes of `extent` elements, `inner` apart, into `outer × inner` results. */
export type Kernel = (data: Float64Array, lanes: Lanes, results: Float64Array) => void;

const changesSingle: ReadonlySet<PrimitiveName> = new Set(["norm", "any", "all"]);

/** A primitive that reduces over axes. Without axes it is the identity, unless it changes a single element too. */
export function reduction(
  name: PrimitiveName,
  kernel: Kernel,
  differential: Pick<Rule, "jvp" | "vjp">,
  emptyMessage?: string,
): Primitive<Reduction> {
  return primitive<Reduction>(
    name,
    {
      ...differential,
      shape([from], attributes) {
        const { axes, keepDims } = reduced(attributes);
        if (emptyMessage !== undefined && axes.some((axis) => from![axis] === 0))
          throw new ShapeError(`${displayName(name)} of [${from!.join(", ")}]: ${emptyMessage}`);
        return reducedShape(from!, axes, keepDims);
      },
      evaluate([x], attributes, shape) {
        const { data, lanes } = lanesOver(x!, reduced(attributes).axes);
        const results = new Float64Array(lanes.outer * lanes.inner);
        kernel(data, lanes, results);
        return scalarOrTensor(shape, results);
      },
    },
    (run) =>
      (x, axes, keepDims = false) => {
        const list = axesOf(displayName(name), axes, shapeOf(x));
        return list.length === 0 && !changesSingle.has(name) ? x : run([x], { axes: list, keepDims });
      },
  );
}

/** Reductions and elementwise functions that share a name with people have different names in the table. */
function displayName(name: PrimitiveName): string {
  return name === "reduceMax" ? "max" : name === "reduceMin" ? "min" : name;
}

/** The lanes that a reduction over `axes` runs along; axes apart from each other are first brought together. */
export function lanesOver(x: Primal, axes: readonly number[]): { data: Float64Array; lanes: Lanes } {
  if (typeof x === "number" || axes.length === 0)
    return { data: dataOf(x), lanes: { outer: dataOf(x).length, extent: 1, inner: 1 } };
  const first = axes[0]!;
  const last = axes[axes.length - 1]!;
  if (last - first === axes.length - 1) return { data: x.data, lanes: lanesOf(x.shape, first, last) };
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const together = transposed(x, [...kept, ...axes]);
  return { data: together.data, lanes: lanesOf(together.shape, kept.length, x.shape.length - 1) };
}

/** Undoes the reordering of `lanesOver`. */
export function returned(data: Float64Array, shape: Shape, axes: readonly number[]): Float64Array {
  const [first = 0] = axes;
  if (axes.at(-1)! - first + 1 === axes.length) return data;
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const order = [...kept, ...axes];
  const inverse = shape.map((_, axis) => order.indexOf(axis));
  return transposed(
    new Tensor(
      order.map((axis) => shape[axis]!),
      data,
    ),
    inverse,
  ).data;
}

/** A reduced value repeated along the axes it was reduced over, to the shape of `x`. */
export function expand(value: Value, x: Value, attributes: Attributes): Value {
  const shape = shapeOf(x);
  return broadcastTo(reshape(value, reducedShape(shape, reduced(attributes).axes, true)), shape);
}
