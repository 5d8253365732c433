import { broadcastTo } from "../../primitives/broadcasting.ts";
import { neg } from "../../primitives/arithmetic.ts";
import type { Broadcast, Broadcastable, ComplexParts, Operand, Shaped, ShapeOf } from "../types.ts";
import { asValue, shapeOf } from "../values.ts";
import * as arithmetic from "./arithmetic.ts";
import { complexOf, partsOf, type Complex } from "./number.ts";

/**
 * The complex number re + i·im; parts broadcast against each other.
 *
 * @example mul(complex(0, 1), complex(0, 1))   // −1
 */
export function complex<const A extends Operand, const B extends Operand = 0>(
  re: A,
  im?: Broadcastable<A, B>,
): Complex<Broadcast<ShapeOf<A>, ShapeOf<B>>> {
  return complexOf(asValue("complex", re), asValue("complex", im ?? 0)) as unknown as Complex<
    Broadcast<ShapeOf<A>, ShapeOf<B>>
  >;
}

/** The real part; of a real number itself. */
export function real<const X extends Operand | ComplexParts>(x: X): Shaped<ShapeOf<X>> {
  return partsOf("real", x).re as Shaped<ShapeOf<X>>;
}

/** The imaginary part; of a real number 0. */
export function imag<const X extends Operand | ComplexParts>(x: X): Shaped<ShapeOf<X>> {
  const { re, im } = partsOf("imag", x);
  return (im ?? broadcastTo(0, shapeOf(re))) as Shaped<ShapeOf<X>>;
}

/** The conjugate re − i·im. */
export function conj<const X extends Operand | ComplexParts>(x: X): Complex<ShapeOf<X>> {
  const { re, im } = partsOf("conj", x);
  return complexOf(re, im && neg(im)) as unknown as Complex<ShapeOf<X>>;
}

/** The angle in radians, from −π to π. Its gradient at 0 is NaN. */
export function angle<const X extends Operand | ComplexParts>(x: X): Shaped<ShapeOf<X>> {
  return arithmetic.angle(partsOf("angle", x)) as Shaped<ShapeOf<X>>;
}
