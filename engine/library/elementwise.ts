import * as activation from "../primitives/activation.ts";
import * as arithmetic from "../primitives/arithmetic.ts";
import * as comparison from "../primitives/comparison.ts";
import * as rounding from "../primitives/rounding.ts";
import * as selection from "../primitives/selection.ts";
import * as transcendental from "../primitives/transcendental.ts";
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

function one(name: string, apply: (x: Value) => Value): Elementwise {
  return ((x: unknown) => apply(asValue(name, x))) as unknown as Elementwise;
}

function two(name: string, apply: (a: Value, b: Value) => Value): ElementwiseOfTwo {
  return ((a: unknown, b: unknown) => apply(asValue(name, a), asValue(name, b))) as unknown as ElementwiseOfTwo;
}

// ---------------------------------------------------------------------------------------------------------- arithmetic

/** a + b, element by element with broadcasting. */
export const add: ElementwiseOfTwo = two("add", arithmetic.add);
/** a − b, element by element with broadcasting. */
export const sub: ElementwiseOfTwo = two("sub", arithmetic.sub);
/** a · b, element by element with broadcasting (`matmul` is the matrix product). */
export const mul: ElementwiseOfTwo = two("mul", arithmetic.mul);
/** a / b, element by element with broadcasting. */
export const div: ElementwiseOfTwo = two("div", arithmetic.div);
/** a % b, element by element with broadcasting, with the sign of a. */
export const mod: ElementwiseOfTwo = two("mod", arithmetic.mod);
/**
 * a to the power b, element by element with broadcasting. The derivative with respect to b is NaN for a < 0, where the
 * power is real at isolated b only, and 0 at a = 0.
 */
export const pow: ElementwiseOfTwo = two("pow", arithmetic.pow);
/** −x. */
export const neg: Elementwise = one("neg", arithmetic.neg);
/** x². */
export const square: Elementwise = one("square", (x) => arithmetic.mul(x, x));

// ------------------------------------------------------------------------------------------------- powers, logarithms

/** eˣ. */
export const exp: Elementwise = one("exp", transcendental.exp);
/** eˣ − 1, exact near 0. */
export const expm1: Elementwise = one("expm1", transcendental.expm1);
/** The natural logarithm. */
export const log: Elementwise = one("log", transcendental.log);
/** ln(1 + x), exact near 0. */
export const log1p: Elementwise = one("log1p", transcendental.log1p);
/** The logarithm to base 2. */
export const log2: Elementwise = one("log2", transcendental.log2);
/** The logarithm to base 10. */
export const log10: Elementwise = one("log10", transcendental.log10);
/** √x. The derivative at 0 is infinite. */
export const sqrt: Elementwise = one("sqrt", transcendental.sqrt);
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

// --------------------------------------------------------------------------------------------------------- activations

/** max(x, 0). The derivative at 0 is 0. */
export const relu: Elementwise = one("relu", activation.relu);
/** 1/(1 + e⁻ˣ), without overflow. */
export const sigmoid: Elementwise = one("sigmoid", activation.sigmoid);
/** ln(1 + eˣ), without overflow. */
export const softplus: Elementwise = one("softplus", activation.softplus);
/** ln sigmoid(x), without underflow: −softplus(−x). */
export const logSigmoid: Elementwise = one("logSigmoid", (x) => arithmetic.neg(activation.softplus(arithmetic.neg(x))));
/** x·sigmoid(x), also known as swish. */
export const silu: Elementwise = one("silu", (x) => arithmetic.mul(x, activation.sigmoid(x)));
/** x·sigmoid(x); the same as `silu`. */
export const swish: Elementwise = silu;
/** x kept within −1 and 1. */
export const hardTanh: Elementwise = one("hardTanh", (x) => selection.clip(x, -1, 1));
/** x/(1 + |x|). */
export const softSign: Elementwise = one("softSign", (x) => arithmetic.div(x, arithmetic.add(1, selection.abs(x))));
/** The scaled exponential linear unit (Klambauer et al. 2017), which keeps mean 0 and variance 1 from layer to layer. */
export const selu: Elementwise = one("selu", activation.selu);
/** The error function 2/√π ∫₀ˣ e^(−t²) dt. */
export const erf: Elementwise = one("erf", activation.erf);

/** x for x > 0, else slope·x. The derivative at 0 is the slope. */
export function leakyRelu<const X extends Operand>(x: X, slope = 0.01): Like<X> {
  return activation.leakyRelu(asValue("leakyRelu", x), asValue("leakyRelu", slope)) as Like<X>;
}

/** x for x > 0, else α(eˣ − 1). The derivative at 0 is α. */
export function elu<const X extends Operand>(x: X, alpha = 1): Like<X> {
  return activation.elu(asValue("elu", x), asValue("elu", alpha)) as Like<X>;
}

/**
 * x·Φ(x) with the normal distribution function Φ (Hendrycks and Gimpel 2016).
 *
 * @param options.approximate "tanh" takes their approximation of Φ by tanh; it is off by at most 0.0005.
 */
export function gelu<const X extends Operand>(x: X, options: { readonly approximate?: "none" | "tanh" } = {}): Like<X> {
  const apply = options.approximate === "tanh" ? activation.geluTanh : activation.gelu;
  return apply(asValue("gelu", x)) as Like<X>;
}

// ---------------------------------------------------------------------------------------------------------- selection

/** |x|. The derivative at 0 is 0. */
export const abs: Elementwise = one("abs", selection.abs);
/** The larger of a and b; where they are equal, a gets the whole adjoint. */
export const maximum: ElementwiseOfTwo = two("maximum", selection.max);
/** The smaller of a and b; where they are equal, a gets the whole adjoint. */
export const minimum: ElementwiseOfTwo = two("minimum", selection.min);

/** x kept within low and high. Where it had to be moved, the adjoint goes to the bound instead. */
export function clip<const X extends Operand>(x: X, low: Operand, high: Operand): Like<X> {
  return selection.clip(asValue("clip", x), asValue("clip", low), asValue("clip", high)) as Like<X>;
}

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

// ------------------------------------------------------------------------------- comparisons and rounding: no gradient

/** 1 where a = b, else 0. */
export const equal: ElementwiseOfTwo = two("equal", comparison.equal);
/** 1 where a ≠ b, else 0. */
export const notEqual: ElementwiseOfTwo = two("notEqual", comparison.notEqual);
/** 1 where a < b, else 0. */
export const less: ElementwiseOfTwo = two("less", comparison.less);
/** 1 where a ≤ b, else 0. */
export const lessEqual: ElementwiseOfTwo = two("lessEqual", comparison.lessEqual);
/** 1 where a > b, else 0. */
export const greater: ElementwiseOfTwo = two("greater", comparison.greater);
/** 1 where a ≥ b, else 0. */
export const greaterEqual: ElementwiseOfTwo = two("greaterEqual", comparison.greaterEqual);
/** The next whole number below. */
export const floor: Elementwise = one("floor", rounding.floor);
/** The next whole number above. */
export const ceil: Elementwise = one("ceil", rounding.ceil);
/** The nearest whole number, halves upwards. */
export const round: Elementwise = one("round", rounding.round);
/** The whole part. */
export const trunc: Elementwise = one("trunc", rounding.trunc);
/** −1, 0 or 1. */
export const sign: Elementwise = one("sign", rounding.sign);
/** x as a constant: its value is used, no adjoint passes through. */
export const stopGradient: Elementwise = one("stopGradient", activation.stopGradient);
