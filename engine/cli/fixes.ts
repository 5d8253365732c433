/** Fixes of what was found, tried after the trace. */
import type { EngineClient, TraceSession } from "../process/client.ts";
import type { Diagnostic, FunctionTrace, TraceRequest } from "../process/protocol.ts";
import { applied, moved } from "../trial/edits.ts";
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

/** "  try: …", and each line as it then reads. */
export function fixText({ fixes = [] }: Diagnostic, text: string, nameOf: (file: string) => string): string {
  const lines = text.split(/\r?\n/);
  return fixes
    .map(({ title, edits }) => {
      const changed = applied(text, edits).split(/\r?\n/);
      const rows = new Map(
        edits.map(({ source }, k) => {
          const { line } = moved(source, edits.slice(0, k));
          const now = changed[line - 1] ?? "";
          return [source.line, lines[source.line - 1] === now ? "" : row(placeText(source, nameOf), now)];
        }),
      );
      return `  try: ${title}\n${[...rows.values()].join("")}`;
    })
    .join("");
}

const row = (place: string, text: string): string => `       ${place}: ${text.trim()}\n`;
