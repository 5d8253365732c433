import { add } from "../primitives/arithmetic.ts";
import { broadcastTo } from "../primitives/broadcasting.ts";
import type { Rule } from "../primitives/rule.ts";
import { rules } from "../primitives/table.ts";
import { recordOn, withoutRecording } from "../tape/recording.ts";
import type { Tape } from "../tape/tape.ts";
import { scalarStep } from "./scalarStep.ts";
import { Tensor, TracedNumber, type Value } from "../tape/tensor.ts";

/** ∂L/∂v for the nodes v of a tape, L being the node that was seeded. */
export class Adjoints {
  readonly output: number;
  readonly #scalars: Float64Array;
  readonly #tensors: ReadonlyMap<number, Tensor>;
  readonly #reached: Uint8Array;

  constructor(output: number, scalars: Float64Array, tensors: ReadonlyMap<number, Tensor>, reached: Uint8Array) {
    this.output = output;
    this.#scalars = scalars;
    this.#tensors = tensors;
    this.#reached = reached;
  }

  /** Whether the output depends on the node at all. Where it doesn't, the adjoint is zero. */
  reached(node: number): boolean {
    return this.#reached[node] === 1;
  }

  /** The adjoint of a scalar node. */
  scalar(node: number): number {
    return this.#scalars[node] ?? 0;
  }

  /** The adjoint of a tensor node, of its shape; undefined where the output does not depend on it. */
  tensor(node: number): Tensor | undefined {
    return this.#tensors.get(node);
  }

  get bytes(): number {
    return this.#scalars.byteLength + this.#reached.byteLength;
  }
}

/**
 * One reverse pass from a scalar `output`: the adjoints of all nodes before it, seeded with ∂L/∂output = `seed`.
 * Each node is visited once, in reverse order of execution. Scalars take a path that allocates nothing per node.
 */
export function reverse(tape: Tape, output: number, seed = 1): Adjoints {
  const adjoints = new Float64Array(output + 1);
  const reached = new Uint8Array(output + 1);
  const tensors = new Map<number, Tensor>();
  const { operation, flags } = tape;
  const constants = tape.constants.array;
  adjoints[output] = seed;
  reached[output] = 1;

  const contribute = (input: number, contribution: Value): void => {
    reached[input] = 1;
    if (typeof contribution === "number") adjoints[input]! += contribution;
    else if (contribution instanceof Tensor) {
      const sum = tensors.get(input);
      tensors.set(input, sum === undefined ? contribution : (add(sum, contribution) as Tensor));
    }
  };

  withoutRecording(tape, () => {
    for (let node = output; node >= 0; node--) {
      if (reached[node] === 0) continue;
      const rule = rules[operation[node]!];
      if (rule === undefined) continue;
      if (flags[node] === 0 && rule.partials !== undefined) {
        scalarStep(node, adjoints, reached, tape, constants);
        continue;
      }
      const cotangent = tape.isTensor(node) ? tensors.get(node)! : adjoints[node]!;
      const contributions = rule.vjp(cotangent, tape.inputPrimals(node), tape.primalOf(node), tape.attributes(node));
      tape.forEachWord(node, (word, position) => {
        const contribution = contributions[position];
        if (word >= 0 && contribution !== undefined) contribute(word, contribution);
      });
    }
  });
  return new Adjoints(output, adjoints, tensors, reached);
}

/**
 * A reverse pass that is itself recorded on the tape, so that it can be differentiated again. Gives the adjoints of
 * `wanted` as values; undefined where the output does not depend on them.
 */
export function reverseRecorded(
  tape: Tape,
  output: number,
  wanted: readonly number[],
  seed: Value = 1,
): (Value | undefined)[] {
  const adjoints = new Map<number, Value>([[output, seed]]);
  recordOn(tape, () => {
    for (let node = output; node >= 0; node--) {
      const cotangent = adjoints.get(node);
      const rule: Rule | undefined = rules[tape.operation[node]!];
      if (cotangent === undefined || rule === undefined) continue;
      const result = tape.valueOf(node);
      const contributions = rule.vjp(cotangent, tape.inputValues(node), result, tape.attributes(node));
      tape.forEachWord(node, (word, position) => {
        const contribution = contributions[position];
        if (word < 0 || contribution === undefined) return;
        const sum = adjoints.get(word);
        adjoints.set(word, sum === undefined ? contribution : add(sum, contribution));
      });
    }
  });
  return wanted.map((node) => {
    const adjoint = adjoints.get(node);
    if (adjoint === undefined || adjoint instanceof TracedNumber) return adjoint;
    return broadcastTo(adjoint, tape.shapeOf(node));
  });
}
