import { fileURLToPath } from "node:url";
import type { InstrumentedFile } from "../instrument/instrumentedFile.ts";
import { sourceOf } from "./linkedNames.ts";
import { runtimeName } from "../runtime/runtime.ts";
import type { SourceRange } from "../instrument/sourceReport.ts";

/** Where a frame of a V8 stack stands: `at name (file:///…:line:column)` or `at /path:line:column`. */
const frame = /(?:\(|at (?:async )?)((?:file:\/\/)?[^()\s][^()]*?):(\d+):(\d+)\)?$/;

const insertedCall = new RegExp(`${runtimeName.replace("$", "\\$")}\\.\\w+\\(\\.\\.\\.\\)`, "g");

/** A message of V8's in which it quotes the code that runs: `f[…] is not a function`. */
export function withoutInsertedCalls(message: string): string {
  return message.replace(insertedCall, "…");
}

/** The frames of a stack that lie in instrumented files, innermost first, as places in the original text. */
export function stackFrames(stack: string, sources: ReadonlyMap<string, InstrumentedFile>): SourceRange[] {
  const frames: SourceRange[] = [];
  for (const line of stack.split("\n")) {
    const match = /^\s+at /.test(line) ? frame.exec(line) : null;
    const source = match && sourceOf(pathOf(match[1]!), sources);
    if (match && source) frames.push(wordAt(source, Number(match[2]), Number(match[3])));
  }
  return frames;
}

export function pathOf(location: string): string {
  if (!location.startsWith("file:")) return location;
  try {
    return fileURLToPath(location.replace(/[?#].*$/, ""));
  } catch {
    return location;
  }
}

/** The word, or sign, that stands where a place in the instrumented text came from. */
function wordAt(source: InstrumentedFile, generatedLine: number, generatedColumn: number): SourceRange {
  const { line, column } = source.original(generatedLine, generatedColumn);
  const text = source.text.split(/\r\n|[\n\r\u2028\u2029]/, line).at(-1) ?? "";
  const word = /^[\p{ID_Continue}$.]+/u.exec(text.slice(column - 1))?.[0] ?? " ";
  return { file: source.file, line, column, endLine: line, endColumn: column + word.length };
}
