import type { Assignment, Binding, InstrumentedFile } from "../../language/instrument/instrumentedFile.ts";
import type { FinishedRun } from "../modelRun.ts";
import type { Hint, Questions } from "../protocol.ts";
import { positionOf } from "../stackPlaces.ts";
import type { FunctionRun } from "./functionRun.ts";
import { executionOf, isArray, occurrencesOf, type Occurrence } from "./occurrences.ts";
import { resultsOf } from "./siteIndex.ts";

/** After declarations and assignments; with `names: "all"` also at every expression without a name that is no part of a larger one on its line. */
export function hints(finished: FinishedRun, params: Questions["hints"][0]): readonly Hint[] {
  const source = finished.model?.sources.get(params.file ?? finished.summary.file);
  if (source === undefined) return [];
  const lines = lineStarts(source.text);
  const from = lines[Math.max(0, params.from - 1)] ?? source.text.length;
  const to = lines[params.to] ?? source.text.length + 1;
  const found = new Map<number, Hint>();
  for (const run of finished.runs.values()) {
    atDeclarations(run, source, from, to, found);
    if (params.names === "all") atExpressions(run, source, from, to, found);
  }
  return [...found.entries()].sort(([a], [b]) => a - b).map(([, hint]) => hint);
}

function atDeclarations(
  run: FunctionRun,
  source: InstrumentedFile,
  from: number,
  to: number,
  found: Map<number, Hint>,
): void {
  for (const binding of source.bindings) {
    for (const [end, assignments] of assignmentsByPlace(run, source.text, binding)) {
      if (end < from || end >= to || found.has(end)) continue;
      const occurrences = occurrencesOf(run, { assignments });
      if (occurrences.length > 0) found.set(end, hintAt(run, source.text, end, occurrences));
    }
  }
}

/** A hint follows the expression that gave the value: `x = a + b = 3`; the name where that expression takes several lines. */
function assignmentsByPlace(run: FunctionRun, text: string, binding: Binding): Map<number, Assignment[]> {
  const places = new Map<number, Assignment[]>();
  let declared = binding.end;
  for (const assignment of binding.assignments) {
    const { kind, start } = run.sites.get(assignment.site);
    // A parameter is given its default and then observed: one place for both.
    const again = kind === "binding" && start === binding.start && places.has(declared);
    const severalLines = places.size === 0 && text.slice(binding.end, assignment.end).includes("\n");
    const place = again ? declared : severalLines ? binding.end : assignment.end;
    if (places.size === 0) declared = place;
    const there = places.get(place);
    if (there === undefined) places.set(place, [assignment]);
    else there.push(assignment);
  }
  return places;
}

function atExpressions(
  run: FunctionRun,
  source: InstrumentedFile,
  from: number,
  to: number,
  found: Map<number, Hint>,
): void {
  let covered = from;
  const sites: { readonly number: number; readonly start: number; readonly end: number }[] = [];
  for (let number = source.firstSite; number < source.endSite; number++) {
    const { kind, start, end, name } = run.sites.get(number);
    if (kind === "expression" && name === undefined && start >= from && end < to) sites.push({ number, start, end });
  }
  // Outermost first: an expression inside one that has a hint already gets none.
  sites.sort((a, b) => a.start - b.start || b.end - a.end);
  for (const { number, start, end } of sites) {
    if (start < covered || found.has(end)) continue;
    const nodes = resultsOf(run.tape, run.siteIndex.nodesOf(number));
    if (nodes.length === 0) continue;
    covered = end;
    found.set(
      end,
      hintAt(
        run,
        source.text,
        end,
        Array.from(nodes, (node) => ({ node })),
      ),
    );
  }
}

function hintAt(run: FunctionRun, text: string, offset: number, occurrences: readonly Occurrence[]): Hint {
  const last = occurrences.at(-1)!;
  const { node, value, adjoint } = executionOf(run, last);
  return {
    position: positionOf(text, offset),
    executions: occurrences.length,
    value,
    adjoint,
    constant: !isArray(last) && run.isConstant(node),
    node,
    function: run.name,
  };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let k = text.indexOf("\n"); k >= 0; k = text.indexOf("\n", k + 1)) starts.push(k + 1);
  return starts;
}
