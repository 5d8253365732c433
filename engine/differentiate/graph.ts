import { isTraced, primalOf, type Primal } from "../primitives/rule.ts";
import { recordApart, recording, type Watcher } from "../tape/recording.ts";
import { NestedTape, type Capture } from "../tape/nestedTape.ts";
import { constantOperation, hasAttributes, inputOperation, type Tape } from "../tape/tape.ts";
import type { Value } from "../tape/tensor.ts";
import { insideOfCustomFunctions } from "./custom.ts";
import { derivativeOf, type Linearized } from "./linearize.ts";

/** A node, or a constant. */
export type Output = { readonly node: number } | Primal;

/** A function of values. */
export type Of = (inputs: readonly Value[]) => readonly Value[];

/**
 * A function as it ran once, at one point, on a tape of its own: its operations with their values there. Its inputs are its
 * arguments, and after them the captures: what it used of the recordings around it.
 */
export class Graph {
  readonly tape: NestedTape;
  readonly #arguments: readonly number[];
  readonly #outputs: readonly Output[];

  /** @param expected captures of an earlier run, which are to come first. */
  constructor(f: Of, at: readonly Value[], expected: readonly Capture[] = [], watcher?: Watcher) {
    const tape = new NestedTape(recording.tape, expected);
    const { recorded } = insideOfCustomFunctions;
    insideOfCustomFunctions.recorded = false;
    try {
      const { inputs, outputs } = recordApart(
        tape,
        () => {
          const variables = at.map((value) => tape.addInput(primalOf(value), "", 0));
          return {
            inputs: variables.map(({ node }) => node),
            outputs: f(variables).map((value) => outputOn(tape, value)),
          };
        },
        watcher,
      );
      this.#arguments = inputs;
      this.#outputs = outputs;
    } finally {
      insideOfCustomFunctions.recorded = recorded;
    }
    this.tape = tape;
  }

  /** By input, its node. */
  get inputNodes(): readonly number[] {
    return [...this.#arguments, ...this.tape.captureNodes];
  }

  get outputNodes(): readonly Output[] {
    return this.#outputs;
  }

  get captures(): readonly Capture[] {
    return this.tape.captures;
  }

  /** What the outputs hold. */
  get primals(): readonly Primal[] {
    return this.#outputs.map((output) => (isNode(output) ? this.tape.primalOf(output.node) : output));
  }

  /**
   * The function and its derivative at the point where it ran, which `inputs` hold: the arguments and the captures. Where
   * they are traced, its operations are recorded again on the tape at hand, without being computed again.
   */
  at(inputs: readonly Value[]): Linearized {
    const { tape } = this;
    const variables = this.inputNodes;
    const outputs = this.#outputs.map((output) => (isNode(output) ? output.node : undefined));
    const stretch = { tape, variables, outputs, whole: true };
    if (!recording.on || !inputs.some(isTraced)) return { outputs: this.primals, ...derivativeOf(stretch) };
    const values = replayed(tape, new Map(variables.map((node, k) => [node, inputs[k]!])));
    return {
      outputs: this.#outputs.map((output) => (isNode(output) ? values[output.node]! : output)),
      ...derivativeOf({ ...stretch, at: (node) => values[node]! }),
    };
  }
}

export function isNode(output: Output): output is { readonly node: number } {
  return typeof output === "object" && !("data" in output);
}

function outputOn(tape: NestedTape, value: Value): Output {
  if (typeof value === "number") return value;
  return tape.holds(value) ? { node: tape.word(value) } : primalOf(value);
}

/** The operations of `tape` recorded on the tape at hand, with `inputs` in the place of its inputs. By node. */
function replayed(tape: Tape, inputs: ReadonlyMap<number, Value>): Value[] {
  const values: Value[] = [];
  const { site } = recording;
  for (let node = 0; node < tape.length; node++) {
    const operation = tape.operation[node]!;
    const primal = tape.primalOf(node);
    if (operation === inputOperation || operation === constantOperation) {
      values.push(inputs.get(node) ?? primal);
      continue;
    }
    const operands: Value[] = [];
    tape.forEachWord(node, (word) => operands.push(word >= 0 ? values[word]! : tape.constants.get(~word)));
    const attributes = (tape.flags[node]! & hasAttributes) === 0 ? undefined : tape.attributes(node);
    values.push(
      operands.some(isTraced)
        ? recording.tape.add(operation, primal, operands, attributes, tape.site[node]!, recording.scope)
        : primal,
    );
  }
  recording.site = site;
  return values;
}
