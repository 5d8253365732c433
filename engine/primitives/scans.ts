import { sizeOf, type Shape } from "../tape/shape.ts";
import type { Attributes } from "../tape/tape.ts";
import { Tensor, type Value } from "../tape/tensor.ts";
import { add, mul, sub } from "./arithmetic.ts";
import { axisOf, lanesOf } from "./axes.ts";
import { broadcastShapes } from "./broadcastShapes.ts";
import { broadcastTo } from "./broadcasting.ts";
import { equal } from "./comparison.ts";
import { takeAlongAxis } from "./gathering.ts";
import { slice } from "./indexing.ts";
import { native } from "./native.ts";
import type { Cumulation } from "./reduction.ts";
import { dataOf, primitive, shapeOf, type Primitive, type Rule } from "./rule.ts";
import { where } from "./selection.ts";
import { concat } from "./shaping.ts";
import { exp } from "./transcendental.ts";

interface Scan {
  readonly axis: number;
  /** From the end. */
  readonly reverse: boolean;
}

const scanOf = (attributes: Attributes): Scan => attributes as unknown as Scan;

/** Calls `visit` for every element in the order of the scan, with the place of the one before it; −1 for the first. */
function forEachInOrder(shape: Shape, { axis, reverse }: Scan, visit: (at: number, before: number) => void): void {
  const { outer, extent, inner } = lanesOf(shape, axis);
  const step = reverse ? -inner : inner;
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < inner; i++) {
      let at = (o * extent + (reverse ? extent - 1 : 0)) * inner + i;
      for (let e = 0; e < extent; e++, at += step) visit(at, e === 0 ? -1 : at - step);
    }
}

/** The element that the scan comes by before each, `first` for the first. */
function before(x: Value, first: number, { axis, reverse }: Scan): Value {
  const shape = shapeOf(x);
  const extent = shape[axis]!;
  if (extent === 0) return x;
  const lead = new Array<null>(axis).fill(null);
  const edge = broadcastTo(first, shape.with(axis, 1));
  const others = slice(x, [...lead, reverse ? [1, null] : [0, extent - 1]]);
  return concat(reverse ? [others, edge] : [edge, others], axis);
}

const backwards = ({ axis, reverse }: Scan): Scan => ({ axis, reverse: !reverse });

/** A scan of one value. */
function scan(
  name: "cumprod" | "logCumSumExp" | "cumargmax" | "cumargmin",
  evaluate: (data: Float64Array, result: Float64Array, at: number, before: number, shape: Shape, scan: Scan) => void,
  differential: Pick<Rule, "jvp" | "vjp">,
): Primitive<Cumulation> {
  return primitive<Cumulation>(
    name,
    {
      ...differential,
      shape: ([from]) => from!,
      evaluate([x], attributes, shape) {
        const data = dataOf(x!);
        const result = new Float64Array(data.length);
        const along = scanOf(attributes);
        forEachInOrder(shape, along, (at, previous) => evaluate(data, result, at, previous, shape, along));
        return new Tensor(shape, result);
      },
    },
    (run) =>
      (x, axis, reverse = false) =>
        run([x], { axis: axisOf(name, axis, shapeOf(x)), reverse }),
  );
}

export type Recurrence = (a: Value, b: Value, axis: number, reverse?: boolean) => Value;

/**
 * yᵢ = aᵢ·yᵢ₋₁ + bᵢ along an axis, from 0. Its derivatives are recurrences again: with Sᵢ = ȳᵢ + aᵢ₊₁Sᵢ₊₁, b̄ᵢ = Sᵢ and āᵢ = Sᵢ·yᵢ₋₁.
 */
export const linearRecurrence: Primitive<Recurrence> = primitive<Recurrence>(
  "linearRecurrence",
  {
    shape: ([a]) => a!,
    evaluate([a, b], attributes, shape) {
      const [factors, terms] = [dataOf(a!), dataOf(b!)];
      const data = new Float64Array(sizeOf(shape));
      forEachInOrder(shape, scanOf(attributes), (at, previous) => {
        data[at] = previous < 0 ? terms[at]! : factors[at]! * data[previous]! + terms[at]!;
      });
      return new Tensor(shape, data);
    },
    jvp: ([da, db], [a], y, attributes) => {
      const along = scanOf(attributes);
      const term = da === undefined ? undefined : mul(da, before(y, 0, along));
      const terms = term === undefined ? db! : db === undefined ? term : add(term, db);
      return linearRecurrence(a!, terms, along.axis, along.reverse);
    },
    vjp: [
      (cotangent, [a], y, attributes) =>
        mul(passedBack(a!, cotangent, scanOf(attributes)), before(y, 0, scanOf(attributes))),
      (cotangent, [a], _, attributes) => passedBack(a!, cotangent, scanOf(attributes)),
    ],
  },
  (run) =>
    (a, b, axis, reverse = false) => {
      const shape = broadcastShapes(shapeOf(a), shapeOf(b), "linearRecurrence");
      const inputs = [broadcastTo(a, shape), broadcastTo(b, shape)];
      return run(inputs, { axis: axisOf("linearRecurrence", axis, shape), reverse });
    },
);

