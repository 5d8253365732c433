import * as activation from "../primitives/activation.ts";
import * as arithmetic from "../primitives/arithmetic.ts";
import { axisOf } from "../primitives/axes.ts";
import { ShapeError } from "../primitives/broadcastShapes.ts";
import * as comparison from "../primitives/comparison.ts";
import { slice } from "../primitives/indexing.ts";
import * as rounding from "../primitives/rounding.ts";
import * as selection from "../primitives/selection.ts";
import * as transcendental from "../primitives/transcendental.ts";
import { describeShape } from "../tape/shape.ts";
import type { Value } from "../tape/tensor.ts";
import { one, type Elementwise } from "./lifting.ts";
import type { Like, Operand } from "./types.ts";
import { asValue, fixed, shapeOf, calledAs, named } from "./values.ts";

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
export const swish: Elementwise = named("swish", silu);
/** x − tanh x. */
export const tanhShrink: Elementwise = one("tanhShrink", (x) => arithmetic.sub(x, transcendental.tanh(x)));
/** x kept within −1 and 1. */
export const hardTanh: Elementwise = one("hardTanh", (x) => selection.clip(x, -1, 1));
/** x/(1 + |x|). */
export const softSign: Elementwise = one("softSign", (x) => arithmetic.div(x, arithmetic.add(1, selection.abs(x))));
/** The scaled exponential linear unit (Klambauer et al. 2017), which keeps mean 0 and variance 1 from layer to layer. */
export const selu: Elementwise = one("selu", activation.selu);
/** x·tanh(softplus(x)) (Misra 2019). */
export const mish: Elementwise = one("mish", (x) => arithmetic.mul(x, transcendental.tanh(activation.softplus(x))));
/** x kept within 0 and 6. The derivative at 0 and at 6 is 0. */
export const relu6: Elementwise = one("relu6", (x) => selection.min(6, activation.relu(x)));
/** A sigmoid made of straight lines: x/6 + ½ kept within 0 and 1. */
export const hardSigmoid: Elementwise = one("hardSigmoid", hardSigmoidOf);
/** x·hardSigmoid(x) (Howard et al. 2019). */
export const hardSwish: Elementwise = one("hardSwish", (x) => arithmetic.mul(x, hardSigmoidOf(x)));

function hardSigmoidOf(x: Value): Value {
  return selection.clip(arithmetic.add(arithmetic.div(x, 6), 0.5), 0, 1);
}

/** x for x > 0, else slope·x. The derivative at 0 is the slope. */
export function leakyRelu<const X extends Operand>(x: X, slope = 0.01): Like<X> {
  return calledAs("leakyRelu", () => {
    return activation.leakyRelu(asValue("leakyRelu", x), asValue("leakyRelu", slope)) as Like<X>;
  });
}

/** x for x > 0, else α(eˣ − 1). The derivative at 0 is α. */
export function elu<const X extends Operand>(x: X, alpha = 1): Like<X> {
  return calledAs("elu", () => {
    return activation.elu(asValue("elu", x), asValue("elu", alpha)) as Like<X>;
  });
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

/** max(x, 0) + min(α(e^(x/α) − 1), 0): an elu whose slope at 0 is 1 for every α (Barron 2017). */
export function celu<const X extends Operand>(x: X, alpha = 1): Like<X> {
  return calledAs("celu", () => {
    const [value, width] = [asValue("celu", x), asValue("celu", alpha)];
    return arithmetic.mul(width, activation.elu(arithmetic.div(value, width), 1)) as Like<X>;
  });
}

/** x moved towards 0 by the threshold, and 0 within it: the proximal operator of threshold·|x|. The derivative there is 0. */
export function softShrink<const X extends Operand>(x: X, threshold = 0.5): Like<X> {
  return calledAs("softShrink", () => {
    const [value, width] = [asValue("softShrink", x), asValue("softShrink", threshold)];
    const rest = activation.relu(arithmetic.sub(selection.abs(value), width));
    return arithmetic.mul(rounding.sign(value), rest) as Like<X>;
  });
}

/** x where |x| is more than the threshold, else 0. The derivative is 1 and 0. */
export function hardShrink<const X extends Operand>(x: X, threshold = 0.5): Like<X> {
  return calledAs("hardShrink", () => {
    const value = asValue("hardShrink", x);
    const passes = comparison.greater(selection.abs(value), asValue("hardShrink", threshold));
    return selection.where(passes, value, 0) as Like<X>;
  });
}

/** a·sigmoid(b) with the halves a and b of x along an axis, the last when left out (Dauphin et al. 2017). */
export function glu(x: Operand, axis = -1): number {
  const value = asValue("glu", x);
  const place = axisOf("glu", fixed(axis), shapeOf(value));
  const extent = shapeOf(value)[place]!;
  if (extent % 2 !== 0)
    throw new ShapeError(
      `glu of ${describeShape(shapeOf(value))}: axis ${place} has ${extent} elements; an even number is cut into halves`,
    );
  const lead = new Array<null>(place).fill(null);
  const [a, b] = [slice(value, [...lead, [null, extent / 2]]), slice(value, [...lead, [extent / 2, null]])];
  return arithmetic.mul(a, activation.sigmoid(b)) as number;
}

/** x as a constant: its value is used, no adjoint passes through. */
export const stopGradient: Elementwise = one("stopGradient", activation.stopGradient);
