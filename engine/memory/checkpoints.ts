import { segmentSize, type CheckpointPolicy } from "../library/transforms/checkpoint.ts";
import { costOf, mostWorth, type Result } from "../library/transforms/keptResults.ts";
import { firstPrimitive, type Tape } from "../tape/tape.ts";
import { Tensor } from "../tape/tensor.ts";
import { repeatedStretches, runsOf, type Repeated, type Stretch } from "./stretches.ts";
import { usageOf, type Passes, type Plan, type Usage } from "./usage.ts";
import { workOf } from "./work.ts";

/** What `checkpoint` would give for one function or loop. */
export interface Candidate {
  readonly repeated: Repeated;
  /** As it is first, then what keeps least. */
  readonly outcomes: readonly Outcome[];
}

export interface Outcome {
  readonly policy: CheckpointPolicy;
  readonly keptBytes: number;
  readonly peakForward: number;
  readonly peakBackward: number;
  /** Computed again, in elements and multiply-adds. */
  readonly workAgain: number;
}

/** What keeps less than this share of all is not worth a look. */
const leastShare = 0.05;
/** A policy that keeps less by less than this share is not worth having. */
const leastGain = 0.01;
/** Functions and loops that are looked at, and steps that all looks together may take. */
const mostCandidates = 6;
const mostSteps = 3e7;
/** A budget of fewer bytes is not worth writing down. */
const leastBudget = 512;
/** From so many in a row on, √n of them are fewer. */
const fewestInARow = 4;

/**
 * Those functions and loops that would keep less with a checkpoint, what keeps most first.
 * `isOne` tells whether what stands at a site can be given to `checkpoint`.
 */
export function checkpointCandidates(
  tape: Tape,
  passes: Passes,
  asItIs: Usage,
  isOne: (repeated: Repeated) => boolean,
): Candidate[] {
  const kept = keptByNode(tape, passes, asItIs);
  const repeated = distinct(repeatedStretches(tape).filter(isOne), tape)
    .map((group) => ({ group, bytes: keptIn(group, kept) }))
    .filter(({ bytes }) => bytes >= leastShare * asItIs.keptBytes && bytes > 0)
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, mostCandidates);
  const steps = passes.forward.steps.length + passes.backward.steps.length;
  let left = mostSteps;
  const everything: Outcome = {
    policy: "everything",
    keptBytes: asItIs.keptBytes,
    peakForward: asItIs.forward.bytes,
    peakBackward: asItIs.backward.bytes,
    workAgain: 0,
  };
  return repeated.flatMap(({ group, bytes }) => {
    const outcomes: Outcome[] = [];
    for (const policy of policiesFor(tape, group, bytes / group.stretches.length)) {
      if ((left -= steps) < 0) break;
      outcomes.push(outcomeOf(tape, passes, group, policy));
    }
    const useful = outcomes
      .filter(
        (outcome) =>
          outcome.keptBytes < (1 - leastGain) * asItIs.keptBytes &&
          !(isBudget(outcome) && outcomes.some((other) => other !== outcome && isNoWorse(other, outcome))),
      )
      .sort((a, b) => a.peakBackward - b.peakBackward || a.workAgain - b.workAgain);
    return useful.length === 0 ? [] : [{ repeated: group, outcomes: [everything, ...useful] }];
  });
}

function isBudget({ policy }: Outcome): boolean {
  return typeof policy === "object" && "bytes" in policy;
}

function isNoWorse(a: Outcome, b: Outcome): boolean {
  return a.keptBytes <= b.keptBytes && a.peakBackward <= b.peakBackward && a.workAgain <= b.workAgain;
}

/** What a policy makes of the run, each call or turn of `group` being computed again on its own, or each stretch of √n. */
function outcomeOf(tape: Tape, passes: Passes, group: Repeated, policy: CheckpointPolicy): Outcome {
  const usage = usageOf(passes, planFor(tape, passes, group, policy));
  const { steps } = passes.forward;
  return {
    policy,
    keptBytes: usage.keptBytes,
    peakForward: usage.forward.bytes,
    peakBackward: usage.backward.bytes,
    workAgain: usage.again.reduce((sum, step) => sum + workOf(tape, steps.nodes.get(step)), 0),
  };
}

