import { ValueError } from "../primitives/argumentErrors.ts";
import * as arithmetic from "../primitives/arithmetic.ts";
import { equal, lessEqual, notEqual } from "../primitives/comparison.ts";
import { ShapeError } from "../primitives/broadcastShapes.ts";
import { oneHot, take, takeAlongAxis } from "../primitives/gathering.ts";
import * as normalization from "../primitives/normalization.ts";
import { norm, sum } from "../primitives/reduction.ts";
import { relu, softplus } from "../primitives/activation.ts";
import { exp, log } from "../primitives/transcendental.ts";
import { abs, where } from "../primitives/selection.ts";
import { expandDims, squeeze } from "../primitives/shaping.ts";
import { describeShape, sameShape, sizeOf } from "../tape/shape.ts";
import type { Value } from "../tape/tensor.ts";
import { combine, reduced, type LossOptions } from "./lossReduction.ts";
import type { Operand } from "./types.ts";
import { asValue, fixed, shapeOf, calledAs } from "./values.ts";

export type { LossOptions, LossReduction } from "./lossReduction.ts";

export interface CrossEntropyOptions extends LossOptions {
  /** So much of each label is spread evenly over all classes (Szegedy et al. 2016); 0 when left out. */
  readonly labelSmoothing?: number;
  /** Examples with this label do not count. For class indices only. */
  readonly ignoreIndex?: number;
  /**
   * How much each class counts, [classes]: its term of −Σ p·ln softmax is taken so many times. The mean over examples with class
   * indices is then one by the weights of their classes, as PyTorch's.
   */
  readonly weights?: Operand;
}

/**
 * The cross-entropy of softmax(logits) against labels, along the last axis, its mean over the batch unless the options say
 * otherwise. The adjoint of the logits is (softmax − labels)/batch.
 *
 * @param logits scores before softmax, [..., classes]
 * @param labels class indices [...], or probabilities [..., classes]
 * @throws ShapeError where labels and logits do not fit, RangeError where an index is none of the classes.
 */
export function crossEntropy(logits: Operand, labels: Operand, options: CrossEntropyOptions = {}): number {
  return calledAs("crossEntropy", () => {
    const [scores, given] = [asValue("crossEntropy", logits), asValue("crossEntropy", labels)];
    const { reduction = "mean", labelSmoothing = 0, ignoreIndex } = options;
    const shape = shapeOf(scores);
    if (options.weights !== undefined) return weighed(scores, given, asValue("crossEntropy", options.weights), options);
    if (ignoreIndex === undefined && (reduction === "mean" || reduction === "sum")) {
      const total = normalization.crossEntropy(scores, smoothed(scores, given, labelSmoothing));
      return (reduction === "mean" ? total : arithmetic.mul(total, sizeOf(shape.slice(0, -1)))) as number;
    }
    const counts = ignoreIndex === undefined ? undefined : notEqual(given, fixed(ignoreIndex));
    const known = counts === undefined ? given : where(counts, given, 0);
    const losses = perExample(scores, known, labelSmoothing);
    if (counts === undefined) return reduced("crossEntropy", losses, reduction);
    const counted = where(counts, losses, 0);
    return (
      reduction === "mean" ? arithmetic.div(sum(counted), sum(counts)) : combine("crossEntropy", counted, reduction)
    ) as number;
  });
}

/** The labels as probabilities with so much spread over all classes; as they are where nothing is spread. */
function smoothed(logits: Value, labels: Value, smoothing: number): Value {
  const spread = fixed(smoothing);
  if (!(spread >= 0 && spread <= 1))
    throw new ValueError(`crossEntropy: labelSmoothing is ${spread}; give a number from 0 to 1`);
  if (spread === 0 || shapeOf(logits).length === 0) return labels;
  const classes = shapeOf(logits).at(-1)!;
  const probabilities = sameShape(shapeOf(logits), shapeOf(labels)) ? labels : oneHot(labels, classes);
  return arithmetic.add(arithmetic.mul(probabilities, 1 - spread), spread / classes);
}

