/**
 * Operations on complex values: from real and imaginary parts of the inputs to the imaginary part of the result. The real
 * part of a result is what the run recorded, since the squares of imaginary parts are far below its rounding.
 */
import { lanesOver, reduced } from "../../primitives/reducing.ts";
import { broadcastTo } from "../../primitives/broadcasting.ts";
import { dataOf, scalarOrTensor, shapeOf, type Primal } from "../../primitives/rule.ts";
import { lanesOf } from "../../primitives/axes.ts";
import type { Shape } from "../../tape/shape.ts";
import { sameShape, sizeOf } from "../../tape/shape.ts";
import { Tensor } from "../../tape/tensor.ts";
import { angle, functions, logAddExp, power, quotient, sinc, timesLog, type Imaginary } from "./functions.ts";
import type { ComplexOperation } from "./operation.ts";
import { crossEntropy, cumprod, linearRecurrence, logCumSumExp, standardize } from "./fused.ts";
import { cholesky, det, expm, lu, solve, triangularSolve } from "./matrices.ts";

type ImaginaryOfTwo = (a: number, da: number, b: number, db: number) => number | undefined;

function unary(imaginary: Imaginary): ComplexOperation {
  return ({ real: [x], imaginary: [y], result }) => {
    const [re, im] = [dataOf(x!), dataOf(y!)];
    const data = new Float64Array(re.length);
    for (let k = 0; k < re.length; k++) {
      // What is infinite is so at an edge, too.
      const value = im[k] === 0 ? 0 : imaginary(re[k]!, im[k]!);
      if (value === undefined) return undefined;
      data[k] = value;
    }
    return scalarOrTensor(shapeOf(result), data);
  };
}

function binary(imaginary: ImaginaryOfTwo): ComplexOperation {
  return ({ real, imaginary: parts, result }) => {
    const shape = shapeOf(result);
    const [a, b] = real.map((x) => spread(x, shape)) as [Float64Array, Float64Array];
    const [da, db] = parts.map((x) => spread(x ?? 0, shape)) as [Float64Array, Float64Array];
    const data = new Float64Array(a.length);
    for (let k = 0; k < data.length; k++) {
      const value = da[k] === 0 && db[k] === 0 ? 0 : imaginary(a[k]!, da[k]!, b[k]!, db[k]!);
      if (value === undefined) return undefined;
      data[k] = value;
    }
    return scalarOrTensor(shape, data);
  };
}

function spread(x: Primal, shape: Shape): Float64Array {
  return dataOf(sameShape(shapeOf(x), shape) ? x : (broadcastTo(x, shape) as Primal));
}

function zerosLike(x: Primal): Primal {
  return typeof x === "number" ? 0 : new Tensor(x.shape, new Float64Array(x.data.length));
}

function total(parts: readonly Primal[]): Primal {
  if (parts.length === 1) return parts[0]!;
  const data = dataOf(parts[0]!).slice();
  for (const part of parts.slice(1)) dataOf(part).forEach((x, k) => (data[k]! += x));
  return scalarOrTensor(shapeOf(parts[0]!), data);
}

/** Linear in all its inputs at once: the operation itself, of the imaginary parts. */
const linear: ComplexOperation = ({ real, imaginary, result, attributes, rule }) =>
  rule.evaluate(
    imaginary.map((part, k) => part ?? zerosLike(real[k]!)),
    attributes,
    shapeOf(result),
  );

/** Linear in each of these inputs, where the others stand still: of two complex factors the cross terms. */
function linearInEach(...positions: readonly number[]): ComplexOperation {
  return ({ real, imaginary, result, attributes, rule }) => {
    if (imaginary.some((part, k) => part !== undefined && !positions.includes(k))) return undefined;
    const terms = positions.flatMap((k) =>
      imaginary[k] === undefined
        ? []
        : [
            rule.evaluate(
              real.map((x, j) => (j === k ? imaginary[k]! : x)),
              attributes,
              shapeOf(result),
            ),
          ],
    );
    return total(terms);
  };
}

/** Linear in these inputs together, where the others choose. */
function linearIn(...positions: readonly number[]): ComplexOperation {
  return ({ real, imaginary, result, attributes, rule }) => {
    if (imaginary.some((part, k) => part !== undefined && !positions.includes(k))) return undefined;
    const inputs = real.map((x, k) => (positions.includes(k) ? (imaginary[k] ?? zerosLike(x)) : x));
    return rule.evaluate(inputs, attributes, shapeOf(result));
  };
}

/** √Σz², for any number of inputs; on the origin it is not analytic. */
const hypot: ComplexOperation = ({ real, imaginary, result }) => {
  const shape = shapeOf(result);
  const length = dataOf(result);
  if (length.some((x) => x === 0)) return undefined;
  const data = new Float64Array(sizeOf(shape));
  real.forEach((x, k) => {
    if (imaginary[k] === undefined) return;
    const [re, im] = [spread(x, shape), spread(imaginary[k], shape)];
    for (let at = 0; at < data.length; at++) data[at]! += (re[at]! / length[at]!) * im[at]!;
  });
  return scalarOrTensor(shape, data);
};

interface Lane {
  readonly re: Float64Array;
  readonly im: Float64Array;
  readonly start: number;
  readonly extent: number;
  readonly inner: number;
}

