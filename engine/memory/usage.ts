import type { Tape } from "../tape/tape.ts";
import { backwardOf, type Backward } from "./backward.ts";
import { Steps } from "./steps.ts";
import { forwardOf, type Forward } from "./storages.ts";

/** A run with its backward pass. */
export interface Passes {
  readonly forward: Forward;
  readonly backward: Backward;
  /** The storage of the result. */
  readonly output: number;
  /** By storage, the bytes that count: none of what is held anyway. */
  readonly weights: Float64Array;
  /** By node of a checkpoint, what it takes while it runs, beyond what it leaves. */
  readonly extra: ReadonlyMap<number, number>;
}

export function passesOf(tape: Tape, output: number): Passes {
  const forward = forwardOf(tape);
  const backward = backwardOf(tape, output, forward);
  const weights = Float64Array.from({ length: forward.storages.count }, (_, storage) =>
    forward.storages.bytes(storage),
  );
  for (const storages of [forward.held, backward.data, backward.given])
    for (const storage of storages) weights[storage] = 0;
  const extra = insideBytes(forward, backward, weights);
  return { forward, backward, output: forward.storageOf[output]!, weights, extra };
}

/** Which parts of a run are computed again in the backward pass. Without it, everything is as the program says. */
export interface Plan {
  /** By node, the part that it belongs to; −1 for none. Each part is computed again as a whole, when the pass gets to it. */
  readonly partOf: Int32Array;
  /** Storages that are kept all the same. */
  readonly kept: ReadonlySet<number>;
}

export interface Usage {
  /** Storages of the forward pass that the backward pass reads, and their bytes. What is held anyway is left out. */
  readonly residuals: readonly number[];
  readonly keptBytes: number;
  readonly inference: Peak;
  readonly forward: Peak;
  readonly backward: Peak;
  /** Steps of the forward pass that the plan computes again. */
  readonly again: readonly number[];
}

export interface Peak {
  readonly bytes: number;
  /** The node at which it is reached. */
  readonly node: number;
  /** Bytes alive at each step. */
  readonly course: Float64Array;
}

/** What is alive when, if each value goes as soon as nobody reads it any more. */
export function usageOf(passes: Passes, plan?: Plan): Usage {
  const { forward, backward, output, weights, extra } = passes;
  const whole = plan === undefined ? undefined : withRecomputing(passes, plan);
  const second = whole?.steps ?? backward.steps;
  const ends = forward.steps.length;
  const never = ends + second.length;
  const last = new Int32Array(2 * weights.length).fill(-1);
  noteUses(forward.steps, 0, last);
  last[output] = never;
  const inference = sweep(forward.steps, 0, 0, last, weights, extra);
  last[output] = -1;
  noteUses(second, ends, last);
  const outputIsRead = last[output] >= ends;
  last[output] = never;
  for (const storage of backward.gradients) last[storage] = never;
  const keep = (storage: number): void => {
    if (last[storage]! < ends) last[storage] = never;
  };
  for (const storage of forward.keptByRules.keys()) keep(storage);
  for (const storage of plan?.kept ?? []) keep(storage);
  const saving = sweep(forward.steps, 0, 0, last, weights, extra);
  const residuals: number[] = [];
  let keptBytes = 0;
  for (let storage = 0; storage < forward.makerOf.length; storage++) {
    const kept = last[storage]! >= ends && (storage !== output || outputIsRead) && weights[storage]! > 0;
    if (!kept) continue;
    residuals.push(storage);
    keptBytes += weights[storage]!;
  }
  const back = sweep(second, ends, saving.left, last, weights, new Map());
  return { residuals, keptBytes, inference, forward: saving, backward: back, again: whole?.again ?? [] };
}

/** Sets, by instance of a storage, the last step that makes or reads it; steps are counted from `from`. */
function noteUses(steps: Steps, from: number, last: Int32Array): void {
  const { accesses } = steps;
  for (let step = 0, k = 0; step < steps.length; step++)
    for (const end = steps.end(step); k < end; k++) {
      const access = accesses[k]!;
      last[access < 0 ? ~access : access] = from + step;
    }
}

/**
 * Bytes alive at each step, counted from `from`. What a step reads is alive while its results are made. `extra` is what a
 * step needs besides, for itself.
 */
