import { shares as sharesOf, type Averaging } from "../../primitives/pooling.ts";
import { positions } from "../../primitives/windows.ts";
import { sizeOf, type Shape } from "../../tape/shape.ts";
import type { ProgramValue } from "../program.ts";
import * as decomposition from "./decompositionKernels.ts";
import * as elimination from "./eliminationKernels.ts";
import { isElementwise } from "./functions.ts";
import { mostOrder } from "./gammaFunctions.ts";
import type { Attributes, Graph } from "./graph.ts";
import { matrixExponential } from "./matrixExponential.ts";
import { asWindows } from "./windowKernels.ts";
import { fourier } from "./fourierProducts.ts";
import { unsupported } from "./unsupported.ts";

type Operation = Extract<ProgramValue, { readonly kind: "operation" }>;
type Lower = (graph: Graph, inputs: readonly number[], operation: Operation) => number;

/**
 * An operation of a program as operations that there are kernels for. Throws an UnsupportedOperationError for one that is
 * not listed here.
 */
export function lower(graph: Graph, operation: Operation, inputs: readonly number[]): number {
  const { name, shape, attributes } = operation;
  // What an attribute asks for that is not known here would be left out in silence.
  if (!Object.keys(attributes).every((key) => (knownAttributes[name] ?? []).includes(key))) throw unsupported(name);
  if (Object.hasOwn(lowerings, name)) return lowerings[name]!(graph, inputs, operation);
  if (isElementwise(name)) return graph.operation(name, inputs, shape);
  throw unsupported(name);
}

const ofReductions = ["axes", "keepDims"];
const ofRegions = ["starts", "steps", "extents", "dropped", "whole"];
const ofWindows = ["input", "window", "strides", "padding", "dilations"];
const knownAttributes: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    ["sum", "prod", "norm", "any", "all", "reduceMax", "reduceMin", "argmax", "argmin", "logSumExp"].map((name) => [
      name,
      ofReductions,
    ]),
  ),
  reshape: ["shape"],
  broadcastTo: ["shape"],
  sumTo: ["shape"],
  transpose: ["axes"],
  slice: ofRegions,
  pad: ofRegions,
  take: ["axis"],
  takeAlongAxis: ["axis"],
  scatterAdd: ["axis", "shape"],
  scatterAddAlongAxis: ["axis", "shape"],
  scatterSet: ["axis"],
  scatterSetAlongAxis: ["axis"],
  scatterWinners: ["operation", "axis", "addressing", "smallest"],
  dynamicSlice: ["sizes"],
  fft: ["axes", "inverse"],
  triangularSolve: ["lower", "transpose", "unitDiagonal"],
  solve: ["transposed"],
  gapQuotient: ["spectrum"],
  oneHot: ["depth"],
  cumsum: ["axis", "reverse"],
  cumprod: ["axis", "reverse"],
  logCumSumExp: ["axis", "reverse"],
  cumargmax: ["axis", "reverse"],
  cumargmin: ["axis", "reverse"],
  linearRecurrence: ["axis", "reverse"],
  maxMask: ["axes"],
  minMask: ["axes"],
  concat: ["axis"],
  stack: ["axis"],
  softmax: ["axis"],
  logSoftmax: ["axis"],
  argsort: ["axis", "descending"],
  standardize: ["axes", "epsilon"],
  conv: [...ofWindows, "groups"],
  convTranspose: [...ofWindows, "groups"],
  convKernel: [...ofWindows, "groups"],
  maxPool: ofWindows,
  maxPoolIndices: ofWindows,
  avgPool: [...ofWindows, "counted"],
  avgPoolTranspose: [...ofWindows, "counted"],
};

const axesIn = (attributes: Attributes): readonly number[] => attributes["axes"] as readonly number[];
const axisIn = (attributes: Attributes): number => attributes["axis"] as number;

/** The same name, inputs and attributes. */
const asItIs: Lower = (graph, inputs, { name, shape, attributes }) => graph.operation(name, inputs, shape, attributes);

