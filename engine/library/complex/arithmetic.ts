/** Functions of complex numbers in terms of their parts; a real operand has none imaginary. One formula a line. */
import * as real from "../../primitives/arithmetic.ts";
import type { Axes } from "../../primitives/axes.ts";
import * as contraction from "../../primitives/contraction.ts";
import * as reduction from "../../primitives/reduction.ts";
import {
  atan2,
  cos,
  exp as realExp,
  hypot,
  log as realLog,
  sin,
  sqrt as realSqrt,
} from "../../primitives/transcendental.ts";
import type { Value } from "../../tape/tensor.ts";
import { complexOf, type Complex, type Parts } from "./number.ts";

type Part = Value | undefined;

const sum = (a: Part, b: Part): Part => (a === undefined ? b : b === undefined ? a : real.add(a, b));
const minus = (a: Part, b: Part): Part => (b === undefined ? a : a === undefined ? real.neg(b) : real.sub(a, b));
type Product = (a: Value, b: Value) => Value;
const times = (a: Part, b: Part, product: Product): Part =>
  a === undefined || b === undefined ? undefined : product(a, b);

export const add = (a: Parts, b: Parts): Complex => complexOf(real.add(a.re, b.re), sum(a.im, b.im));
export const sub = (a: Parts, b: Parts): Complex => complexOf(real.sub(a.re, b.re), minus(a.im, b.im));
export const neg = (a: Parts): Complex => complexOf(real.neg(a.re), a.im && real.neg(a.im));

/** (a + ib)(c + id) = ac − bd + i(ad + bc), for any product that is linear in both. */
function bilinear(product: Product): (a: Parts, b: Parts) => Complex {
  return (a, b) =>
    complexOf(
      minus(product(a.re, b.re), times(a.im, b.im, product))!,
      sum(times(a.re, b.im, product), times(a.im, b.re, product)),
    );
}

export const mul = bilinear(real.mul);
export const matmul = bilinear(contraction.matmul);

/** 1/z = z̄/|z|². */
export function reciprocal({ re, im }: Parts): Complex {
  if (im === undefined) return complexOf(real.div(1, re), undefined);
  const size = real.add(real.mul(re, re), real.mul(im, im));
  return complexOf(real.div(re, size), real.neg(real.div(im, size)));
}

export function div(a: Parts, b: Parts): Complex {
  if (b.im !== undefined) return mul(a, partsOf(reciprocal(b)));
  return complexOf(real.div(a.re, b.re), a.im && real.div(a.im, b.re));
}

const partsOf = ({ re, im }: Complex): Parts => ({ re: re, im: im });

/** |z|; its gradient is 0 where z is. */
export const abs = ({ re, im }: Parts): Value => hypot(re, im ?? 0);
/** The angle of z in radians, from −π to π. */
export const angle = ({ re, im }: Parts): Value => atan2(im ?? 0, re);

/** r·(cos θ + i sin θ). */
function polar(r: Value, theta: Value): Complex {
  return complexOf(real.mul(r, cos(theta)), real.mul(r, sin(theta)));
}

export const exp = ({ re, im }: Parts): Complex => polar(realExp(re), im ?? 0);
/** ln |z| + i·angle, cut along the negative real axis. */
export const log = (z: Parts): Complex => complexOf(realLog(abs(z)), angle(z));
/** The root in the right half of the plane; its derivative at 0 is infinite. */
export const sqrt = (z: Parts): Complex => polar(realSqrt(abs(z)), real.mul(0.5, angle(z)));

/** Powers of whole numbers by squaring, others by e^(w ln z). */
export function pow(z: Parts, w: Parts): Complex {
  const exponent = w.re;
  const whole = w.im === undefined && typeof exponent === "number" && Number.isInteger(exponent);
  if (!whole || Math.abs(exponent) > mostFactors) return exp(partsOf(mul(w, partsOf(log(z)))));
  let base = exponent < 0 ? partsOf(reciprocal(z)) : z;
  let result: Parts = { re: 1, im: undefined };
  for (let rest = Math.abs(exponent); rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = partsOf(mul(result, base));
    if (rest > 1) base = partsOf(mul(base, base));
  }
  return complexOf(result.re, result.im);
}

/** From here on powers are more exact by logarithms. */
const mostFactors = 64;

export const total = ({ re, im }: Parts, axes: Axes, keepDims: boolean): Complex =>
  complexOf(reduction.sum(re, axes, keepDims), im && reduction.sum(im, axes, keepDims));
export const mean = ({ re, im }: Parts, axes: Axes, keepDims: boolean): Complex =>
  complexOf(reduction.mean(re, axes, keepDims), im && reduction.mean(im, axes, keepDims));
