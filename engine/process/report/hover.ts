import type { FinishedRun } from "../modelRun.ts";
import type { Hover, Position, Questions } from "../protocol.ts";
import type { FunctionRun } from "./functionRun.ts";
import { executionOf, isArray, subjectAt, type Occurrence } from "./occurrences.ts";
import { extremes, histogram, resample, signedSize } from "./summaries.ts";

/** Points of the plot over executions. */
const mostPoints = 64;
/** Nodes that one place is told to have made. */
const mostNodes = 10_000;

export function hover(finished: FinishedRun, position: Position, file = finished.summary.file): Hover | undefined {
  const subject = subjectAt(finished, position, file);
  if (subject === undefined) return undefined;
  const { run, occurrences, title, source } = subject;
  const first = occurrences[0]!;
  const last = occurrences.at(-1)!;
  const shape = isArray(last) ? last.shape : run.tape.shapeOf(last.node);
  return {
    function: run.name,
    source,
    title,
    executions: occurrences.length,
    first: executionOf(run, first),
    last: executionOf(run, last),
    ...overExecutions(run, occurrences),
    shape,
    ...histograms(run, last),
    constant: !isArray(last) && run.isConstant(last.node),
    unused: !occurrences.some((occurrence) => isUsed(run, occurrence)),
  };
}

export function nodesAt(
  finished: FinishedRun,
  position: Position,
  file = finished.summary.file,
): Questions["nodesAt"][1] {
  const subject = subjectAt(finished, position, file);
  if (subject === undefined) return undefined;
  const nodes = subject.occurrences.slice(0, mostNodes).map(({ node }) => node);
  return { function: subject.run.name, nodes: [...new Set(nodes)] };
}

/** Scalars as they are, tensors by their norms. */
function overExecutions(run: FunctionRun, occurrences: readonly Occurrence[]): Pick<Hover, "series" | "range"> {
  if (occurrences.length < 2) return {};
  const values = new Float64Array(occurrences.length);
  const adjoints = new Float64Array(occurrences.length);
  occurrences.forEach((occurrence, k) => {
    const { value, adjoint } = executionOf(run, occurrence);
    values[k] = signedSize(value);
    adjoints[k] = signedSize(adjoint);
  });
  return {
    series: { value: resample(values, mostPoints), adjoint: resample(adjoints, mostPoints) },
    range: { value: extremes(values), adjoint: extremes(adjoints) },
  };
}

function histograms(run: FunctionRun, occurrence: Occurrence): Pick<Hover, "histogram"> {
  if (isArray(occurrence))
    return { histogram: { value: histogram(occurrence.value), adjoint: histogram(occurrence.adjoint) } };
  return nodeHistograms(run, occurrence.node);
}

/** Of a tensor; a scalar has none. */
export function nodeHistograms(run: FunctionRun, node: number): Pick<Hover, "histogram"> {
  const value = run.primal(node);
  if (typeof value === "number") return {};
  const adjoint = run.adjoint(node);
  const zeros = typeof adjoint === "number" ? new Float64Array(value.data.length) : adjoint.data;
  return { histogram: { value: histogram(value.data), adjoint: histogram(zeros) } };
}

function isUsed(run: FunctionRun, occurrence: Occurrence): boolean {
  return isArray(occurrence) ? occurrence.adjoint.some((x) => x !== 0) : run.adjoints.reached(occurrence.node);
}