/** A function of any number of values as one of two, applied again and again. */
const pairwise: Lower = (graph, inputs, { name }) =>
  inputs.length === 1
    ? graph.elementwise(name, inputs[0]!, inputs[0]!)
    : inputs.slice(1).reduce((sum, input) => graph.elementwise(name, sum, input), inputs[0]!);

/** A reduction, with its axes left out of the result unless they are kept. */
const reduced =
  (reduce: (graph: Graph, input: number, axes: readonly number[]) => number): Lower =>
  (graph, [input], { shape, attributes }) =>
    graph.reshape(reduce(graph, input!, axesIn(attributes)), shape);

const plainly =
  (name: string) =>
  (graph: Graph, input: number, axes: readonly number[]): number =>
    graph.reduction(name, input, axes);

const lowerings: Readonly<Record<string, Lower>> = {
  stopGradient: (_, [x]) => x!,
  identity: (_, [x]) => x!,
  // Kernels compute in float32 anyway.
  fround: (_, [x]) => x!,
  max: pairwise,
  min: pairwise,
  hypot: (graph, inputs, operation) =>
    inputs.length === 1 ? graph.elementwise("abs", inputs[0]!) : pairwise(graph, inputs, operation),
  reshape: (graph, [x], { shape }) => graph.reshape(x!, shape),
  transpose: asItIs,
  broadcastTo: asItIs,
  slice: asItIs,
  pad: asItIs,
  take: asItIs,
  takeAlongAxis: asItIs,
  scatterAdd: asItIs,
  scatterAddAlongAxis: asItIs,
  scatterSet: asItIs,
  scatterSetAlongAxis: asItIs,
  scatterWinners: asItIs,
  dynamicSlice: asItIs,
  dynamicUpdateSlice: asItIs,
  oneHot: asItIs,
  matmul: asItIs,
  cumsum: asItIs,
  cumprod: asItIs,
  linearRecurrence: asItIs,
  logCumSumExp: asItIs,
  cumargmax: asItIs,
  cumargmin: asItIs,
  polygamma: (graph, [n, x], { name }) => ofOrder(graph, name, n!, n!, x!),
  sinc: (graph, [x, n], { name }) => ofOrder(graph, name, n!, x!, n!),
  cholesky: (graph, [a]) => elimination.cholesky(graph, a!),
  triangularSolve: (graph, [a, b], { shape, attributes }) =>
    elimination.triangularSolve(graph, a!, b!, shape, attributes as unknown as elimination.Triangle),
  solve: (graph, [a, b], { shape, attributes }) =>
    elimination.solve(graph, a!, b!, shape, attributes["transposed"] === true),
  lu: (graph, [a]) => elimination.lu(graph, a!),
  luPermutation: (graph, [a]) => elimination.luPermutation(graph, a!),
  det: (graph, [a]) => elimination.determinant(graph, a!),
  cofactors: (graph, [a]) => elimination.cofactors(graph, a!),
  qr: (graph, [a]) => decomposition.qr(graph, a!),
  eigvalsh: (graph, [a]) => decomposition.eigen(graph, a!).values,
  eigh: (graph, [a]) => decomposition.eigen(graph, a!).vectors,
  gapQuotient: (graph, [m, w], { attributes }) =>
    decomposition.gapQuotient(graph, m!, w!, attributes["spectrum"] === "singular values"),
  svdvals: (graph, [a], { shape }) => graph.reshape(decomposition.singular(graph, a!).values, shape),
  svd: (graph, [a]) => {
    const { u, v } = decomposition.singular(graph, a!);
    return elimination.stacked(graph, u, v);
  },
  pinv: (graph, [a], { shape }) => decomposition.pseudoinverse(graph, a!, shape),
  expm: (graph, [a]) => matrixExponential(graph, a!),
  fft: (graph, [x], { attributes }) =>
    axesIn(attributes).reduce((at, axis) => fourier(graph, at, axis, attributes["inverse"] === true), x!),
  maxMask: asItIs,
  minMask: asItIs,
  conv: asItIs,
  convTranspose: asItIs,
  convKernel: asItIs,
  maxPool: asItIs,
  maxPoolIndices: asItIs,
  avgPool: (graph, [x], { shape, attributes }) =>
    graph.elementwise(
      "mul",
      graph.operation("windowSum", [x!], shape, asWindows(attributes)),
      shares(graph, attributes),
    ),
  avgPoolTranspose: (graph, [y], { shape, attributes }) => {
    const parts = graph.elementwise("mul", y!, shares(graph, attributes));
    return graph.operation("windowSpread", [parts], shape, asWindows(attributes));
  },
  concat: (graph, inputs, { attributes }) => joined(graph, inputs, axisIn(attributes)),
  stack: (graph, inputs, { shape, attributes }) => {
    const axis = axisIn(attributes);
    const part = shape.map((extent, k) => (k === axis ? 1 : extent));
    return joined(
      graph,
      inputs.map((input) => graph.reshape(input, part)),
      axis,
    );
  },
  sum: reduced(sumOver),
  prod: reduced(plainly("prod")),
  reduceMax: reduced(plainly("reduceMax")),
  reduceMin: reduced(plainly("reduceMin")),
  argmax: reduced(plainly("argmax")),
  argmin: reduced(plainly("argmin")),
  // Of what is 1 and 0, the largest and the product.
  any: reduced((graph, x, axes) => graph.reduction("reduceMax", graph.elementwise("asBool", x), axes)),
  all: reduced((graph, x, axes) => graph.reduction("prod", graph.elementwise("asBool", x), axes)),
  logSumExp: reduced(plainly("logSumExp")),
  norm: reduced((graph, x, axes) => inParts(graph, "norm", x, axes)),
  sumTo: (graph, [x], { shape }) => {
    const from = graph.shapeOf(x!);
    const lead = from.length - shape.length;
    const axes = from.flatMap((extent, axis) =>
      axis < lead || (shape[axis - lead] === 1 && extent !== 1) ? [axis] : [],
    );
    return graph.reshape(sumOver(graph, x!, axes), shape);
  },
  softmax: (graph, [x], { attributes }) => graph.elementwise("exp", lessLogSum(graph, x!, axisIn(attributes))),
  logSoftmax: (graph, [x], { attributes }) => lessLogSum(graph, x!, axisIn(attributes)),
  crossEntropy: (graph, [logits, labels]) => {
    const shape = graph.shapeOf(logits!);
    const last = shape.length - 1;
    const batch = sizeOf(shape.slice(0, -1));
    const hard = graph.shapeOf(labels!).length !== shape.length;
    const logSum = graph.reduction("logSumExp", logits!, [last]);
    if (hard) {
      const places = graph.reshape(labels!, [...shape.slice(0, -1), 1]);
      const own = graph.operation("takeAlongAxis", [logits!, places], graph.shapeOf(places), { axis: last });
      return mean(graph, graph.elementwise("sub", logSum, own), batch);
    }
    // A class of probability 0 adds nothing, even where its logit is −∞.
    const surprise = graph.elementwise("mul", labels!, graph.elementwise("sub", logSum, logits!));
    const terms = graph.elementwise("where", labels!, surprise, graph.number(0));
    return mean(graph, terms, batch);
  },
  standardize: (graph, [x], { attributes }) => {
    const axes = axesIn(attributes);
    const centered = graph.elementwise("sub", x!, meanOver(graph, x!, axes));
    const variance = meanOver(graph, graph.elementwise("square", centered), axes);
    const steadied = graph.elementwise("add", variance, graph.number(attributes["epsilon"] as number));
    return graph.elementwise("mul", centered, graph.elementwise("rsqrt", steadied));
  },
  argsort: (graph, [x], { shape, attributes }) => {
    const ranks = graph.operation("rank", [x!], shape, attributes);
    return graph.operation("inversePermutation", [ranks], shape, { axis: axisIn(attributes) });
  },
};