function weighed(logits: Value, labels: Value, weights: Value, options: CrossEntropyOptions): number {
  const { reduction = "mean", labelSmoothing = 0, ignoreIndex } = options;
  const [shape, given] = [shapeOf(logits), shapeOf(weights)];
  if (given.length !== 1 || given[0] !== shape.at(-1))
    throw new ShapeError(
      `crossEntropy of logits ${describeShape(shape)} with weights ${describeShape(given)}: give a weight for each class`,
    );
  normalization.crossEntropy.rule.shape([shape, shapeOf(labels)], {}); // refuses what does not fit
  const isSoft = sameShape(shape, shapeOf(labels));
  const counts = ignoreIndex === undefined || isSoft ? 1 : notEqual(labels, fixed(ignoreIndex));
  const known = counts === 1 ? labels : where(counts, labels, 0);
  const smooth = smoothed(logits, known, labelSmoothing);
  const target = sameShape(shape, shapeOf(smooth)) ? smooth : oneHot(smooth, shape.at(-1)!);
  const terms = arithmetic.mul(arithmetic.mul(target, weights), normalization.logSoftmax(logits, -1));
  const losses = where(counts, arithmetic.neg(sum(where(equal(target, 0), 0, terms), -1)), 0);
  if (reduction !== "mean" || isSoft) return reduced("crossEntropy", losses, reduction);
  const each = where(counts, take(weights, known, 0), 0);
  return arithmetic.div(sum(losses), sum(each)) as number;
}

function perExample(logits: Value, labels: Value, smoothing: number): Value {
  const shape = shapeOf(logits);
  normalization.crossEntropy.rule.shape([shape, shapeOf(labels)], {}); // refuses what does not fit
  const target = smoothed(logits, labels, smoothing);
  const logarithms = normalization.logSoftmax(logits, -1);
  if (!sameShape(shape, shapeOf(target)))
    return arithmetic.neg(squeeze(takeAlongAxis(logarithms, expandDims(target, -1), -1), -1));
  return arithmetic.neg(sum(where(equal(target, 0), 0, arithmetic.mul(target, logarithms)), -1));
}

export interface BinaryCrossEntropyOptions extends LossOptions {
  /** How often positive examples count, 1 when left out: the first term is taken so many times. It broadcasts. */
  readonly positiveWeight?: Operand;
}

/**
 * −p ln σ(x) − (1 − p) ln(1 − σ(x)) of logits x and labels p from 0 to 1, without overflow. Each element is an example.
 */
export function binaryCrossEntropy(logits: Operand, labels: Operand, options: BinaryCrossEntropyOptions = {}): number {
  return calledAs("binaryCrossEntropy", () => {
    const name = "binaryCrossEntropy";
    const [x, p] = [asValue(name, logits), asValue(name, labels)];
    if (options.positiveWeight !== undefined) {
      // −ln σ(x) = softplus(−x)
      const positive = arithmetic.mul(asValue(name, options.positiveWeight), p);
      const missed = arithmetic.mul(positive, softplus(arithmetic.neg(x)));
      return reduced(
        name,
        arithmetic.add(missed, arithmetic.mul(arithmetic.sub(1, p), softplus(x))),
        options.reduction,
      );
    }
    return reduced(name, arithmetic.sub(softplus(x), arithmetic.mul(x, p)), options.reduction);
  });
}

/** The mean of (prediction − target)² over all elements. */
export function meanSquaredError(prediction: Operand, target: Operand, options: LossOptions = {}): number {
  return calledAs("meanSquaredError", () => {
    return reduced(
      "meanSquaredError",
      arithmetic.square(difference("meanSquaredError", prediction, target)),
      options.reduction,
    );
  });
}

/** The mean of |prediction − target| over all elements. The derivative where they are equal is 0. */
export function meanAbsoluteError(prediction: Operand, target: Operand, options: LossOptions = {}): number {
  return calledAs("meanAbsoluteError", () => {
    return reduced("meanAbsoluteError", abs(difference("meanAbsoluteError", prediction, target)), options.reduction);
  });
}

/** Half the squared error up to δ, and from there δ·(|error| − δ/2): Huber's loss (1964), whose slope is at most δ. */
export function huberLoss(
  prediction: Operand,
  target: Operand,
  options: LossOptions & { readonly delta?: number } = {},
): number {
  return calledAs("huberLoss", () => {
    const error = difference("huberLoss", prediction, target);
    const delta = asValue("huberLoss", options.delta ?? 1);
    const size = abs(error);
    const linear = arithmetic.mul(delta, arithmetic.sub(size, arithmetic.mul(0.5, delta)));
    const losses = where(lessEqual(size, delta), arithmetic.mul(0.5, arithmetic.square(error)), linear);
    return reduced("huberLoss", losses, options.reduction);
  });
}

