/** Bessel functions of whole order, as scipy.special and torch.special name them. */
import { ValueError } from "../primitives/argumentErrors.ts";
import * as bessel from "../primitives/bessel.ts";
import type { Value } from "../tape/tensor.ts";
import { one, type Elementwise } from "./lifting.ts";
import type { Like, Operand } from "./types.ts";
import { asValue, describe, fixed } from "./values.ts";

/** A function of whole order n of each element: `besselJ(2, x)`. */
export type OfOrder = <const X extends Operand>(order: number, x: X) => Like<X>;

function ofOrder(name: string, apply: (n: Value, x: Value) => Value): OfOrder {
  return ((order: unknown, x: unknown) => {
    const n = fixed(order);
    if (!Number.isInteger(n)) throw new ValueError(`${name}: the order is ${describe(n)}; give a whole number`);
    return apply(n as number, asValue(name, x));
  }) as OfOrder;
}

/** Jₙ(x), the Bessel function of the first kind, to about 1e-15 of the largest value nearby. The order comes first. */
export const besselJ: OfOrder = ofOrder("besselJ", bessel.besselJ);
/** Yₙ(x), the Bessel function of the second kind: −∞ at 0 and NaN below. The order comes first. */
export const besselY: OfOrder = ofOrder("besselY", bessel.besselY);
/** Iₙ(x), the modified Bessel function of the first kind: ∞ from about 713 on, where `i0e` still serves. The order comes first. */
export const besselI: OfOrder = ofOrder("besselI", bessel.besselI);
/** e^(−|x|)·Iₙ(x), without overflow. The order comes first. */
export const besselIe: OfOrder = ofOrder("besselIe", bessel.besselIe);
/** Kₙ(x), the modified Bessel function of the second kind: ∞ at 0 and NaN below. The order comes first. */
export const besselK: OfOrder = ofOrder("besselK", bessel.besselK);
/** eˣ·Kₙ(x), without underflow. The order comes first. */
export const besselKe: OfOrder = ofOrder("besselKe", bessel.besselKe);

const of = (name: string, apply: (n: Value, x: Value) => Value, n: 0 | 1): Elementwise => one(name, (x) => apply(n, x));

/** The Bessel function of the first kind of order 0. */
export const j0: Elementwise = of("j0", bessel.besselJ, 0);
/** The Bessel function of the first kind of order 1. */
export const j1: Elementwise = of("j1", bessel.besselJ, 1);
/** The Bessel function of the second kind of order 0. */
export const y0: Elementwise = of("y0", bessel.besselY, 0);
/** The Bessel function of the second kind of order 1. */
export const y1: Elementwise = of("y1", bessel.besselY, 1);
/** The modified Bessel function of the first kind of order 0. */
export const i0: Elementwise = of("i0", bessel.besselI, 0);
/** The modified Bessel function of the first kind of order 1. */
export const i1: Elementwise = of("i1", bessel.besselI, 1);
/** e^(−|x|)·I₀(x), without overflow. It has a kink at 0, where the derivative is 0. */
export const i0e: Elementwise = of("i0e", bessel.besselIe, 0);
/** e^(−|x|)·I₁(x), without overflow. */
export const i1e: Elementwise = of("i1e", bessel.besselIe, 1);
/** The modified Bessel function of the second kind of order 0. */
export const k0: Elementwise = of("k0", bessel.besselK, 0);
/** The modified Bessel function of the second kind of order 1. */
export const k1: Elementwise = of("k1", bessel.besselK, 1);
/** eˣ·K₀(x), without underflow. */
export const k0e: Elementwise = of("k0e", bessel.besselKe, 0);
/** eˣ·K₁(x), without underflow. */
export const k1e: Elementwise = of("k1e", bessel.besselKe, 1);
