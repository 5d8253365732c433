import { describeShape, sameShape, sizeOf, stridesOf, type Shape } from "../tape/shape.ts";
import type { Attributes } from "../tape/tape.ts";
import { Tensor, type Value } from "../tape/tensor.ts";
import { axesOf, axisOf, lanesOf, type Axes } from "./axes.ts";
import { ShapeError } from "./broadcastShapes.ts";
import { slice } from "./indexing.ts";
import { dataOf, primitive, scalarOrTensor, shapeOf, type Primitive } from "./rule.ts";

/** The same elements in another shape. One extent may be −1: what remains. */
export const reshape: Primitive<(x: Value, shape: Shape) => Value> = primitive<(x: Value, shape: Shape) => Value>(
  "reshape",
  {
    shape: (_, attributes) => attributes["shape"] as Shape,
    evaluate: ([x], _, shape) => scalarOrTensor(shape, dataOf(x!)),
    jvp: ([tangent], _, __, attributes) => reshape(tangent!, attributes["shape"] as Shape),
    vjp: [(cotangent, [x]) => reshape(cotangent, shapeOf(x!))],
  },
  (run) => (x, shape) => {
    const to = completed(shapeOf(x), shape);
    return sameShape(shapeOf(x), to) ? x : run([x], { shape: to });
  },
);

function completed(from: Shape, to: Shape): Shape {
  const size = sizeOf(from);
  const open = to.indexOf(-1);
  const known = sizeOf(to.filter((extent) => extent !== -1));
  const filled = open < 0 ? to : to.map((extent, axis) => (axis === open ? size / known : extent));
  if (filled.every((extent) => Number.isInteger(extent) && extent >= 0) && sizeOf(filled) === size) return filled;
  throw new ShapeError(
    `reshape of ${describeShape(from)} to ${describeShape(to)}: ${size} ${size === 1 ? "element does" : "elements do"} not fill it`,
  );
}

export type Transposer = (x: Value, axes?: readonly number[]) => Value;

/** The axes in another order; reversed when `axes` is undefined. Axis k of the result is axis `axes[k]` of x. */
export const transpose: Primitive<Transposer> = primitive<Transposer>(
  "transpose",
  {
    shape: ([from], attributes) => orderOf(attributes).map((axis) => from![axis]!),
    evaluate: ([x], attributes) => transposed(x as Tensor, orderOf(attributes)),
    jvp: ([tangent], _, __, attributes) => transpose(tangent!, orderOf(attributes)),
    vjp: [(cotangent, _, __, attributes) => transpose(cotangent, inverse(orderOf(attributes)))],
  },
  (run) => (x, axes) => {
    const shape = shapeOf(x);
    const order = axes?.map((axis) => axisOf("transpose", axis, shape)) ?? shape.map((_, k) => shape.length - 1 - k);
    if (new Set(order).size !== shape.length || order.length !== shape.length)
      throw new ShapeError(
        `transpose of ${describeShape(shape)}: the axes [${axes!.join(", ")}] must name each of the ${shape.length} axes once`,
      );
    return order.every((axis, k) => axis === k) ? x : run([x], { axes: order });
  },
);

const orderOf = (attributes: Attributes): readonly number[] => attributes["axes"] as readonly number[];

function inverse(order: readonly number[]): number[] {
  return order.map((_, axis) => order.indexOf(axis));
}

/** The elements of `x` with its axes in `order`, copied row by row. */
export function transposed(x: Tensor, order: readonly number[]): Tensor {
  const shape = order.map((axis) => x.shape[axis]!);
  const data = new Float64Array(x.data.length);
  const strides = stridesOf(x.shape);
  const last = shape.length - 1;
  const step = strides[order[last]!]!;
  const row = shape[last]!;
  let starts = new Int32Array(1);
  for (const axis of order.slice(0, last)) {
    const finer = new Int32Array(starts.length * x.shape[axis]!);
    let at = 0;
    for (const start of starts) for (let i = 0; i < x.shape[axis]!; i++) finer[at++] = start + i * strides[axis]!;
    starts = finer;
  }
  const from = x.data;
  let at = 0;
  for (const start of starts) for (let j = 0, i = start; j < row; j++, i += step) data[at++] = from[i]!;
  return new Tensor(shape, data);
}