function reductionOf(imaginary: (lane: Lane) => number | undefined): ComplexOperation {
  return ({ real: [x], imaginary: [y], result, attributes }) => {
    const { axes } = reduced(attributes);
    const { data: re, lanes } = lanesOver(x!, axes);
    const { data: im } = lanesOver(y!, axes);
    const { outer, extent, inner } = lanes;
    const data = new Float64Array(outer * inner);
    for (let at = 0; at < data.length; at++) {
      const start = Math.floor(at / inner) * extent * inner + (at % inner);
      const value = imaginary({ re, im, start, extent, inner });
      if (value === undefined) return undefined;
      data[at] = value;
    }
    return scalarOrTensor(shapeOf(result), data);
  };
}

function* places({ start, extent, inner }: Lane): Generator<number> {
  for (let e = 0; e < extent; e++) yield start + e * inner;
}

function productOf(lane: Lane): number {
  let [x, y] = [1, 0];
  for (const at of places(lane)) [x, y] = [x * lane.re[at]! - y * lane.im[at]!, x * lane.im[at]! + y * lane.re[at]!];
  return y;
}

function normOf(lane: Lane): number | undefined {
  let [x, y] = [0, 0];
  for (const at of places(lane)) {
    x = Math.hypot(x, lane.re[at]!);
    y += lane.re[at]! * lane.im[at]!;
  }
  return x === 0 ? undefined : y / x;
}

/** Σ e^(z − m), m the largest real part. */
function exponentials(lane: Lane): { readonly largest: number; readonly x: number; readonly y: number } {
  let largest = -Infinity;
  for (const at of places(lane)) largest = Math.max(largest, lane.re[at]!);
  let [x, y] = [0, 0];
  for (const at of places(lane)) {
    const size = Math.exp(lane.re[at]! - largest);
    x += size * Math.cos(lane.im[at]!);
    y += size * Math.sin(lane.im[at]!);
  }
  return { largest, x, y };
}

function logSumExpOf(lane: Lane): number {
  const { x, y } = exponentials(lane);
  return Math.atan2(y, x);
}

/** The same shape, lane by lane along one axis. */
function alongAxis(imaginary: (lane: Lane, at: number, sum: ReturnType<typeof exponentials>) => number) {
  return (x: Primal, y: Primal, axis: number): Primal => {
    const shape = shapeOf(x);
    const { outer, extent, inner } = lanesOf(shape, axis);
    const [re, im] = [dataOf(x), dataOf(y)];
    const data = new Float64Array(re.length);
    for (let lane = 0; lane < outer * inner; lane++) {
      const start = Math.floor(lane / inner) * extent * inner + (lane % inner);
      const along = { re, im, start, extent, inner };
      const sum = exponentials(along);
      for (const at of places(along)) data[at] = imaginary(along, at, sum);
    }
    return new Tensor(shape, data);
  };
}

const logSoftmax = alongAxis(({ im }, at, { x, y }) => im[at]! - Math.atan2(y, x));
const softmax = alongAxis(({ re, im }, at, { largest, x, y }) => {
  const size = Math.exp(re[at]! - largest);
  return quotient(size * Math.cos(im[at]!), size * Math.sin(im[at]!), x, y);
});

const byAxis =
  (operation: typeof softmax): ComplexOperation =>
  ({ real: [x], imaginary: [y], attributes }) =>
    operation(x!, y!, attributes["axis"] as number);

const table: Readonly<Record<string, ComplexOperation>> = {
  ...Object.fromEntries(Object.entries(functions).map(([name, imaginary]) => [name, unary(imaginary)])),
  ...Object.fromEntries(
    (
      [
        ["add", "sub", "broadcastTo", "sumTo", "sum", "cumsum", "reshape", "transpose", "concat", "stack"],
        ["slice", "pad", "flip", "identity", "avgPool", "avgPoolTranspose", "fft"],
      ] as const
    ).flatMap((names) => names.map((name) => [name, linear])),
  ),
  ...Object.fromEntries(
    ["mul", "matmul", "conv", "convTranspose", "convKernel"].map((name) => [name, linearInEach(0, 1)]),
  ),
  ...Object.fromEntries(
    ["take", "scatterAdd", "takeAlongAxis", "scatterAddAlongAxis", "dynamicSlice"].map((name) => [name, linearIn(0)]),
  ),
  ...Object.fromEntries(
    ["scatterSet", "scatterSetAlongAxis", "dynamicUpdateSlice"].map((name) => [name, linearIn(0, 1)]),
  ),
  where: linearIn(1, 2),
  div: binary(quotient),
  pow: binary(power),
  atan2: binary(angle),
  xlogy: binary(timesLog),
  logAddExp: binary(logAddExp),
  hypot,
  prod: reductionOf(productOf),
  norm: reductionOf(normOf),
  logSumExp: reductionOf(logSumExpOf),
  softmax: byAxis(softmax),
  logSoftmax: byAxis(logSoftmax),
  sinc: binary((x, y, derivative, moved) => (derivative === 0 && moved === 0 ? sinc(x, y) : undefined)),
  cumprod,
  linearRecurrence,
  logCumSumExp,
  standardize,
  crossEntropy,
  triangularSolve,
  solve,
  lu,
  det,
  cholesky,
  expm,
};

/** By name of the primitive; undefined for those that are not analytic, or of which no complex form is known. */
export function complexOperation(name: string): ComplexOperation | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
