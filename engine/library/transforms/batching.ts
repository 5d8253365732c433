import { isNode, type Graph } from "../../differentiate/graph.ts";
import { mul, neg, sub } from "../../primitives/arithmetic.ts";
import { broadcastTo, sumTo } from "../../primitives/broadcasting.ts";
import { equal, isInf, logicalAnd } from "../../primitives/comparison.ts";
import { matmul } from "../../primitives/contraction.ts";
import { custom, customRuleOf } from "../../primitives/custom.ts";
import { checkedIndices, takeAlongAxis } from "../../primitives/gathering.ts";
import { operationName } from "../../primitives/names.ts";
import { logSoftmax, logSumExp } from "../../primitives/normalization.ts";
import { moveAxis } from "../../primitives/rearranging.ts";
import { mean, sum } from "../../primitives/reduction.ts";
import { apply, isTraced, noAttributes, primalOf, shapeOf } from "../../primitives/rule.ts";
import { where } from "../../primitives/selection.ts";
import { reshape } from "../../primitives/shaping.ts";
import { rules } from "../../primitives/table.ts";
import { recording } from "../../tape/recording.ts";
import { sameShape, type Shape } from "../../tape/shape.ts";
import { constantOperation, hasAttributes, inputOperation } from "../../tape/tape.ts";
import type { Value } from "../../tape/tensor.ts";
import {
  alongAxis,
  everywhere,
  oneByOne,
  ones,
  own,
  raised,
  shifted,
  type Batched,
  type BatchingRule,
  type Operation,
} from "./batched.ts";
import { atStarts, beside, intoShape, scattered, taken, winners } from "./batchedIndexing.ts";

/** Whether every operation of a graph means the same for other values of its inputs. */
export function isBatchable({ tape }: Graph): boolean {
  for (let node = 0; node < tape.length; node++)
    if (tape.operation[node] === custom.code && customRuleOf(tape.attributes(node)).name !== undefined) return false;
  return true;
}

/** The operations of a graph applied to all elements of a batch of `size` at once. Gives the outputs. */
export function evaluateBatched(graph: Graph, inputs: readonly Batched[], size: number): Batched[] {
  const { tape } = graph;
  const given = new Map(graph.inputNodes.map((node, k) => [node, inputs[k]!]));
  const values: Batched[] = [];
  const { site } = recording;
  for (let node = 0; node < tape.length; node++) {
    const operation = tape.operation[node]!;
    const primal = tape.primalOf(node);
    if (operation === inputOperation || operation === constantOperation) {
      values.push(given.get(node) ?? { value: primal, isBatched: false });
      continue;
    }
    const operands: Batched[] = [];
    tape.forEachWord(node, (word) =>
      operands.push(word >= 0 ? values[word]! : { value: tape.constants.get(~word), isBatched: false }),
    );
    const attributes = (tape.flags[node]! & hasAttributes) === 0 ? noAttributes : tape.attributes(node);
    recording.site = tape.site[node]!;
    const operandValues = operands.map(({ value }) => value);
    if (operands.some(({ isBatched }) => isBatched)) {
      const shape = tape.shapeOf(node);
      values.push({ value: batched({ operation, operands, attributes, shape, size }), isBatched: true });
    } else if (recording.on && operandValues.some(isTraced)) {
      const kept = attributes === noAttributes ? undefined : attributes;
      const value = recording.tape.add(operation, primal, operandValues, kept, recording.site, recording.scope);
      values.push({ value, isBatched: false });
    } else values.push({ value: primal, isBatched: false });
  }
  recording.site = site;
  return graph.outputNodes.map((output) =>
    isNode(output) ? values[output.node]! : { value: output, isBatched: false },
  );
}

function batched(given: Operation): Value {
  const rule = rules[given.operation]!;
  const name = operationName(given.operation);
  if (rule.scalar !== undefined) return elementwise(given, rule);
  return (ruleByName[name] ?? oneByOne)(given, rule);
}

const elementwise: BatchingRule = ({ operation, operands, attributes, shape }, rule) =>
  apply(
    operation,
    rule,
    operands.map((operand) => raised(operand, shape.length)),
    attributes,
  );

const overAxes: BatchingRule = ({ operation, operands, attributes }, rule) =>
  apply(operation, rule, [operands[0]!.value], {
    ...attributes,
    axes: (attributes["axes"] as readonly number[]).map(shifted),
  });

const regions: BatchingRule = ({ operation, operands, attributes, size }, rule) => {
  const prefixed = (key: string, first: number): number[] => [first, ...(attributes[key] as readonly number[])];
  return apply(operation, rule, [operands[0]!.value], {
    starts: prefixed("starts", 0),
    steps: prefixed("steps", 1),
    extents: prefixed("extents", size),
    dropped: (attributes["dropped"] as readonly number[]).map(shifted),
    whole: prefixed("whole", size),
  });
};

const product: BatchingRule = ({ operands, shape, size }) => {
  const [a, b] = operands.map(own) as [Shape, Shape];
  const leading = Math.max(a.length, b.length, 2) - 2;
  const matrices = (operand: Batched, extents: Shape, vector: (n: number) => Shape): Value => {
    const matrix = extents.length === 1 ? vector(extents[0]!) : extents;
    const to = [...ones(leading + 2 - matrix.length), ...matrix];
    return operand.isBatched ? reshape(operand.value, [size, ...to]) : reshape(operand.value, matrix);
  };
  const left = matrices(operands[0]!, a, (n) => [1, n]);
  const right = matrices(operands[1]!, b, (n) => [n, 1]);
  return reshape(matmul(left, right), [size, ...shape]);
};

