/** Batching rules of what reads and writes at indices. */
import { ValueError } from "../../primitives/argumentErrors.ts";
import { add, mul, sub } from "../../primitives/arithmetic.ts";
import { broadcastTo } from "../../primitives/broadcasting.ts";
import { equal, greater, greaterEqual, less, lessEqual, logicalAnd } from "../../primitives/comparison.ts";
import { checkedIndices, scatterAddAlongAxis, take, takeAlongAxis } from "../../primitives/gathering.ts";
import { operationName } from "../../primitives/names.ts";
import { moveAxis } from "../../primitives/rearranging.ts";
import { all, sum } from "../../primitives/reduction.ts";
import { floor } from "../../primitives/rounding.ts";
import { apply, dataOf, primalOf, shapeOf } from "../../primitives/rule.ts";
import { scatterSetAlongAxis } from "../../primitives/scattering.ts";
import { where } from "../../primitives/selection.ts";
import { concat, reshape } from "../../primitives/shaping.ts";
import { describeShape, sizeOf, stridesOf, type Shape } from "../../tape/shape.ts";
import type { Attributes } from "../../tape/tape.ts";
import { Tensor, type Value } from "../../tape/tensor.ts";
import { alongAxis, everywhere, ones, own, type Batched, type BatchingRule } from "./batched.ts";

/** Along an axis, into something of a shape that is given. */
export const intoShape: BatchingRule = (given, rule) =>
  alongAxis({ ...given, attributes: { ...given.attributes, shape: [given.size, ...shapeIn(given.attributes)] } }, rule);

const shapeIn = (attributes: Attributes): Shape => attributes["shape"] as Shape;

/** What is said of the last axes holds for the batch as well. */
export const beside: BatchingRule = ({ operation, operands, attributes, size }, rule) =>
  apply(
    operation,
    rule,
    operands.map((operand) => everywhere(operand, size)),
    attributes,
  );

/**
 * Indices along an axis of what has this shape, one list for each of a batch, as an index for each element: so the kernels
 * for elements serve. Each is checked against the axis at hand.
 */
function indicesOfElements(name: string, indices: Batched, whole: Shape, axis: number, size: number): Value {
  checkedIndices(name, primalOf(indices.value), whole[axis]!);
  const [before, after] = [whole.slice(0, axis), whole.slice(axis + 1)];
  const count = sizeOf(own(indices));
  const spread = [indices.isBatched ? size : 1, ...ones(before.length), count, ...ones(after.length)];
  return broadcastTo(reshape(indices.value, spread), [size, ...before, count, ...after]);
}

/** Elements of one value for a batch of indices, of a batch at the same ones, or of each at its own. */
export const taken: BatchingRule = ({ operands, attributes, shape, size }) => {
  const [x, indices] = operands as readonly [Batched, Batched];
  const axis = attributes["axis"] as number;
  if (!indices.isBatched) return take(x.value, indices.value, axis + 1);
  if (x.isBatched) {
    const elements = indicesOfElements("take", indices, own(x), axis, size);
    return reshape(takeAlongAxis(x.value, elements, axis + 1), [size, ...shape]);
  }
  const found = take(x.value, indices.value, axis);
  return axis === 0 ? found : moveAxis(found, axis, 0);
};

/** Into several at the same indices, or into each at its own. */
export const scattered: BatchingRule = ({ operation, operands, attributes, shape, size }, rule) => {
  const indices = operands.at(-1)!;
  const axis = attributes["axis"] as number;
  const wholes = operands.slice(0, -1).map((operand) => everywhere(operand, size));
  if (!indices.isBatched) {
    const into = attributes["shape"] === undefined ? {} : { shape: [size, ...shape] };
    return apply(operation, rule, [...wholes, indices.value], { ...attributes, axis: axis + 1, ...into });
  }
  const name = operationName(operation);
  const elements = indicesOfElements(name, indices, shape, axis, size);
  const updates = reshape(wholes.at(-1)!, shapeOf(elements));
  if (name === "scatterAdd") return scatterAddAlongAxis(updates, elements, axis + 1, [size, ...shape]);
  return scatterSetAlongAxis(wholes[0]!, elements, updates, axis + 1);
};

