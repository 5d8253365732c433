import { describeShape, sameShape, type Shape } from "../tape/shape.ts";
import type { Attributes } from "../tape/tape.ts";
import { Tensor, type Value } from "../tape/tensor.ts";
import { div, mul, neg, sub } from "./arithmetic.ts";
import { axisOf, lanesOf, reducedShape } from "./axes.ts";
import { ShapeError } from "./broadcastShapes.ts";
import { broadcastTo } from "./broadcasting.ts";
import { equal } from "./comparison.ts";
import { checkedIndices, oneHot } from "./gathering.ts";
import { reduced, reduction, expand, type Reduction } from "./reducing.ts";
import { dataOf, primitive, shapeOf, type Primitive } from "./rule.ts";
import { sum } from "./reduction.ts";
import { where } from "./selection.ts";
import { reshape } from "./shaping.ts";
import { exp } from "./transcendental.ts";
import { native } from "./native.ts";

export type AlongAxis = (x: Value, axis?: number) => Value;

const axisIn = (attributes: Attributes): number => attributes["axis"] as number;

/** Applies `normalize` to each lane: from its elements and log Σ exp, the elements of the result. */
function alongLanes(x: Tensor, axis: number, normalize: (element: number, logSum: number) => number): Tensor {
  const { outer, extent, inner } = lanesOf(x.shape, axis);
  const data = new Float64Array(x.data.length);
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < inner; i++) {
      const start = o * extent * inner + i;
      const end = start + extent * inner;
      const logSum = logSumExpOf(x.data, start, end, inner);
      for (let at = start; at < end; at += inner) data[at] = normalize(x.data[at]!, logSum);
    }
  return new Tensor(x.shape, data);
}

/** log Σ exp of every `step`-th element, shifted by the largest so that nothing overflows. */
function logSumExpOf(data: Float64Array, start: number, end: number, step: number): number {
  let largest = -Infinity;
  for (let at = start; at < end; at += step) largest = native.max(largest, data[at]!);
  if (largest - largest !== 0) return largest; // infinite or NaN
  let total = 0;
  for (let at = start; at < end; at += step) total += native.exp(data[at]! - largest);
  return largest + native.log(total);
}

/** eˣ / Σ eˣ along an axis. */
export const softmax: Primitive<AlongAxis> = primitive<AlongAxis>(
  "softmax",
  {
    shape: ([from]) => from!,
    evaluate: ([x], attributes) => alongLanes(x as Tensor, axisIn(attributes), (e, logSum) => native.exp(e - logSum)),
    jvp: ([tangent], _, y, attributes) => softmaxDifferential(tangent!, y, axisIn(attributes)),
    vjp: [(cotangent, _, y, attributes) => softmaxDifferential(cotangent, y, axisIn(attributes))],
  },
  (run) =>
    (x, axis = -1) =>
      run([x], { axis: axisOf("softmax", axis, shapeOf(x)) }),
);

/** The Jacobian diag(y) − y yᵀ is symmetric: y ∘ (v − ⟨v, y⟩) serves tangents and cotangents. */
function softmaxDifferential(v: Value, y: Value, axis: number): Value {
  return mul(y, sub(v, sum(mul(v, y), axis, true)));
}

/** x − ln Σ eˣ along an axis. */
export const logSoftmax: Primitive<AlongAxis> = primitive<AlongAxis>(
  "logSoftmax",
  {
    shape: ([from]) => from!,
    evaluate: ([x], attributes) => alongLanes(x as Tensor, axisIn(attributes), (e, logSum) => e - logSum),
    jvp: ([tangent], _, y, attributes) => sub(tangent!, sum(mul(tangent!, exp(y)), axisIn(attributes), true)),
    vjp: [(cotangent, _, y, attributes) => sub(cotangent, mul(exp(y), sum(cotangent, axisIn(attributes), true)))],
  },
  (run) =>
    (x, axis = -1) =>
      run([x], { axis: axisOf("logSoftmax", axis, shapeOf(x)) }),
);