function planFor(tape: Tape, passes: Passes, group: Repeated, policy: CheckpointPolicy): Plan {
  const partOf = new Int32Array(tape.length).fill(-1);
  const kept = new Set<number>();
  const { storageOf } = passes.forward;
  const parts = policy === "sqrt" ? segments(tape, group) : group.stretches;
  parts.forEach(({ first, last }, part) => {
    partOf.fill(part, first, last + 1);
    if (typeof policy === "object" && "bytes" in policy)
      for (const node of worthIn(tape, first, last, policy.bytes)) kept.add(storageOf[node]!);
  });
  if (typeof policy === "object" && "names" in policy)
    for (const [node, name] of tape.valueNames)
      if (partOf[node]! >= 0 && tape.isTensor(node) && policy.names.includes(name)) kept.add(storageOf[node]!);
  for (const [node, user] of passes.forward.drawnFor) partOf[node] = partOf[user]!;
  return { partOf, kept };
}

/** Stretches of √n that follow one another as one. */
function segments(tape: Tape, group: Repeated): Pick<Stretch, "first" | "last">[] {
  return runsOf(tape, group).flatMap((run) => {
    const size = segmentSize(run.length);
    return Array.from({ length: Math.ceil(run.length / size) }, (_, k) => {
      const part = run.slice(k * size, (k + 1) * size);
      return { first: part[0]!.first, last: part.at(-1)!.last };
    });
  });
}

function worthIn(tape: Tape, first: number, last: number, bytes: number): number[] {
  const nodes: number[] = [];
  const results: Result[] = [];
  for (let node = first; node <= last; node++) {
    const primal = tape.primalOf(node);
    if (!(primal instanceof Tensor) || tape.operation[node]! < firstPrimitive) continue;
    nodes.push(node);
    results.push({ primal, cost: costOf(tape.operation[node]!, tape.inputPrimals(node), primal) });
  }
  return mostWorth(results, bytes).map((k) => nodes[k]!);
}

function policiesFor(tape: Tape, group: Repeated, bytesEach: number): CheckpointPolicy[] {
  const policies: CheckpointPolicy[] = ["nothing"];
  if (runsOf(tape, group).some((run) => run.length >= fewestInARow)) policies.push("sqrt");
  const names = namesIn(tape, group);
  if (names.length > 0) policies.push({ names });
  for (const share of [1 / 2, 1 / 4]) {
    const bytes = Math.floor(bytesEach * share);
    if (bytes < leastBudget) continue;
    if (group.stretches.some(({ first, last }) => worthIn(tape, first, last, bytes).length > 0))
      policies.push({ bytes });
  }
  return policies;
}

/** What `checkpointName` named in these calls or turns. */
function namesIn(tape: Tape, { stretches }: Repeated): string[] {
  if (tape.valueNames.size === 0) return [];
  const inside = new Uint8Array(tape.length);
  for (const { first, last } of stretches) inside.fill(1, first, last + 1);
  const named = [...tape.valueNames].filter(([node]) => inside[node] === 1 && tape.isTensor(node));
  return [...new Set(named.map(([, name]) => name))];
}

function keptByNode(tape: Tape, { forward }: Passes, { residuals }: Usage): Float64Array {
  const sums = new Float64Array(tape.length + 1);
  for (const storage of residuals) {
    const maker = forward.makerOf[storage]!;
    sums[(forward.drawnFor.get(maker) ?? maker) + 1]! += forward.storages.bytes(storage);
  }
  for (let node = 0; node < tape.length; node++) sums[node + 1]! += sums[node]!;
  return sums;
}

function keptIn({ stretches }: Repeated, kept: Float64Array): number {
  return stretches.reduce((sum, { first, last }) => sum + kept[last + 1]! - kept[first]!, 0);
}

/** Of what covers the same operations, such as turns that each are one call, the function, which has a name. */
function distinct(groups: readonly Repeated[], tape: Tape): Repeated[] {
  const byPlace = new Map<string, Repeated>();
  for (const group of groups) {
    const { stretches } = group;
    const key = `${stretches.length} ${stretches[0]!.begin} ${stretches[0]!.end} ${stretches.at(-1)!.end}`;
    const known = byPlace.get(key);
    if (known === undefined || (known.kind === "loop" && !isLibraryLoop(known, tape))) byPlace.set(key, group);
  }
  return [...byPlace.values()];
}

/** Turns of `scan` or `foriLoop`: they stand in a scope of their own at the same site, and take the policy as an option. */
export function isLibraryLoop({ site, stretches }: Repeated, { scopes }: Tape): boolean {
  const around = scopes.parent(stretches[0]!.scope);
  return around > 0 && scopes.site(around) === site && scopes.iteration(around) < 0;
}