/** The updates of all are numbered in a row; those of each are counted from 1. */
export const winners: BatchingRule = ({ operation, operands, attributes, shape, size }, rule) => {
  const { operation: name, axis, addressing } = attributes as { operation: string; axis: number; addressing: string };
  const [x, given, indices] = operands as readonly [Batched, Batched, Batched];
  const elements =
    addressing === "elements" ? everywhere(indices, size) : indicesOfElements(name, indices, shape, axis, size);
  const updates = reshape(everywhere(given, size), shapeOf(elements));
  const found = apply(operation, rule, [everywhere(x, size), updates, elements], {
    ...attributes,
    axis: axis + 1,
    addressing: "elements",
  });
  const before = Float64Array.from({ length: size }, (_, k) => k * sizeOf(own(given)));
  return sub(found, mul(greater(found, 0), new Tensor([size, ...ones(shape.length)], before)));
};

/** Regions that begin at the same place; where each has its own, its elements by their numbers in a row. */
export const atStarts: BatchingRule = (given, rule) => {
  const { operation, operands, attributes, shape, size } = given;
  const starts = operands.at(-1)!;
  const wholes = operands.slice(0, -1).map((operand) => everywhere(operand, size));
  if (!starts.isBatched) {
    const from = concat([new Tensor([1], new Float64Array(1)), starts.value], 0);
    const sizes = attributes["sizes"] === undefined ? {} : { sizes: [size, ...(attributes["sizes"] as Shape)] };
    return apply(operation, rule, [...wholes, from], { ...attributes, ...sizes });
  }
  const whole = own(operands[0]!);
  const isUpdate = wholes.length === 2;
  const region = isUpdate ? own(operands[1]!) : shape;
  const elements = elementsOfRegions(operationName(operation), starts.value, whole, region, size);
  if (!isUpdate) {
    const [x] = operands as readonly [Batched];
    const found = x.isBatched
      ? takeAlongAxis(reshape(x.value, [size, -1]), elements, 1)
      : take(reshape(x.value, [-1]), elements, 0);
    return reshape(found, [size, ...shape]);
  }
  const [x, update] = wholes.map((value) => reshape(value, [size, -1])) as [Value, Value];
  return reshape(scatterSetAlongAxis(x, elements, update, 1), [size, ...shape]);
};

/** The numbers, row by row, of the elements of a region that begins at `starts`, one list for each of a batch. */
function elementsOfRegions(name: string, starts: Value, whole: Shape, region: Shape, size: number): Value {
  const strides = stridesOf(whole);
  const places = Array.from({ length: sizeOf(region) }, (_, k) =>
    stridesOf(region).reduce((at, stride, axis) => at + (Math.floor(k / stride) % region[axis]!) * strides[axis]!, 0),
  );
  const extents = new Tensor([whole.length], Float64Array.from(whole));
  const last = new Tensor(
    [whole.length],
    Float64Array.from(whole, (extent, axis) => extent - region[axis]!),
  );
  const given = dataOf(primalOf(starts));
  const first = where(less(starts, 0), add(starts, extents), starts);
  const fits = logicalAnd(logicalAnd(greaterEqual(first, 0), lessEqual(first, last)), equal(first, floor(first)));
  const wrong = dataOf(primalOf(fits)).indexOf(0);
  if (wrong >= 0) {
    const axis = wrong % whole.length;
    throw new ValueError(
      `${name} of ${describeShape(whole)}: ${region[axis]!} elements from ${given[wrong]!} on are not within axis ${axis}, which has ${whole[axis]!}; give a whole number from 0 to ${whole[axis]! - region[axis]!}`,
    );
  }
  const begin = sum(mul(first, new Tensor([whole.length], Float64Array.from(strides))), -1, true);
  // Where this is computed again for other starts, those that do not fit are told as an index that there is not.
  const within = where(all(fits, -1, true), begin, sizeOf(whole));
  return add(reshape(within, [size, 1]), new Tensor([places.length], Float64Array.from(places)));
}
