import { codeOf, operationName, type PrimitiveName } from "../primitives/names.ts";
import { dataOf } from "../primitives/rule.ts";
import { positions, type Windows } from "../primitives/windows.ts";
import { sizeOf, type Shape } from "../tape/shape.ts";
import { inputOperation, type Tape } from "../tape/tape.ts";
import { median } from "./verdict.ts";

/** Operations that only rearrange a parameter: what they give is still that parameter, or part of it. */
const rearranging: ReadonlySet<string> = new Set<PrimitiveName>([
  "reshape",
  "transpose",
  "broadcastTo",
  "slice",
  "take",
  "neg",
  "fround",
]);
/** Operations that leave a parameter's number but change its size. */
const scaling: ReadonlySet<string> = new Set<PrimitiveName>(["mul", "div"]);

/**
 * Which nodes are parameters, or parameters cut, turned or scaled by constants: for each node the number of its weight,
 * or −1. Two nodes have one number where they are the same part of the same parameter.
 */
export function weightsOf(tape: Tape): Int32Array {
  const weights = new Int32Array(tape.length).fill(-1);
  const parts = new Map<string, number>();
  for (let node = 0; node < tape.length; node++) {
    const operation = tape.operation[node]!;
    if (operation === inputOperation) {
      weights[node] = node;
      continue;
    }
    const name = operationName(operation);
    if (!rearranging.has(name) && !scaling.has(name)) continue;
    const inputs = tape.inputsOf(node);
    const traced = inputs.filter((input) => tape.operation[input] !== 1);
    const [only] = traced;
    if (traced.length !== 1 || only === undefined || weights[only]! < 0) continue;
    if (scaling.has(name)) weights[node] = weights[only]!;
    else {
      const attributes = tape.attributes(node);
      const key = name === "slice" || name === "take" ? `${weights[only]!} ${JSON.stringify(attributes)}` : undefined;
      if (key === undefined) weights[node] = weights[only]!;
      else {
        if (!parts.has(key)) parts.set(key, node);
        weights[node] = parts.get(key)!;
      }
    }
  }
  return weights;
}

const products: ReadonlySet<number> = new Set([
  codeOf("mul"),
  codeOf("matmul"),
  codeOf("conv"),
  codeOf("convTranspose"),
]);

/** The weight that a node multiplies something else with, as its node; −1 where it does no such thing. */
export function multiplierOf(tape: Tape, weights: Int32Array, node: number): number {
  if (!products.has(tape.operation[node]!)) return -1;
  const [a, b] = [tape.input0[node]!, tape.input1[node]!];
  if (a >= 0 && weights[a]! >= 0) return b >= 0 && weights[b]! < 0 ? a : -1;
  return b >= 0 && weights[b]! >= 0 && a >= 0 ? b : -1;
}

/** Of values that lie side by side a kernel's places make less than independent weights would. */
const alike = 3 / 4;

/** √(inputs · outputs); of a kernel, [filters, channels, …], times what its places make. */
function widthOf(shape: Shape): number {
  const places = shape.length > 2 ? sizeOf(shape.slice(2)) : 1;
  return Math.sqrt(sizeOf(shape.slice(0, 2))) * places ** alike;
}

/** By how much the weights of a layer stretch a cotangent of random direction. */
export interface Gain {
  /** ln(‖W‖/√n), of n inputs and as many outputs, with the Frobenius norm. */
  readonly nats: number;
  /** The number of weights. */
  readonly weights: number;
  /** They all have one size: nobody has drawn them. */
  readonly alike: boolean;
}

/** What the weights of each level of a chain are. */
export interface LevelWeights {
  /** The width of a square layer of as many weights: 0 where a step multiplies with no weight. */
  readonly widths: readonly number[];
  /** ½ ln of the share of a kernel's weights that lie over its input, over all places: what lies beyond an edge passes nothing on. */
  readonly edges: readonly number[];
  /** What a step's weights are as one matrix or kernel; undefined where there are several of them, or other ones. */
  readonly gains: readonly (Gain | undefined)[];
  /** Most steps multiply with the weights of a step before: a recurrence, not a stack of layers. */
  readonly tied: boolean;
  /** Steps from one product with a weight to the next with the same, where they are tied: 2 for two layers taken in turns. */
  readonly period: number;
  /** Names of the parameters that are multiplied with, in order. */
  readonly parameters: readonly string[];
}

