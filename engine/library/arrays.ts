/** Everyday functions of arrays, by NumPy's and PyTorch's names. */
import { ValueError } from "../primitives/argumentErrors.ts";
import { add, div, mul, pow, remainder, sub } from "../primitives/arithmetic.ts";
import { axisOf } from "../primitives/axes.ts";
import { ShapeError } from "../primitives/broadcastShapes.ts";
import { broadcastTo } from "../primitives/broadcasting.ts";
import {
  equal,
  isFinite,
  isInf,
  isNaN,
  less,
  lessEqual,
  logicalAnd,
  logicalOr,
  notEqual,
} from "../primitives/comparison.ts";
import { matmul } from "../primitives/contraction.ts";
import { addAt } from "../primitives/scattering.ts";
import { pad, slice } from "../primitives/indexing.ts";
import { moveAxis, swapAxes } from "../primitives/rearranging.ts";
import { all, cumsum, sum } from "../primitives/reduction.ts";
import { dataOf, primalOf, shapeOf } from "../primitives/rule.ts";
import { abs, max, where } from "../primitives/selection.ts";
import { concat, flip, reshape, stack } from "../primitives/shaping.ts";
import { floor, round, sign } from "../primitives/rounding.ts";
import { normOfOrder } from "../primitives/summaries.ts";
import { counted, describeShape } from "../tape/shape.ts";
import type { Value } from "../tape/tensor.ts";
import { linspace } from "./creation.ts";
import { lstsq } from "./linearAlgebra.ts";
import { two, type ElementwiseOfTwo } from "./lifting.ts";
import { along, trapezoids } from "./trapezoids.ts";
import type { Axes, Like, Operand, Tensor } from "./types.ts";
import { asFinite, asList, asValue, asWhole, calledAs, fixed } from "./values.ts";

const tensorOf = (value: Value): Tensor => value as unknown as Tensor;

/**
 * ⌊a/b⌋ of the exact quotient, as Python's `//`: of 1 and 0.1 it is 9, since 0.1 is stored as a little more than a tenth. No
 * gradient. `remainder` gives what is left.
 */
export const floorDivide: ElementwiseOfTwo = two("floorDivide", (a, b) => {
  // Less the remainder a is a multiple of b, up to rounding: a/b alone may be rounded up to the next whole number.
  const isOrdinary = logicalAnd(isFinite(b), notEqual(b, 0));
  const divisor = where(isOrdinary, b, 1);
  const exact = round(div(sub(a, remainder(a, divisor)), divisor));
  return where(isOrdinary, exact, floor(div(where(isInf(b), sign(a), a), where(isInf(b), mul(2, sign(b)), b))));
});

/** |a| with the sign of b, that of −0 too. The derivative with respect to a is ±1, at a = 0 it is 0. */
export const copySign: ElementwiseOfTwo = two("copySign", (a, b) => {
  const negative = logicalOr(less(b, 0), logicalAnd(equal(b, 0), equal(div(1, b), -Infinity)));
  return mul(abs(a), where(negative, -1, 1));
});

/** 1 where |a − b| ≤ atol + rtol·|b|, else 0; infinities of one sign are close. No gradient. As NumPy's `isclose`. `rtol` is 1e-5, `atol` 1e-8 when left out. */
export function isClose(
  a: Operand,
  b: Operand,
  options: { readonly rtol?: number; readonly atol?: number; readonly equalNaN?: boolean } = {},
): number {
  return calledAs("isClose", () => closeness(asValue("isClose", a), asValue("isClose", b), options) as number);
}

/** 1 where all elements of a are close to those of b, else 0. See `isClose`. */
export function allClose(a: Operand, b: Operand, options: Parameters<typeof isClose>[2] = {}): number {
  return calledAs("allClose", () => all(closeness(asValue("allClose", a), asValue("allClose", b), options)) as number);
}

function closeness(x: Value, y: Value, options: NonNullable<Parameters<typeof isClose>[2]>): Value {
  const { rtol = 1e-5, atol = 1e-8, equalNaN = false } = options;
  const near = lessEqual(abs(sub(x, y)), add(atol, mul(rtol, abs(y))));
  const same = logicalOr(equal(x, y), logicalAnd(near, isFinite(y)));
  return equalNaN ? logicalOr(same, logicalAnd(isNaN(x), isNaN(y))) : same;
}

/** How many elements over axes are not 0. No gradient. */
export function countNonzero(x: Operand, axes?: Axes): number {
  return calledAs("countNonzero", () => sum(notEqual(asValue("countNonzero", x), 0), fixed(axes)) as number);
}

