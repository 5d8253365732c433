import * as arithmetic from "../primitives/arithmetic.ts";
import { ShapeError } from "../primitives/broadcastShapes.ts";
import * as selection from "../primitives/selection.ts";
import * as transcendental from "../primitives/transcendental.ts";
import { counted } from "../tape/shape.ts";
import type { Value } from "../tape/tensor.ts";
import * as complex from "./complex/arithmetic.ts";
import {
  one,
  oneOrComplex,
  two,
  twoOrComplex,
  type ArithmeticOfTwo,
  type Elementwise,
  type ElementwiseOfComplex,
  type ElementwiseOfTwo,
} from "./lifting.ts";
import type { Broadcast, Broadcastable, ComplexParts, Like, Operand, ShapeOf, Shaped } from "./types.ts";
import { asValue, named, asList } from "./values.ts";

// ---------------------------------------------------------------------------------------------------------- arithmetic

/** a + b, element by element with broadcasting. */
export const add: ArithmeticOfTwo = twoOrComplex("add", arithmetic.add, complex.add);
/** a − b, element by element with broadcasting. */
export const sub: ArithmeticOfTwo = twoOrComplex("sub", arithmetic.sub, complex.sub);
/** a · b, element by element with broadcasting (`matmul` is the matrix product). */
export const mul: ArithmeticOfTwo = twoOrComplex("mul", arithmetic.mul, complex.mul);
/** a / b, element by element with broadcasting. */
export const div: ArithmeticOfTwo = twoOrComplex("div", arithmetic.div, complex.div);
/** a % b, element by element with broadcasting, with the sign of a, as NumPy's `fmod`. */
export const mod: ElementwiseOfTwo = two("mod", arithmetic.mod);
/** a − b·⌊a/b⌋, element by element with broadcasting, with the sign of b, as Python's `%`. */
export const remainder: ElementwiseOfTwo = two("remainder", arithmetic.remainder);
/**
 * a to the power b, element by element with broadcasting. The derivative with respect to b is NaN for a < 0, where the
 * power is real at isolated b only, and 0 at a = 0.
 */
export const pow: ArithmeticOfTwo = twoOrComplex("pow", arithmetic.pow, complex.pow);
/** −x. */
export const neg: ElementwiseOfComplex = oneOrComplex("neg", arithmetic.neg, complex.neg);
/** x². */
export const square: ElementwiseOfComplex = oneOrComplex("square", arithmetic.square, (z) => complex.mul(z, z));
/** 1/x. */
export const reciprocal: ElementwiseOfComplex = oneOrComplex("reciprocal", arithmetic.reciprocal, complex.reciprocal);

// ------------------------------------------------------------------------------------------------- powers, logarithms

/** eˣ. */
export const exp: ElementwiseOfComplex = oneOrComplex("exp", transcendental.exp, complex.exp);
/** eˣ − 1, exact near 0. */
export const expm1: Elementwise = one("expm1", transcendental.expm1);
/** The natural logarithm. */
export const log: ElementwiseOfComplex = oneOrComplex("log", transcendental.log, complex.log);
/** ln(1 + x), exact near 0. */
export const log1p: Elementwise = one("log1p", transcendental.log1p);
/** The logarithm to base 2. */
export const log2: Elementwise = one("log2", transcendental.log2);
/** The logarithm to base 10. */
export const log10: Elementwise = one("log10", transcendental.log10);
/** √x. The derivative at 0 is infinite. */
export const sqrt: ElementwiseOfComplex = oneOrComplex("sqrt", transcendental.sqrt, complex.sqrt);
/** 1/√x. */
export const rsqrt: Elementwise = one("rsqrt", transcendental.rsqrt);
/** The cube root. The derivative at 0 is infinite. */
export const cbrt: Elementwise = one("cbrt", transcendental.cbrt);
/** √(a² + b²) without overflow. The gradient at the origin is 0. */
export const hypot: ElementwiseOfTwo = two("hypot", transcendental.hypot);

// -------------------------------------------------------------------------------------------------------- trigonometry

