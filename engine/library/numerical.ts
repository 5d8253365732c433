import { add, div, mul, sub } from "../primitives/arithmetic.ts";
import { axisOf } from "../primitives/axes.ts";
import { ShapeError } from "../primitives/broadcastShapes.ts";
import { broadcastTo } from "../primitives/broadcasting.ts";
import { equal, greater, isNaN, less, lessEqual, logicalOr } from "../primitives/comparison.ts";
import { matmul } from "../primitives/contraction.ts";
import { conv } from "../primitives/convolution.ts";
import { take } from "../primitives/gathering.ts";
import { slice } from "../primitives/indexing.ts";
import { mean, norm, sum } from "../primitives/reduction.ts";
import { shapeOf } from "../primitives/rule.ts";
import { max, min, where } from "../primitives/selection.ts";
import { expandDims, flip, reshape, stack, transpose } from "../primitives/shaping.ts";
import { sqrt } from "../primitives/transcendental.ts";
import { windowsOver } from "../primitives/windows.ts";
import { describeShape } from "../tape/shape.ts";
import type { Value } from "../tape/tensor.ts";
import { along, trapezoids } from "./trapezoids.ts";
import type { Like, Operand, Tensor } from "./types.ts";
import { asFinite, asValue, asWhole, calledAs, fixed } from "./values.ts";

/**
 * The differences of neighbours along an axis, the last when left out; of order n, n times.
 *
 * @returns the shape of x with n elements fewer along that axis
 */
export function diff(x: Operand, n = 1, axis = -1): Tensor {
  let value = asValue("diff", x);
  const [order, place] = [asWhole("diff", "the order", n), axisOf("diff", fixed(axis), shapeOf(value))];
  for (let k = 0; k < order; k++)
    value = sub(slice(value, along(place, [1, null] as const)), slice(value, along(place, [0, -1] as const)));
  return value as unknown as Tensor;
}

/**
 * The integral of y along an axis, the last when left out, by the trapezoidal rule. The samples are `x` apart where that is a
 * number (1 when left out), or at the places x. Gradients flow into both.
 *
 * @returns the shape of y without that axis
 */
export function trapezoid(y: Operand, x: Operand = 1, axis = -1): number {
  return calledAs("trapezoid", () => {
    const areas = trapezoids("trapezoid", asValue("trapezoid", y), asValue("trapezoid", x), axis);
    return sum(areas, -1) as number;
  });
}

/**
 * How many elements of an ascending vector are less than each value, or with the side "right" not greater; of NaN all. No gradient.
 *
 * @param sorted ascending, a vector
 * @returns the shape of the values
 */
export function searchSorted<const X extends Operand>(
  sorted: Operand,
  values: X,
  options: { readonly side?: "left" | "right" } = {},
): Like<X> {
  const [line, wanted] = [asValue("searchSorted", sorted), asValue("searchSorted", values)];
  return placesIn("searchSorted", line, wanted, options.side === "right") as Like<X>;
}

function placesIn(operation: string, sorted: Value, values: Value, right: boolean): Value {
  if (shapeOf(sorted).length !== 1)
    throw new ShapeError(`${operation} of ${describeShape(shapeOf(sorted))}: give ascending numbers in a vector`);
  const each = expandDims(values, -1);
  // NaN comes last.
  return sum(logicalOr(right ? lessEqual(sorted, each) : less(sorted, each), isNaN(each)), -1);
}

/**
 * Piecewise linear interpolation, as NumPy's: the value at x of the line through the points (xs, ys), which is constant beyond
 * the first and the last. Gradients flow into all three.
 *
 * @param xs ascending, a vector
 * @param ys as many
 */
export function interp<const X extends Operand>(x: X, xs: Operand, ys: Operand): Like<X> {
  return calledAs("interp", () => {
    const [at, knots, heights] = [asValue("interp", x), asValue("interp", xs), asValue("interp", ys)];
    const [given, wanted] = [shapeOf(knots), shapeOf(heights)];
    if (given.length !== 1 || wanted.length !== 1 || given[0] !== wanted[0] || given[0] === 0)
      throw new ShapeError(
        `interp of points ${describeShape(given)} and ${describeShape(wanted)}: give as many places as values, in vectors`,
      );
    const count = given[0]!;
    if (count === 1) return broadcastTo(take(heights, 0, 0), shapeOf(at)) as Like<X>;
    const upper = max(min(placesIn("interp", knots, at, true), count - 1), 1);
    const lower = sub(upper, 1);
    const [x0, x1] = [take(knots, lower, 0), take(knots, upper, 0)];
    const [y0, y1] = [take(heights, lower, 0), take(heights, upper, 0)];
    const width = sub(x1, x0);
    const jump = equal(width, 0);
    const between = add(y0, mul(div(sub(at, x0), where(jump, 1, width)), where(jump, 0, sub(y1, y0))));
    const [first, last] = [take(knots, 0, 0), take(knots, count - 1, 0)];
    const right = where(greater(at, last), take(heights, count - 1, 0), between);
    return where(less(at, first), take(heights, 0, 0), right) as Like<X>;
  });
}

/**
 * The convolution of two vectors, Σⱼ x[j]·kernel[i − j], as NumPy's: "full" (all places where they overlap, when left out), "same"
 * (as many as the longer has), "valid" (where they overlap whole).
 */
