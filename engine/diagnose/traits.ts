import { operationName } from "../primitives/names.ts";
import type { Tape } from "../tape/tape.ts";
import type { Subject } from "./subject.ts";

/** What kind of computation lies between two stations. */
export interface Traits {
  readonly saturating: boolean;
  /** It saturates by tanhs alone. */
  readonly tanh: boolean;
  readonly rectified: boolean;
  /** It is rectified by other functions than relu and leakyRelu. */
  readonly smooth: boolean;
  /** It is brought to mean 0 and variance 1, as batchNorm and layerNorm do. */
  readonly standardised: boolean;
  /** Sigmoids that the state of the step before is multiplied with: forget gates. */
  readonly gates: readonly number[];
  readonly gated: boolean;
  /** It has an activation function or a matrix product: it is a layer or a recurrent cell. */
  readonly network: boolean;
}

const rectifiers: ReadonlySet<string> = new Set(["relu", "leakyRelu", "max"]);
const smoothRectifiers: ReadonlySet<string> = new Set(["elu", "selu", "gelu", "geluTanh", "softplus"]);
const carriers: ReadonlySet<string> = new Set(["slice", "reshape", "take", "transpose", "broadcastTo"]);

/** `nodes` are those of one step, in order. */
export function traitsOf({ tape }: Subject, nodes: readonly number[]): Traits {
  let [tanh, sigmoid, rectified, smooth, gated, product] = [false, false, false, false, false, false];
  const selfGates = new Set(nodes.map((node) => selfGate(tape, node)));
  const gates: number[] = [];
  const begin = nodes.reduce((least, node) => (node < least ? node : least), Infinity);
  for (const node of nodes) {
    const name = operationName(tape.operation[node]!);
    if (selfGates.has(node)) smooth = true;
    else if (name === "tanh") tanh = true;
    else if (isSigmoid(tape, node)) sigmoid = true;
    else if (rectifiers.has(name)) rectified = true;
    else if (smoothRectifiers.has(name)) smooth = true;
    else if (name === "matmul") product = true;
    else if (name === "mul") {
      const factors = tape.inputsOf(node);
      const gate = factors.find((input) => isSigmoid(tape, carried(tape, input)));
      if (gate === undefined || factors.length < 2 || selfGates.has(gate)) continue;
      gated = true;
      if (factors.some((input) => input < begin)) gates.push(gate);
    }
  }
  const standardised = nodes.some((node) => operationName(tape.operation[node]!) === "standardize");
  const saturating = tanh || sigmoid;
  const network = saturating || rectified || smooth || product;
  return {
    saturating,
    tanh: tanh && !sigmoid,
    rectified: rectified || smooth,
    smooth,
    standardised,
    gated,
    gates,
    network,
  };
}

/** relu and its like, also those that are a product of a value with a sigmoid or tanh of itself. */
export function isRectifier(tape: Tape, node: number): boolean {
  const name = operationName(tape.operation[node]!);
  return rectifiers.has(name) || smoothRectifiers.has(name) || selfGate(tape, node) !== undefined;
}

/** The sigmoid in x·σ(x) or the tanh in x·tanh(softplus(x)), where `node` is that product: silu and mish. */
function selfGate(tape: Tape, node: number): number | undefined {
  const factors = tape.inputsOf(node);
  if (operationName(tape.operation[node]!) !== "mul" || factors.length !== 2) return undefined;
  return factors.find((gate, k) => {
    const other = factors[1 - k]!;
    const [argument] = tape.inputsOf(gate);
    const name = operationName(tape.operation[gate]!);
    if (name === "sigmoid") return argument === other;
    if (name === "tanh") return argument !== undefined && tape.inputsOf(argument)[0] === other;
    const turned = sigmoidArgument(tape, gate);
    return turned !== undefined && tape.inputsOf(turned)[0] === other;
  });
}

/** The node that `node` is cut out of. */
export function carried(tape: Tape, node: number): number {
  let at = node;
  while (carriers.has(operationName(tape.operation[at]!)) && tape.inputsOf(at).length > 0) at = tape.inputsOf(at)[0]!;
  return at;
}

/** σ(x) as a primitive, or written out as 1/(1 + e⁻ˣ). */
export function isSigmoid(tape: Tape, node: number): boolean {
  const name = operationName(tape.operation[node]!);
  return name === "sigmoid" || (name === "div" && sigmoidArgument(tape, node) !== undefined);
}

/** The node of −x in 1/(1 + e⁻ˣ), where `node` is that quotient. */
export function sigmoidArgument(tape: Tape, node: number): number | undefined {
  const [one, below] = [tape.input0[node]!, tape.input1[node]!];
  if (operationName(tape.operation[node]!) !== "div" || one >= 0 || below < 0 || tape.inputPrimals(node)[0] !== 1)
    return undefined;
  if (operationName(tape.operation[below]!) !== "add") return undefined;
  const [exponential, ...others] = tape.inputsOf(below);
  if (exponential === undefined || others.length > 0 || !tape.inputPrimals(below).includes(1)) return undefined;
  return operationName(tape.operation[exponential]!) === "exp" ? tape.inputsOf(exponential)[0] : undefined;
}
