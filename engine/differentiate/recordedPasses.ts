import { add } from "../primitives/arithmetic.ts";
import { padRegion, slice, type Region } from "../primitives/indexing.ts";
import { pullback, type Rule } from "../primitives/rule.ts";
import { rules } from "../primitives/table.ts";
import type { Tape } from "../tape/tape.ts";
import type { Value } from "../tape/tensor.ts";
import { atSite } from "./atSite.ts";
import { putTogether, type Part } from "./parts.ts";

/** A node as a value to compute on with: `tape.valueOf`, or what stands for the node elsewhere. */
export type ValueOf = (node: number) => Value;

/**
 * The nodes up to `last` that hang on one of `wanted`, as flags counted from the first of those. Whatever stands before it
 * hangs on none of them.
 */
class Active {
  readonly first: number;
  readonly #flags: Uint8Array;

  constructor(tape: Tape, wanted: Iterable<number>, last: number) {
    const set = new Set(wanted);
    this.first = smallest(set, last + 1);
    this.#flags = new Uint8Array(last + 1 - this.first);
    for (let node = this.first; node <= last; node++) {
      if (set.has(node)) this.#flags[node - this.first] = 1;
      else {
        const rule = rules[tape.operation[node]!];
        tape.forEachWord(node, (word, position) => {
          // What a comparison gives hangs on its inputs, but no adjoint passes there.
          if (this.has(word) && rule !== undefined && pullback(rule, position) !== undefined)
            this.#flags[node - this.first] = 1;
        });
      }
    }
  }

  has(word: number): boolean {
    return word >= this.first && this.#flags[word - this.first] === 1;
  }
}

/**
 * A reverse pass whose operations are applied to values: while a recording is on they are recorded, and can be
 * differentiated again. From the cotangents of `seeds` to the nodes in `wanted` only: no adjoint is computed of what hangs
 * on none of them, such as the data. Gives the adjoints by node; nodes that no seed hangs on have none. `pulling` is told
 * which node is about to pass its adjoint on, and to which of its inputs.
 */
export function pullBack(
  tape: Tape,
  seeds: ReadonlyMap<number, Value>,
  wanted: Iterable<number>,
  valueOf: ValueOf = (node) => tape.valueOf(node),
  pulling?: (node: number, position: number) => void,
): ReadonlyMap<number, Value> {
  const last = largest(seeds.keys());
  const active = new Active(tape, wanted, last);
  const adjoints = new Map<number, Value>(seeds);
  const receive = (word: number, contribution: Value): void => {
    const sum = adjoints.get(word);
    adjoints.set(word, sum === undefined ? contribution : add(sum, contribution));
  };
  /** By node, what slices of it hand back, until all of them have. */
  const parts = new Map<number, Part[]>();
  const receiveParts = (word: number, all: readonly Part[]): void => {
    for (const { node } of all) pulling?.(node, 0);
    const together = atSite(tape, all[0]!.node, () => putTogether(all));
    if (together !== undefined) receive(word, together);
    else
      for (const { node, cotangent, region } of all) {
        pulling?.(node, 0);
        receive(
          word,
          atSite(tape, node, () => padRegion(cotangent, region)),
        );
      }
    parts.delete(word);
  };
  for (let node = last; node >= active.first; node--) {
    const handedBack = parts.get(node);
    if (handedBack !== undefined) receiveParts(node, handedBack);
    const cotangent = adjoints.get(node);
    const rule = rules[tape.operation[node]!];
    if (cotangent === undefined || rule === undefined || !active.has(node)) continue;
    const inputs = inputsOf(tape, node, valueOf);
    const result = valueOf(node);
    const attributes = tape.attributes(node);
    tape.forEachWord(node, (word, position) => {
      if (!active.has(word)) return;
      const pull = pullback(rule, position);
      if (pull === undefined) return;
      if (tape.operation[node] === slice.code) {
        const part = { node, cotangent, region: attributes as unknown as Region };
        if (parts.get(word)?.push(part) === undefined) parts.set(word, [part]);
        return;
      }
      pulling?.(node, position);
      receive(
        word,
        atSite(tape, node, () => pull(cotangent, inputs, result, attributes, position)),
      );
    });
  }
  return adjoints;
}

/**
 * A forward pass whose operations are applied to values, from the tangents of some nodes to those in `outputs`. Gives the
 * tangents by node; nodes that do not move have none.
 */
export function pushForward(
  tape: Tape,
  tangents: ReadonlyMap<number, Value>,
  outputs: readonly number[],
  valueOf: ValueOf = (node) => tape.valueOf(node),
): ReadonlyMap<number, Value> {
  const first = smallest(tangents.keys(), Infinity);
  const last = largest(outputs);
  const needed = new Uint8Array(Math.max(0, last + 1 - first));
  for (const output of outputs) if (output >= first) needed[output - first] = 1;
  for (let node = last; node >= first; node--)
    if (needed[node - first] === 1)
      tape.forEachWord(node, (word) => {
        if (word >= first) needed[word - first] = 1;
      });
  const moving = new Map<number, Value>(tangents);
  for (let node = first; node <= last; node++) {
    const rule = rules[tape.operation[node]!];
    if (needed[node - first] === 0 || moving.has(node) || rule === undefined) continue;
    const inputTangents: (Value | undefined)[] = [];
    tape.forEachWord(node, (word, position) => inputTangents.push(passed(rule, position, moving.get(word))));
    if (inputTangents.every((tangent) => tangent === undefined)) continue;
    const inputs = inputsOf(tape, node, valueOf);
    const derive = (): Value => rule.jvp(inputTangents, inputs, valueOf(node), tape.attributes(node));
    moving.set(node, atSite(tape, node, derive));
  }
  return moving;
}

/**
 * The tangent of an input, as far as the result varies with it. A tangent of 0 would not do for what a comparison gives:
 * further on it may meet an infinite derivative, as that of aᵇ with respect to b for a < 0.
 */
export function passed(rule: Rule, position: number, tangent: Value | undefined): Value | undefined {
  return tangent === undefined || pullback(rule, position) === undefined ? undefined : tangent;
}

/** One by one: there may be more than a call takes as arguments. */
function smallest(nodes: Iterable<number>, most: number): number {
  let first = most;
  for (const node of nodes) if (node < first) first = node;
  return first;
}

function largest(nodes: Iterable<number>): number {
  let last = -1;
  for (const node of nodes) if (node > last) last = node;
  return last;
}

function inputsOf(tape: Tape, node: number, valueOf: ValueOf): Value[] {
  const inputs: Value[] = [];
  tape.forEachWord(node, (word) => inputs.push(word >= 0 ? valueOf(word) : tape.constants.get(~word)));
  return inputs;
}
