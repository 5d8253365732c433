import { describeShape } from "../tape/shape.ts";
import type { Value } from "../tape/tensor.ts";
import { add, div, mul, pow, sub } from "./arithmetic.ts";
import { ValueError } from "./argumentErrors.ts";
import { axisOf, type Axes } from "./axes.ts";
import { ShapeError } from "./broadcastShapes.ts";
import { equal, isNaN, notEqual } from "./comparison.ts";
import { reduceMax, reduceMin } from "./extremes.ts";
import { sort, take } from "./gathering.ts";
import { slice } from "./indexing.ts";
import { native } from "./native.ts";
import { moveAxis } from "./rearranging.ts";
import { any, degreesOfFreedom, mean, norm, sum } from "./reduction.ts";
import { ceil, floor } from "./rounding.ts";
import { dataOf, primalOf, shapeOf } from "./rule.ts";
import { abs, where } from "./selection.ts";
import { reshape } from "./shaping.ts";

/** √variance, as a norm: so the derivative where all elements are equal is 0, the subgradient of least norm. */
export function standardDeviation(x: Value, axes?: Axes, keepDims = false, ddof = 0): Value {
  const count = degreesOfFreedom("std", x, axes, ddof);
  return div(norm(sub(x, mean(x, axes, true)), axes, keepDims), native.sqrt(count));
}

/** (Σ|x|ᵖ)^(1/p) over axes. Its derivative is 0 where it is, and for p < 1 at elements of 0. */
export function normOfOrder(x: Value, p: number, axes?: Axes, keepDims = false): Value {
  if (typeof p !== "number" || p !== p)
    throw new ValueError(
      `norm of ${describeShape(shapeOf(x))}: the order is ${JSON.stringify(p)}; give a number such as 1, 2 or Infinity (matrixNorm has others)`,
    );
  if (p === 2) return norm(x, axes, keepDims);
  if (p === Infinity) return reduceMax(abs(x), axes, keepDims);
  if (p === -Infinity) return reduceMin(abs(x), axes, keepDims);
  if (p === 1) return sum(abs(x), axes, keepDims);
  if (p === 0) return sum(notEqual(x, 0), axes, keepDims);
  // Of orders from 0 to 1 the derivative at elements of 0 is infinite: as in PyTorch they have none.
  const none = p > 0 && p < 1 ? equal(x, 0) : 0;
  const powers = pow(where(none, 1, abs(x)), p);
  const total = sum(none === 0 ? powers : where(none, 0, powers), axes, keepDims);
  const zero = equal(total, 0);
  return where(zero, 0, pow(add(total, zero), 1 / p));
}

/** The values below which the shares q of the elements lie, interpolated between neighbours: [...shape of q, ...the rest]. */
export function quantile(x: Value, q: Value, axis: number | undefined, keepDims: boolean): Value {
  const from = shapeOf(x);
  const values = axis === undefined || from.length === 0 ? reshape(x, [-1]) : x;
  const place = axisOf("quantile", axis ?? 0, shapeOf(values));
  const extent = shapeOf(values)[place]!;
  if (extent === 0) throw new ShapeError(`quantile of ${describeShape(from)}: there is no element to choose from`);
  const wrong = dataOf(primalOf(q)).find((share) => !(share >= 0 && share <= 1));
  if (wrong !== undefined)
    throw new ValueError(`quantile of ${describeShape(from)}: the share is ${wrong}; give one from 0 to 1`);
  const shares = shapeOf(q);
  const sorted = moveAxis(sort(values, place), place, 0);
  const rest = shapeOf(sorted).slice(1);
  const position = mul(q, extent - 1);
  const below = floor(position);
  const weight = reshape(sub(position, below), [...shares, ...rest.map(() => 1)]);
  const [low, high] = [take(sorted, below, 0), take(sorted, ceil(position), 0)];
  // Equal infinities have no difference.
  const between = where(equal(weight, 0), low, add(low, mul(weight, sub(high, low))));
  const result = where(any(isNaN(moveAxis(values, place, 0)), 0), NaN, between);
  if (!keepDims) return result;
  const kept = axis === undefined ? from.map(() => 1) : from.toSpliced(place, 1, 1);
  return reshape(result, [...shares, ...kept]);
}

/** The middle element along an axis, of all when undefined; of an even number the mean of the middle two. */
export function median(x: Value, axis?: number): Value {
  if (shapeOf(x).length === 0) return x;
  const values = axis === undefined ? reshape(x, [-1]) : x;
  const shape = shapeOf(values);
  const place = axisOf("median", axis ?? 0, shape);
  const extent = shape[place]!;
  if (extent === 0) throw new ShapeError(`median of ${describeShape(shapeOf(x))}: there is no element to choose from`);
  const middle = [native.floor((extent - 1) / 2), native.floor(extent / 2) + 1] as const;
  const middles = mean(slice(sort(values, place), [...new Array<null>(place).fill(null), middle]), place);
  return where(any(isNaN(values), place), NaN, middles);
}
