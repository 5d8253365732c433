import { counted, describeShape } from "../tape/shape.ts";
import { Tensor, type Value } from "../tape/tensor.ts";
import { add, div, mul, square, sub } from "./arithmetic.ts";
import { axesOf, axisOf, lanesOf, type Axes } from "./axes.ts";
import { ShapeError } from "./broadcastShapes.ts";
import { broadcastTo } from "./broadcasting.ts";
import { equal, notEqual } from "./comparison.ts";
import { slice } from "./indexing.ts";
import { expand, reduced, reduction, type Reduction } from "./reducing.ts";
import { dataOf, primitive, shapeOf, type Primitive } from "./rule.ts";
import { concat } from "./shaping.ts";
import { native } from "./native.ts";

export const sum: Primitive<Reduction> = reduction(
  "sum",
  (data, { outer, extent, inner }, results) => {
    if (inner === 1)
      for (let o = 0, at = 0; o < outer; o++) {
        let total = 0;
        for (let e = 0; e < extent; e++) total += data[at++]!;
        results[o] = total;
      }
    else
      for (let o = 0, at = 0; o < outer; o++)
        for (let e = 0; e < extent; e++) for (let i = 0, to = o * inner; i < inner; i++) results[to++]! += data[at++]!;
  },
  {
    jvp: ([tangent], _, __, attributes) => sum(tangent!, reduced(attributes).axes, reduced(attributes).keepDims),
    vjp: [(cotangent, [x], _, attributes) => expand(cotangent, x!, attributes)],
  },
);

/** The product. Its derivative multiplies the other elements rather than dividing, so zeros do no harm. */
export const prod: Primitive<Reduction> = reduction(
  "prod",
  (data, { outer, extent, inner }, results) => {
    results.fill(1);
    for (let o = 0, at = 0; o < outer; o++)
      for (let e = 0; e < extent; e++) for (let i = 0, to = o * inner; i < inner; i++) results[to++]! *= data[at++]!;
  },
  {
    jvp: ([tangent], [x], _, attributes) => {
      const { axes, keepDims } = reduced(attributes);
      return sum(mul(tangent!, productOfOthers(x!, axes)), axes, keepDims);
    },
    vjp: [
      (cotangent, [x], _, attributes) =>
        mul(expand(cotangent, x!, attributes), productOfOthers(x!, reduced(attributes).axes)),
    ],
  },
);

/** For each element the product of all others along `axes`, by halves. */
function productOfOthers(x: Value, axes: readonly number[]): Value {
  const axis = axes[axes.length - 1]!;
  const others = productOfOthersAlong(x, axis);
  if (axes.length === 1) return others;
  const rest = axes.slice(0, -1);
  return mul(others, broadcastTo(productOfOthers(prod(x, axis, true), rest), shapeOf(x)));
}

function productOfOthersAlong(x: Value, axis: number): Value {
  const extent = shapeOf(x)[axis]!;
  if (extent <= 1) return broadcastTo(1, shapeOf(x));
  const half = extent >> 1;
  const first = slice(x, alongAxis(axis, [0, half]));
  const second = slice(x, alongAxis(axis, [half, extent]));
  return concat(
    [
      mul(productOfOthersAlong(first, axis), prod(second, axis, true)),
      mul(productOfOthersAlong(second, axis), prod(first, axis, true)),
    ],
    axis,
  );
}

function alongAxis<T>(axis: number, range: T): (T | null)[] {
  return [...new Array<null>(axis).fill(null), range];
}

/** √Σx². The derivative x/‖x‖ is 0 where the norm is, the subgradient of least norm, and so are the derivatives of that. */
export const norm: Primitive<Reduction> = reduction(
  "norm",
  (data, { outer, extent, inner }, results) => {
    for (let o = 0, at = 0; o < outer; o++)
      for (let e = 0; e < extent; e++)
        for (let i = 0, to = o * inner; i < inner; i++, at++) results[to++]! += data[at]! * data[at]!;
    for (let at = 0; at < results.length; at++) results[at] = native.sqrt(results[at]!);
  },
  {
    jvp: ([tangent], [x], y, attributes) => {
      const { axes, keepDims } = reduced(attributes);
      return overNorm(sum(mul(tangent!, x!), axes, keepDims), y);
    },
    vjp: [(cotangent, [x], y, attributes) => mul(x!, expand(overNorm(cotangent, y), x!, attributes))],
  },
);

