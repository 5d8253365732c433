import { describeShape, sameShape, sizeOf, type Shape } from "../tape/shape.ts";
import { Tensor, type Value } from "../tape/tensor.ts";
import { ShapeError } from "./broadcastShapes.ts";
import { arithmetic, type Reshaper } from "./elementwise.ts";
import { elementwiseLoop, rowOffsets } from "./elementwiseLoops.ts";
import { primitive, scalarOrTensor, shapeOf, type Primitive } from "./rule.ts";

const target = (attributes: Readonly<Record<string, unknown>>): Shape => attributes["shape"] as Shape;
const copy = elementwiseLoop((x) => x, 1);

/** Repeats a value along new and unit axes to `shape`. Its adjoint is `sumTo`. */
export const broadcastTo: Primitive<Reshaper> = primitive<Reshaper>(
  "broadcastTo",
  {
    shape: ([from], attributes) => checked("broadcastTo", from!, target(attributes)),
    evaluate: (inputs, _, shape) => copy(inputs, shape),
    jvp: ([tangent], _, __, attributes) => broadcastTo(tangent!, target(attributes)),
    vjp: [(cotangent, [x]) => sumTo(cotangent, shapeOf(x!))],
  },
  (run) => (x, shape) => (sameShape(shapeOf(x), shape) ? x : run([x], { shape })),
);

/** Adds up what broadcasting repeated, back to `shape`. Its adjoint is `broadcastTo`. */
export const sumTo: Primitive<Reshaper> = primitive<Reshaper>(
  "sumTo",
  {
    shape: ([from], attributes) => (checked("sumTo", target(attributes), from!), target(attributes)),
    evaluate([x], _, shape) {
      const from = x as Tensor;
      return scalarOrTensor(shape, summed(from, shape));
    },
    jvp: ([tangent], _, __, attributes) => sumTo(tangent!, target(attributes)),
    vjp: [(cotangent, [x]) => broadcastTo(cotangent, shapeOf(x!))],
  },
  (run) => (x: Value, shape: Shape) => (sameShape(shapeOf(x), shape) ? x : run([x], { shape })),
);

/** Adds up rows along the last axis, each either into one element or element by element. */
function summed(from: Tensor, shape: Shape): Float64Array {
  const sums = new Float64Array(sizeOf(shape));
  const { data } = from;
  if (data.length === 0) return sums;
  const inner = from.shape.length - 1;
  const row = from.shape[inner]!;
  const starts = rowOffsets(shape, from.shape, inner);
  const kept = row > 1 && shape[shape.length - 1] === row;
  for (let r = 0, i = 0; r < starts.length; r++) {
    const start = starts[r]!;
    if (kept) for (let j = 0; j < row; j++) sums[start + j]! += data[i++]!;
    else {
      let sum = 0;
      for (let j = 0; j < row; j++) sum += data[i++]!;
      sums[start]! += sum;
    }
  }
  return sums;
}

Object.assign(arithmetic, { broadcastTo, sumTo });

/** `to`, if `from` broadcasts to it. */
function checked(operation: string, from: Shape, to: Shape): Shape {
  const fits =
    from.length <= to.length && from.every((extent, k) => extent === 1 || extent === to[k + to.length - from.length]);
  if (fits) return to;
  throw new ShapeError(
    `${operation} of ${describeShape(from)}: it does not broadcast to ${describeShape(to)}; aligned at the last axis, each of its extents must be equal, or 1`,
  );
}
