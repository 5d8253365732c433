import { codeOf, operationName } from "../primitives/names.ts";
import { dataOf } from "../primitives/rule.ts";
import { sizeOf } from "../tape/shape.ts";
import type { Tape } from "../tape/tape.ts";
import { isPassing } from "./levels.ts";
import type { Subject } from "./subject.ts";
import { sigmoidArgument } from "./traits.ts";
import { multiplierOf, weightsOf } from "./weights.ts";
import { writtenRelus } from "./writtenRelu.ts";

export type Activation = "relu" | "sigmoid" | "tanh";

/** One unit of a layer, over the batch: what goes into its activation, for each example. */
export interface Unit {
  executions: number;
  /** Executions with an argument above 0. */
  positive: number;
  /** Executions where the derivative is next to nothing. */
  saturated: number;
  largest: number;
  squares: number;
}

/** The units that one line computes of the same inputs with weights of their own. */
export interface Layer {
  readonly site: number;
  readonly activation: Activation;
  /** Its first node. */
  readonly node: number;
  readonly units: Map<string, Unit>;
  /** All its nodes. */
  readonly nodes: number[];
  /** What it gives is multiplied with further weights: a hidden layer. */
  readonly feeds: boolean;
  /** What it gives is multiplied with other values: it is a gate. */
  readonly gate: boolean;
  /** The nodes that its first argument is computed of by products with weights. */
  readonly inputs: readonly number[];
  /** Executions of a sigmoid that lie above one half. */
  open: number;
}

/** A derivative below this share of the largest there is counts as none: |tanh| > 0.975, σ beyond 0.013 and 0.987. */
const flatShare = 0.05;

/**
 * The layers of a model. A unit is told by the weights its argument is a sum of products with, so that one line makes
 * units of many layers, and one unit has an execution for each example and each step of time; of a tensor the last axis
 * counts units, after a convolution that of the channels, and all others examples. Units whose first executions take the
 * same inputs are one layer. Activations whose argument has no weights are no units.
 */
export function layersOf(subject: Subject): Layer[] {
  const { tape, adjoints, output } = subject;
  const weights = weightsOf(tape);
  const uses = usesOf(tape, weights, output);
  const seen = new Int32Array(output + 1);
  const layers = new Map<string, Layer>();
  const layerOfUnit = new Map<string, Layer>();
  const consider = (node: number, site: number, found: Found): void => {
    const origin = originOf(tape, weights, found.argument, seen);
    if (origin === undefined) return;
    const unitKey = `${site} ${origin.weights}`;
    let layer = layerOfUnit.get(unitKey);
    if (layer === undefined) {
      const layerKey = `${site} ${tape.isTensor(node) ? origin.weights : origin.sources}`;
      layer = layers.get(layerKey);
      if (layer === undefined) {
        const { feeds, gate } = { feeds: uses[node] === feedsWeights, gate: uses[node] === isGate };
        const { inputs } = origin;
        layer = { site, activation: found.activation, node, units: new Map(), nodes: [], feeds, gate, inputs, open: 0 };
        layers.set(layerKey, layer);
      }
      layerOfUnit.set(unitKey, layer);
    }
    layer.nodes.push(node);
    note(layer, tape, found.argument, { sign: found.sign, key: unitKey, convolved: origin.convolved });
  };
  for (let node = 0; node <= output; node++) {
    const found = adjoints.reached(node) ? activationOf(tape, node) : undefined;
    if (found !== undefined) consider(node, tape.site[node]!, found);
  }
  for (const { site, argument } of writtenRelus(subject))
    if (argument <= output) consider(argument, site, { activation: "relu", argument, sign: 1 });
  return [...layers.values()];
}

interface Found {
  readonly activation: Activation;
  /** The node of its argument, and 1 or −1 where that node has the argument's sign turned. */
  readonly argument: number;
  readonly sign: number;
}

/** Operations that are an activation, or the last of those that one is written with. */
const activating: ReadonlySet<string> = new Set(["relu", "tanh", "sigmoid", "max", "div"]);

function activationOf(tape: Tape, node: number): Found | undefined {
  const name = operationName(tape.operation[node]!);
  if (!activating.has(name)) return undefined;
  const [first] = tape.inputsOf(node);
  if (first === undefined) return undefined;
  if (name === "relu" || name === "tanh" || name === "sigmoid") return { activation: name, argument: first, sign: 1 };
  if (name === "max") {
    const operands = tape.inputPrimals(node);
    return operands.length === 2 && tape.inputsOf(node).length === 1 && operands.includes(0)
      ? { activation: "relu", argument: first, sign: 1 }
      : undefined;
  }
  const turned = name === "div" ? sigmoidArgument(tape, node) : undefined;
  return turned === undefined ? undefined : { activation: "sigmoid", argument: turned, sign: -1 };
}

