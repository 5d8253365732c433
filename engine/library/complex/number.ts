import { broadcastShapes } from "../../primitives/broadcastShapes.ts";
import { broadcastTo } from "../../primitives/broadcasting.ts";
import { primalOf, type Primal } from "../../primitives/rule.ts";
import { describeShape } from "../../tape/shape.ts";
import { Tensor, type Value } from "../../tape/tensor.ts";
import type { ComplexParts, Shape, Shaped } from "../types.ts";
import { asValue, shapeOf } from "../values.ts";

/**
 * A complex number, or a tensor of them: a real and an imaginary part of one shape, each a value like any other. The adjoint
 * of z is ∂L/∂re + i ∂L/∂im, as in PyTorch: the direction in which L rises fastest. `complex(re, im)` makes one.
 *
 * JavaScript has no operators for it: use add, sub, mul, div, neg, matmul and the other functions that take it.
 */
// Of unknown shape it takes every other: by its parts alone TypeScript would find a complex number invariant in its shape.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export class Complex<S extends Shape = any> {
  readonly re: Shaped<S>;
  readonly im: Shaped<S>;

  constructor(re: Shaped<S>, im: Shaped<S>) {
    this.re = re;
    this.im = im;
    Object.freeze(this);
  }

  /** Extents, outermost axis first. */
  get shape(): S {
    return shapeOf(this.re) as unknown as S;
  }

  /**
   * Applies a function to both parts: whatever rearranges elements or is linear with real factors.
   * @example z.map((part) => slice(part, [0]))
   */
  map(f: (part: Shaped<S>) => number): Complex {
    return complexOf(asValue("map", f(this.re)), asValue("map", f(this.im)));
  }

  toString(): string {
    const [re, im] = [this.re, this.im].map((part) => primalOf(part)) as [Primal, Primal];
    return re instanceof Tensor || im instanceof Tensor ? `complex ${describeShape(this.shape)}` : `${re} + ${im}i`;
  }

  /** Operators are for real numbers; here they would be silently NaN. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") return this.toString();
    throw new TypeError(
      `an operator or conversion met a complex number of shape ${describeShape(this.shape)}: use add, sub, mul, div, neg and the other functions from adjoint`,
    );
  }
}

/** Complex where one of A and B is to TypeScript (`any` is not), else real. */
export type ComplexIf<A, B, S extends Shape> = [IsComplex<A>, IsComplex<B>] extends [false, false]
  ? Shaped<S>
  : Complex<S>;
type IsComplex<X> = 0 extends 1 & X ? false : [X] extends [ComplexParts] ? true : false;

/** Real and imaginary part; the latter is undefined for a real number. */
export interface Parts {
  readonly re: Value;
  readonly im: Value | undefined;
}

export function partsOf(operation: string, x: unknown): Parts {
  return x instanceof Complex ? { re: x.re, im: x.im } : { re: asValue(operation, x), im: undefined };
}

/** From parts that broadcast against each other. */
export function complexOf(re: Value, im: Value | undefined): Complex<Shape> {
  const shape = broadcastShapes(shapeOf(re), im === undefined ? [] : shapeOf(im), "complex");
  const parts = [re, im ?? 0].map((part) => broadcastTo(part, shape)) as unknown as [number, number];
  return new Complex<Shape>(...parts);
}
