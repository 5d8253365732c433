import { pullBack } from "../differentiate/recordedPasses.ts";
import { custom, customRuleOf } from "../primitives/custom.ts";
import { Numbers } from "../tape/numbers.ts";
import { NestedTape } from "../tape/nestedTape.ts";
import { recordApart, recording } from "../tape/recording.ts";
import { constantOperation, inputOperation, noInput, type Tape } from "../tape/tape.ts";
import { drawnTensors, type Tensor, type Value } from "../tape/tensor.ts";
import type { Forward } from "./storages.ts";
import { Steps } from "./steps.ts";
import { workOf } from "./work.ts";

/** The backward pass of a run as a list of operations that read and write pieces of memory. */
export interface Backward {
  readonly steps: Steps;
  /** What the pass leaves: the storages of the gradients. */
  readonly gradients: ReadonlySet<number>;
  /** Storages of data that only the inside of a checkpoint uses. */
  readonly data: ReadonlySet<number>;
  /** Storages of what the pass is given: its seed. */
  readonly given: ReadonlySet<number>;
  /** By node of a checkpoint, what it does inside, and how much work that is. */
  readonly insides: ReadonlyMap<number, Inside>;
}

export interface Inside {
  readonly steps: Steps;
  /** Of all of it, as in the forward pass, and of what the backward pass computes again. */
  work: number;
  workAgain: number;
}

/**
 * Runs the backward pass from `output` to the inputs of `tape` on a tape of its own, to see what it reads. Only operations
 * count that a gradient hangs on; to ask for the shape of a value is not to read it.
 */
export function backwardOf(tape: Tape, output: number, forward: Forward): Backward {
  const { tape: record, origins, pulls, gradients } = recorded(tape, output);
  const { storages } = forward;
  const known = storages.count;
  const storageOf = new Int32Array(record.length);
  const makes = new Uint8Array(record.length);
  for (let node = 0; node < record.length; node++) {
    const origin = origins[node]!;
    const before = storages.count;
    storageOf[node] = origin < 0 ? storages.ofNode(record, node, storageOf) : forward.storageOf[origin]!;
    if (storages.count > before) makes[node] = 1;
  }
  const ofProgram = programOf(record);
  const data = new Set<number>();
  const given = new Set<number>();
  for (let node = 0; node < record.length; node++)
    if (ofProgram[node] === 1 && makes[node] === 1 && isData(record, node)) {
      makes[node] = 0;
      data.add(storageOf[node]!);
    } else if (record.operation[node] === inputOperation && origins[node]! < 0) given.add(storageOf[node]!);
  // What stands in memory of the forward pass is there already: kept by it, or a view.
  const needed = new Uint8Array(record.length);
  for (const node of gradients) needed[node] = 1;
  for (let node = record.length - 1; node >= 0; node--)
    if (needed[node] === 1 && storageOf[node]! >= known)
      record.forEachWord(node, (word) => {
        if (word >= 0) needed[word] = 1;
      });
  const steps = new Steps();
  const insides = new Map<number, Inside>();
  let pull = -1;
  for (let node = 0; node < record.length; node++) {
    while (pull + 1 < pulls.length && pulls.from.get(pull + 1) <= node) pull++;
    if (record.operation[node] === inputOperation || pull < 0) continue;
    const owner = pulls.nodes.get(pull);
    const position = pulls.positions.get(pull);
    if (ofProgram[node] === 1 && isCheckpoint(tape, owner) && !isData(record, node)) {
      let inside = insides.get(owner);
      if (inside === undefined) insides.set(owner, (inside = { steps: new Steps(), work: 0, workAgain: 0 }));
      addStep(inside.steps, record, node, owner, position, storageOf);
      const work = workOf(record, node);
      inside.work += work;
      if (needed[node] === 1 && makes[node] === 1) inside.workAgain += work;
    }
    if (needed[node] === 1 && makes[node] === 1) addStep(steps, record, node, owner, position, storageOf);
  }
  return { steps, data, given, insides, gradients: new Set(gradients.map((node) => storageOf[node]!)) };
}

/**
 * Which nodes are what the program itself runs again: those with the sites of its text. A constant stands before the
 * operation that uses it first.
 */
function programOf(record: Tape): Uint8Array {
  const flags = new Uint8Array(record.length);
  for (let node = record.length - 1; node >= 0; node--)
    if (record.site[node]! > 0 || (record.operation[node] === constantOperation && flags[node + 1] === 1))
      flags[node] = 1;
  return flags;
}

function isData(record: Tape, node: number): boolean {
  return record.operation[node] === constantOperation && !drawnTensors.has(record.primalOf(node) as Tensor);
}

/** A constant that the pass makes is made where it is first used. */
function addStep(
  steps: Steps,
  record: Tape,
  node: number,
  owner: number,
  position: number,
  storageOf: Int32Array,
): void {
  steps.add(owner, position);
  if (record.operation[node] !== constantOperation)
    record.forEachWord(node, (word) => {
      if (word >= 0) steps.read(storageOf[word]!);
    });
  steps.write(storageOf[node]!);
}

export function isCheckpoint(tape: Tape, node: number): boolean {
  return tape.operation[node] === custom.code && customRuleOf(tape.attributes(node)).name === "checkpoint";
}

interface Recorded {
  readonly tape: Tape;
  /** By node there, the node of the run that it stands for, or −1. */
  readonly origins: Int32Array;
  readonly pulls: Pulls;
  readonly gradients: readonly number[];
}

/** From node `from` of the record on, a node of the run passes its adjoint on to its input at a position. */
class Pulls {
  readonly from = new Numbers(Int32Array);
  readonly nodes = new Numbers(Int32Array);
  readonly positions = new Numbers(Int32Array);

  get length(): number {
    return this.from.length;
  }

  add(from: number, node: number, position: number): void {
    this.from.push(from);
    this.nodes.push(node);
    this.positions.push(position);
  }
}

function recorded(tape: Tape, output: number): Recorded {
  const record = new NestedTape(tape);
  const standsAt = new Int32Array(tape.length).fill(-1);
  /** Values of the run stand as inputs there, which is faster than to have each looked up as a capture. */
  const valueOf = (node: number): Value => {
    if (standsAt[node]! < 0) {
      const primal = tape.primalOf(node);
      standsAt[node] =
        typeof primal === "number"
          ? record.addScalar(inputOperation, primal, noInput, noInput, 0, 0)
          : record.addInput(primal, "", 0).node;
    }
    return record.valueOf(standsAt[node]!);
  };
  const pulls = new Pulls();
  const wanted: number[] = [];
  for (let node = 0; node <= output; node++) if (tape.operation[node] === inputOperation) wanted.push(node);
  const gradients = recordApart(record, () => {
    // Traced as well, so that what is computed from it alone is recorded too.
    const seed = record.addInput(1, "", 0);
    const adjoints = pullBack(tape, new Map([[output, seed]]), wanted, valueOf, (node, position) => {
      recording.site = 0;
      pulls.add(record.length, node, position);
    });
    return wanted.flatMap((node) => {
      const adjoint = adjoints.get(node);
      return adjoint === undefined || typeof adjoint === "number" ? [] : [record.word(adjoint)];
    });
  });
  const origins = new Int32Array(record.length).fill(-1);
  standsAt.forEach((at, node) => {
    if (at >= 0) origins[at] = node;
  });
  // What a rule closes over.
  record.captures.forEach(({ value, owner }, k) => {
    if (owner === tape) origins[record.captureNodes[k]!] = value.node;
  });
  return { tape: record, origins, pulls, gradients };
}
