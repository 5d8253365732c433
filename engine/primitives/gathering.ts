import { ValueError } from "./argumentErrors.ts";
import { describeShape, sizeOf, type Shape } from "../tape/shape.ts";
import type { Attributes } from "../tape/tape.ts";
import { Tensor, type Value } from "../tape/tensor.ts";
import { axisOf, lanesOf } from "./axes.ts";
import { ShapeError } from "./broadcastShapes.ts";
import { broadcastTo } from "./broadcasting.ts";
import { slice } from "./indexing.ts";
import { dataOf, primitive, scalarOrTensor, shapeOf, type Primal, type Primitive } from "./rule.ts";

const axisIn = (attributes: Attributes): number => attributes["axis"] as number;

/** Indices along an axis of `extent` elements; negative ones count from the end. */
export function checkedIndices(operation: string, indices: Primal, extent: number): Int32Array {
  const data = dataOf(indices);
  const checked = new Int32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const index = data[i]!;
    if (!Number.isInteger(index) || index < -extent || index >= extent)
      throw new ValueError(
        `${operation}: index ${index} is not a whole number from ${-extent} to ${extent - 1} along an axis of ${extent} elements`,
      );
    checked[i] = index < 0 ? index + extent : index;
  }
  return checked;
}

export type Gatherer = (x: Value, indices: Value, axis: number) => Value;
export type Scatterer = (x: Value, indices: Value, axis: number, shape: Shape) => Value;

/** The elements at `indices` along an axis. Adjoints of an index given twice add. */
export const take: Primitive<Gatherer> = primitive<Gatherer>(
  "take",
  {
    shape: ([from, indices], attributes) => from!.toSpliced(axisIn(attributes), 1, ...indices!),
    evaluate([x, indices], attributes, shape) {
      const { outer, extent, inner } = lanesOf((x as Tensor).shape, axisIn(attributes));
      const places = checkedIndices("take", indices!, extent);
      const from = dataOf(x!);
      const data = new Float64Array(sizeOf(shape));
      for (let o = 0, at = 0; o < outer; o++)
        for (const place of places)
          for (let i = 0, source = (o * extent + place) * inner; i < inner; i++) data[at++] = from[source++]!;
      return scalarOrTensor(shape, data);
    },
    jvp: ([tangent], [, indices], result, attributes) =>
      tangent === undefined ? broadcastTo(0, shapeOf(result)) : take(tangent, indices!, axisIn(attributes)),
    vjp: [
      (cotangent, [x, indices], _, attributes) => scatterAdd(cotangent, indices!, axisIn(attributes), shapeOf(x!)),
      undefined,
    ],
    accumulate: (sum, cotangent, [x, indices], attributes) =>
      addSlices("take", sum, cotangent, indices!, shapeOf(x!), axisIn(attributes)),
  },
  (run) => (x, indices, axis) => run([x, indices], { axis: axisOf("take", axis, shapeOf(x)) }),
);

/** Zeros of `shape`, to which the elements of x are added at `indices` along an axis: the adjoint of `take`. */
export const scatterAdd: Primitive<Scatterer> = primitive<Scatterer>(
  "scatterAdd",
  {
    shape: (_, attributes) => attributes["shape"] as Shape,
    evaluate([x, indices], attributes, shape) {
      const data = new Float64Array(sizeOf(shape));
      addSlices("scatterAdd", data, x!, indices!, shape, axisIn(attributes));
      return new Tensor(shape, data);
    },
    jvp: ([tangent], [, indices], result, attributes) =>
      tangent === undefined
        ? broadcastTo(0, shapeOf(result))
        : scatterAdd(tangent, indices!, axisIn(attributes), shapeOf(result)),
    vjp: [(cotangent, [, indices], _, attributes) => take(cotangent, indices!, axisIn(attributes)), undefined],
  },
  (run) => (x, indices, axis, shape) => run([x, indices], { axis, shape }),
);

