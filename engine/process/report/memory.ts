/** The memory that a function's derivative takes, in a person's words. */
import { checkpointCandidates, isLibraryLoop } from "../../memory/checkpoints.ts";
import type {
  Held,
  MemoryLine,
  MemoryRefusal,
  MemoryReport,
  MemoryScope,
  Peak as PeakReport,
} from "../../memory/report.ts";
import { residualGroups } from "../../memory/residuals.ts";
import { scopeGroups, type ScopeGroup } from "../../memory/scopes.ts";
import { passesOf, usageOf, type Passes, type Peak, type Usage } from "../../memory/usage.ts";
import { workOf, type Work } from "../../memory/work.ts";
import { inputOperation, TapeLimitError } from "../../tape/tape.ts";
import { formatCount } from "../format.ts";
import { rangeOf, type FunctionRun } from "./functionRun.ts";
import { checkpointAdvice } from "./memoryCheckpoints.ts";
import { compiledBytes } from "./memoryCompiled.ts";
import { reasonsOf } from "./memoryReasons.ts";
import { callLabel, turnLabel } from "./scopeLabels.ts";

/** Up to so many nodes the answer takes a second or two. */
const mostNodes = 200_000;
/** Points of the course of each pass. */
const mostPoints = 120;
const mostLines = 500;
const mostScopes = 300;
const mostReasons = 6;
const mostShapes = 3;

/** @param model what is exported where the run is that of a model */
export function memory(run: FunctionRun, model?: unknown): MemoryReport | MemoryRefusal {
  const { tape, output } = run;
  const source = run.outline.nameSource;
  if (output < 0)
    return { refused: `${run.name} does not depend on its parameters: nothing is saved for a backward pass.`, source };
  if (tape.length > mostNodes)
    return {
      refused: `The trace of ${run.name} has ${formatCount(tape.length)} values; memory is worked out for up to ${formatCount(mostNodes)}: trace it with smaller inputs or fewer turns.`,
      source,
    };
  let passes: Passes;
  try {
    passes = passesOf(tape, output);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const refused =
      error instanceof TapeLimitError
        ? `The memory of ${run.name} cannot be worked out: beside its trace, the record of its backward pass would outgrow the limit of the tape.`
        : `The memory of ${run.name} cannot be worked out, because its backward pass could not be recorded: ${reason}`;
    return { refused, source };
  }
  const usage = usageOf(passes);
  const work = workOfRun(run, passes);
  const compiled = model === undefined ? undefined : compiledBytes(model);
  return {
    function: run.name,
    held: heldBy(run, passes),
    kept: { bytes: usage.keptBytes, values: usage.residuals.length },
    recomputed: work.again / Math.max(1, work.forward),
    peaks: {
      inference: peak(run, usage.inference),
      forward: peak(run, usage.forward),
      backward: peak(run, usage.backward),
    },
    ...(compiled === undefined ? {} : { compiled }),
    course: {
      inference: course(usage.inference),
      forward: course(usage.forward),
      backward: course(usage.backward),
    },
    lines: lines(run, passes, usage),
    scopes: scopes(run, passes, usage, work.forward),
    checkpoints: checkpointCandidates(tape, passes, usage, ({ site, kind, stretches }) => {
      const place = run.sites.get(site);
      return kind === "loop"
        ? place.kind === "iteration" || isLibraryLoop({ site, kind, stretches }, tape)
        : place.kind === "call";
    }).map((candidate) => checkpointAdvice(run, candidate, usage, work)),
  };
}

function workOfRun({ tape }: FunctionRun, { backward }: Passes): Work {
  let [forward, again] = [0, 0];
  for (let node = 0; node < tape.length; node++) {
    const inside = backward.insides.get(node);
    forward += inside?.work ?? workOf(tape, node);
    again += inside?.workAgain ?? 0;
  }
  return { forward, again };
}

