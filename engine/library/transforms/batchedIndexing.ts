/** Batching rules of what reads and writes at indices. */
import { mul, sub } from "../../primitives/arithmetic.ts";
import { broadcastTo } from "../../primitives/broadcasting.ts";
import { greater } from "../../primitives/comparison.ts";
import { checkedIndices, scatterAddAlongAxis, take, takeAlongAxis } from "../../primitives/gathering.ts";
import { operationName } from "../../primitives/names.ts";
import { moveAxis } from "../../primitives/rearranging.ts";
import { apply, primalOf, shapeOf } from "../../primitives/rule.ts";
import { scatterSetAlongAxis } from "../../primitives/scattering.ts";
import { concat, reshape } from "../../primitives/shaping.ts";
import { sizeOf, type Shape } from "../../tape/shape.ts";
import type { Attributes } from "../../tape/tape.ts";
import { Tensor, type Value } from "../../tape/tensor.ts";
import { alongAxis, everywhere, oneByOne, ones, own, type Batched, type BatchingRule } from "./batched.ts";

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

/** Regions that begin at the same place. */
export const atStarts: BatchingRule = (given, rule) => {
  const { operation, operands, attributes, size } = given;
  const starts = operands.at(-1)!;
  if (starts.isBatched) return oneByOne(given, rule);
  const from = concat([new Tensor([1], new Float64Array(1)), starts.value], 0);
  const sizes = attributes["sizes"] === undefined ? {} : { sizes: [size, ...(attributes["sizes"] as Shape)] };
  const wholes = operands.slice(0, -1).map((operand) => everywhere(operand, size));
  return apply(operation, rule, [...wholes, from], { ...attributes, ...sizes });
};