/** ln Σ eˣ over axes. Its derivative is the softmax over them, and 0 where every x is −∞. */
export const logSumExp: Primitive<Reduction> = reduction(
  "logSumExp",
  (data, { outer, extent, inner }, results) => {
    for (let at = 0; at < outer * inner; at++) {
      const start = native.floor(at / inner) * extent * inner + (at % inner);
      results[at] = logSumExpOf(data, start, start + extent * inner, inner);
    }
  },
  {
    jvp: ([tangent], [x], y, attributes) => {
      const { axes, keepDims } = reduced(attributes);
      return sum(mul(tangent!, shares(x!, y, axes)), axes, keepDims);
    },
    vjp: [
      (cotangent, [x], y, attributes) =>
        mul(shares(x!, y, reduced(attributes).axes), expand(cotangent, x!, attributes)),
    ],
  },
);

/** Each element's share of the sum of exponentials. */
function shares(x: Value, y: Value, axes: readonly number[]): Value {
  const logSum = reshape(y, reducedShape(shapeOf(x), axes, true));
  return exp(sub(x, where(equal(logSum, -Infinity), 0, logSum)));
}

/**
 * The mean over the batch of −Σ p ln softmax(logits) along the last axis. The labels p are probabilities in the shape of
 * the logits, or class indices in that shape without the last axis. The adjoint of the logits is (softmax − p)/batch.
 */
export const crossEntropy: Primitive<(logits: Value, labels: Value) => Value> = primitive<
  (logits: Value, labels: Value) => Value
>(
  "crossEntropy",
  {
    shape([logits, labels]) {
      if (logits!.length === 0 || !(sameShape(logits!, labels!) || sameShape(logits!.slice(0, -1), labels!)))
        throw new ShapeError(
          `crossEntropy of logits ${describeShape(logits!)} and labels ${describeShape(labels!)}: give class indices of shape ${describeShape(
            logits!.slice(0, -1),
          )} or probabilities of shape ${describeShape(logits!)}`,
        );
      return [];
    },
    evaluate([logits, labels]) {
      const { shape, data } = logits as Tensor;
      const classes = shape.at(-1)!;
      const batch = batchOf(shape);
      const weights = dataOf(labels!);
      const indices =
        weights.length === data.length && sameShape(shape, shapeOf(labels!))
          ? undefined
          : checkedIndices("crossEntropy", labels!, classes);
      let total = 0;
      for (let row = 0; row < batch; row++) {
        const start = row * classes;
        const logSum = logSumExpOf(data, start, start + classes, 1);
        if (indices !== undefined) {
          total += logSum - data[start + indices[row]!]!;
          continue;
        }
        for (let at = start; at < start + classes; at++)
          if (weights[at] !== 0) total += weights[at]! * (logSum - data[at]!);
      }
      return total / batch;
    },
    jvp: ([dLogits, dLabels], [logits, labels]) => {
      const terms: Value[] = [];
      if (dLogits !== undefined) terms.push(mul(dLogits, excess(logits!, labels!)));
      if (dLabels !== undefined && soft(logits!, labels!)) terms.push(mul(dLabels, neg(logSoftmax(logits!))));
      const total = terms.map((term) => sum(term));
      return div(total.length === 2 ? sub(total[0]!, neg(total[1]!)) : (total[0] ?? 0), batchOf(shapeOf(logits!)));
    },
    vjp: (cotangent, [logits, labels], _, __, position) => {
      const scale = div(cotangent, batchOf(shapeOf(logits!)));
      if (position === 0) return mul(scale, excess(logits!, labels!));
      return soft(logits!, labels!) ? mul(scale, neg(logSoftmax(logits!))) : broadcastTo(0, shapeOf(labels!));
    },
  },
  (run) => (logits, labels) => run([logits, labels]),
);

function batchOf(shape: Shape): number {
  return shape.slice(0, -1).reduce((batch, extent) => batch * extent, 1);
}

/** Whether the labels are probabilities. */
function soft(logits: Value, labels: Value): boolean {
  return sameShape(shapeOf(logits), shapeOf(labels));
}

/** softmax(logits)·Σp − p. */
function excess(logits: Value, labels: Value): Value {
  if (!soft(logits, labels)) return sub(softmax(logits), oneHot(labels, shapeOf(logits).at(-1)!));
  return sub(mul(softmax(logits), sum(labels, -1, true)), labels);
}
