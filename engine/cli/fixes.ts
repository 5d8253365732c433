/** Fixes of what was found, tried after the trace. */
import type { EngineClient, TraceSession } from "../process/client.ts";
import type { Diagnostic, FunctionTrace, TraceRequest } from "../process/protocol.ts";
import { applied, editsIn, moved, type Edit } from "../trial/edits.ts";
import { mayHaveFixes, tryFixes } from "../trial/tryFixes.ts";
import { placeText } from "./arguments.ts";

/** Who waits for a prompt waits this long for all fixes together. */
const budgetMs = 8_000;

export interface TriedRun {
  readonly engine: EngineClient;
  readonly request: TraceRequest & { readonly text: string };
  readonly session: TraceSession;
  /** How long the run took. */
  readonly milliseconds: number;
}

/** A finding of `traced` with the fixes that help; any other as it is. */
export type WithFixes = (finding: Diagnostic) => Promise<Diagnostic>;

export function fixesOf({ engine, request, session, milliseconds }: TriedRun, traced: FunctionTrace): WithFixes {
  let deadline: number | undefined;
  return async (finding) => {
    const index = traced.diagnostics.indexOf(finding);
    if (index < 0 || !mayHaveFixes(finding)) return finding;
    deadline ??= Date.now() + budgetMs;
    const wanted = { request, run: session, deadline, expectedMs: milliseconds };
    try {
      return { ...finding, fixes: await tryFixes(engine, wanted, traced, index) };
    } catch (error) {
      // The finding itself is right all the same.
      process.stderr.write(`Fixes could not be tried: ${error instanceof Error ? error.message : String(error)}\n`);
      return finding;
    }
  };
}

/**
 * "  try: …", and each line as it then reads.
 *
 * @param textOf a file as it was traced
 */
export function fixText(
  { fixes = [] }: Diagnostic,
  textOf: (file: string) => string,
  nameOf: (file: string) => string,
): string {
  return fixes
    .map(({ title, edits }) => {
      const files = new Set(edits.map(({ source }) => source.file));
      const rows = [...files].map((file) => changedLines(editsIn(edits, file), textOf(file), nameOf));
      return `  try: ${title}\n${rows.join("")}`;
    })
    .join("");
}

function changedLines(edits: readonly Edit[], text: string, nameOf: (file: string) => string): string {
  const lines = text.split(/\r?\n/);
  const changed = applied(text, edits).split(/\r?\n/);
  const rows = new Map(
    edits.map(({ source }, k) => {
      const { line } = moved(source, edits.slice(0, k));
      const now = changed[line - 1] ?? "";
      return [source.line, lines[source.line - 1] === now ? "" : row(placeText(source, nameOf), now)];
    }),
  );
  return [...rows.values()].join("");
}

const row = (place: string, text: string): string => `       ${place}: ${text.trim()}\n`;
