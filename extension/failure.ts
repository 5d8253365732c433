/** What to tell of a run that gave no answer at all. */
import type { Diagnostic } from "../engine/process/protocol.ts";

export function isCancelled(error: unknown): boolean {
  return error instanceof Error && (error.name === "AbortError" || error.name === "Cancelled");
}

/** The findings that `error` carries; else its sentence, at the start of the file. */
export function failureOf(error: unknown, file: string): readonly Diagnostic[] {
  if (error instanceof Error && "diagnostics" in error && Array.isArray(error.diagnostics))
    return error.diagnostics as Diagnostic[];
  if (error instanceof Error && "diagnostic" in error) return [error.diagnostic as Diagnostic];
  const message = describe(error);
  return [
    {
      code: "engine-error",
      severity: "error",
      message,
      source: { file, line: 1, column: 1, endLine: 1, endColumn: 1 },
    },
  ];
}

export function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
