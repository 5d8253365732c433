/**
 * Logarithms of densities and of probabilities, to be maximised, or summed into a likelihood. Values and parameters broadcast.
 * Outside of what a distribution can give they are −∞, with no gradient; else, where a parameter makes no sense, they are NaN.
 */
import { KindError } from "../primitives/argumentErrors.ts";
import { ShapeError } from "../primitives/broadcastShapes.ts";
import { besselIe } from "../primitives/bessel.ts";
import { softplus } from "../primitives/activation.ts";
import { add, div, mul, neg, pow, square, sub } from "../primitives/arithmetic.ts";
import {
  equal,
  greater,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  notEqual,
} from "../primitives/comparison.ts";
import { logBeta, xlog1py } from "../primitives/incomplete.ts";
import { diagonalOf } from "../primitives/matrices.ts";
import { sum } from "../primitives/reduction.ts";
import { shapeOf } from "../primitives/rule.ts";
import { floor } from "../primitives/rounding.ts";
import { abs, where } from "../primitives/selection.ts";
import { expandDims, squeeze } from "../primitives/shaping.ts";
import { lgamma, xlogy } from "../primitives/special.ts";
import { cos, exp, log, log1p } from "../primitives/transcendental.ts";
import { cholesky, triangularSolve } from "../primitives/triangular.ts";
import { describeShape } from "../tape/shape.ts";
import type { Value } from "../tape/tensor.ts";
import type { Broadcast, Operand, ShapeOf, Shaped } from "./types.ts";
import { asValue, calledAs } from "./values.ts";

type Both<A, B> = Broadcast<ShapeOf<A>, ShapeOf<B>>;
/** Of a value and one parameter, which has a default. */
export type LogDensityOfOne = <const X extends Operand, const A extends Operand = 1>(x: X, a?: A) => Shaped<Both<X, A>>;
/** Of a value and one parameter, which must be given. */
export type LogDensityGivenOne = <const X extends Operand, const A extends Operand>(x: X, a: A) => Shaped<Both<X, A>>;
/** Of a value and two parameters, which have defaults. */
export type LogDensityOfTwo = <const X extends Operand, const A extends Operand = 1, const B extends Operand = 1>(
  x: X,
  a?: A,
  b?: B,
) => Shaped<Broadcast<Both<X, A>, ShapeOf<B>>>;
/** Of a value and two parameters, of which the first must be given. */
export type LogDensityGivenOneOfTwo = <const X extends Operand, const A extends Operand, const B extends Operand = 1>(
  x: X,
  a: A,
  b?: B,
) => Shaped<Broadcast<Both<X, A>, ShapeOf<B>>>;
/** Of a value and two parameters, which must be given. */
export type LogDensityGivenTwo = <const X extends Operand, const A extends Operand, const B extends Operand>(
  x: X,
  a: A,
  b: B,
) => Shaped<Broadcast<Both<X, A>, ShapeOf<B>>>;
/** Of a value and three parameters, of which the first must be given. */
export type LogDensityGivenOneOfThree = <
  const X extends Operand,
  const A extends Operand,
  const B extends Operand = 1,
  const C extends Operand = 1,
>(
  x: X,
  a: A,
  b?: B,
  c?: C,
) => Shaped<Broadcast<Broadcast<Both<X, A>, ShapeOf<B>>, ShapeOf<C>>>;

type Apply = (x: Value, ...parameters: Value[]) => Value;

/** `defaults` has an entry for each parameter, undefined where it must be given. */
function logDensity(name: string, defaults: readonly (number | undefined)[], apply: Apply): never {
  return ((x: unknown, ...given: unknown[]) =>
    calledAs(name, () => {
      const parameters = defaults.map((value, k) => given[k] ?? value);
      const missing = parameters.indexOf(undefined);
      if (missing >= 0)
        throw new KindError(
          `${name}: the ${["first", "second"][missing]!} parameter after the value is missing; it has no default`,
        );
      return apply(asValue(name, x), ...parameters.map((parameter) => asValue(name, parameter)));
    })) as never;
}

/** −∞ where `outside` holds, and `apply` elsewhere: within what is left out x is `inner`, so that no NaN comes of its slope. */
function within(outside: Value, x: Value, inner: Value, apply: (x: Value) => Value): Value {
  const nowhere = logicalOr(outside, equal(x, Infinity));
  return where(nowhere, -Infinity, apply(where(nowhere, inner, x)));
}

/** NaN where a parameter makes no sense although a formula has a value there. */
const unless = (nonsense: Value, value: Value): Value => (nonsense === 0 ? value : where(nonsense, NaN, value));
const notPositive = (parameter: Value): Value => lessEqual(parameter, 0);