/** The sine of an angle in radians. */
export const sin: Elementwise = one("sin", transcendental.sin);
/** The cosine of an angle in radians. */
export const cos: Elementwise = one("cos", transcendental.cos);
/** The tangent of an angle in radians. */
export const tan: Elementwise = one("tan", transcendental.tan);
/** The inverse sine, in radians. */
export const asin: Elementwise = one("asin", transcendental.asin);
/** The inverse cosine, in radians. */
export const acos: Elementwise = one("acos", transcendental.acos);
/** The inverse tangent, in radians. */
export const atan: Elementwise = one("atan", transcendental.atan);
/** The angle of the point (x, y) in radians, from −π to π: `atan2(y, x)`. The gradient at the origin is NaN. */
export const atan2: ElementwiseOfTwo = two("atan2", transcendental.atan2);
/** Degrees to radians. */
export const radians: Elementwise = one("radians", (x) => arithmetic.mul(x, Math.PI / 180));
/** Radians to degrees. */
export const degrees: Elementwise = one("degrees", (x) => arithmetic.mul(x, 180 / Math.PI));
/** The hyperbolic sine. */
export const sinh: Elementwise = one("sinh", transcendental.sinh);
/** The hyperbolic cosine. */
export const cosh: Elementwise = one("cosh", transcendental.cosh);
/** The hyperbolic tangent. */
export const tanh: Elementwise = one("tanh", transcendental.tanh);
/** The inverse hyperbolic sine. */
export const asinh: Elementwise = one("asinh", transcendental.asinh);
/** The inverse hyperbolic cosine. */
export const acosh: Elementwise = one("acosh", transcendental.acosh);
/** The inverse hyperbolic tangent. */
export const atanh: Elementwise = one("atanh", transcendental.atanh);

// ---------------------------------------------------------------------------------------------------------- selection

/** |x|. The derivative at 0 is 0. */
export const abs: <const X extends Operand | ComplexParts>(x: X) => Like<X> = oneOrComplex(
  "abs",
  selection.abs,
  complex.abs,
) as never;
/** The larger of a and b; where they are equal, a gets the whole adjoint. */
export const maximum: ElementwiseOfTwo = two("maximum", selection.max);
/** The smaller of a and b; where they are equal, a gets the whole adjoint. */
export const minimum: ElementwiseOfTwo = two("minimum", selection.min);

/** x kept within low and high. Where it had to be moved, the adjoint goes to the bound instead. */
export function clip<const X extends Operand>(x: X, low: Operand, high: Operand): Like<X> {
  return selection.clip(asValue("clip", x), asValue("clip", low), asValue("clip", high)) as Like<X>;
}

/** x kept within low and high; the same as `clip`. */
export const clamp: typeof clip = named("clamp", clip);

/**
 * a where the condition is not 0, else b; all three broadcast. The adjoint goes to the side that was taken. A branch not
 * taken whose derivative is infinite there still gives NaN (0·∞): write `sqrt(where(x > 0, x, 1))` inside as well.
 *
 * @example where(greater(x, 0), x, mul(0.1, x))
 */
export function where<const A extends Operand, const B extends Operand>(
  condition: boolean | Operand,
  a: A,
  b: Broadcastable<A, B>,
): Shaped<Broadcast<ShapeOf<A>, ShapeOf<B>>> {
  const result = selection.where(asValue("where", condition), asValue("where", a), asValue("where", b));
  return result as Shaped<Broadcast<ShapeOf<A>, ShapeOf<B>>>;
}

/**
 * For each element the choice of the first condition that is not 0 there, else `otherwise`; all broadcast. The adjoint goes
 * to what was chosen.
 *
 * @example select([less(x, 0), less(x, 1)], [0, x], 1)
 * @throws ShapeError where there are not as many choices as conditions.
 */
export function select(
  conditions: readonly (boolean | Operand)[],
  choices: readonly Operand[],
  otherwise: Operand = 0,
): number {
  asList("select", "the conditions", conditions);
  asList("select", "the choices", choices);
  if (conditions.length !== choices.length)
    throw new ShapeError(
      `select: ${counted(conditions.length, "condition")} for ${counted(choices.length, "choice")}; give one for each`,
    );
  return conditions.reduceRight<Value>(
    (rest, condition, k) => selection.where(asValue("select", condition), asValue("select", choices[k]), rest),
    asValue("select", otherwise),
  ) as number;
}
