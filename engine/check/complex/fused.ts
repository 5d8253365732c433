/** Scans and fused operations on complex values: imaginary parts, element by element in the order of the operation. */
import { lanesOf } from "../../primitives/axes.ts";
import { lanesOver, returned } from "../../primitives/reducing.ts";
import { dataOf, scalarOrTensor, shapeOf, type Primal } from "../../primitives/rule.ts";
import { sameShape, sizeOf } from "../../tape/shape.ts";
import { Tensor } from "../../tape/tensor.ts";
import { quotient } from "./functions.ts";
import type { ComplexOperation, Operands } from "./operation.ts";

function zerosOr(part: Primal | undefined, like: Primal): Float64Array {
  return part === undefined ? new Float64Array(dataOf(like).length) : dataOf(part);
}

/** `next`: the imaginary part at a place, from that of the place before it in the scan; −1 before the first. */
function scan(next: (operands: Operands, im: Float64Array, at: number, before: number) => number): ComplexOperation {
  return (operands) => {
    const shape = shapeOf(operands.result);
    const { axis, reverse } = operands.attributes as unknown as { axis: number; reverse: boolean };
    const { outer, extent, inner } = lanesOf(shape, axis);
    const im = new Float64Array(sizeOf(shape));
    const step = reverse ? -inner : inner;
    for (let lane = 0; lane < outer * inner; lane++) {
      let at = Math.floor(lane / inner) * extent * inner + (lane % inner) + (reverse ? (extent - 1) * inner : 0);
      for (let e = 0; e < extent; e++, at += step) im[at] = next(operands, im, at, e === 0 ? -1 : at - step);
    }
    return new Tensor(shape, im);
  };
}

export const cumprod = scan(({ real: [x], imaginary: [y], result }, im, at, before) => {
  const [a, b] = [dataOf(x!)[at]!, dataOf(y!)[at]!];
  return before < 0 ? b : dataOf(result)[before]! * b + im[before]! * a;
});

export const linearRecurrence = scan(({ real: [a], imaginary: [da, db], result }, im, at, before) => {
  const term = db === undefined ? 0 : dataOf(db)[at]!;
  if (before < 0) return term;
  const factor = da === undefined ? 0 : dataOf(da)[at]!;
  return dataOf(a!)[at]! * im[before]! + factor * dataOf(result)[before]! + term;
});

/** Im log(e^z + e^w), w the sum so far. */
export const logCumSumExp = scan(({ real: [x], imaginary: [y], result }, im, at, before) => {
  const [a, b] = [dataOf(x!)[at]!, dataOf(y!)[at]!];
  if (before < 0) return b;
  const [c, d] = [dataOf(result)[before]!, im[before]!];
  const largest = Math.max(a, c);
  const [p, q] = [Math.exp(a - largest), Math.exp(c - largest)];
  return Math.atan2(p * Math.sin(b) + q * Math.sin(d), p * Math.cos(b) + q * Math.cos(d));
});

/** (z − mean)/√(Σ(z − mean)²/n + ε), with squares that are not of absolute values. */
export const standardize: ComplexOperation = ({ real: [x], imaginary: [y], result, attributes }) => {
  const { axes, epsilon } = attributes as unknown as { axes: readonly number[]; epsilon: number };
  const { data: re, lanes } = lanesOver(x!, axes);
  const { data: im } = lanesOver(y!, axes);
  const { outer, extent, inner } = lanes;
  const data = new Float64Array(re.length);
  for (let lane = 0; lane < outer * inner; lane++) {
    const start = Math.floor(lane / inner) * extent * inner + (lane % inner);
    const end = start + extent * inner;
    let [meanRe, meanIm] = [0, 0];
    for (let at = start; at < end; at += inner) [meanRe, meanIm] = [meanRe + re[at]!, meanIm + im[at]!];
    [meanRe, meanIm] = [meanRe / extent, meanIm / extent];
    let [variance, imaginary] = [0, 0];
    for (let at = start; at < end; at += inner) {
      variance += (re[at]! - meanRe) ** 2;
      imaginary += 2 * (re[at]! - meanRe) * (im[at]! - meanIm);
    }
    const scale = Math.sqrt(variance / extent + epsilon);
    const scaleIm = imaginary / extent / (2 * scale);
    for (let at = start; at < end; at += inner) data[at] = quotient(re[at]! - meanRe, im[at]! - meanIm, scale, scaleIm);
  }
  return scalarOrTensor(shapeOf(result), returned(data, shapeOf(result), axes));
};

/** Rows of classes: log Σe^z less the logit of the label, or than all of them by probability. */
export const crossEntropy: ComplexOperation = ({ real: [logits, labels], imaginary: [y, dLabels] }) => {
  const { shape, data: re } = logits as Tensor;
  const classes = shape.at(-1)!;
  const batch = sizeOf(shape.slice(0, -1));
  const [im, weights] = [zerosOr(y, logits!), dataOf(labels!)];
  const soft = sameShape(shape, shapeOf(labels!));
  if (!soft && dLabels !== undefined) return undefined;
  const dWeights = zerosOr(dLabels, labels!);
  let total = 0;
  for (let row = 0; row < batch; row++) {
    const start = row * classes;
    const end = start + classes;
    let largest = -Infinity;
    for (let at = start; at < end; at++) largest = Math.max(largest, re[at]!);
    let [p, q] = [0, 0];
    for (let at = start; at < end; at++) {
      const size = Math.exp(re[at]! - largest);
      [p, q] = [p + size * Math.cos(im[at]!), q + size * Math.sin(im[at]!)];
    }
    const [logRe, logIm] = [largest + Math.log(p), Math.atan2(q, p)];
    if (soft)
      for (let at = start; at < end; at++)
        total += weights[at]! * (logIm - im[at]!) + (dWeights[at] === 0 ? 0 : dWeights[at]! * (logRe - re[at]!));
    else total += logIm - im[start + weights[row]!]!;
  }
  return total / batch;
};