/** A function of an order, which has to be known: kernels have room for so many derivatives. */
function ofOrder(graph: Graph, name: string, order: number, ...inputs: readonly number[]): number {
  const known = graph.nodes[order]!;
  if (known.kind !== "number" || !(known.value >= 0 && known.value <= mostOrder && Number.isInteger(known.value)))
    throw unsupported(known.kind === "number" ? `${name} of order ${known.value}` : `${name} of an order that varies`);
  return graph.elementwise(name, ...inputs);
}

/** What share of its window's mean each element has. */
function shares(graph: Graph, attributes: Attributes): number {
  const averaging = attributes as unknown as Averaging;
  const each = sharesOf(averaging);
  if (each.every((share) => share === each[0])) return graph.number(each[0] ?? 0);
  return graph.constant(positions(averaging), Float32Array.from(each));
}

/** The mean over axes, which stay with extent 1. */
function meanOver(graph: Graph, x: number, axes: readonly number[]): number {
  const count = axes.reduce((product, axis) => product * graph.shapeOf(x)[axis]!, 1);
  return graph.elementwise("div", sumOver(graph, x, axes), graph.number(count));
}

function mean(graph: Graph, x: number, count: number): number {
  const axes = graph.shapeOf(x).map((_, axis) => axis);
  return graph.elementwise("div", graph.reshape(sumOver(graph, x, axes), []), graph.number(count));
}