/** Of matrices on the last two axes, which have batches of their own. */
const matrices: BatchingRule = ({ operation, operands, attributes }, rule) => {
  const rank = Math.max(...operands.map((operand) => own(operand).length));
  return apply(
    operation,
    rule,
    operands.map((operand) => raised(operand, rank)),
    attributes,
  );
};

/** Of examples on the first axis, as one batch of them. */
const examples: BatchingRule = (given, rule) => {
  const [x, kernel] = given.operands as [Batched, Batched?];
  const [, count, ...rest] = shapeOf(x.value) as [number, number, ...number[]];
  const all = reshape(x.value, [given.size * count, ...rest]);
  const inputs = kernel === undefined ? [all] : [all, kernel.value];
  return reshape(apply(given.operation, rule, inputs, given.attributes), [given.size, ...given.shape]);
};

/** A kernel for each of the batch: the batch becomes groups of the channels, which have kernels of their own. */
const groups: BatchingRule = (given, rule) => {
  const { operation, operands, attributes, shape, size } = given;
  const isKernel = (k: number): boolean => k === 1 && operationName(operation) !== "convKernel";
  if (!isKernel(1) || operands[1]!.isBatched) {
    const inputs = operands.map((operand, k) => {
      const all = everywhere(operand, size);
      const [, first, second, ...rest] = shapeOf(all) as [number, number, number, ...number[]];
      if (isKernel(k)) return reshape(all, [size * first, second, ...rest]);
      return reshape(moveAxis(all, 0, 1), [first, size * second, ...rest]);
    });
    const result = apply(operation, rule, inputs, {
      ...attributes,
      groups: (attributes["groups"] as number) * size,
    });
    if (operationName(operation) === "convKernel") return reshape(result, [size, ...shape]);
    return moveAxis(reshape(result, [shape[0]!, size, ...shape.slice(1)]), 1, 0);
  }
  return examples(given, rule);
};

/** Real and imaginary parts stay the first axis, before the batch. */
const transformed: BatchingRule = ({ operation, operands, attributes }, rule) => {
  const axes = (attributes["axes"] as readonly number[]).map(shifted);
  return moveAxis(apply(operation, rule, [moveAxis(operands[0]!.value, 0, 1)], { ...attributes, axes }), 1, 0);
};

/** −ln softmax at the class of each row, or −Σ p·ln softmax of its probabilities, and the mean over the rows of each. */
const classLoss: BatchingRule = ({ operands, size }) => {
  const [logits, labels] = operands as readonly [Batched, Batched];
  const [scores, given] = [everywhere(logits, size), everywhere(labels, size)];
  const rows = shapeOf(scores).slice(0, -1);
  const overRows = rows.slice(1).map((_, axis) => axis + 1);
  if (sameShape(own(logits), own(labels))) {
    const logarithms = logSoftmax(scores);
    // What has no probability counts nothing, however unlikely it is held.
    const counted = where(logicalAnd(equal(given, 0), isInf(logarithms)), 0, logarithms);
    return neg(mean(sum(mul(given, counted), -1), overRows));
  }
  checkedIndices("crossEntropy", primalOf(labels.value), shapeOf(scores).at(-1)!);
  const chosen = takeAlongAxis(scores, reshape(given, [...rows, 1]), rows.length);
  return mean(sub(logSumExp(scores, -1), reshape(chosen, rows)), overRows);
};

const ruleByName: Readonly<Record<string, BatchingRule>> = {
  sum: overAxes,
  prod: overAxes,
  norm: overAxes,
  any: overAxes,
  all: overAxes,
  reduceMax: overAxes,
  reduceMin: overAxes,
  maxMask: overAxes,
  minMask: overAxes,
  logSumExp: overAxes,
  argmax: overAxes,
  argmin: overAxes,
  standardize: overAxes,
  cumsum: alongAxis,
  cumprod: alongAxis,
  logCumSumExp: alongAxis,
  cumargmax: alongAxis,
  cumargmin: alongAxis,
  linearRecurrence: alongAxis,
  argsort: alongAxis,
  takeAlongAxis: alongAxis,
  scatterSetAlongAxis: alongAxis,
  scatterAddAlongAxis: intoShape,
  take: taken,
  scatterAdd: scattered,
  scatterSet: scattered,
  scatterWinners: winners,
  oneHot: beside,
  gapQuotient: beside,
  dynamicSlice: atStarts,
  dynamicUpdateSlice: atStarts,
  fft: transformed,
  softmax: alongAxis,
  logSoftmax: alongAxis,
  crossEntropy: classLoss,
  concat: alongAxis,
  stack: alongAxis,
  matmul: product,
  triangularSolve: matrices,
  solve: matrices,
  cholesky: matrices,
  lu: matrices,
  luPermutation: matrices,
  det: matrices,
  cofactors: matrices,
  qr: matrices,
  eigvalsh: matrices,
  eigh: matrices,
  svdvals: matrices,
  svd: matrices,
  pinv: matrices,
  expm: matrices,
  conv: groups,
  convTranspose: groups,
  convKernel: groups,
  maxPool: examples,
  maxPoolIndices: examples,
  avgPool: examples,
  avgPoolTranspose: examples,
  slice: regions,
  pad: regions,
  reshape: ({ operands, shape, size }) => reshape(operands[0]!.value, [size, ...shape]),
  broadcastTo: ({ operands, shape, size }) => broadcastTo(raised(operands[0]!, shape.length), [size, ...shape]),
  sumTo: ({ operands, shape, size }) => {
    const [x] = operands as [Batched];
    const padded = ones(own(x).length - shape.length);
    return reshape(sumTo(x.value, [size, ...padded, ...shape]), [size, ...shape]);
  },
  transpose: ({ operation, operands, attributes }, rule) =>
    apply(operation, rule, [operands[0]!.value], {
      axes: [0, ...(attributes["axes"] as readonly number[]).map(shifted)],
    }),
};
