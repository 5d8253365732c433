import type { Value } from "../tape/tensor.ts";
import { sigmoid } from "./activation.ts";
import { add, div, mul, neg, square, sub } from "./arithmetic.ts";
import { equal, isInf } from "./comparison.ts";
import { binary, elementwise, unary, type Binary } from "./elementwise.ts";
import * as errorFunction from "./errorFunction.ts";
import * as integral from "./exponentialIntegral.ts";
import * as gammaFunction from "./gammaFunction.ts";
import { native } from "./native.ts";
import { cosPi, sinPi } from "./piTrigonometry.ts";
import { primitive, type Primitive, type Pullback } from "./rule.ts";
import { where } from "./selection.ts";
import { exp, log } from "./transcendental.ts";
import { NotDifferentiableError } from "./unsolvable.ts";

const { twoOverRootPi } = errorFunction;

/** 2/√π ∫₀ˣ e^(−t²) dt. */
export const erf = unary("erf", errorFunction.erf, (x) => mul(twoOverRootPi, exp(neg(square(x)))));
/** 1 − erf x, with its digits where that is small. */
export const erfc = unary("erfc", errorFunction.erfc, (x) => mul(-twoOverRootPi, exp(neg(square(x)))));
/** The inverse of erf. The derivative at ±1 is +∞. */
export const erfinv = unary("erfinv", errorFunction.erfinv, (_, y) => mul(1 / twoOverRootPi, exp(square(y))));

/** e^(x²)·erfc x. */
export const erfcx = unary("erfcx", errorFunction.erfcx, (x, y) => sub(mul(2, mul(x, y)), twoOverRootPi));
/** The inverse of the standard normal distribution function. The derivative at 0 and 1 is +∞. */
export const ndtri = unary("ndtri", errorFunction.ndtri, (_, y) =>
  mul(native.sqrt(2 * Math.PI), exp(mul(0.5, square(y)))),
);
/** Ei(x). */
export const expi = unary("expi", integral.expi, (x) => div(exp(x), x));
/** E₁(x). */
export const exp1 = unary("exp1", integral.exp1, (x) => neg(div(exp(neg(x)), x)));
/** The W ≥ −1 with W·e^W = x. The derivative at −1/e is ∞. */
export const lambertW = unary("lambertW", integral.lambertW, (_, y) => div(exp(neg(y)), add(1, y)));

/** ln |Γ(x)|. */
export const lgamma = unary("lgamma", gammaFunction.lgamma, (x) => digamma(x));
/** Γ(x). */
export const gamma = unary("gamma", gammaFunction.gamma, (x, y) => mul(y, digamma(x)));
/** The derivative of ln Γ. */
export const digamma = unary("digamma", gammaFunction.digamma, (x) => polygamma(1, x));
/** The n-th derivative of digamma: `polygamma(n, x)`. It does not vary with n, which is a whole number. */
export const polygamma = binary("polygamma", gammaFunction.polygamma, [undefined, (n, x) => polygamma(add(n, 1), x)]);

const overX = elementwise("zeta", 2, gammaFunction.zeta, [undefined, (s, x) => mul(neg(s), zeta(add(s, 1), x))]);
const refused = (): never => {
  throw new NotDifferentiableError(
    "zeta is not differentiated with respect to its exponent; hold that by stopGradient, or give it as a plain number",
  );
};

/** Σ (x + k)^(−s) over k = 0, 1, …: Hurwitz's zeta function, `zeta(s, x)`. */
export const zeta: Primitive<Binary> = primitive<Binary>(
  "zeta",
  {
    scalar: gammaFunction.zeta,
    shape: (...given) => overX.shape(...given),
    evaluate: (...given) => overX.evaluate(...given),
    jvp: (tangents, ...rest) => (tangents[0] === undefined ? overX.jvp(tangents, ...rest) : refused()),
    vjp: [refused, (overX.vjp as readonly Pullback[])[1]],
  },
  (run) => (s, x) => run([s, x]),
);

/** x ln y, and 0 where x = 0. The derivatives at x = y = 0 are 0. */
export const xlogy = binary("xlogy", (x, y) => (x === 0 && y === y ? 0 : x * native.log(y)), [
  (x, y) => log(awayFromOrigin(x, y)),
  (x, y) => div(x, awayFromOrigin(x, y)),
]);

/** y, and 1 where x = y = 0. */
function awayFromOrigin(x: Value, y: Value): Value {
  return where(mul(equal(x, 0), equal(y, 0)), 1, y);
}

/** ln(eᵃ + eᵇ). The derivatives are each one's share of the sum, and ½ where both are the same infinity. */
export const logAddExp = binary("logAddExp", evaluateLogAddExp, [
  (a, b) => sigmoid(finiteDifference(a, b)),
  (a, b) => sigmoid(neg(finiteDifference(a, b))),
]);

/** a − b, and 0 where both are the same infinity. */
function finiteDifference(a: Value, b: Value): Value {
  return where(mul(equal(a, b), isInf(a)), 0, sub(a, b));
}

function evaluateLogAddExp(a: number, b: number): number {
  const larger = native.max(a, b);
  // Equal infinities have no difference.
  return larger - larger === 0 ? larger + native.log1p(native.exp(-native.abs(a - b))) : larger;
}

/** sin πx/πx, and 1 at 0: `sinc(x, 0)`. With a whole number n for the 0, its n-th derivative. */
export const sinc = binary("sinc", evaluateSinc, [(x, n) => sinc(x, add(n, 1)), undefined]);

function evaluateSinc(x: number, n: number): number {
  const z = Math.PI * x;
  if (native.abs(z) <= native.max(n, 1)) return Math.PI ** n * sincSeries(z, n);
  // z·g⁽ᵏ⁾ + k·g⁽ᵏ⁻¹⁾ = sin⁽ᵏ⁾ z for g(z) = sin z/z; it loses digits where |z| < k.
  const cycle = [sinPi(x), cosPi(x), -sinPi(x), -cosPi(x)];
  let derivative = 0;
  for (let k = 0; k <= n; k++) derivative = (cycle[k % 4]! - k * derivative) / z;
  return Math.PI ** n * derivative;
}

/** The n-th derivative of Σ (−1)ʲ z²ʲ/(2j + 1)!. */
function sincSeries(z: number, n: number): number {
  let sum = 0;
  let power = 1; // zᵐ⁻ⁿ/(m − n)!
  for (let m = n; m < n + 60; power *= z / (++m - n)) {
    if (m % 2 === 1) continue;
    sum += ((m % 4 === 0 ? 1 : -1) * power) / (m + 1);
  }
  return sum;
}