function lessLogSum(graph: Graph, x: number, axis: number): number {
  return graph.elementwise("sub", x, graph.reduction("logSumExp", x, [axis]));
}

/** Longer reductions are made in two rounds: one thread would be slow, and sums lose digits. */
const longest = 1024;

/** The sum over axes, which stay with extent 1. */
export function sumOver(graph: Graph, x: number, axes: readonly number[]): number {
  return inParts(graph, "sum", x, axes);
}

/** A reduction that is the same reduction of what it makes of parts. */
function inParts(graph: Graph, name: "sum" | "norm", x: number, axes: readonly number[]): number {
  if (axes.length === 0) return name === "norm" ? graph.elementwise("abs", x) : x;
  const shape = graph.shapeOf(x);
  const count = axes.reduce((product, axis) => product * shape[axis]!, 1);
  if (count <= longest) return graph.reduction(name, x, axes);
  const length = Math.ceil(Math.sqrt(count));
  const kept = shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  const parts: Shape = [...kept, Math.ceil(count / length)];
  const made = graph.operation(name, [x], parts, { axes, length });
  return graph.reshape(graph.reduction(name, made, [kept.length]), kept);
}

/** So many are joined by one kernel, which takes no more textures than this and few others. */
export const mostJoined = 6;

/** Joins along an axis, many in several rounds; many single numbers are collected later, when it is known where they are. */
export function joined(graph: Graph, inputs: readonly number[], axis: number): number {
  if (inputs.length > mostJoined && inputs.every((input) => sizeOf(graph.shapeOf(input)) === 1)) {
    const shape = graph.shapeOf(inputs[0]!).with(axis, inputs.length);
    return graph.reshape(graph.operation("join", inputs, [inputs.length]), shape);
  }
  if (inputs.length > mostJoined) {
    const rounds = Array.from({ length: Math.ceil(inputs.length / mostJoined) }, (_, k) =>
      joined(graph, inputs.slice(k * mostJoined, (k + 1) * mostJoined), axis),
    );
    return joined(graph, rounds, axis);
  }
  if (inputs.length === 1) return inputs[0]!;
  const shapes = inputs.map((input) => graph.shapeOf(input));
  const extent = shapes.reduce((total, shape) => total + shape[axis]!, 0);
  return graph.operation("concat", inputs, shapes[0]!.with(axis, extent), { axis });
}
