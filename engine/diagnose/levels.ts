import type { Adjoints } from "../differentiate/reverse.ts";
import { codeOf, type PrimitiveName } from "../primitives/names.ts";
import type { Tape } from "../tape/tape.ts";
import { InputTable } from "./inputTable.ts";

/** Operations that hand values on, added up, rearranged or chosen: an adjoint passes through them unchanged or not at all. */
const passing: readonly PrimitiveName[] = [
  ...["add", "sub", "neg", "sum", "cumsum", "broadcastTo", "sumTo", "reshape", "transpose", "concat", "stack"],
  ...[
    "slice",
    "pad",
    "take",
    "takeAlongAxis",
    "scatterAdd",
    "scatterAddAlongAxis",
    "where",
    "fround",
    "f16round",
    "bf16round",
  ],
  ...["relu", "leakyRelu", "max", "min", "clip", "abs"],
] as PrimitiveName[];

const transforms = new Uint8Array(256).fill(1);
for (const name of passing) transforms[codeOf(name)] = 0;

/** Whether an operation only hands values on. */
export function isPassing(operation: number): boolean {
  return transforms[operation] === 0;
}

/**
 * How deep in a repeated computation each node stands. Some nodes are members: all executions of one line, say. The level
 * of a member counts the members before it on the longest way to it, where something other than passing operations lies
 * between: the terms of one sum have one level, the layers of a network and the turns of a recurrence have levels of their
 * own, whether they come about by loops, calls, recursion or written out.
 */
export interface Levels {
  /** Of a member its level, of any other node the level of the highest member before it; −1 where there is none. */
  readonly level: Int32Array;
  readonly isMember: Uint8Array;
  /** The number of levels. */
  readonly count: number;
  /**
   * 1 for each level that the level before reaches unchanged but for what is added to it: an identity path, as in a
   * residual net.
   */
  readonly identity: Uint8Array;
}

export class LevelFinder {
  readonly inputs: InputTable;
  readonly #tape: Tape;
  /** The highest member level before a node by passing operations only, and by others. */
  readonly #clean: Int32Array;
  readonly #changed: Int32Array;

  constructor(tape: Tape, adjoints: Adjoints) {
    this.#tape = tape;
    this.inputs = new InputTable(tape, adjoints);
    const length = this.inputs.starts.length - 1;
    this.#clean = new Int32Array(length);
    this.#changed = new Int32Array(length);
  }

  find(isMember: Uint8Array): Levels {
    const clean = this.#clean.fill(-1);
    const changed = this.#changed.fill(-1);
    const length = clean.length;
    const level = new Int32Array(length).fill(-1);
    const { operation } = this.#tape;
    const { starts, nodes } = this.inputs;
    let count = 0;
    const identity = new Uint8Array(length);
    for (let node = isMember.indexOf(1); node >= 0 && node < length; node++) {
      let unchanged = -1;
      let altered = -1;
      for (let k = starts[node]!; k < starts[node + 1]!; k++) {
        const input = nodes[k]!;
        if (clean[input]! > unchanged) unchanged = clean[input]!;
        if (changed[input]! > altered) altered = changed[input]!;
      }
      if (transforms[operation[node]!] === 1) {
        if (unchanged > altered) altered = unchanged;
        unchanged = -1;
      }
      if (isMember[node] === 1) {
        const own = altered >= 0 && altered + 1 > unchanged ? altered + 1 : unchanged < 0 ? 0 : unchanged;
        if (unchanged >= 0 && unchanged === own - 1) identity[own] = 1;
        level[node] = clean[node] = own;
        if (own >= count) count = own + 1;
      } else {
        clean[node] = unchanged;
        changed[node] = altered;
        level[node] = unchanged > altered ? unchanged : altered;
      }
    }
    return { level, isMember, count, identity: identity.slice(0, count) };
  }
}