/** Adds to elements of shape `whole`, at indices along an axis. */
function addSlices(name: string, sum: Float64Array, added: Primal, indices: Primal, whole: Shape, axis: number): void {
  const { outer, extent, inner } = lanesOf(whole, axis);
  const places = checkedIndices(name, indices, extent);
  const from = dataOf(added);
  for (let o = 0, at = 0; o < outer; o++)
    for (const place of places)
      for (let i = 0, target = (o * extent + place) * inner; i < inner; i++) sum[target++]! += from[at++]!;
}

/** Along an axis, the element at each index of `indices`, which has the shape of x except along that axis. */
export const takeAlongAxis: Primitive<Gatherer> = primitive<Gatherer>(
  "takeAlongAxis",
  {
    shape([from, indices], attributes) {
      const axis = axisIn(attributes);
      if (!namesElements(from!, indices!, axis))
        throw new ShapeError(
          `takeAlongAxis of ${describeShape(from!)} with indices ${describeShape(indices!)}: they must be equal except along axis ${axis}`,
        );
      return indices!;
    },
    evaluate([x, indices], attributes, shape) {
      const data = new Float64Array(sizeOf(shape));
      const from = dataOf(x!);
      forEachPlace(
        "takeAlongAxis",
        indices!,
        (x as Tensor).shape,
        axisIn(attributes),
        (at, place) => (data[at] = from[place]!),
      );
      return new Tensor(shape, data);
    },
    jvp: ([tangent], [, indices], result, attributes) =>
      tangent === undefined ? broadcastTo(0, shapeOf(result)) : takeAlongAxis(tangent, indices!, axisIn(attributes)),
    vjp: [
      (cotangent, [x, indices], _, attributes) =>
        scatterAddAlongAxis(cotangent, indices!, axisIn(attributes), shapeOf(x!)),
      undefined,
    ],
    accumulate: (sum, cotangent, [x, indices], attributes) =>
      addElements("takeAlongAxis", sum, cotangent, indices!, shapeOf(x!), axisIn(attributes)),
  },
  (run) => (x, indices, axis) => run([x, indices], { axis: axisOf("takeAlongAxis", axis, shapeOf(x)) }),
);

/** The adjoint of `takeAlongAxis`. */
export const scatterAddAlongAxis: Primitive<Scatterer> = primitive<Scatterer>(
  "scatterAddAlongAxis",
  {
    shape: (_, attributes) => attributes["shape"] as Shape,
    evaluate([x, indices], attributes, shape) {
      const data = new Float64Array(sizeOf(shape));
      addElements("scatterAddAlongAxis", data, x!, indices!, shape, axisIn(attributes));
      return new Tensor(shape, data);
    },
    jvp: ([tangent], [, indices], result, attributes) =>
      tangent === undefined
        ? broadcastTo(0, shapeOf(result))
        : scatterAddAlongAxis(tangent, indices!, axisIn(attributes), shapeOf(result)),
    vjp: [(cotangent, [, indices], _, attributes) => takeAlongAxis(cotangent, indices!, axisIn(attributes)), undefined],
  },
  (run) => (x, indices, axis, shape) => run([x, indices], { axis, shape }),
);

/** Adds to elements of shape `whole`, at an index along an axis for each of what is added. */
function addElements(
  name: string,
  sum: Float64Array,
  added: Primal,
  indices: Primal,
  whole: Shape,
  axis: number,
): void {
  const from = dataOf(added);
  forEachPlace(name, indices, whole, axis, (at, place) => (sum[place]! += from[at]!));
}

/** Whether indices of this shape name elements along an axis: they are equal except along it. */
export function namesElements(whole: Shape, indices: Shape, axis: number): boolean {
  return indices.length === whole.length && indices.every((extent, k) => k === axis || extent === whole[k]);
}

