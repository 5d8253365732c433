import { sameShape, sizeOf, type Shape } from "../tape/shape.ts";
import { Tensor, type Value } from "../tape/tensor.ts";
import { ShapeError, broadcastShapes } from "./broadcastShapes.ts";
import { arithmetic, broadcastIndex, primitive, shapeOf, type Primal, type Primitive, type Reshaper } from "./rule.ts";

const target = (attributes: Readonly<Record<string, unknown>>): Shape => attributes["shape"] as Shape;

/** Repeats a value along new and unit axes to `shape`. Its adjoint is `sumTo`. */
export const broadcastTo: Primitive<Reshaper> = primitive<Reshaper>(
  "broadcastTo",
  {
    shape: ([from], attributes) => checked(from!, target(attributes)),
    evaluate([x], attributes) {
      const shape = checked(x instanceof Tensor ? x.shape : [], target(attributes));
      if (typeof x === "number") return new Tensor(shape, new Float64Array(sizeOf(shape)).fill(x));
      const index = broadcastIndex(x!.shape, shape);
      return new Tensor(
        shape,
        new Float64Array(sizeOf(shape)).map((_, i) => x!.data[index(i)]!),
      );
    },
    jvp: ([tangent], _, __, attributes) => broadcastTo(tangent!, target(attributes)),
    vjp: (cotangent, [x]) => [sumTo(cotangent, shapeOf(x!))],
  },
  (run) => (x, shape) => (sameShape(shapeOf(x), shape) ? x : run([x], { shape })),
);

/** Adds up what broadcasting repeated, back to `shape`. Its adjoint is `broadcastTo`. */
export const sumTo: Primitive<Reshaper> = primitive<Reshaper>(
  "sumTo",
  {
    shape: ([from], attributes) => (checked(target(attributes), from!), target(attributes)),
    evaluate([x], attributes) {
      const shape = target(attributes);
      const from = x as Tensor;
      checked(shape, from.shape);
      const sums = new Float64Array(sizeOf(shape));
      const index = broadcastIndex(shape, from.shape);
      for (let i = 0; i < from.data.length; i++) sums[index(i)]! += from.data[i]!;
      return scalarOrTensor(shape, sums);
    },
    jvp: ([tangent], _, __, attributes) => sumTo(tangent!, target(attributes)),
    vjp: (cotangent, [x]) => [broadcastTo(cotangent, shapeOf(x!))],
  },
  (run) => (x: Value, shape: Shape) => (sameShape(shapeOf(x), shape) ? x : run([x], { shape })),
);

Object.assign(arithmetic, { broadcastTo, sumTo });

/** `to`, if `from` broadcasts to it. */
function checked(from: Shape, to: Shape): Shape {
  if (!sameShape(broadcastShapes(from, to), to))
    throw new ShapeError(`a value of shape [${from.join(", ")}] does not broadcast to [${to.join(", ")}]`);
  return to;
}

/** A result of the empty shape is a plain number. */
export function scalarOrTensor(shape: Shape, data: Float64Array): Primal {
  return shape.length === 0 ? data[0]! : new Tensor(shape, data);
}
