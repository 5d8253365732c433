import type { Writable } from "node:stream";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatNested,
  formatNumber,
  formatPlural,
  formatSummary,
} from "../process/format.ts";
import type { FunctionTrace, Nested, PlaceReport } from "../process/protocol.ts";
import { norm } from "../process/report/summaries.ts";
import { coloursFor, type Colours } from "./colours.ts";
import type { Outcome } from "./trace.ts";

/** Rows of the table; what lies between the first and the last of them is counted. */
const mostRows = 200;
/** As many inputs, or constants, of one line are listed. Of more the first and the last few stand for them all. */
const mostAlike = 32;
const fewAlike = 4;
/** A parameter's gradient with more elements than this is told as its norm. */
const mostElements = 16;

/** What `adjoint trace` prints for people: value and gradient, and a row for each operation of each line. */
export async function writeTable(outcome: Outcome, stream: Writable & { readonly isTTY?: boolean }): Promise<void> {
  const { traced, session } = outcome;
  if (traced?.value === undefined || session === undefined) return;
  const colours = coloursFor(stream);
  const places = await session.ask("places", { function: traced.function });
  const lines = [
    heading(outcome, traced, colours),
    "",
    ...table(places, outcome, colours),
    "",
    ...gradient(traced, colours),
    colours.dim(footer(traced)),
  ];
  stream.write(`${lines.join("\n")}\n`);
}

function heading({ nameOf, outline, file }: Outcome, traced: FunctionTrace, colours: Colours): string {
  const names = (outline?.parameters ?? []).map(({ name }) => name).join(", ");
  const value = colours.value(formatNumber(traced.value!, 8));
  const where = `${nameOf(file)}:${traced.source.line}`;
  return `${colours.bold(`${traced.function}(${names})`)} = ${value}   ${colours.dim(where)}`;
}

interface Cell {
  readonly text: string;
  readonly paint?: (text: string) => string;
  readonly right?: boolean;
}

function table(places: readonly PlaceReport[], outcome: Outcome, colours: Colours): string[] {
  const repeated = places.some(({ executions }) => executions > 1);
  const head = [
    "line",
    ...(repeated ? ["times"] : []),
    "value",
    "adjoint",
    ...(repeated ? ["values", "adjoints"] : []),
    "name",
    "op",
    "source",
  ];
  const rightAligned = new Set(["line", "times", "value", "adjoint"]);
  const rows = [head.map((text): Cell => ({ text, paint: colours.dim, right: rightAligned.has(text) }))];
  const folded = runs(places).flatMap(fold);
  const cut = folded.length > mostRows ? folded.length - mostRows : 0;
  const listed = cut === 0 ? folded : [...folded.slice(0, mostRows / 2), ...folded.slice(-mostRows / 2)];
  let before = "";
  listed.forEach((place, k) => {
    if (cut > 0 && k === mostRows / 2) rows.push([{ text: `… ${formatCount(cut)} more rows (--json has them all)` }]);
    if (typeof place === "string") {
      rows.push([{ text: place, paint: colours.dim }]);
      return;
    }
    const where = whereOf(place);
    rows.push(rowOf(place, outcome, colours, repeated, where === before));
    before = where;
  });
  return aligned(rows);
}

function whereOf({ source }: PlaceReport): string {
  return `${source.file}:${source.line}`;
}

/** Neighbours of one line and operation. */
function runs(places: readonly PlaceReport[]): PlaceReport[][] {
  const all: PlaceReport[][] = [];
  for (const place of places) {
    const run = all.at(-1);
    if (run?.[0]!.op === place.op && whereOf(run[0]) === whereOf(place)) run.push(place);
    else all.push([place]);
  }
  return all;
}

/** A long list of inputs or constants, as the elements of an array are, with one row in place of its middle. */
function fold(run: readonly PlaceReport[]): readonly (PlaceReport | string)[] {
  const { op } = run[0]!;
  if (run.length <= mostAlike || !["input", "constant"].includes(op)) return run;
  const left = formatPlural(run.length - 2 * fewAlike, `more ${op}`);
  return [...run.slice(0, fewAlike), `… ${left} (--json has them all)`, ...run.slice(-fewAlike)];
}

function rowOf(place: PlaceReport, outcome: Outcome, colours: Colours, repeated: boolean, sameLine: boolean): Cell[] {
  const { source, executions, value, adjoint, range, name, op } = place;
  const own = source.file === outcome.file;
  const line = own ? String(source.line) : `${outcome.nameOf(source.file)}:${source.line}`;
  const text = own && !sameLine ? (outcome.text.split(/\r?\n/)[source.line - 1] ?? "").trim() : "";
  const span = ([min, max]: readonly [number, number]): string => `${formatNumber(min)} … ${formatNumber(max)}`;
  return [
    { text: line, right: true },
    ...(repeated ? [{ text: executions > 1 ? `×${formatCount(executions)}` : "", right: true }] : []),
    { text: formatSummary(value), paint: colours.value, right: true },
    { text: op === "constant" ? "" : formatSummary(adjoint), paint: colours.adjoint, right: true },
    ...(repeated
      ? [
          { text: range === undefined ? "" : span(range.value), paint: colours.value },
          { text: range === undefined ? "" : span(range.adjoint), paint: colours.adjoint },
        ]
      : []),
    { text: name ?? "", paint: colours.bold },
    { text: op, paint: colours.dim },
    { text },
  ];
}

/** Columns two spaces apart. A row of one cell stands across them all. */
function aligned(rows: readonly (readonly Cell[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    if (row.length === 1) continue;
    row.forEach(({ text }, column) => (widths[column] = Math.max(widths[column] ?? 0, text.length)));
  }
  return rows.map((row) => {
    const [only] = row;
    if (only !== undefined && row.length === 1) return only.paint?.(only.text) ?? only.text;
    const cells = row.map(({ text, paint = (plain) => plain, right = false }, column) => {
      const space = " ".repeat(widths[column]! - text.length);
      const last = column === row.length - 1;
      return right ? space + paint(text) : paint(text) + (last ? "" : space);
    });
    return cells.join("  ").trimEnd();
  });
}

function gradient(traced: FunctionTrace, colours: Colours): string[] {
  const parts = Object.entries(traced.gradient ?? {}).map(([name, nested]) => {
    const partial = `∂${traced.function}/∂${name}`;
    const elements = elementsOf(nested);
    if (elements.length <= mostElements)
      return `${partial} = ${colours.adjoint(formatNested(nested, 8, mostElements))}`;
    const size = colours.adjoint(formatNumber(norm(elements), 8));
    return `‖${partial}‖ = ${size} over ${formatPlural(elements.length, "element")}`;
  });
  return parts.length === 0
    ? []
    : [...parts, `‖∇${traced.function}‖ = ${colours.adjoint(formatNumber(traced.gradientNorm ?? 0, 8))}`, ""];
}

function elementsOf(nested: Nested): number[] {
  return typeof nested === "number" ? [nested] : Object.values(nested).flatMap(elementsOf);
}

function footer({ tape, time }: FunctionTrace): string {
  const { forwardMs, backwardMs } = time;
  return [
    formatPlural(tape.operations, "operation"),
    `${formatBytes(tape.bytes)} of tape`,
    `forward ${formatDuration(forwardMs)}, backward ${formatDuration(backwardMs)}`,
  ].join(" · ");
}
