import { add, mul, neg } from "./arithmetic.ts";
import { greater } from "./comparison.ts";
import { binary, unary } from "./elementwise.ts";
import { erfc as evaluateErfc } from "./errorFunction.ts";
import { heldValues } from "./held.ts";
import { where } from "./selection.ts";
import { erfc } from "./special.ts";
import { exp, expm1, tanh } from "./transcendental.ts";
import { native } from "./native.ts";

/** max(x, 0). The derivative at 0 is 0. */
export const relu = unary(
  "relu",
  (x) => native.max(x, 0),
  (x) => greater(x, 0),
);

/** x for x > 0, else slope·x. The derivative at 0 is the slope. */
export const leakyRelu = binary("leakyRelu", (x, slope) => (x > 0 ? x : slope * x), [
  (x, slope) => where(greater(x, 0), 1, slope),
  (x) => where(greater(x, 0), 0, x),
]);

/** x for x > 0, else α(eˣ − 1). The derivative at 0 is α. */
export const elu = binary("elu", (x, alpha) => (x > 0 ? x : alpha * native.expm1(x)), [
  (x, alpha) => where(greater(x, 0), 1, mul(alpha, exp(where(greater(x, 0), 0, x)))),
  (x) => where(greater(x, 0), 0, expm1(where(greater(x, 0), 0, x))),
]);

// Klambauer et al., Self-Normalizing Neural Networks (2017).
const seluScale = 1.0507009873554805;
const seluAlpha = 1.6732632423543772;

/** λ·elu(x, α) with the constants that keep mean 0 and variance 1 from layer to layer. The derivative at 0 is λα. */
export const selu = unary(
  "selu",
  (x) => seluScale * (x > 0 ? x : seluAlpha * native.expm1(x)),
  (x) => where(greater(x, 0), seluScale, mul(seluScale * seluAlpha, exp(where(greater(x, 0), 0, x)))),
);

/** 1/(1 + e⁻ˣ). */
export const sigmoid = unary(
  "sigmoid",
  (x) => (x >= 0 ? 1 / (1 + native.exp(-x)) : native.exp(x) / (1 + native.exp(x))),
  // σ(x)σ(−x) keeps the small digits that σ(1 − σ) loses for large x.
  (x, y) => mul(y, sigmoid(neg(x))),
);

/** ln(1 + eˣ), without overflow. */
export const softplus = unary(
  "softplus",
  (x) => native.max(x, 0) + native.log1p(native.exp(-native.abs(x))),
  (x) => sigmoid(x),
);

const inverseRootTwo = Math.SQRT1_2;
const inverseRootTwoPi = 1 / native.sqrt(2 * Math.PI);

/** x·Φ(x) with the normal distribution function Φ. */
export const gelu = unary(
  "gelu",
  (x) => 0.5 * x * evaluateErfc(-x * inverseRootTwo),
  // Φ(x) + x·φ(x)
  (x) => add(mul(0.5, erfc(mul(x, -inverseRootTwo))), mul(mul(inverseRootTwoPi, x), exp(mul(-0.5, mul(x, x))))),
);

const geluTanhScale = native.sqrt(2 / Math.PI);
const geluTanhCubic = 0.044715;

/** ½x(1 + tanh(√(2/π)(x + 0.044715x³))), the approximation of `gelu` of Hendrycks and Gimpel (2016). */
export const geluTanh = unary(
  "geluTanh",
  (x) => 0.5 * x * (1 + native.tanh(geluTanhScale * (x + geluTanhCubic * x * x * x))),
  (x) => {
    const t = tanh(mul(geluTanhScale, add(x, mul(geluTanhCubic, mul(x, mul(x, x))))));
    const slope = mul(geluTanhScale, add(1, mul(3 * geluTanhCubic, mul(x, x))));
    // ½(1 + t) + ½x(1 − t²)u′
    return mul(0.5, add(add(1, t), mul(mul(x, add(1, neg(mul(t, t)))), slope)));
  },
);

/** The value itself, as a constant: no adjoint passes. */
export const stopGradient = unary("stopGradient", (x) => heldValues.pass(x));
