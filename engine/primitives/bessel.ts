import type { Value } from "../tape/tensor.ts";
import { add, mul, neg, sub } from "./arithmetic.ts";
import * as functions from "./besselFunctions.ts";
import { binary } from "./elementwise.ts";
import { sign } from "./rounding.ts";
import type { Partial } from "./rule.ts";

// Each takes its order first. It does not vary with that, which is a whole number. The derivatives with respect to x are those
// of Abramowitz and Stegun 9.1.27 and 9.6.26.

const mean = (f: (n: Value, x: Value) => Value, n: Value, x: Value): Value =>
  mul(0.5, add(f(sub(n, 1), x), f(add(n, 1), x)));
const halfDifference =
  (f: () => (n: Value, x: Value) => Value): Partial =>
  (n, x) =>
    mul(0.5, sub(f()(sub(n, 1), x), f()(add(n, 1), x)));

/** Jₙ(x). */
export const besselJ = binary("besselJ", functions.besselJ, [undefined, halfDifference(() => besselJ)]);
/** Yₙ(x). */
export const besselY = binary("besselY", functions.besselY, [undefined, halfDifference(() => besselY)]);
/** Iₙ(x). */
export const besselI = binary("besselI", functions.besselI, [undefined, (n, x) => mean(besselI, n, x)]);
/** e^(−|x|)·Iₙ(x). The derivative at 0 is that of Iₙ: the mean of both sides. */
export const besselIe = binary("besselIe", functions.besselIe, [
  undefined,
  (n, x, y) => sub(mean(besselIe, n, x), mul(sign(x), y)),
]);
/** Kₙ(x). */
export const besselK = binary("besselK", functions.besselK, [undefined, (n, x) => neg(mean(besselK, n, x))]);
/** eˣ·Kₙ(x). */
export const besselKe = binary("besselKe", functions.besselKe, [undefined, (n, x, y) => sub(y, mean(besselKe, n, x))]);
