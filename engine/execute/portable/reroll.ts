/**
 * Loops found again in straight-line code. A traced loop is a long row of operations that repeats itself; run as a loop it
 * is compiled once for all its turns, which is what makes it as fast as the loop that the program was written with.
 */
import type { Operand } from "./group.ts";
import type { ScalarMember } from "./units.ts";

/** An operand of one operation over all turns: of turn t, `first` with its slot or offset moved by t·step. */
export interface MovingOperand {
  readonly first: Operand;
  readonly step: number;
}

export type RepeatedMember =
  | {
      readonly kind: "compute";
      readonly slot: number;
      readonly step: number;
      readonly name: string;
      readonly operands: readonly MovingOperand[];
    }
  | {
      readonly kind: "store";
      readonly buffer: number;
      readonly offset: number;
      readonly step: number;
      readonly operand: MovingOperand;
    };

export type Stretch =
  | { readonly kind: "straight"; readonly members: readonly ScalarMember[] }
  | { readonly kind: "repeat"; readonly count: number; readonly members: readonly RepeatedMember[] };

/** Fewer turns are not worth a loop. */
const fewestTurns = 6;
const longestTurn = 2000;
/** Lengths of a turn that are tried where a loop might begin. */
const mostTried = 24;

/** The same operations in the same order, with repetitions as loops. */
export function reroll(members: readonly ScalarMember[]): Stretch[] {
  const stretches: Stretch[] = [];
  const next = nextAlike(members);
  let begun = 0;
  const straight = (end: number): void => {
    if (end > begun) stretches.push({ kind: "straight", members: members.slice(begun, end) });
  };
  for (let at = 0; at < members.length;) {
    const found = repetition(members, next, at);
    if (found === undefined) {
      at++;
      continue;
    }
    straight(at);
    stretches.push({ kind: "repeat", count: found.count, members: overTurns(members, at, found.length) });
    at = begun = at + found.length * found.count;
  }
  straight(members.length);
  return stretches;
}

interface Repetition {
  readonly length: number;
  readonly count: number;
}

/** The repetition that begins at `at` and covers most; undefined where there is none. */
function repetition(members: readonly ScalarMember[], next: Int32Array, at: number): Repetition | undefined {
  let best: Repetition | undefined;
  let tried = 0;
  for (let other = next[at]!; other >= 0 && other - at <= longestTurn && tried < mostTried; other = next[other]!) {
    const length = other - at;
    if (at + length * fewestTurns > members.length) break;
    tried++;
    const count = turns(members, at, length);
    if (count >= fewestTurns && (best === undefined || count * length > best.count * best.length))
      best = { length, count };
    // What repeats to the end of all that is there cannot be beaten.
    if (best !== undefined && best.count * best.length * 2 > members.length - at) break;
  }
  return best;
}

/** How many turns of `length` operations follow each other from `at` on, the second of them telling how they move. */
function turns(members: readonly ScalarMember[], at: number, length: number): number {
  for (let k = 0; k < length; k++) if (!alike(members[at + k]!, members[at + length + k]!)) return 1;
  const steps = new Array<readonly number[]>(length);
  for (let k = 0; k < length; k++) steps[k] = stepsBetween(members[at + k]!, members[at + length + k]!)!;
  let count = 2;
  for (;;) {
    const begin = at + count * length;
    if (begin + length > members.length) return count;
    for (let k = 0; k < length; k++) {
      const before = members[begin - length + k]!;
      const own = members[begin + k]!;
      if (!alike(before, own) || !sameSteps(stepsBetween(before, own), steps[k]!)) return count;
    }
    count++;
  }
}

/** Whether two operations could be the same one in two turns. */
function alike(a: ScalarMember, b: ScalarMember): boolean {
  return stepsBetween(a, b) !== undefined;
}

function sameSteps(a: readonly number[] | undefined, b: readonly number[]): boolean {
  if (a?.length !== b.length) return false;
  for (let k = 0; k < b.length; k++) if (a[k] !== b[k]) return false;
  return true;
}

/** How far the result and each operand move from one to the other; undefined where they are no such pair. */
function stepsBetween(a: ScalarMember, b: ScalarMember): readonly number[] | undefined {
  if (a.kind === "store") {
    if (b.kind !== "store" || a.buffer !== b.buffer) return undefined;
    const step = stepOf(a.operand, b.operand);
    return step === undefined ? undefined : [b.offset - a.offset, step];
  }
  if (b.kind !== "compute" || a.name !== b.name || a.operands.length !== b.operands.length) return undefined;
  const steps = [b.slot - a.slot];
  for (let k = 0; k < a.operands.length; k++) {
    const step = stepOf(a.operands[k]!, b.operands[k]!);
    if (step === undefined) return undefined;
    steps.push(step);
  }
  return steps;
}

function stepOf(a: Operand, b: Operand): number | undefined {
  switch (a.kind) {
    case "number":
      return b.kind === "number" && Object.is(a.value, b.value) ? 0 : undefined;
    case "scalar":
      return b.kind === "scalar" ? b.slot - a.slot : undefined;
    case "view":
      return b.kind === "view" && a.view.buffer === b.view.buffer ? b.view.offset - a.view.offset : undefined;
    case "member":
      return undefined;
  }
}

function overTurns(members: readonly ScalarMember[], at: number, length: number): RepeatedMember[] {
  return Array.from({ length }, (_, k): RepeatedMember => {
    const member = members[at + k]!;
    const [step, ...moves] = stepsBetween(member, members[at + length + k]!)!;
    const moving = (first: Operand, index: number): MovingOperand => ({ first, step: moves[index]! });
    if (member.kind === "store") {
      const { buffer, offset, operand } = member;
      return { kind: "store", buffer, offset, step: step!, operand: moving(operand, 0) };
    }
    const { slot, name, operands } = member;
    return { kind: "compute", slot, step: step!, name, operands: operands.map(moving) };
  });
}

/** By member, the next one that does the same thing; −1 where there is none. */
function nextAlike(members: readonly ScalarMember[]): Int32Array {
  const next = new Int32Array(members.length).fill(-1);
  const latest = new Map<string, number>();
  for (let at = members.length - 1; at >= 0; at--) {
    const member = members[at]!;
    const name = member.kind === "store" ? `store ${member.buffer}` : `${member.name} ${member.operands.length}`;
    next[at] = latest.get(name) ?? -1;
    latest.set(name, at);
  }
  return next;
}