const logRootTwoPi = 0.5 * Math.log(2 * Math.PI);
const standard = (x: Value, mean: Value, scale: Value): Value => div(sub(x, mean), scale);
const minus = (first: Value, ...rest: Value[]): Value => rest.reduce((left, taken) => sub(left, taken), first);
const halfSquare = (z: Value): Value => mul(0.5, square(z));

// ---------------------------------------------------------------------------------------------------- densities on a line

/** ln of the normal density: `normalLogPdf(x, mean = 0, scale = 1)`, the scale being the standard deviation. */
export const normalLogPdf: LogDensityOfTwo = logDensity("normalLogPdf", [0, 1], (x, mean, scale) =>
  neg(add(halfSquare(standard(x, mean, scale)), add(log(scale), logRootTwoPi))),
);
/** ln of the Laplace density: `laplaceLogPdf(x, mean = 0, scale = 1)`. */
export const laplaceLogPdf: LogDensityOfTwo = logDensity("laplaceLogPdf", [0, 1], (x, mean, scale) =>
  neg(add(abs(standard(x, mean, scale)), log(mul(2, scale)))),
);
/** ln of the Cauchy density: `cauchyLogPdf(x, location = 0, scale = 1)`. */
export const cauchyLogPdf: LogDensityOfTwo = logDensity("cauchyLogPdf", [0, 1], (x, location, scale) =>
  neg(add(log1p(square(standard(x, location, scale))), log(mul(Math.PI, scale)))),
);
/** ln of the logistic density: `logisticLogPdf(x, mean = 0, scale = 1)`. */
export const logisticLogPdf: LogDensityOfTwo = logDensity("logisticLogPdf", [0, 1], (x, mean, scale) => {
  const size = abs(standard(x, mean, scale));
  return minus(neg(size), mul(2, softplus(neg(size))), log(scale));
});
/** ln of the Gumbel density: `gumbelLogPdf(x, location = 0, scale = 1)`. */
export const gumbelLogPdf: LogDensityOfTwo = logDensity("gumbelLogPdf", [0, 1], (x, location, scale) => {
  const z = standard(x, location, scale);
  return minus(neg(z), exp(neg(z)), log(scale));
});
/** ln of Student's density: `studentTLogPdf(x, degrees of freedom, location = 0, scale = 1)`. */
export const studentTLogPdf: LogDensityGivenOneOfThree = logDensity(
  "studentTLogPdf",
  [undefined, 0, 1],
  (x, freedom, location, scale) => {
    const tail = mul(mul(0.5, add(freedom, 1)), log1p(div(square(standard(x, location, scale)), freedom)));
    return minus(neg(logBeta(mul(0.5, freedom), 0.5)), mul(0.5, log(freedom)), log(scale), tail);
  },
);
/** ln of the von Mises density of an angle: `vonMisesLogPdf(angle, concentration, mean = 0)`, in radians. */
export const vonMisesLogPdf: LogDensityGivenOneOfTwo = logDensity(
  "vonMisesLogPdf",
  [undefined, 0],
  (angle, concentration, mean) => {
    const fall = mul(concentration, sub(cos(sub(angle, mean)), 1));
    return unless(less(concentration, 0), minus(fall, log(mul(2 * Math.PI, besselIe(0, concentration)))));
  },
);
/** ln of the uniform density: `uniformLogPdf(x, low = 0, high = 1)`. */
export const uniformLogPdf: LogDensityOfTwo = logDensity("uniformLogPdf", [0, 1], (x, low, high) => {
  const outside = logicalOr(less(x, low), greater(x, high));
  // A NaN is passed on.
  return unless(lessEqual(high, low), where(outside, -Infinity, sub(mul(0, x), log(sub(high, low)))));
});

// ------------------------------------------------------------------------------------------ densities of positive numbers