/** Sᵢ = ȳᵢ + aᵢ₊₁Sᵢ₊₁. */
function passedBack(a: Value, cotangent: Value, along: Scan): Value {
  const back = backwards(along);
  return linearRecurrence(before(a, 0, back), cotangent, back.axis, back.reverse);
}

/** Running products along an axis. Nothing is divided by, so zeros do no harm. */
export const cumprod: Primitive<Cumulation> = scan(
  "cumprod",
  (data, result, at, previous) => (result[at] = previous < 0 ? data[at]! : result[previous]! * data[at]!),
  {
    // ẏᵢ = xᵢẏᵢ₋₁ + ẋᵢyᵢ₋₁
    jvp: ([tangent], [x], y, attributes) => {
      const along = scanOf(attributes);
      return linearRecurrence(x!, mul(tangent!, before(y, 1, along)), along.axis, along.reverse);
    },
    vjp: [
      (cotangent, [x], y, attributes) => {
        const along = scanOf(attributes);
        return mul(passedBack(x!, cotangent, along), before(y, 1, along));
      },
    ],
  },
);

/** Running ln Σ eˣ along an axis. The derivatives are shares of the sum, and 0 where that is −∞. */
export const logCumSumExp: Primitive<Cumulation> = scan(
  "logCumSumExp",
  (data, result, at, previous) => {
    const [x, sum] = [data[at]!, previous < 0 ? -Infinity : result[previous]!];
    const larger = native.max(x, sum);
    result[at] = larger - larger === 0 ? larger + native.log1p(native.exp(-native.abs(x - sum))) : larger;
  },
  {
    // ẏᵢ = e^(yᵢ₋₁ − yᵢ)ẏᵢ₋₁ + e^(xᵢ − yᵢ)ẋᵢ
    jvp: ([tangent], [x], y, attributes) => {
      const along = scanOf(attributes);
      const terms = mul(tangent!, shareOf(x!, y));
      return linearRecurrence(shareOf(before(y, -Infinity, along), y), terms, along.axis, along.reverse);
    },
    vjp: [
      (cotangent, [x], y, attributes) => {
        const along = scanOf(attributes);
        return mul(passedBack(shareOf(before(y, -Infinity, along), y), cotangent, along), shareOf(x!, y));
      },
    ],
  },
);

function shareOf(x: Value, y: Value): Value {
  return exp(sub(x, where(equal(y, -Infinity), 0, y)));
}

/** For each element the place of the best one so far along an axis, the first of several; a NaN stays best. */
function runningWinner(
  name: "cumargmax" | "cumargmin",
  better: (a: number, b: number) => boolean,
): Primitive<Cumulation> {
  return scan(
    name,
    (data, result, at, previous, shape, { axis }) => {
      const { extent, inner } = lanesOf(shape, axis);
      const own = native.floor(at / inner) % extent;
      if (previous < 0) return (result[at] = own);
      const winner = result[previous]!;
      const best = data[at + (winner - own) * inner]!;
      const x = data[at]!;
      return (result[at] = best === best && (better(x, best) || x !== x) ? own : winner);
    },
    { jvp: (_, __, result) => broadcastTo(0, shapeOf(result)), vjp: [undefined] },
  );
}

export const cumargmax = runningWinner("cumargmax", (a, b) => a > b);
export const cumargmin = runningWinner("cumargmin", (a, b) => a < b);

/** The largest element so far along an axis; of equal ones the first gets the whole adjoint. */
export function cummax(x: Value, axis: number, reverse = false): Value {
  return takeAlongAxis(x, cumargmax(x, axis, reverse), axis);
}

/** The smallest element so far along an axis; of equal ones the first gets the whole adjoint. */
export function cummin(x: Value, axis: number, reverse = false): Value {
  return takeAlongAxis(x, cumargmin(x, axis, reverse), axis);
}
