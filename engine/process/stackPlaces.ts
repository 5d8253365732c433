import { fileURLToPath } from "node:url";
import type { InstrumentedFile } from "../language/instrument/instrumentedFile.ts";
import { sourceOf } from "../language/load/linkedNames.ts";
import type { SourceRange } from "./protocol.ts";

type Sources = ReadonlyMap<string, InstrumentedFile>;

const frame = /(?:^|[\s(])((?:file:\/|\/|[A-Za-z]:[\\/])[^()]*?):(\d+):(\d+)\)?$/;

/** The topmost line of a stack that stands in a file of the program, `preferred` before the packages it imports. */
export function placeInStack(stack: string, sources: Sources, preferred?: string): SourceRange | undefined {
  const places = placesIn(stack, sources);
  return places.find(({ file }) => file === preferred) ?? places.find(({ file }) => isOwn(file)) ?? places[0];
}

/** The topmost line of a stack that stands there more than once: where a function calls itself. */
export function placeOfRecursion(stack: string, sources: Sources): SourceRange | undefined {
  const places = placesIn(stack, sources);
  const same = (a: SourceRange, b: SourceRange): boolean =>
    a.file === b.file && a.line === b.line && a.column === b.column;
  return places.find((place, k) => places.some((other, j) => j > k && same(place, other)));
}

function placesIn(stack: string, sources: Sources): SourceRange[] {
  return stack.split("\n").flatMap((line) => {
    const match = /^\s+at /.test(line) ? frame.exec(line) : null;
    const file = match && pathOf(match[1]!);
    const source = file ? sourceOf(file, sources) : undefined;
    return match && source ? [rangeAt(source, Number(match[2]), Number(match[3]))] : [];
  });
}

/** Whether a file is the person's own and no package's. */
export function isOwn(file: string): boolean {
  return !/[\\/]node_modules[\\/]/.test(file);
}

function pathOf(location: string): string | undefined {
  if (!location.startsWith("file:")) return location;
  try {
    return fileURLToPath(location.replace(/[?#].*$/, ""));
  } catch {
    return undefined;
  }
}

/** From a place in the text that ran to the word or sign that stands there in the original. */
function rangeAt(source: InstrumentedFile, generatedLine: number, generatedColumn: number): SourceRange {
  const { line, column } = source.original(generatedLine, generatedColumn);
  const text = source.text.split("\n", line).at(-1) ?? "";
  const word = /^[\p{ID_Continue}$.]+/u.exec(text.slice(column - 1))?.[0] ?? " ";
  return { file: source.file, line, column, endLine: line, endColumn: column + word.length };
}

/**
 * The one place where `throw "text"` stands, for what is thrown without being an Error and so has no stack; otherwise the
 * only `throw` that may throw something else than a new error or a text.
 */
export function placeOfThrow(thrown: unknown, sources: Sources): SourceRange | undefined {
  const literal =
    typeof thrown === "string" ? ["'", '"', "`"].map((quote) => quote + thrown + quote) : [String(thrown)];
  const places: SourceRange[] = [];
  const others: SourceRange[] = [];
  for (const source of sources.values()) {
    if (!isOwn(source.file)) continue;
    for (const match of source.text.matchAll(/\bthrow\s+/g)) {
      const start = match.index + match[0].length;
      const text = literal.find((candidate) => source.text.startsWith(candidate, start));
      if (text !== undefined) places.push(rangeOfOffsets(source, match.index, start + text.length));
      else if (!/^(?:new\b|["'`])/.test(source.text.slice(start, start + 4)))
        others.push(rangeOfOffsets(source, match.index, match.index + "throw".length));
    }
  }
  const [place, ...more] = places.length > 0 ? places : others;
  return more.length === 0 ? place : undefined;
}

export function rangeOfOffsets(source: { file: string; text: string }, start: number, end: number): SourceRange {
  const from = positionOf(source.text, start);
  const to = positionOf(source.text, end);
  return { file: source.file, line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
}

export function positionOf(text: string, offset: number): { line: number; column: number } {
  const lines = text.slice(0, offset).split("\n");
  return { line: lines.length, column: lines.at(-1)!.length + 1 };
}

/** The offset of a position; clamped to its line. */
export function offsetOf(text: string, line: number, column: number): number {
  let start = 0;
  for (let k = 1; k < line; k++) {
    const end = text.indexOf("\n", start);
    if (end < 0) return text.length;
    start = end + 1;
  }
  const end = text.indexOf("\n", start);
  return Math.min(start + column - 1, end < 0 ? text.length : end);
}