/** a/y; 0 where y is. */
function overNorm(a: Value, y: Value): Value {
  return div(mul(a, notEqual(y, 0)), add(y, equal(y, 0)));
}

/** 1 where `decides` of some element, else 0; the opposite where `inverted`. */
function decision(name: "any" | "all", decides: (element: number) => boolean, inverted: boolean): Primitive<Reduction> {
  return reduction(
    name,
    (data, { outer, extent, inner }, results) => {
      results.fill(inverted ? 1 : 0);
      for (let o = 0, at = 0; o < outer; o++)
        for (let e = 0; e < extent; e++)
          for (let i = 0; i < inner; i++) if (decides(data[at++]!)) results[o * inner + i] = inverted ? 0 : 1;
    },
    { jvp: (_, __, result) => broadcastTo(0, shapeOf(result)), vjp: [undefined] },
  );
}

/** 1 where some element is not 0, else 0. */
export const any = decision("any", (x) => x !== 0, false);
/** 1 where no element is 0, else 0. */
export const all = decision("all", (x) => x === 0, true);

export type Cumulation = (x: Value, axis: number, reverse?: boolean) => Value;

/** Running sums along an axis; from the end when `reverse`. */
export const cumsum: Primitive<Cumulation> = primitive<Cumulation>(
  "cumsum",
  {
    shape: ([from]) => from!,
    evaluate([x], attributes, shape) {
      const { outer, extent, inner } = lanesOf(shape, attributes["axis"] as number);
      const data = dataOf(x!).slice();
      const backward = attributes["reverse"] === true;
      for (let o = 0; o < outer; o++)
        for (let e = 1; e < extent; e++) {
          const row = (o * extent + (backward ? extent - 1 - e : e)) * inner;
          const before = backward ? row + inner : row - inner;
          for (let i = 0; i < inner; i++) data[row + i]! += data[before + i]!;
        }
      return new Tensor(shape, data);
    },
    jvp: ([tangent], _, __, attributes) =>
      cumsum(tangent!, attributes["axis"] as number, attributes["reverse"] === true),
    vjp: [
      (cotangent, _, __, attributes) => cumsum(cotangent, attributes["axis"] as number, attributes["reverse"] !== true),
    ],
  },
  (run) =>
    (x, axis, reverse = false) =>
      run([x], { axis: axisOf("cumsum", axis, shapeOf(x)), reverse }),
);

/** Number of elements that a reduction over `axes` runs over. */
export function countOver(operation: string, x: Value, axes: Axes): number {
  const shape = shapeOf(x);
  return axesOf(operation, axes, shape).reduce((count, axis) => count * shape[axis]!, 1);
}

/** The arithmetic mean: a sum and a division. */
export function mean(x: Value, axes?: Axes, keepDims = false): Value {
  return div(sum(x, axes, keepDims), countOver("mean", x, axes));
}

/** The mean squared distance from the mean, over n − `ddof`: made of means, a difference and a square. */
export function variance(x: Value, axes?: Axes, keepDims = false, ddof = 0): Value {
  const count = degreesOfFreedom("variance", x, axes, ddof);
  return div(sum(square(sub(x, mean(x, axes, true))), axes, keepDims), count);
}

/** How many elements vary freely about their mean: what a sum of squares is divided by. */
export function degreesOfFreedom(operation: string, x: Value, axes: Axes, ddof: number): number {
  const count = countOver(operation, x, axes);
  if (ddof > 0 && count <= ddof)
    throw new ShapeError(
      `${operation} of ${describeShape(shapeOf(x))} with ddof ${ddof}: it has ${counted(count, "element")}; it takes more than ddof`,
    );
  return count - ddof;
}