/** Which weights and which inputs an argument is a sum of products of, as short texts. */
function originOf(
  tape: Tape,
  weights: Int32Array,
  argument: number,
  seen: Int32Array,
): { weights: string; sources: string; inputs: readonly number[]; convolved: boolean } | undefined {
  const own = new Digest();
  const sources = new Digest();
  const inputs: number[] = [];
  let products = 0;
  let convolved = false;
  const stack = [argument];
  const visit = (input: number): void => {
    if (input < 0 || seen[input] === argument) return;
    seen[input] = argument;
    stack.push(input);
  };
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    const multiplier = multiplierOf(tape, weights, node);
    if (multiplier >= 0) {
      products++;
      convolved ||= convolutions.has(tape.operation[node]!);
      own.add(weights[multiplier]!);
      for (const input of tape.inputsOf(node)) {
        if (input === multiplier) continue;
        sources.add(input);
        inputs.push(input);
      }
    } else if (weights[node]! >= 0) {
      // A weight times a constant is a weight still: the first layer multiplies with data.
      const name = operationName(tape.operation[node]!);
      if (name === "mul" || name === "matmul") products++;
      own.add(weights[node]!);
    } else if (isPassing(tape.operation[node]!) && !rectifies(tape, node)) {
      tape.forEachWord(node, visit);
    } else sources.add(node);
  }
  return products === 0 ? undefined : { weights: own.toString(), sources: sources.toString(), inputs, convolved };
}

function rectifies(tape: Tape, node: number): boolean {
  return ["relu", "leakyRelu", "max", "min", "clip", "abs"].includes(operationName(tape.operation[node]!));
}

/** A set of numbers, as a text that is the same for the same set. */
class Digest {
  #count = 0;
  #sum = 0;
  #mixed = 0;
  add(x: number): void {
    this.#count++;
    this.#sum += x;
    this.#mixed = (this.#mixed + Math.imul(x ^ 0x9e3779b9, 0x85ebca6b)) | 0;
  }
  toString(): string {
    return `${this.#count}.${this.#sum}.${this.#mixed}`;
  }
}

const convolutions: ReadonlySet<number> = new Set([codeOf("conv"), codeOf("convTranspose")]);
const feedsWeights = 1;
const isGate = 2;

/** For each node whether what it gives meets weights next, or is a factor of other values. */
function usesOf(tape: Tape, weights: Int32Array, output: number): Uint8Array {
  const uses = new Uint8Array(output + 1);
  for (let user = output; user >= 0; user--) {
    const name = operationName(tape.operation[user]!);
    const multiplier = multiplierOf(tape, weights, user);
    tape.forEachWord(user, (word) => {
      if (word < 0 || word === multiplier) return;
      if (multiplier >= 0) uses[word] = feedsWeights;
      else if (uses[word] === feedsWeights) return;
      else if (isPassing(tape.operation[user]!)) uses[word] = uses[user]!;
      else if (name === "mul" && tape.inputsOf(user).length === 2) uses[word] = isGate;
    });
  }
  return uses;
}

/** `convolved`: the second axis counts units. */
function note(
  layer: Layer,
  tape: Tape,
  argument: number,
  { sign, key, convolved }: { readonly sign: number; readonly key: string; readonly convolved: boolean },
): void {
  const primal = tape.primalOf(argument);
  const data = dataOf(primal);
  const shape = typeof primal === "number" ? [] : primal.shape;
  const axis = convolved && shape.length > 2 ? 1 : shape.length - 1;
  const units = shape[axis] ?? 1;
  const inner = sizeOf(shape.slice(axis + 1));
  for (let at = 0; at < data.length; at++) {
    const x = sign * data[at]!;
    const name = units === 1 ? key : `${key} ${Math.floor(at / inner) % units}`;
    let unit = layer.units.get(name);
    if (unit === undefined)
      layer.units.set(name, (unit = { executions: 0, positive: 0, saturated: 0, largest: -Infinity, squares: 0 }));
    unit.executions++;
    unit.squares += x * x;
    if (x > 0) unit.positive++;
    if (x > unit.largest) unit.largest = x;
    if (layer.activation !== "relu" && slope(layer.activation, x) < flatShare) unit.saturated++;
    if (x > 0) layer.open++;
  }
}

/** The derivative as a share of the largest: tanh′ = 1/cosh² x, 4σ′ = 1/cosh²(x/2). */
function slope(activation: Activation, x: number): number {
  return 1 / Math.cosh(activation === "tanh" ? x : x / 2) ** 2;
}