/** Calls `visit` with the place of each index among the indices, and the place it names in data of shape `whole`. */
export function forEachPlace(
  name: string,
  indices: Primal,
  whole: Shape,
  axis: number,
  visit: (at: number, place: number) => void,
): void {
  const { outer, extent, inner } = lanesOf(whole, axis);
  const places = checkedIndices(name, indices, extent);
  const chosen = places.length / (outer * inner);
  for (let o = 0, at = 0; o < outer; o++)
    for (let e = 0; e < chosen; e++)
      for (let i = 0; i < inner; i++, at++) visit(at, (o * extent + places[at]!) * inner + i);
}

/** 1 at each index along a new last axis of `depth` elements, 0 elsewhere. */
export const oneHot: Primitive<(indices: Value, depth: number) => Value> = primitive<
  (indices: Value, depth: number) => Value
>(
  "oneHot",
  {
    shape: ([indices], attributes) => [...indices!, attributes["depth"] as number],
    evaluate([indices], attributes, shape) {
      const depth = attributes["depth"] as number;
      const data = new Float64Array(sizeOf(shape));
      checkedIndices("oneHot", indices!, depth).forEach((index, row) => (data[row * depth + index] = 1));
      return new Tensor(shape, data);
    },
    jvp: (_, __, result) => broadcastTo(0, shapeOf(result)),
    vjp: [undefined],
  },
  (run) => (indices, depth) => {
    if (!Number.isInteger(depth) || depth < 1)
      throw new ShapeError(`oneHot: the number of classes is ${depth}; give a whole number from 1 on`);
    return run([indices], { depth });
  },
);

export type Order = (x: Value, axis: number, descending?: boolean) => Value;

/**
 * The places of the elements along an axis in ascending or descending order. Equal ones keep their order; NaN counts as
 * larger than every number.
 */
export const argsort: Primitive<Order> = primitive<Order>(
  "argsort",
  {
    shape: ([from]) => from!,
    evaluate([x], attributes, shape) {
      const { outer, extent, inner } = lanesOf(shape, axisIn(attributes));
      const from = dataOf(x!);
      const data = new Float64Array(from.length);
      const order = new Array<number>(extent);
      const sign = attributes["descending"] === true ? -1 : 1;
      for (let o = 0; o < outer; o++)
        for (let i = 0; i < inner; i++) {
          const at = (e: number): number => (o * extent + e) * inner + i;
          for (let e = 0; e < extent; e++) order[e] = e;
          order.sort((a, b) => sign * ascending(from[at(a)]!, from[at(b)]!));
          for (let e = 0; e < extent; e++) data[at(e)] = order[e]!;
        }
      return new Tensor(shape, data);
    },
    jvp: (_, __, result) => broadcastTo(0, shapeOf(result)),
    vjp: [undefined],
  },
  (run) =>
    (x, axis, descending = false) =>
      run([x], { axis: axisOf("argsort", axis, shapeOf(x)), descending }),
);

function ascending(a: number, b: number): number {
  if (a !== a) return b !== b ? 0 : 1;
  return b !== b || a < b ? -1 : a > b ? 1 : 0;
}

/** The elements along an axis in order; each adjoint goes back to where the element came from. */
export function sort(x: Value, axis = -1, descending = false): Value {
  return takeAlongAxis(x, argsort(x, axis, descending), axis);
}

/** The k largest elements along an axis, or the smallest, best first, and their places; of equal ones the first come first. */
export function topK(
  x: Value,
  k: number,
  axis = -1,
  largest = true,
): { readonly values: Value; readonly indices: Value } {
  const place = axisOf("topK", axis, shapeOf(x));
  const extent = shapeOf(x)[place]!;
  if (!Number.isInteger(k) || k < 0 || k > extent)
    throw new ShapeError(
      `topK of ${describeShape(shapeOf(x))}: k is ${k}; axis ${place} has ${extent} elements, give a whole number from 0 to that`,
    );
  const indices = slice(argsort(x, place, largest), [...new Array<null>(place).fill(null), [0, k]]);
  return { values: takeAlongAxis(x, indices, place), indices };
}