/** `steps[k]` are the nodes on the way to station k + 1. */
export function levelWeights(tape: Tape, weights: Int32Array, steps: readonly (readonly number[])[]): LevelWeights {
  const gains: (Gain | undefined)[] = [];
  const used = steps.map((nodes) => {
    const sizes = new Map<number, number>();
    const multipliers = new Map<number, number>();
    for (const node of nodes) {
      const weight = multiplierOf(tape, weights, node);
      if (weight < 0) continue;
      sizes.set(weights[weight]!, widthOf(tape.shapeOf(weight)) ** 2);
      multipliers.set(weights[weight]!, weight);
    }
    gains.push(gainOf(tape, [...multipliers.values()]));
    return sizes;
  });
  let again = 0;
  // One turn of a recurrence may make several levels, each with weights of its own, as a gated cell does.
  const before = new Map<number, number>();
  const distances: number[] = [];
  for (const [k, sizes] of used.entries()) {
    const shared = [...sizes.keys()].filter((weight) => before.has(weight));
    if (shared.length > 0 && shared.length * 2 >= sizes.size) {
      again++;
      distances.push(Math.min(...shared.map((weight) => k - before.get(weight)!)));
    }
    for (const weight of sizes.keys()) before.set(weight, k);
  }
  const names = new Set<string>();
  for (const sizes of used)
    for (const weight of sizes.keys()) {
      const name = inputNameOf(tape, weight);
      if (name !== undefined) names.add(name);
    }
  return {
    gains,
    edges: steps.map((nodes) => nodes.reduce((sum, node) => sum + edgeOf(tape, node), 0)),
    widths: used.map((sizes) => Math.sqrt([...sizes.values()].reduce((sum, size) => sum + size, 0))),
    tied: again * 2 > used.length,
    period: distances.length === 0 ? 1 : median(distances),
    parameters: [...names],
  };
}

function gainOf(tape: Tape, weights: readonly number[]): Gain | undefined {
  const shapes = weights.map((weight) => tape.shapeOf(weight));
  const isTensor = shapes.length === 1 && shapes[0]!.length >= 2;
  if (weights.length === 0 || !(isTensor || shapes.every((shape) => shape.length === 0))) return undefined;
  const values = weights.flatMap((weight) => [...dataOf(tape.primalOf(weight))]).map(Math.abs);
  const inputs = Math.sqrt(isTensor ? sizeOf(shapes[0]!.slice(0, 2)) : values.length);
  const largest = values.reduce((a, b) => Math.max(a, b));
  const squares = values.reduce((sum, x) => sum + (x / largest) ** 2, 0);
  return {
    nats: Math.log(largest) + Math.log(squares / inputs) / 2,
    weights: values.length,
    alike: values.every((x) => Math.abs(x - largest) <= 1e-9 * largest),
  };
}

function edgeOf(tape: Tape, node: number): number {
  if (tape.operation[node] !== codeOf("conv")) return 0;
  const windows = tape.attributes(node) as unknown as Windows;
  const counts = positions(windows);
  return windows.input.reduce((sum, extent, axis) => {
    const [window, stride, dilation] = [windows.window[axis]!, windows.strides[axis]!, windows.dilations[axis]!];
    let inside = 0;
    for (let at = 0; at < counts[axis]!; at++)
      for (let k = 0; k < window; k++) {
        const place = at * stride + k * dilation - windows.padding[axis]![0];
        if (place >= 0 && place < extent) inside++;
      }
    return sum + Math.log(inside / (counts[axis]! * window)) / 2;
  }, 0);
}

/** The name of the input that a weight is a part of. */
export function inputNameOf(tape: Tape, weight: number): string | undefined {
  let node: number | undefined = weight;
  while (node !== undefined && tape.operation[node] !== inputOperation) node = tape.inputsOf(node)[0];
  return node === undefined ? undefined : tape.inputName(node);
}
