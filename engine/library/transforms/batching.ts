import { isNode, type Graph } from "../../differentiate/graph.ts";
import { broadcastTo, sumTo } from "../../primitives/broadcasting.ts";
import { matmul } from "../../primitives/contraction.ts";
import { custom, customRuleOf } from "../../primitives/custom.ts";
import { take } from "../../primitives/gathering.ts";
import { slice } from "../../primitives/indexing.ts";
import { operationName } from "../../primitives/names.ts";
import { apply, isTraced, noAttributes, shapeOf, type Rule } from "../../primitives/rule.ts";
import { moveAxis } from "../../primitives/rearranging.ts";
import { concat, reshape, stack } from "../../primitives/shaping.ts";
import { rules } from "../../primitives/table.ts";
import { recording } from "../../tape/recording.ts";
import type { Shape } from "../../tape/shape.ts";
import { constantOperation, hasAttributes, inputOperation, type Attributes } from "../../tape/tape.ts";
import { Tensor, type Value } from "../../tape/tensor.ts";

/** A value of one element of a batch: the same for all of them, or with the batch as its first axis. */
export interface Batched {
  readonly value: Value;
  readonly isBatched: boolean;
}

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

interface Operation {
  readonly operation: number;
  readonly operands: readonly Batched[];
  readonly attributes: Attributes;
  /** Of the result, for one element of the batch. */
  readonly shape: Shape;
  readonly size: number;
}

function batched(given: Operation): Value {
  const rule = rules[given.operation]!;
  const name = operationName(given.operation);
  if (rule.scalar !== undefined) return elementwise(given, rule);
  return (ruleByName[name] ?? oneByOne)(given, rule);
}

type BatchingRule = (given: Operation, rule: Rule) => Value;

/** Shape of an operand for one element of the batch. */
const own = ({ value, isBatched }: Batched): Shape => (isBatched ? shapeOf(value).slice(1) : shapeOf(value));

/** Unit axes after the batch, so that an operand has `rank` axes of its own. */
function raised(operand: Batched, rank: number): Value {
  const shape = own(operand);
  if (!operand.isBatched || shape.length === rank) return operand.value;
  return reshape(operand.value, [shapeOf(operand.value)[0]!, ...ones(rank - shape.length), ...shape]);
}

const ones = (count: number): number[] => new Array<number>(count).fill(1);

const elementwise: BatchingRule = ({ operation, operands, attributes, shape }, rule) =>
  apply(
    operation,
    rule,
    operands.map((operand) => raised(operand, shape.length)),
    attributes,
  );

/** With the batch as the first axis of every operand. */
const everywhere = ({ value, isBatched }: Batched, size: number): Value =>
  isBatched ? value : broadcastTo(value, [size, ...shapeOf(value)]);

const shifted = (axis: unknown): number => (axis as number) + 1;

const alongAxis: BatchingRule = ({ operation, operands, attributes, size }, rule) =>
  apply(
    operation,
    rule,
    operands.map((operand) => everywhere(operand, size)),
    { ...attributes, axis: shifted(attributes["axis"]) },
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

/** Of examples on the first axis, as one batch of them; a kernel of its own for each is taken one by one. */
const examples: BatchingRule = (given, rule) => {
  const [x, kernel] = given.operands as [Batched, Batched?];
  if (!x.isBatched || kernel?.isBatched === true) return oneByOne(given, rule);
  const [, count, ...rest] = shapeOf(x.value) as [number, number, ...number[]];
  const all = reshape(x.value, [given.size * count, ...rest]);
  const inputs = kernel === undefined ? [all] : [all, kernel.value];
  return reshape(apply(given.operation, rule, inputs, given.attributes), [given.size, ...given.shape]);
};

/** Along an axis, into something of a shape that is given. */
const intoShape: BatchingRule = (given, rule) =>
  alongAxis({ ...given, attributes: { ...given.attributes, shape: [given.size, ...shapeIn(given.attributes)] } }, rule);

const shapeIn = (attributes: Attributes): Shape => attributes["shape"] as Shape;

/** What is said of the last axes holds for the batch as well. */
const beside: BatchingRule = ({ operation, operands, attributes, size }, rule) =>
  apply(
    operation,
    rule,
    operands.map((operand) => everywhere(operand, size)),
    attributes,
  );

/** Elements of one value for a batch of indices, or of a batch at the same ones. */
const taken: BatchingRule = (given, rule) => {
  const [x, indices] = given.operands as [Batched, Batched];
  const axis = given.attributes["axis"] as number;
  if (!indices.isBatched) return take(x.value, indices.value, axis + 1);
  if (x.isBatched) return oneByOne(given, rule);
  const found = take(x.value, indices.value, axis);
  return axis === 0 ? found : moveAxis(found, axis, 0);
};

/** Several at the same indices. */
const scattered: BatchingRule = (given, rule) => {
  const { operation, operands, attributes, size } = given;
  const indices = operands.at(-1)!;
  if (indices.isBatched) return oneByOne(given, rule);
  const shape = attributes["shape"] === undefined ? {} : { shape: [size, ...shapeIn(attributes)] };
  return apply(operation, rule, [...operands.slice(0, -1).map((operand) => everywhere(operand, size)), indices.value], {
    ...attributes,
    axis: shifted(attributes["axis"]),
    ...shape,
  });
};

/** Regions that begin at the same place. */
const atStarts: BatchingRule = (given, rule) => {
  const { operation, operands, attributes, size } = given;
  const starts = operands.at(-1)!;
  if (starts.isBatched) return oneByOne(given, rule);
  const from = concat([new Tensor([1], new Float64Array(1)), starts.value], 0);
  const sizes = attributes["sizes"] === undefined ? {} : { sizes: [size, ...(attributes["sizes"] as Shape)] };
  const wholes = operands.slice(0, -1).map((operand) => everywhere(operand, size));
  return apply(operation, rule, [...wholes, from], { ...attributes, ...sizes });
};

/** Real and imaginary parts stay the first axis, before the batch. */
const transformed: BatchingRule = ({ operation, operands, attributes }, rule) => {
  const axes = (attributes["axes"] as readonly number[]).map(shifted);
  return moveAxis(apply(operation, rule, [moveAxis(operands[0]!.value, 0, 1)], { ...attributes, axes }), 1, 0);
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
  oneHot: beside,
  gapQuotient: beside,
  dynamicSlice: atStarts,
  dynamicUpdateSlice: atStarts,
  fft: transformed,
  softmax: alongAxis,
  logSoftmax: alongAxis,
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
  conv: examples,
  convTranspose: examples,
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

/** For operations without a rule above, and where indices or kernels differ: element by element of the batch. */
const oneByOne: BatchingRule = ({ operation, operands, attributes, size }, rule) => {
  const call = (inputs: readonly Value[]): Value =>
    operation === custom.code ? customRuleOf(attributes).apply(inputs) : apply(operation, rule, inputs, attributes);
  return stack(
    Array.from({ length: size }, (_, k) =>
      call(operands.map(({ value, isBatched }) => (isBatched ? slice(value, [k]) : value))),
    ),
  );
};
