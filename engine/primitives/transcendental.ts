import type { Value } from "../tape/tensor.ts";
import { add, div, mul, neg, sub } from "./arithmetic.ts";
import { equal, notEqual } from "./comparison.ts";
import { binary, unary } from "./elementwise.ts";
import { native } from "./native.ts";
import { variadic } from "./variadic.ts";

export const exp = unary("exp", Math.exp, (_, y) => y);
// Not y + 1, which cancels for large negative x.
export const expm1 = unary("expm1", Math.expm1, (x) => exp(x));
export const log = unary("log", Math.log, (x) => div(1, x));
export const log1p = unary("log1p", Math.log1p, (x) => div(1, add(1, x)));
export const log2 = unary("log2", Math.log2, (x) => div(Math.LOG2E, x));
export const log10 = unary("log10", Math.log10, (x) => div(Math.LOG10E, x));

/** The derivative at 0 is +∞. */
export const sqrt = unary("sqrt", Math.sqrt, (_, y) => div(0.5, y));
/** 1/√x. */
export const rsqrt = unary(
  "rsqrt",
  (x) => 1 / native.sqrt(x),
  (x, y) => div(mul(-0.5, y), x),
);
/** The derivative at 0 is +∞. */
export const cbrt = unary("cbrt", Math.cbrt, (_, y) => div(1, mul(3, mul(y, y))));

export const sin = unary("sin", Math.sin, (x) => cos(x));
export const cos = unary("cos", Math.cos, (x) => neg(sin(x)));
export const tan = unary("tan", Math.tan, (_, y) => add(1, mul(y, y)));
// (1 − x)(1 + x) keeps the digits that 1 − x² loses near ±1.
export const asin = unary("asin", Math.asin, (x) => div(1, sqrt(mul(sub(1, x), add(1, x)))));
export const acos = unary("acos", Math.acos, (x) => div(-1, sqrt(mul(sub(1, x), add(1, x)))));
export const atan = unary("atan", Math.atan, (x) => div(1, add(1, mul(x, x))));

export const sinh = unary("sinh", Math.sinh, (x) => cosh(x));
export const cosh = unary("cosh", Math.cosh, (x) => sinh(x));
/** The derivative is 1/cosh² x rather than 1 − y², which would be 0 for every |x| > 19. */
export const tanh = unary("tanh", Math.tanh, (x) => div(1, mul(cosh(x), cosh(x))));
export const asinh = unary("asinh", Math.asinh, (x) => div(1, hypotOfTwo(x, 1)));
export const acosh = unary("acosh", Math.acosh, (x) => div(1, sqrt(mul(sub(x, 1), add(x, 1)))));
export const atanh = unary("atanh", Math.atanh, (x) => div(1, mul(sub(1, x), add(1, x))));

/** The angle of the point (b, a). With r the distance, ∂/∂a = b/r² and ∂/∂b = −a/r²: NaN at the origin. */
export const atan2 = binary("atan2", Math.atan2, [
  (a, b) => div(div(b, hypotOfTwo(a, b)), hypotOfTwo(a, b)),
  (a, b) => neg(div(div(a, hypotOfTwo(a, b)), hypotOfTwo(a, b))),
]);

// ∂y/∂xₖ = xₖ/y; at the origin 0, the subgradient of least norm, and so are the derivatives of that.
const directionCosine = (x: Value, y: Value): Value => div(mul(x, notEqual(y, 0)), add(y, equal(y, 0)));

const hypotOfTwo = binary("hypot", Math.hypot, [
  (a, _, y) => directionCosine(a, y),
  (_, b, y) => directionCosine(b, y),
]);

/** √(Σ xₖ²) of any number of values. Its gradient at the origin is 0. */
export const hypot = variadic(hypotOfTwo, Math.hypot, (inputs, y, k) => directionCosine(inputs[k]!, y));