function sweep(
  steps: Steps,
  from: number,
  start: number,
  last: Int32Array,
  weights: Float64Array,
  extra: ReadonlyMap<number, number>,
): Peak & { readonly left: number } {
  const course = new Float64Array(steps.length);
  const { accesses } = steps;
  const count = weights.length;
  /** A step may read an instance at several positions. */
  const gone = new Uint8Array(last.length);
  let alive = start;
  let [bytes, node] = [start, -1];
  for (let step = 0; step < steps.length; step++) {
    const [begin, end] = [steps.begin(step), steps.end(step)];
    for (let k = begin; k < end; k++) {
      const instance = ~accesses[k]!;
      if (instance >= 0) alive += weights[instance < count ? instance : instance - count]!;
    }
    const owner = steps.nodes.get(step);
    const now = extra.size === 0 ? alive : alive + (extra.get(owner) ?? 0);
    course[step] = now;
    if (now > bytes || node < 0) [bytes, node] = [now, owner];
    for (let k = begin; k < end; k++) {
      const instance = accesses[k]! < 0 ? ~accesses[k]! : accesses[k]!;
      if (last[instance] !== from + step || gone[instance] === 1) continue;
      gone[instance] = 1;
      alive -= weights[instance < count ? instance : instance - count]!;
    }
  }
  return { bytes, node, course, left: alive };
}

function insideBytes(forward: Forward, backward: Backward, weights: Float64Array): ReadonlyMap<number, number> {
  const extra = new Map<number, number>();
  if (backward.insides.size === 0) return extra;
  const left = new Map<number, number>();
  forward.makerOf.forEach((maker, storage) => {
    if (backward.insides.has(maker)) left.set(maker, (left.get(maker) ?? 0) + weights[storage]!);
  });
  for (const [node, { steps }] of backward.insides) {
    const last = new Map<number, number>();
    for (let step = 0; step < steps.length; step++)
      steps.forEachAccess(step, (access) => {
        if (access < 0) last.set(~access, steps.length);
        else if (last.has(access)) last.set(access, forward.keptByRules.has(access) ? steps.length : step);
      });
    let [alive, most] = [0, 0];
    for (let step = 0; step < steps.length; step++) {
      const gone = new Set<number>();
      steps.forEachAccess(step, (access) => {
        if (access < 0) alive += weights[~access]!;
        else if (last.get(access) === step) gone.add(access);
      });
      most = Math.max(most, alive);
      for (const storage of gone) alive -= weights[storage]!;
    }
    extra.set(node, Math.max(0, most - (left.get(node) ?? 0)));
  }
  return extra;
}

/**
 * The backward pass with what it computes again. Storages made again are numbered from `storages.count` on, so that they
 * are told from those of the forward pass.
 */
function withRecomputing(
  { forward, backward, weights }: Passes,
  { partOf, kept }: Plan,
): { steps: Steps; again: number[] } {
  const { steps: first, makerOf, held } = forward;
  const count = weights.length;
  /** By storage, the part in which it is made again when it is read there. */
  const parts = Int32Array.from(makerOf, (maker, storage) =>
    held.has(storage) || kept.has(storage) ? -1 : partOf[maker]!,
  );
  const isAgain = (storage: number, part: number): boolean =>
    part >= 0 && storage < parts.length && parts[storage] === part;
  const needed = new Uint8Array(parts.length);
  for (let step = 0; step < backward.steps.length; step++) {
    const part = partOf[backward.steps.nodes.get(step)]!;
    if (part >= 0)
      backward.steps.forEachAccess(step, (access) => {
        if (access >= 0 && isAgain(access, part)) needed[access] = 1;
      });
  }
  const again = new Map<number, number[]>();
  for (let step = first.length - 1; step >= 0; step--) {
    const part = partOf[first.nodes.get(step)]!;
    if (part < 0) continue;
    let wanted = 0;
    first.forEachAccess(step, (access) => {
      if (access < 0) wanted += needed[~access]!;
    });
    if (wanted === 0) continue;
    first.forEachAccess(step, (access) => {
      if (access >= 0 && isAgain(access, part)) needed[access] = 1;
    });
    const list = again.get(part);
    if (list === undefined) again.set(part, [step]);
    else list.push(step);
  }
  const steps = new Steps();
  const copy = (from: Steps, step: number, part: number, writesAgain: boolean): void => {
    steps.add(from.nodes.get(step), from.positions.get(step));
    from.forEachAccess(step, (access) => {
      if (access < 0) steps.write(writesAgain ? ~access + count : ~access);
      else steps.read(isAgain(access, part) ? access + count : access);
    });
  };
  const done = new Set<number>();
  for (let step = 0; step < backward.steps.length; step++) {
    const part = partOf[backward.steps.nodes.get(step)]!;
    if (part >= 0 && !done.has(part)) {
      done.add(part);
      for (const forwardStep of (again.get(part) ?? []).reverse()) copy(first, forwardStep, part, true);
    }
    copy(backward.steps, step, part, false);
  }
  return { steps, again: [...again.values()].flat() };
}