/** Σ w·x/Σ w along an axis, over all elements when left out. The weights broadcast against x, or are a vector along the axis. */
export function average(x: Operand, weights: Operand, axis?: number): number {
  return calledAs("average", () => {
    const [value, given] = [asValue("average", x), asValue("average", weights)];
    const place = axis === undefined ? undefined : axisOf("average", fixed(axis), shapeOf(value));
    const isVector = place !== undefined && shapeOf(given).length === 1;
    const spread = isVector
      ? reshape(given, [
          -1,
          ...shapeOf(value)
            .slice(place + 1)
            .map(() => 1),
        ])
      : given;
    const each = broadcastTo(spread, shapeOf(value));
    return div(sum(mul(value, each), place), sum(each, place)) as number;
  });
}

/**
 * x over its norm of order `ord` (2 when left out) along an axis, the last when left out, that norm being at least
 * `epsilon` (1e-12): PyTorch's `normalize`.
 */
export function normalize<const X extends Operand>(
  x: X,
  axis = -1,
  options: { readonly ord?: number; readonly epsilon?: number } = {},
): Like<X> {
  return calledAs("normalize", () => {
    const value = asValue("normalize", x);
    const place = axisOf("normalize", fixed(axis), shapeOf(value));
    const size = normOfOrder(value, fixed(options.ord ?? 2), place, true);
    return div(value, max(size, options.epsilon ?? 1e-12)) as Like<X>;
  });
}

/**
 * The integral of y along an axis, the last when left out, from its beginning up to each sample, by the trapezoidal rule: 0
 * first. The samples are `x` apart where that is a number (1 when left out), or at the places x, a vector.
 *
 * @returns the shape of y
 */
export function cumulativeTrapezoid<const Y extends Operand>(y: Y, x: Operand = 1, axis = -1): Like<Y> {
  return calledAs("cumulativeTrapezoid", () => {
    const heights = asValue("cumulativeTrapezoid", y);
    const parts = trapezoids("cumulativeTrapezoid", heights, asValue("cumulativeTrapezoid", x), axis);
    const last = shapeOf(heights).length - 1;
    const padded = pad(
      cumsum(parts, last),
      along(last, [1, 0] as const).map((sides) => sides ?? [0, 0]),
    );
    return moveAxis(padded, -1, axisOf("cumulativeTrapezoid", fixed(axis), shapeOf(heights))) as Like<Y>;
  });
}

/** `count` numbers from base^start to base^stop, both included, at equal ratios; the base is 10 when left out. */
export function logspace(start: number, stop: number, count = 50, base = 10): Tensor<readonly [number]> {
  return calledAs("logspace", () => {
    const of = asFinite("logspace", "the base", base);
    return tensorOf(pow(of, linspace(start, stop, count))) as Tensor<readonly [number]>;
  });
}

/** `count` numbers from start to stop, both included, at equal ratios. Both have the same sign. */
export function geomspace(start: number, stop: number, count = 50): Tensor<readonly [number]> {
  return calledAs("geomspace", () => {
    const [first, last] = [asFinite("geomspace", "the start", start), asFinite("geomspace", "the stop", stop)];
    if (!(Math.sign(first) * Math.sign(last) > 0))
      throw new ValueError(`geomspace from ${first} to ${last}: give two numbers of one sign, neither of them 0`);
    // Powers of both ends meet them exactly, and do not overflow as their ratio may.
    const share = linspace(0, 1, count) as unknown as Value;
    const sizes = mul(pow(Math.abs(first), sub(1, share)), pow(Math.abs(last), share));
    return tensorOf(mul(Math.sign(first), sizes)) as Tensor<readonly [number]>;
  });
}

/** The powers of x as columns, the highest first: [x^(n−1), …, x, 1] with n columns, as many as rows when left out. */
export function vander(x: Operand, columns?: number): Tensor {
  return calledAs("vander", () => {
    const value = vector("vander", x);
    const count = columns === undefined ? shapeOf(value)[0]! : asWhole("vander", "the number of columns", columns);
    if (count < 1) throw new ValueError(`vander: the number of columns is ${count}; give one from 1 on`);
    const powers = Array.from({ length: count }, (_, k) => (k === 0 ? broadcastTo(1, shapeOf(value)) : pow(value, k)));
    return tensorOf(stack(powers.reverse(), -1));
  });
}

/** A matrix that is the same along each diagonal, with this first column and first row (the column when left out). */
export function toeplitz(column: Operand, row: Operand = column): Tensor {
  return calledAs("toeplitz", () => {
    const [down, right] = [vector("toeplitz", column), vector("toeplitz", row)];
    const [m, n] = [shapeOf(down)[0]!, shapeOf(right)[0]!];
    const line = concat([flip(down, 0), slice(right, [[1, null]])], 0);
    return tensorOf(stack(Array.from({ length: m }, (_, i) => slice(line, [[m - 1 - i, m - 1 - i + n]]))));
  });
}

