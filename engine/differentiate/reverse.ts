import { add } from "../primitives/arithmetic.ts";
import { pullback, type Primal } from "../primitives/rule.ts";
import { rules } from "../primitives/table.ts";
import { enlarged, touched } from "../tape/numbers.ts";
import { recordOn, withoutRecording } from "../tape/recording.ts";
import { constantOperation, type Tape } from "../tape/tape.ts";
import { Tensor, type Value } from "../tape/tensor.ts";
import { atSite } from "./atSite.ts";
import { pullBack } from "./recordedPasses.ts";
import { scalarLoop } from "./scalarLoop.ts";

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
  return reverseFrom(tape, new Map([[output, seed]]));
}

/**
 * One reverse pass from several nodes at once, each seeded with the cotangent given, of its shape: Jᵀ of all of them
 * applied to the seeds. There is at least one seed. Where only some adjoints are `wanted`, every other tensor is let go as
 * soon as it has been passed on.
 */
export function reverseFrom(tape: Tape, seeds: ReadonlyMap<number, Primal>, wanted?: ReadonlySet<number>): Adjoints {
  let output = 0;
  for (const node of seeds.keys()) if (node > output) output = node;
  const adjoints = touched(new Float64Array(output + 1));
  const reached = touched(new Uint8Array(output + 1));
  const tensors = new Map<number, Tensor>();
  const { operation, flags, primal, input0, input1 } = tape;
  const constants = tape.constants.array;
  /** Of which nodes the adjoint so far is held by nobody else, and may be added to in place. */
  const own = new Set<number>();
  const contribute = (word: number, contribution: Value): void => {
    reached[word] = 1;
    if (typeof contribution === "number") adjoints[word]! += contribution;
    else if (contribution instanceof Tensor) {
      const sum = tensors.get(word);
      tensors.set(word, sum === undefined ? contribution : (add(sum, contribution) as Tensor));
      own.delete(word);
    }
  };
  /** Adds to an adjoint in place. False where the rule cannot, or nothing is there to add to. */
  const accumulated = (node: number, cotangent: Primal): boolean => {
    const accumulate = rules[operation[node]!]?.accumulate;
    const sum = accumulate && tensors.get(input0[node]!);
    if (sum === undefined) return false;
    const whole = own.has(input0[node]!) ? sum : new Tensor(sum.shape, enlarged(sum.data, sum.data.length));
    accumulate!(whole.data, cotangent, tape.inputPrimals(node), tape.attributes(node));
    tensors.set(input0[node]!, whole);
    own.add(input0[node]!);
    return true;
  };

  withoutRecording(tape, () => {
    for (const [node, seed] of seeds) contribute(node, seed);
    let node = output;
    for (;;) {
      node = scalarLoop(node, adjoints, reached, operation, flags, primal, input0, input1, constants);
      if (node < 0) return;
      const cotangent = tape.isTensor(node) ? tensors.get(node)! : adjoints[node]!;
      if (!accumulated(node, cotangent))
        passBack(tape, node, cotangent, tape.inputPrimals(node), tape.primalOf(node), contribute);
      if (wanted?.has(node) === false) tensors.delete(node);
      node--;
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
  const adjoints = recordOn(tape, () => pullBack(tape, new Map([[output, seed]]), wanted));
  return wanted.map((node) => adjoints.get(node));
}

/** Hands `contribute` what the cotangent of `node` gives to each of its inputs, constants left out. */
export function passBack(
  tape: Tape,
  node: number,
  cotangent: Value,
  inputs: readonly Value[],
  result: Value,
  contribute: (word: number, contribution: Value, position: number) => void,
): void {
  const rule = rules[tape.operation[node]!];
  if (rule === undefined) return;
  const attributes = tape.attributes(node);
  tape.forEachWord(node, (word, position) => {
    if (word < 0 || tape.operation[word] === constantOperation) return;
    const pull = pullback(rule, position);
    if (pull === undefined) return;
    contribute(
      word,
      atSite(tape, node, () => pull(cotangent, inputs, result, attributes, position)),
      position,
    );
  });
}