function heldBy({ tape }: FunctionRun, { forward, backward }: Passes): Held {
  const read = new Set<number>();
  for (let step = 0; step < backward.steps.length; step++)
    backward.steps.forEachAccess(step, (access) => {
      if (forward.held.has(access) || backward.data.has(access)) read.add(access);
    });
  let [parameterBytes, dataBytes, readBytes] = [0, 0, 0];
  for (const storage of [...forward.held, ...backward.data]) {
    const bytes = forward.storages.bytes(storage);
    const maker = forward.makerOf[storage];
    if (maker !== undefined && tape.operation[maker] === inputOperation) parameterBytes += bytes;
    else dataBytes += bytes;
    if (read.has(storage)) readBytes += bytes;
  }
  return { parameterBytes, dataBytes, readBytes };
}

/** Without an operation, nothing is alive but the result. */
function peak(run: FunctionRun, { bytes, node }: Peak): PeakReport {
  const at = node < 0 ? run.output : node;
  return { bytes, source: run.source(at), op: run.operation(at), node: at };
}

function course({ course: bytes }: Peak): number[] {
  const count = Math.min(mostPoints, bytes.length);
  return Array.from({ length: count }, (_, k) => {
    const [from, to] = [Math.floor((k * bytes.length) / count), Math.floor(((k + 1) * bytes.length) / count)];
    return bytes.subarray(from, to).reduce((most, now) => Math.max(most, now), 0);
  });
}

function lines(run: FunctionRun, passes: Passes, usage: Usage): MemoryLine[] {
  return residualGroups(run.tape, passes, usage)
    .slice(0, mostLines)
    .map(({ node, bytes, values, executions, shapes, readers }) => ({
      source: run.source(node),
      label: run.label(node),
      op: run.operation(node),
      bytes,
      values,
      executions,
      shapes: shapes.slice(0, mostShapes),
      reasons: reasonsOf(run, readers).slice(0, mostReasons),
      node,
    }));
}

function scopes(run: FunctionRun, passes: Passes, usage: Usage, work: number): MemoryScope[] {
  const groups = scopeGroups(run.tape, passes, usage);
  const children = new Map<number, number[]>();
  groups.forEach(({ parent, last }, at) => {
    if (last >= 0) children.set(parent, [...(children.get(parent) ?? []), at]);
  });
  let root = -1;
  // A call that everything happens in is no group of its own.
  for (;;) {
    const [only, ...others] = children.get(root) ?? [];
    const whole =
      only !== undefined && others.length === 0 && groups[only]!.repeats === 1 && groups[only]!.kind === "call";
    if (!whole || groups[only]!.bytes < usage.keptBytes) break;
    root = only;
  }
  const largest = groups.map(({ bytes }) => bytes).sort((a, b) => b - a);
  const least = largest[mostScopes] ?? 0;
  const found: MemoryScope[] = [];
  const open = [root];
  while (open.length > 0) {
    const at = open.pop()!;
    const group = groups[at];
    if (group !== undefined && at !== root) found.push(scopeReport(run, groups, at, root, work));
    const inside = (children.get(at) ?? []).filter((child) => groups[child]!.bytes >= least);
    // The last that is put down is the first that is taken up.
    open.push(...inside.sort((a, b) => groups[a]!.bytes - groups[b]!.bytes || b - a));
  }
  return found.slice(0, mostScopes);
}

function scopeReport(
  run: FunctionRun,
  groups: readonly ScopeGroup[],
  at: number,
  root: number,
  work: number,
): MemoryScope {
  const group = groups[at]!;
  const { parent, site, kind, repeats, bytes, ownBytes, values, first, last, firstTurn, lastTurn } = group;
  const place = run.sites.get(site);
  return {
    id: `m${at}`,
    ...(parent === root ? {} : { parent: `m${parent}` }),
    label: kind === "call" ? callLabel(run, place) : turnLabel(run, place, firstTurn, lastTurn),
    source: site > 0 ? rangeOf(place) : run.outline.nameSource,
    kind,
    repeats,
    bytes,
    ownBytes,
    values,
    work: group.work / Math.max(1, work),
    first,
    last,
  };
}
