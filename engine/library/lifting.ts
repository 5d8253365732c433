import type { Value } from "../tape/tensor.ts";
import type { Broadcast, Broadcastable, Like, Operand, ShapeOf, Shaped } from "./types.ts";
import { asValue } from "./values.ts";

/** A function of each element: the result has the shape of `x`. */
export type Elementwise = <const X extends Operand>(x: X) => Like<X>;

/** A function of the elements of two values, which broadcast against each other by NumPy's rules. */
export type ElementwiseOfTwo = <const A extends Operand, const B extends Operand>(
  a: A,
  b: Broadcastable<A, B>,
) => Shaped<Broadcast<ShapeOf<A>, ShapeOf<B>>>;

/** A function of values as one of what people give: numbers, tensors, nested arrays. */
export function one(name: string, apply: (x: Value) => Value): Elementwise {
  return ((x: unknown) => apply(asValue(name, x))) as unknown as Elementwise;
}

export function two(name: string, apply: (a: Value, b: Value) => Value): ElementwiseOfTwo {
  return ((a: unknown, b: unknown) => apply(asValue(name, a), asValue(name, b))) as unknown as ElementwiseOfTwo;
}