/** ln of the exponential density: `exponentialLogPdf(x, rate = 1)`. */
export const exponentialLogPdf: LogDensityOfOne = logDensity("exponentialLogPdf", [1], (x, rate) =>
  within(less(x, 0), x, 1, (t) => sub(log(rate), mul(rate, t))),
);
/** ln of the gamma density: `gammaLogPdf(x, shape, rate = 1)`; the rate is one by the scale. */
export const gammaLogPdf: LogDensityGivenOneOfTwo = logDensity("gammaLogPdf", [undefined, 1], (x, shape, rate) =>
  within(less(x, 0), x, 1, (t) => {
    const powers = add(xlogy(shape, rate), xlogy(sub(shape, 1), t));
    return unless(notPositive(shape), minus(powers, mul(rate, t), lgamma(shape)));
  }),
);
/** ln of the inverse gamma density: `inverseGammaLogPdf(x, shape, scale = 1)`. */
export const inverseGammaLogPdf: LogDensityGivenOneOfTwo = logDensity(
  "inverseGammaLogPdf",
  [undefined, 1],
  (x, shape, scale) =>
    within(lessEqual(x, 0), x, 1, (t) =>
      unless(notPositive(shape), minus(xlogy(shape, scale), lgamma(shape), mul(add(shape, 1), log(t)), div(scale, t))),
    ),
);
/** ln of the χ² density: `chiSquaredLogPdf(x, degrees of freedom)`. */
export const chiSquaredLogPdf: LogDensityGivenOne = logDensity("chiSquaredLogPdf", [undefined], (x, freedom) => {
  const half = mul(0.5, freedom);
  return within(less(x, 0), x, 1, (t) =>
    unless(notPositive(freedom), minus(xlogy(sub(half, 1), t), mul(0.5, t), lgamma(half), mul(half, Math.LN2))),
  );
});
/** ln of the log-normal density: `logNormalLogPdf(x, mean of ln x = 0, scale of ln x = 1)`. */
export const logNormalLogPdf: LogDensityOfTwo = logDensity("logNormalLogPdf", [0, 1], (x, mean, scale) =>
  within(lessEqual(x, 0), x, 1, (t) =>
    neg(add(add(halfSquare(standard(log(t), mean, scale)), log(t)), add(log(scale), logRootTwoPi))),
  ),
);
/** ln of the half-normal density, of |x| of a normal: `halfNormalLogPdf(x, scale = 1)`. */
export const halfNormalLogPdf: LogDensityOfOne = logDensity("halfNormalLogPdf", [1], (x, scale) =>
  within(less(x, 0), x, 1, (t) => sub(Math.LN2 - logRootTwoPi, add(halfSquare(div(t, scale)), log(scale)))),
);
/** ln of the Weibull density: `weibullLogPdf(x, shape, scale = 1)`. */
export const weibullLogPdf: LogDensityGivenOneOfTwo = logDensity("weibullLogPdf", [undefined, 1], (x, shape, scale) =>
  within(less(x, 0), x, 1, (t) => {
    const z = div(t, scale);
    return minus(add(log(div(shape, scale)), xlogy(sub(shape, 1), z)), pow(z, shape));
  }),
);
/** ln of the Pareto density: `paretoLogPdf(x, shape, scale = 1)`; the scale is the least x. */
export const paretoLogPdf: LogDensityGivenOneOfTwo = logDensity("paretoLogPdf", [undefined, 1], (x, shape, scale) =>
  within(less(x, scale), x, scale, (t) => minus(log(div(shape, t)), mul(shape, log(div(t, scale))))),
);
/** ln of the beta density: `betaLogPdf(x, a, b)`. */
export const betaLogPdf: LogDensityGivenTwo = logDensity("betaLogPdf", [undefined, undefined], (x, a, b) =>
  within(logicalOr(less(x, 0), greater(x, 1)), x, 0.5, (t) =>
    unless(
      logicalOr(notPositive(a), notPositive(b)),
      minus(add(xlogy(sub(a, 1), t), xlog1py(sub(b, 1), neg(t))), logBeta(a, b)),
    ),
  ),
);

// --------------------------------------------------------------------------------------------------------------- of counts

/** Where x is no whole number from `low` on; NaN is not told to be outside. */
const noCount = (x: Value, low: number): Value => logicalOr(less(x, low), fractional(x));
const fractional = (x: Value): Value => logicalAnd(equal(x, x), notEqual(x, floor(x)));

