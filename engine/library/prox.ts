/**
 * Proximal operators, prox(x) = argmin ½‖y − x‖² + λ·g(y) over y, and projections, which are those of g = 0 on a set and ∞
 * outside of it (Parikh and Boyd, Proximal Algorithms, 2014). Gradients flow through all of them, into thresholds and
 * bounds too; on the edge between two pieces they are those of the piece that holds still.
 */
import { relu } from "../primitives/activation.ts";
import { add, div, mul, neg, sub } from "../primitives/arithmetic.ts";
import { greater, greaterEqual, lessEqual } from "../primitives/comparison.ts";
import { norm, sum } from "../primitives/reduction.ts";
import { shapeOf } from "../primitives/rule.ts";
import { sign } from "../primitives/rounding.ts";
import { abs, clip, where } from "../primitives/selection.ts";
import type { Value } from "../tape/tensor.ts";
import { ShapeError } from "../primitives/broadcastShapes.ts";
import { arange } from "./creation.ts";
import { sort } from "./indexing.ts";
import { cumsum } from "./scans.ts";
import type { Like, Operand } from "./types.ts";
import { asValue, calledAs } from "./values.ts";

/**
 * Of g = ‖y‖₁: soft thresholding, each element moved towards 0 by `threshold`, and 0 within it. The derivative is 1 outside
 * of the threshold and 0 within, its edge included.
 *
 * @example proxL1(3, 1) // 2
 */
export function proxL1<const X extends Operand>(x: X, threshold: number): Like<X> {
  return calledAs("proxL1", () => {
    return softThreshold(asValue("proxL1", x), asValue("proxL1", threshold)) as Like<X>;
  });
}

function softThreshold(x: Value, threshold: Value): Value {
  return mul(sign(x), relu(sub(abs(x), threshold)));
}

/** Of g = ‖y‖₂: the whole of x shortened by `threshold`, and 0 where it is not longer than that (block soft thresholding). */
export function proxL2<const X extends Operand>(x: X, threshold: number): Like<X> {
  return calledAs("proxL2", () => {
    const value = asValue("proxL2", x);
    const limit = asValue("proxL2", threshold);
    const length = norm(value);
    const kept = where(greaterEqual(length, limit), sub(1, div(limit, nonZero(length))), 0);
    return mul(value, kept) as Like<X>;
  });
}

/** Of g = ½‖y‖₂²: x/(1 + weight). */
export function proxSquaredL2<const X extends Operand>(x: X, weight: number): Like<X> {
  return calledAs("proxSquaredL2", () => {
    return div(asValue("proxSquaredL2", x), add(1, asValue("proxSquaredL2", weight))) as Like<X>;
  });
}

/** Of g = threshold·‖y‖₁ + ½weight·‖y‖₂², the elastic net: soft thresholding, then x/(1 + weight). */
export function proxElasticNet<const X extends Operand>(x: X, threshold: number, weight: number): Like<X> {
  return calledAs("proxElasticNet", () => {
    const shrunk = softThreshold(asValue("proxElasticNet", x), asValue("proxElasticNet", threshold));
    return div(shrunk, add(1, asValue("proxElasticNet", weight))) as Like<X>;
  });
}

/** The nearest point with low ≤ y ≤ high, element by element. */
export function projectBox<const X extends Operand>(x: X, low: Operand, high: Operand): Like<X> {
  return calledAs("projectBox", () => {
    return clip(asValue("projectBox", x), asValue("projectBox", low), asValue("projectBox", high)) as Like<X>;
  });
}

/** The nearest point without negative elements. */
export function projectNonNegative<const X extends Operand>(x: X): Like<X> {
  return relu(asValue("projectNonNegative", x)) as Like<X>;
}

/** The nearest point with ‖y‖₂ ≤ radius. */
export function projectL2Ball<const X extends Operand>(x: X, radius = 1): Like<X> {
  return calledAs("projectL2Ball", () => {
    const value = asValue("projectL2Ball", x);
    const limit = asValue("projectL2Ball", radius);
    const length = norm(value);
    return mul(value, where(greater(length, limit), div(limit, nonZero(length)), 1)) as Like<X>;
  });
}

/** The nearest point, along the last axis, with ‖y‖₁ ≤ radius. */
export function projectL1Ball<const X extends Operand>(x: X, radius = 1): Like<X> {
  return calledAs("projectL1Ball", () => {
    const value = asValue("projectL1Ball", x);
    const limit = asValue("projectL1Ball", radius);
    const size = abs(value);
    const outside = mul(sign(value), ontoSimplex("projectL1Ball", size, limit));
    return where(lessEqual(sum(size, [-1], true), limit), value, outside) as Like<X>;
  });
}

/**
 * The nearest point, along the last axis, of the simplex: no negative elements, and their sum is `total` (by sorting: Held,
 * Wolfe and Crowder 1974; Duchi et al. 2008). Its derivative spreads evenly over the elements that are not 0.
 */
export function projectSimplex<const X extends Operand>(x: X, total = 1): Like<X> {
  return calledAs("projectSimplex", () => {
    return ontoSimplex("projectSimplex", asValue("projectSimplex", x), asValue("projectSimplex", total)) as Like<X>;
  });
}

function ontoSimplex(operation: string, x: Value, total: Value): Value {
  const count = shapeOf(x).at(-1);
  if (count === undefined || count === 0)
    throw new ShapeError(
      `${operation} of ${count === 0 ? "no elements" : "a number"}: give a vector, or vectors along the last axis`,
    );
  const largest = neg(sort(neg(x) as number));
  const ranks = arange(1, count + 1) as unknown as Value;
  // Element k is kept if the mean of the k largest, less total/k, still lies below it.
  const kept = greater(mul(ranks, largest), sub(cumsum(largest as number, -1), total));
  const excess = div(sub(sum(mul(largest, kept), [-1], true), total), sum(kept, [-1], true));
  return relu(sub(x, excess));
}

/** x itself; 1 where it is 0. */
function nonZero(x: Value): Value {
  return where(x, x, 1);
}
