/** What stands under a position of the source, and every value that it had in a run. */
import type { Binding, InstrumentedFile } from "../../language/instrument/instrumentedFile.ts";
import type { Shape } from "../../tape/shape.ts";
import type { FinishedRun } from "../modelRun.ts";
import type { Execution, Position, SourceRange } from "../protocol.ts";
import { offsetOf, rangeOfOffsets } from "../stackPlaces.ts";
import { rangeOf, shorten, type FunctionRun } from "./functionRun.ts";
import { resultsOf } from "./siteIndex.ts";
import { summarizeData } from "./summaries.ts";

/** One value that a variable or expression had: a node, or an array whose elements are nodes. */
export type Occurrence = { readonly node: number } | ArrayOccurrence;

export interface ArrayOccurrence {
  /** The first element that is a node. */
  readonly node: number;
  readonly shape: Shape;
  readonly value: Float64Array;
  readonly adjoint: Float64Array;
}

/** What a person means who points at a place. */
export interface Subject {
  readonly run: FunctionRun;
  readonly title: string;
  readonly source: SourceRange;
  /** In the order of execution; at least one. */
  readonly occurrences: readonly Occurrence[];
}

/**
 * The innermost thing at a position that was traced: the operand whose name stands there, else all values of the variable,
 * else the expression around it.
 */
export function subjectAt(finished: FinishedRun, position: Position, file: string): Subject | undefined {
  const source = finished.model?.sources.get(file);
  if (source === undefined) return undefined;
  const offset = offsetOf(source.text, position.line, position.column);
  for (const run of runsAround(finished, file, position)) {
    const subject =
      operandSubject(run, source, offset) ??
      bindingSubject(run, source, offset) ??
      expressionSubject(run, source, offset);
    if (subject !== undefined) return subject;
  }
  return undefined;
}

/** The function that the position stands in comes first: helpers may have run for several. */
function runsAround({ runs }: FinishedRun, file: string, { line }: Position): FunctionRun[] {
  const around = ({ outline: { source } }: FunctionRun): boolean =>
    source.file === file && source.line <= line && line <= source.endLine;
  return [...runs.values()].sort((a, b) => Number(around(b)) - Number(around(a)));
}

function operandSubject(run: FunctionRun, source: InstrumentedFile, offset: number): Subject | undefined {
  const operand = source.operandAt(offset);
  if (operand === undefined) return undefined;
  const { tape } = run;
  const nodes: Occurrence[] = [];
  for (const node of resultsOf(tape, run.siteIndex.nodesOf(operand.site))) {
    let input = -1;
    tape.forEachWord(node, (word, position) => {
      if (position === operand.input) input = word;
    });
    if (input >= 0) nodes.push({ node: input });
  }
  return subjectOf(run, source, operand, nodes);
}

function bindingSubject(run: FunctionRun, source: InstrumentedFile, offset: number): Subject | undefined {
  const binding = source.bindingAt(offset);
  if (binding === undefined) return undefined;
  const reference = binding.references.find(({ start, end }) => start <= offset && offset <= end) ?? binding;
  return subjectOf(run, source, reference, occurrencesOf(run, binding));
}

function expressionSubject(run: FunctionRun, source: InstrumentedFile, offset: number): Subject | undefined {
  for (const number of source.innermostSites(offset)) {
    const nodes = resultsOf(run.tape, run.siteIndex.nodesOf(number));
    if (nodes.length === 0) continue;
    const site = run.sites.get(number);
    const title = shorten(run.siteText(site), 60);
    return { run, title, source: rangeOf(site), occurrences: Array.from(nodes, (node) => ({ node })) };
  }
  return undefined;
}

function subjectOf(
  run: FunctionRun,
  source: InstrumentedFile,
  { start, end }: { readonly start: number; readonly end: number },
  occurrences: readonly Occurrence[],
): Subject | undefined {
  if (occurrences.length === 0) return undefined;
  return {
    run,
    title: shorten(source.text.slice(start, end), 60),
    source: rangeOfOffsets(source, start, end),
    occurrences,
  };
}

/** Every value that a variable was given, by `assignments` of its. */
export function occurrencesOf(run: FunctionRun, { assignments }: Pick<Binding, "assignments">): readonly Occurrence[] {
  const { tape } = run;
  const found: Occurrence[] = [];
  // A parameter that became inputs is also seen when the function begins: that is the same value.
  const inputs = new Set<number>();
  const wanted = new Set(assignments.map(({ site }) => site));
  for (const number of wanted) {
    const nodes = run.siteIndex.nodesOf(number);
    if (nodes.length === 0) continue;
    if (!run.isInput(nodes[0]!)) for (const node of resultsOf(tape, nodes)) found.push({ node });
    else {
      found.push(...parameterOccurrence(run, nodes));
      for (const node of nodes) inputs.add(node);
    }
  }
  const { observations } = tape;
  for (let k = 0; k < observations.length; k++) {
    if (!wanted.has(observations.site(k))) continue;
    const value = observations.value(k);
    if (value < 0) found.push(...snapshotOccurrence(run, ~value).filter(({ node }) => !inputs.has(node)));
    else if (!inputs.has(value)) found.push({ node: value });
  }
  return found.sort((a, b) => a.node - b.node);
}

/** A parameter that is an array became one input for each element. */
function parameterOccurrence(run: FunctionRun, nodes: Int32Array): Occurrence[] {
  const [node] = nodes;
  if (nodes.length === 1 && !/[[.]/.test(run.tape.inputName(node!) ?? "")) return [{ node: node! }];
  if (nodes.some((element) => run.tape.isTensor(element))) return Array.from(nodes, (element) => ({ node: element }));
  const value = Float64Array.from(nodes, (element) => run.tape.primal[element]!);
  const adjoint = Float64Array.from(nodes, (element) => run.adjoints.scalar(element));
  return [{ node: node!, shape: extents(run, nodes), value, adjoint }];
}

/** The shape that the subscripts of the elements' names span, where they span one: `A[0][0]` … `A[1][2]` is 2 × 3. */
function extents(run: FunctionRun, nodes: Int32Array): Shape {
  const last = run.tape.inputName(nodes.at(-1)!) ?? "";
  const subscripts = [...last.matchAll(/\[(\d+)\]/g)].map((match) => Number(match[1]) + 1);
  const count = subscripts.reduce((size, extent) => size * extent, 1);
  return count === nodes.length && !last.includes(".") ? subscripts : [nodes.length];
}

function snapshotOccurrence(run: FunctionRun, index: number): Occurrence[] {
  const { nodes, primals, shape } = run.tape.observations.snapshots[index]!;
  const node = nodes.find((element) => element >= 0);
  if (node === undefined) return [];
  const adjoint = Float64Array.from(nodes, (element) => (element < 0 ? 0 : run.adjoints.scalar(element)));
  return [{ node, shape, value: primals, adjoint }];
}

export function isArray(occurrence: Occurrence): occurrence is ArrayOccurrence {
  return "shape" in occurrence;
}

export function executionOf(run: FunctionRun, occurrence: Occurrence): Execution {
  const { node } = occurrence;
  return isArray(occurrence)
    ? { node, value: summarizeData(occurrence.value), adjoint: summarizeData(occurrence.adjoint) }
    : { node, value: run.value(node), adjoint: run.adjointSummary(node) };
}
