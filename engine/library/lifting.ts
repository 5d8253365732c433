import { Tensor, type Value } from "../tape/tensor.ts";
import type { Broadcast, Broadcastable, ComplexParts, Like, Operand, ShapeOf, Shaped } from "./types.ts";
import { Complex, partsOf, type ComplexIf, type Parts } from "./complex/number.ts";
import { asValue, calledAs } from "./values.ts";

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
  return ((a: unknown, b: unknown) =>
    applied(name, apply, asValue(name, a), asValue(name, b))) as unknown as ElementwiseOfTwo;
}

/** What is said of tensors names the function that was called. Numbers fit everywhere. */
function applied(name: string, apply: (a: Value, b: Value) => Value, a: Value, b: Value): Value {
  return a instanceof Tensor || b instanceof Tensor ? calledAs(name, () => apply(a, b)) : apply(a, b);
}

/** The same, also of complex numbers. */
export type ElementwiseOfComplex = <const X extends Operand | ComplexParts>(x: X) => ComplexIf<X, 0, ShapeOf<X>>;

/** The same of two: the result is complex where one of them is. */
export type ArithmeticOfTwo = <const A extends Operand | ComplexParts, const B extends Operand | ComplexParts>(
  a: A,
  b: Broadcastable<A, B>,
) => ComplexIf<A, B, Broadcast<ShapeOf<A>, ShapeOf<B>>>;

/** A function that has another formula for complex numbers. */
export function oneOrComplex(
  name: string,
  apply: (x: Value) => Value,
  complex: (x: Parts) => Complex | Value,
): ElementwiseOfComplex {
  return ((x: unknown) =>
    x instanceof Complex ? complex(partsOf(name, x)) : apply(asValue(name, x))) as unknown as ElementwiseOfComplex;
}

export function twoOrComplex(
  name: string,
  apply: (a: Value, b: Value) => Value,
  complex: (a: Parts, b: Parts) => Complex,
): ArithmeticOfTwo {
  return ((a: unknown, b: unknown) =>
    a instanceof Complex || b instanceof Complex
      ? calledAs(name, () => complex(partsOf(name, a), partsOf(name, b)))
      : applied(name, apply, asValue(name, a), asValue(name, b))) as unknown as ArithmeticOfTwo;
}