/** Joins tensors along an axis that they have. */
export const concat: Primitive<Joiner> = primitive<Joiner>(
  "concat",
  {
    shape(shapes, attributes) {
      const axis = attributes["axis"] as number;
      const first = shapes[0]!;
      for (const shape of shapes)
        if (shape.length !== first.length || shape.some((extent, k) => k !== axis && extent !== first[k]))
          throw new ShapeError(
            `concat of ${shapes.map(describeShape).join(" and ")} along axis ${axis}: all other axes must be equal`,
          );
      return first.with(
        axis,
        shapes.reduce((total, shape) => total + shape[axis]!, 0),
      );
    },
    evaluate: (inputs, attributes, shape) => joined(inputs.map(dataOf), shape, attributes["axis"] as number),
    jvp: (tangents, inputs, _, attributes) =>
      concat(
        tangents.map((tangent, k) => tangent ?? zerosLike(inputs[k]!)),
        attributes["axis"] as number,
      ),
    vjp(cotangent, inputs, _, attributes, position) {
      const axis = attributes["axis"] as number;
      const start = inputs.slice(0, position).reduce<number>((at, input) => at + shapeOf(input)[axis]!, 0);
      const range = [start, start + shapeOf(inputs[position]!)[axis]!] as const;
      return slice(cotangent, [...new Array<null>(axis).fill(null), range]);
    },
  },
  (run) =>
    (values, axis = 0) => {
      if (values.length === 0) throw new ShapeError("concat of nothing: give it at least one tensor");
      return run(values, { axis: axisOf("concat", axis, shapeOf(values[0]!)) });
    },
);

export type Joiner = (values: readonly Value[], axis?: number) => Value;

/** Joins values of one shape, scalars too, along a new axis. */
export const stack: Primitive<Joiner> = primitive<Joiner>(
  "stack",
  {
    shape(shapes, attributes) {
      const first = shapes[0]!;
      const other = shapes.find((shape) => !sameShape(shape, first));
      if (other !== undefined)
        throw new ShapeError(`stack of ${describeShape(first)} and ${describeShape(other)}: all shapes must be equal`);
      return first.toSpliced(attributes["axis"] as number, 0, shapes.length);
    },
    evaluate: (inputs, attributes, shape) => joined(inputs.map(dataOf), shape, attributes["axis"] as number),
    jvp: (tangents, inputs, _, attributes) =>
      stack(
        tangents.map((tangent, k) => tangent ?? zerosLike(inputs[k]!)),
        attributes["axis"] as number,
      ),
    vjp: (cotangent, _, __, attributes, position) =>
      slice(cotangent, [...new Array<null>(attributes["axis"] as number).fill(null), position]),
  },
  (run) =>
    (values, axis = 0) => {
      if (values.length === 0) throw new ShapeError("stack of nothing: give it at least one value");
      return run(values, { axis: axisOf("stack", axis, [...shapeOf(values[0]!), values.length]) });
    },
);

/** Blocks one after the other along `axis` of the result. */
function joined(blocks: readonly Float64Array[], shape: Shape, axis: number): Tensor {
  const data = new Float64Array(sizeOf(shape));
  const { outer } = lanesOf(shape, axis);
  const runs = blocks.map((block) => block.length / outer);
  let at = 0;
  for (let o = 0; o < outer; o++)
    blocks.forEach((block, k) => {
      const run = runs[k]!;
      if (run === 1) data[at] = block[o]!;
      else data.set(block.subarray(o * run, (o + 1) * run), at);
      at += run;
    });
  return new Tensor(shape, data);
}

function zerosLike(x: Value): Value {
  const shape = shapeOf(x);
  return scalarOrTensor(shape, new Float64Array(sizeOf(shape)));
}

/** Reverses the order along axes; all of them when undefined. */
export function flip(x: Value, axes?: Axes): Value {
  const list = axesOf("flip", axes, shapeOf(x));
  return slice(
    x,
    shapeOf(x).map((_, axis) => (list.includes(axis) ? [null, null, -1] : null)),
  );
}

/** Adds axes of extent 1 at these places of the result. */
export function expandDims(x: Value, axes: number | readonly number[]): Value {
  const list = typeof axes === "number" ? [axes] : axes;
  const shape = shapeOf(x);
  const rank = shape.length + list.length;
  const places = axesOf("expandDims", list, new Array<number>(rank).fill(1));
  const rest = shape[Symbol.iterator]();
  return reshape(
    x,
    Array.from({ length: rank }, (_, axis) => (places.includes(axis) ? 1 : rest.next().value!)),
  );
}

/** Removes axes of extent 1; all of them when `axes` is undefined. */
export function squeeze(x: Value, axes?: Axes): Value {
  const shape = shapeOf(x);
  const list =
    axes === undefined
      ? axesOf("squeeze", axes, shape).filter((axis) => shape[axis] === 1)
      : axesOf("squeeze", axes, shape);
  const wrong = list.find((axis) => shape[axis] !== 1);
  if (wrong !== undefined)
    throw new ShapeError(`squeeze of ${describeShape(shape)}: axis ${wrong} has ${shape[wrong]} elements, not 1`);
  return reshape(
    x,
    shape.filter((_, axis) => !list.includes(axis)),
  );
}
