import type { Value } from "../tape/tensor.ts";
import { add, div, mul, neg, sub } from "./arithmetic.ts";
import { equal } from "./comparison.ts";
import { arithmetic, binary, broadcastAll, elementwiseEvaluation } from "./elementwise.ts";
import { factorial, logBeta as logBetaOf } from "./gammaFunction.ts";
import * as beta from "./incompleteBeta.ts";
import * as gamma from "./incompleteGamma.ts";
import type { PrimitiveName } from "./names.ts";
import { primalOf, primitive, shapeOf, type Primitive } from "./rule.ts";
import { where } from "./selection.ts";
import { digamma, lgamma, polygamma, xlogy } from "./special.ts";
import { exp, log, log1p } from "./transcendental.ts";

type OfThree = (a: Value, b: Value, c: Value) => Value;
type OfFive = (a: Value, b: Value, c: Value, d: Value, e: Value) => Value;
/** ∂result/∂inputₖ; undefined for an order, which is a whole number. */
type PartialOfMany = ((inputs: readonly Value[]) => Value) | undefined;

/** An elementwise function of more than two values. */
function ofMany<F extends (...inputs: Value[]) => Value>(
  name: PrimitiveName,
  scalar: (...inputs: number[]) => number,
  partials: readonly PartialOfMany[],
): Primitive<F> {
  return primitive<F>(
    name,
    {
      scalar,
      shape: (shapes) => broadcastAll(shapes, name),
      evaluate: elementwiseEvaluation(scalar, partials.length),
      jvp: (tangents, inputs, result) => {
        const terms = partials.flatMap((partial, k) =>
          partial === undefined || tangents[k] === undefined ? [] : [mul(tangents[k], partial(inputs))],
        );
        return arithmetic.broadcastTo(terms.length === 0 ? 0 : terms.reduce(add), shapeOf(result));
      },
      vjp: partials.map((partial, k) =>
        partial === undefined
          ? undefined
          : (cotangent, inputs) => arithmetic.sumTo(mul(cotangent, partial(inputs)), shapeOf(inputs[k]!)),
      ),
    },
    (run) => ((...inputs: Value[]) => run(inputs)) as F,
  );
}

/** x^(a−1)e^(−x)/Γ(a), the density of the gamma distribution. */
const gammaDensity = (a: Value, x: Value): Value => exp(sub(xlogy(sub(a, 1), x), add(x, lgamma(a))));

/** P(a, x), the regularised incomplete gamma function. */
export const gammainc = binary("gammainc", gamma.gammainc, [(a, x) => gammaincOrder(1, a, x), gammaDensity]);
/** Q(a, x) = 1 − P(a, x). */
export const gammaincc = binary("gammaincc", gamma.gammaincc, [
  (a, x) => neg(gammaincOrder(1, a, x)),
  (a, x) => neg(gammaDensity(a, x)),
]);
/** ∂ᵏP(a, x)/∂aᵏ: `gammaincOrder(k, a, x)`. */
export const gammaincOrder: Primitive<OfThree> = ofMany<OfThree>("gammaincOrder", gamma.gammaincOrder, [
  undefined,
  ([k, a, x]) => gammaincOrder(add(k!, 1), a!, x!),
  // ∂ᵏ/∂aᵏ of the density
  ([k, a, x]) => {
    const density = gammaDensity(a!, x!);
    const order = primalOf(k!) as number;
    const logarithms = Array.from({ length: order + 1 }, (_, n): Value => {
      if (n === 1) return sub(log(where(equal(density, 0), 1, x!)), digamma(a!));
      return n === 0 ? 0 : div(neg(polygamma(n - 1, a!)), factorial(n));
    });
    return mul(factorial(order), exponentialSeries([logarithms], density)[0]![order]!);
  },
]);

/** ln B(a, b). */
export const logBeta = binary("logBeta", logBetaOf, [
  (a, b) => sub(digamma(a), digamma(add(a, b))),
  (a, b) => sub(digamma(b), digamma(add(a, b))),
]);

/** c·ln(1 + x), and 0 where c = 0 and x = −1. */
export function xlog1py(c: Value, x: Value): Value {
  return mul(c, log1p(where(mul(equal(c, 0), equal(x, -1)), 0, x)));
}

/** x^(a−1)(1 − x)^(b−1)/B(a, b), the density of the beta distribution. */
const betaDensity = (a: Value, b: Value, x: Value): Value =>
  exp(sub(add(xlogy(sub(a, 1), x), xlog1py(sub(b, 1), neg(x))), logBeta(a, b)));

/** Iₓ(a, b), the regularised incomplete beta function. */
export const betainc: Primitive<OfThree> = ofMany<OfThree>("betainc", beta.betainc, [
  ([a, b, x]) => betaincOrder(1, 0, a!, b!, x!),
  ([a, b, x]) => betaincOrder(0, 1, a!, b!, x!),
  ([a, b, x]) => betaDensity(a!, b!, x!),
]);
/** ∂ⁱ⁺ʲIₓ(a, b)/∂aⁱ∂bʲ: `betaincOrder(i, j, a, b, x)`. */
export const betaincOrder: Primitive<OfFive> = ofMany<OfFive>("betaincOrder", beta.betaincOrder, [
  undefined,
  undefined,
  ([i, j, a, b, x]) => betaincOrder(add(i!, 1), j!, a!, b!, x!),
  ([i, j, a, b, x]) => betaincOrder(i!, add(j!, 1), a!, b!, x!),
  // ∂ⁱ⁺ʲ/∂aⁱ∂bʲ of the density
  ([i, j, a, b, x]) => {
    const density = betaDensity(a!, b!, x!);
    const none = equal(density, 0);
    const [first, second] = [log(where(none, 1, x!)), log1p(neg(where(none, 0, x!)))];
    const [most, more] = [primalOf(i!) as number, primalOf(j!) as number];
    const logarithms = Array.from({ length: most + 1 }, (_, k) =>
      Array.from({ length: more + 1 }, (__, l): Value => {
        if (k + l === 0) return 0;
        const both = polygamma(k + l - 1, add(a!, b!));
        const own = l === 0 ? polygamma(k - 1, a!) : k === 0 ? polygamma(l - 1, b!) : 0;
        const coefficient = div(sub(both, own), factorial(k) * factorial(l));
        return k + l > 1 ? coefficient : add(k === 1 ? first : second, coefficient);
      }),
    );
    return mul(factorial(most) * factorial(more), exponentialSeries(logarithms, density)[most]![more]!);
  },
]);

/** As the function of this name in quadrature.ts, of values. */
function exponentialSeries(series: readonly (readonly Value[])[], scale: Value): Value[][] {
  const result = series.map((row) => row.map((): Value => 0));
  result[0]![0] = scale;
  series.forEach((row, i) =>
    row.forEach((_, j) => {
      if (i + j === 0) return;
      let sum: Value = 0;
      for (let k = 0; k <= i; k++)
        for (let l = 0; l <= j; l++)
          if ((i > 0 ? k : l) > 0) sum = add(sum, mul(mul(i > 0 ? k : l, series[k]![l]!), result[i - k]![j - l]!));
      result[i]![j] = div(sum, i > 0 ? i : j);
    }),
  );
  return result;
}