function difference(name: string, prediction: Operand, target: Operand): Value {
  return arithmetic.sub(asValue(name, prediction), asValue(name, target));
}

/** The mean of max(0, 1 − target·score), for targets of −1 and 1. The derivative at the corner is 0. */
export function hingeLoss(scores: Operand, targets: Operand, options: LossOptions = {}): number {
  return calledAs("hingeLoss", () => {
    const margin = arithmetic.mul(asValue("hingeLoss", scores), asValue("hingeLoss", targets));
    return reduced("hingeLoss", relu(arithmetic.sub(1, margin)), options.reduction);
  });
}

/** The mean of ln cosh(prediction − target), without overflow: as the squared error for small ones, as |error| for large. */
export function logCoshLoss(prediction: Operand, target: Operand, options: LossOptions = {}): number {
  return calledAs("logCoshLoss", () => {
    const error = difference("logCoshLoss", prediction, target);
    const losses = arithmetic.sub(arithmetic.add(error, softplus(arithmetic.mul(-2, error))), Math.LN2);
    return reduced("logCoshLoss", losses, options.reduction);
  });
}

/**
 * The mean over examples of Σ p (ln p − logarithms) along the last axis: the Kullback–Leibler divergence of a distribution with
 * these logarithms from p. An element with p = 0 counts nothing.
 *
 * @param logarithms logarithms of probabilities, such as `logSoftmax` gives
 * @param probabilities p, of the same shape
 */
export function klDivergence(logarithms: Operand, probabilities: Operand, options: LossOptions = {}): number {
  return calledAs("klDivergence", () => {
    const [logs, p] = [asValue("klDivergence", logarithms), asValue("klDivergence", probabilities)];
    const none = equal(p, 0);
    const terms = where(none, 0, arithmetic.mul(p, arithmetic.sub(log(where(none, 1, p)), logs)));
    return reduced("klDivergence", sum(terms, -1), options.reduction);
  });
}

/** The mean of eˣ − k·x: the negative log-likelihood of counts k whose rates have the logarithms x, without its ln k!. */
export function poissonLoss(logRates: Operand, counts: Operand, options: LossOptions = {}): number {
  return calledAs("poissonLoss", () => {
    const [x, k] = [asValue("poissonLoss", logRates), asValue("poissonLoss", counts)];
    return reduced("poissonLoss", arithmetic.sub(exp(x), arithmetic.mul(k, x)), options.reduction);
  });
}

/** The mean of ½(ln variance + (prediction − target)²/variance): the negative log-likelihood of a normal, without ½ ln 2π. */
export function gaussianLoss(
  prediction: Operand,
  target: Operand,
  variance: Operand,
  options: LossOptions = {},
): number {
  return calledAs("gaussianLoss", () => {
    const spread = asValue("gaussianLoss", variance);
    const squares = arithmetic.square(difference("gaussianLoss", prediction, target));
    const losses = arithmetic.mul(0.5, arithmetic.add(log(spread), arithmetic.div(squares, spread)));
    return reduced("gaussianLoss", losses, options.reduction);
  });
}

/**
 * The mean of max(0, ‖anchor − positive‖ − ‖anchor − negative‖ + margin) over rows (Schroff et al. 2015): what belongs together
 * comes nearer than what does not. At distance 0, and at the corner, the derivative is 0.
 *
 * @param anchor [batch, features]; positive and negative are of the same shape
 */
export function tripletLoss(
  anchor: Operand,
  positive: Operand,
  negative: Operand,
  options: LossOptions & { readonly margin?: number } = {},
): number {
  return calledAs("tripletLoss", () => {
    const margin = asValue("tripletLoss", options.margin ?? 1);
    const distance = (other: Operand): Value => norm(difference("tripletLoss", anchor, other), -1);
    const losses = relu(arithmetic.add(arithmetic.sub(distance(positive), distance(negative)), margin));
    return reduced("tripletLoss", losses, options.reduction);
  });
}