/** The matrices along the diagonal of one, with zeros beside them. */
export function blockDiag(matrices: readonly Operand[]): Tensor {
  return calledAs("blockDiag", () => {
    const blocks = asList("blockDiag", "the matrices", matrices).map((each) => asValue("blockDiag", each));
    if (blocks.length === 0) throw new ShapeError("blockDiag of nothing: give at least one matrix");
    for (const block of blocks)
      if (shapeOf(block).length !== 2)
        throw new ShapeError(`blockDiag of ${describeShape(shapeOf(block))}: give matrices`);
    const width = blocks.reduce<number>((total, block) => total + shapeOf(block)[1]!, 0);
    let before = 0;
    const rows = blocks.map((block) => {
      const columns = shapeOf(block)[1]!;
      const row = pad(block, [
        [0, 0],
        [before, width - before - columns],
      ]);
      before += columns;
      return row;
    });
    return tensorOf(concat(rows, 0));
  });
}

/** The product of matrices from left to right; the first and the last may be vectors. */
export function multiDot(matrices: readonly Operand[]): number {
  return calledAs("multiDot", () => {
    const values = asList("multiDot", "the matrices", matrices).map((each) => asValue("multiDot", each));
    if (values.length < 2)
      throw new ShapeError(`multiDot of ${counted(values.length, "matrix", "matrices")}: give two or more`);
    return values.slice(1).reduce<Value>((product, each) => matmul(product, each), values[0]!) as number;
  });
}

/** Σ x·y along the last axes: the inner products of vectors, the others paired as by broadcasting. PyTorch's `vecdot`. */
export function vecdot(x: Operand, y: Operand, axis = -1): number {
  return calledAs("vecdot", () => sum(mul(asValue("vecdot", x), asValue("vecdot", y)), fixed(axis)) as number);
}

/** The matrices along two axes, the first two when left out, turned by so many quarters from the first towards the second. */
export function rot90(x: Operand, quarters = 1, axes: readonly [number, number] = [0, 1]): number {
  return calledAs("rot90", () => {
    const value = asValue("rot90", x);
    const turns = ((asWhole("rot90", "the number of quarters", quarters) % 4) + 4) % 4;
    const [first, second] = asList("rot90", "the two axes", axes).map((axis) =>
      axisOf("rot90", fixed(axis) as number, shapeOf(value)),
    ) as [number, number];
    if (first === second) throw new ShapeError(`rot90 of ${describeShape(shapeOf(value))}: give two different axes`);
    if (turns === 0) return value as number;
    if (turns === 2) return flip(value, [first, second]) as number;
    const swapped = swapAxes(turns === 1 ? flip(value, second) : value, first, second);
    return (turns === 1 ? swapped : flip(swapped, second)) as number;
  });
}

/**
 * How often each of 0, …, count − 1 stands in a vector of whole numbers, or the sums of the weights there: as NumPy's
 * `bincount`. Gradients flow into the weights.
 */
export function bincount(x: Operand, count: number, weights: Operand = 1): Tensor {
  return calledAs("bincount", () => {
    const places = vector("bincount", x);
    const bins = asWhole("bincount", "the count", count);
    if (bins < 0) throw new ValueError(`bincount: the count is ${bins}; give one from 0 on`);
    const negative = dataOf(primalOf(places)).find((place) => place < 0);
    if (negative !== undefined)
      throw new ValueError(`bincount: ${negative} is among the numbers; give whole numbers from 0 to ${bins - 1}`);
    const each = broadcastTo(asValue("bincount", weights), shapeOf(places));
    return tensorOf(addAt(broadcastTo(0, [bins]), places, each, 0));
  });
}

/**
 * The coefficients, the highest power first, of the polynomial of a degree that is nearest to the points (x, y) in least squares:
 * what `polyval` takes. Gradients flow into x and y.
 */
export function polyfit(x: Operand, y: Operand, degree: number): Tensor {
  return calledAs("polyfit", () => {
    const [places, heights] = [vector("polyfit", x), vector("polyfit", y)];
    const n = asWhole("polyfit", "the degree", degree);
    const points = shapeOf(places)[0]!;
    if (shapeOf(heights)[0] !== points)
      throw new ShapeError(`polyfit of ${points} places and ${shapeOf(heights)[0]!} values: give as many of both`);
    if (n < 0 || n >= points)
      throw new ValueError(
        `polyfit: the degree is ${n} for ${counted(points, "point")}; give one from 0 to ${points - 1}`,
      );
    // Of columns of norm 1, which loses fewer digits.
    const columns = vander(places as unknown as Operand, n + 1) as unknown as Value;
    const sizes = normOfOrder(columns, 2, 0, false);
    const scaled = lstsq(div(columns, sizes) as Operand, heights as Operand) as unknown as Value;
    return tensorOf(div(scaled, sizes));
  });
}

function vector(name: string, x: unknown): Value {
  const value = asValue(name, x);
  if (shapeOf(value).length !== 1) throw new ShapeError(`${name} of ${describeShape(shapeOf(value))}: give a vector`);
  return value;
}