/** ln of the probability of 1 (p) or of 0 (1 − p): `bernoulliLogPmf(k, probability)`. */
export const bernoulliLogPmf: LogDensityGivenOne = logDensity("bernoulliLogPmf", [undefined], (k, p) =>
  within(logicalOr(noCount(k, 0), greater(k, 1)), k, 0, (x) =>
    unless(less(p, 0), add(xlogy(x, p), xlog1py(sub(1, x), neg(p)))),
  ),
);
/** ln of the probability of k successes in n trials: `binomialLogPmf(k, n, probability)`. */
export const binomialLogPmf: LogDensityGivenTwo = logDensity("binomialLogPmf", [undefined, undefined], (k, n, p) =>
  within(logicalOr(noCount(k, 0), greater(k, n)), k, 0, (x) => {
    const ways = neg(add(log1p(n), logBeta(add(sub(n, x), 1), add(x, 1))));
    const nonsense = logicalOr(less(p, 0), fractional(n));
    return unless(nonsense, add(ways, add(xlogy(x, p), xlog1py(sub(n, x), neg(p)))));
  }),
);
/** ln of the probability of k failures before the r-th success: `negativeBinomialLogPmf(k, r, probability)`. */
export const negativeBinomialLogPmf: LogDensityGivenTwo = logDensity(
  "negativeBinomialLogPmf",
  [undefined, undefined],
  (k, r, p) =>
    within(noCount(k, 0), k, 0, (x) => {
      const ways = neg(add(logBeta(r, add(x, 1)), log(add(x, r))));
      return unless(notPositive(r), add(ways, add(xlogy(r, p), xlog1py(x, neg(p)))));
    }),
);
/** ln of the probability that the first success is the k-th trial, k = 1, 2, …: `geometricLogPmf(k, probability)`. */
export const geometricLogPmf: LogDensityGivenOne = logDensity("geometricLogPmf", [undefined], (k, p) =>
  within(noCount(k, 1), k, 1, (x) => add(log(p), xlog1py(sub(x, 1), neg(p)))),
);
/** ln of the probability of a count: `poissonLogPmf(k, rate)`. */
export const poissonLogPmf: LogDensityGivenOne = logDensity("poissonLogPmf", [undefined], (k, rate) =>
  within(noCount(k, 0), k, 0, (x) => unless(less(rate, 0), minus(xlogy(x, rate), rate, lgamma(add(x, 1))))),
);

// -------------------------------------------------------------------------------------------------------------- of vectors

/**
 * ln of the normal density of vectors, by Cholesky factorization of the covariance.
 *
 * @param x [..., n]
 * @param mean [..., n]
 * @param covariance [..., n, n], symmetric and positive definite
 * @returns the batch of x
 * @throws UnsolvableError where the covariance is not positive definite.
 */
export function multivariateNormalLogPdf(x: Operand, mean: Operand, covariance: Operand): number {
  const name = "multivariateNormalLogPdf";
  return calledAs(name, () => {
    const [at, center, spread] = [asValue(name, x), asValue(name, mean), asValue(name, covariance)];
    const n = shapeOf(at).at(-1);
    const square = shapeOf(spread).slice(-2);
    if (n === undefined || square[0] !== n || square[1] !== n)
      throw new ShapeError(
        `${name} of ${describeShape(shapeOf(at))} with a covariance ${describeShape(shapeOf(spread))}: give vectors [..., n], and a matrix [n, n]`,
      );
    const factor = cholesky(spread);
    const column = expandDims(sub(at, center), -1);
    const whitened = squeeze(
      triangularSolve(factor, column, { lower: true, transpose: false, unitDiagonal: false }),
      -1,
    );
    const size = sum(log(diagonalOf(factor)), -1);
    return neg(add(mul(0.5, sum(mul(whitened, whitened), -1)), add(size, n * logRootTwoPi))) as number;
  });
}

/**
 * ln of the Dirichlet density of vectors of shares that add up to 1.
 *
 * @param x [..., n]
 * @param concentration [..., n]
 * @returns the batch of x; −∞ where a share is negative
 */
export function dirichletLogPdf(x: Operand, concentration: Operand): number {
  return calledAs("dirichletLogPdf", () => {
    const [shares, alpha] = [asValue("dirichletLogPdf", x), asValue("dirichletLogPdf", concentration)];
    needsVector("dirichletLogPdf", shares);
    needsVector("dirichletLogPdf", alpha);
    const terms = within(less(shares, 0), shares, 1, (t) => unless(notPositive(alpha), xlogy(sub(alpha, 1), t)));
    return add(sum(terms, -1), sub(lgamma(sum(alpha, -1)), sum(lgamma(alpha), -1))) as number;
  });
}

/**
 * ln of the probability of counts of each of n kinds.
 *
 * @param counts [..., n]
 * @param probabilities [..., n], which add up to 1
 * @returns the batch of the counts
 */
export function multinomialLogPmf(counts: Operand, probabilities: Operand): number {
  return calledAs("multinomialLogPmf", () => {
    const [k, p] = [asValue("multinomialLogPmf", counts), asValue("multinomialLogPmf", probabilities)];
    needsVector("multinomialLogPmf", k);
    const terms = within(noCount(k, 0), k, 0, (x) => unless(less(p, 0), sub(xlogy(x, p), lgamma(add(x, 1)))));
    const total = sum(where(logicalNot(noCount(k, 0)), k, 0), -1);
    return add(lgamma(add(total, 1)), sum(terms, -1)) as number;
  });
}

function needsVector(name: string, x: Value): void {
  if (shapeOf(x).length === 0) throw new ShapeError(`${name} of a number: give a vector`);
}