export function convolve(x: Operand, kernel: Operand, mode: "full" | "same" | "valid" = "full"): Tensor {
  return calledAs("convolve", () => {
    const given = [asValue("convolve", x), asValue("convolve", kernel)];
    const [m = 0, n = 0] = given.map((value) => (shapeOf(value).length === 1 ? shapeOf(value)[0]! : 0));
    if (m === 0 || n === 0)
      throw new ShapeError(
        `convolve of ${given.map((value) => describeShape(shapeOf(value))).join(" and ")}: give two vectors with elements`,
      );
    const [long, short] = m >= n ? given : [given[1]!, given[0]!];
    const [extent, window] = [Math.max(m, n), Math.min(m, n)];
    const before = { full: window - 1, same: Math.floor(window / 2), valid: 0 }[mode] as number | undefined;
    if (before === undefined)
      throw new ShapeError(`convolve: the mode is ${JSON.stringify(mode)}; give full, same or valid`);
    const after = mode === "same" ? window - 1 - before : before;
    const windows = windowsOver("convolve", [extent], [window], { padding: [[before, after]] });
    const weights = reshape(flip(short!, 0), [1, 1, window]);
    const result = conv(reshape(long!, [1, 1, extent]), weights, { ...windows, groups: 1 });
    return reshape(result, [shapeOf(result)[2]!]) as unknown as Tensor;
  });
}

/**
 * The polynomial with these coefficients, the highest power first, at x, by Horner's scheme.
 *
 * @param coefficients a vector
 * @returns the shape of x
 */
export function polyval<const X extends Operand>(coefficients: Operand, x: X): Like<X> {
  const [factors, at] = [asValue("polyval", coefficients), asValue("polyval", x)];
  if (shapeOf(factors).length !== 1)
    throw new ShapeError(`polyval of ${describeShape(shapeOf(factors))}: give the coefficients in a vector`);
  let value: Value = broadcastTo(0, shapeOf(at));
  for (let k = 0; k < shapeOf(factors)[0]!; k++) value = add(mul(value, at), slice(factors, [k]));
  return value as Like<X>;
}

/**
 * The cross product of vectors of three numbers along the last axis.
 *
 * @param a […, 3]
 * @param b […, 3]; the other axes broadcast
 */
export function cross<const X extends Operand>(a: X, b: Operand): Like<X> {
  return calledAs("cross", () => {
    const [x, y] = [asValue("cross", a), asValue("cross", b)];
    if (shapeOf(x).at(-1) !== 3 || shapeOf(y).at(-1) !== 3)
      throw new ShapeError(
        `cross of ${describeShape(shapeOf(x))} and ${describeShape(shapeOf(y))}: both need three numbers along their last axis`,
      );
    const part = (v: Value, k: number): Value => slice(v, along(shapeOf(v).length - 1, k % 3));
    const component = (k: number): Value =>
      sub(mul(part(x, k + 1), part(y, k + 2)), mul(part(x, k + 2), part(y, k + 1)));
    return stack([component(0), component(1), component(2)], -1) as Like<X>;
  });
}

/**
 * The covariances of variables, one in each row, over observations, one in each column: as NumPy's `cov`. The sums of
 * products are divided by the number of observations less `ddof`, 1 when left out.
 *
 * @param x [variables, observations]
 * @returns [variables, variables]
 */
export function cov(x: Operand, options: { readonly ddof?: number } = {}): Tensor {
  return calledAs("cov", () => {
    const value = asValue("cov", x);
    const shape = shapeOf(value);
    if (shape.length !== 2)
      throw new ShapeError(`cov of ${describeShape(shape)}: give a matrix, a variable in each row`);
    const ddof = asFinite("cov", "ddof", options.ddof ?? 1);
    if (shape[1]! <= ddof)
      throw new ShapeError(`cov of ${describeShape(shape)} with ddof ${ddof}: it takes more observations than ddof`);
    const centred = sub(value, mean(value, 1, true));
    return div(matmul(centred, transpose(centred)), shape[1]! - ddof) as unknown as Tensor;
  });
}

/**
 * The correlations of variables, one in each row, over observations, one in each column: as NumPy's `corrcoef`.
 *
 * @param x [variables, observations]
 * @returns [variables, variables]
 */
export function corrcoef(x: Operand): Tensor {
  return calledAs("corrcoef", () => {
    const covariances = cov(x) as unknown as Value;
    const n = shapeOf(covariances)[0]!;
    const places = Array.from({ length: n }, (_, k) => slice(covariances, [k, k]));
    const deviations = sqrt(stack(places));
    return div(covariances, mul(reshape(deviations, [n, 1]), deviations)) as unknown as Tensor;
  });
}

/** The sum of products of x and y along an axis over their norms, each at least `epsilon`: the cosine of their angle. */
export function cosineSimilarity(
  x: Operand,
  y: Operand,
  axis = -1,
  options: { readonly epsilon?: number } = {},
): number {
  return calledAs("cosineSimilarity", () => {
    const [a, b] = [asValue("cosineSimilarity", x), asValue("cosineSimilarity", y)];
    const place = fixed(axis);
    const least = options.epsilon ?? 1e-8;
    const size = (v: Value): Value => {
      const squares = sum(mul(v, v), place);
      return sqrt(max(squares, least * least));
    };
    return div(sum(mul(a, b), place), mul(size(a), size(b))) as number;
  });
}

/**
 * The Euclidean distances of the rows of x from the rows of y. At distance 0 the gradient is 0.
 *
 * @param x [m, k]
 * @param y [n, k]
 * @returns [m, n]
 */
export function distances(x: Operand, y: Operand): Tensor {
  return calledAs("distances", () => {
    const [a, b] = [asValue("distances", x), asValue("distances", y)];
    if (shapeOf(a).length !== 2 || shapeOf(b).length !== 2 || shapeOf(a)[1] !== shapeOf(b)[1])
      throw new ShapeError(
        `distances of ${describeShape(shapeOf(a))} and ${describeShape(shapeOf(b))}: give two matrices with rows of one length`,
      );
    return norm(sub(expandDims(a, 1), expandDims(b, 0)), -1) as unknown as Tensor;
  });
}
