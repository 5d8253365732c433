/** From how a process ended to one sentence about the run that it was doing. */
import type { Ending } from "./engineProcess.ts";
import { formatBytes, formatDuration } from "./format.ts";
import { limitsOf } from "./limits.ts";
import type { Diagnostic, FunctionTrace, Outline, SourceRange, TraceRequest } from "./protocol.ts";

/** The finding, and where it concerns one function of the file, that function's trace with it. */
export function describeEnding(
  ending: Ending,
  request: TraceRequest,
  outline: Outline,
): { readonly diagnostic: Diagnostic; readonly trace?: FunctionTrace } {
  const { lastWords, progress } = ending;
  const name = lastWords.function ?? progress?.function;
  const found = outline.functions.find((candidate) => candidate.name === name);
  const source: SourceRange = lastWords.source ??
    found?.nameSource ?? { file: request.file, line: 1, column: 1, endLine: 1, endColumn: 1 };
  const what = progress === undefined ? undefined : (name ?? "The file");
  const diagnostic: Diagnostic = { ...reason(ending, request, what), severity: "error", source };
  if (found === undefined) return { diagnostic };
  const nothing = { tape: { operations: 0, bytes: 0 }, time: { forwardMs: 0, backwardMs: 0 } };
  return { diagnostic, trace: { function: found.name, source: found.source, diagnostics: [diagnostic], ...nothing } };
}

function reason(
  ending: Ending,
  request: TraceRequest,
  what: string | undefined,
): { readonly code: string; readonly message: string } {
  const limits = limitsOf(request.limits);
  const { lastWords, outOfMemory, exitCode, signal, errorOutput } = ending;
  const within = formatDuration(limits.wallClockMs);
  if (lastWords.code === "still-waiting") {
    const message = `${what ?? "The file"} was stopped because after ${within} it still waited, without computing anything: look for a promise that nothing settles here, or raise the time limit.`;
    return { code: "time-limit", message };
  }
  if (lastWords.code === "time-limit") {
    const message = `${what ?? "The file"} was stopped because it did not finish within ${within}: look for an endless loop here, or raise the time limit.`;
    return { code: "time-limit", message };
  }
  if (lastWords.code === "memory-limit" || outOfMemory) {
    const limit = formatBytes(limits.memoryBytes);
    const message = `${what ?? "The file"} was stopped because it took more than ${limit} of memory: make its arrays smaller, or raise the memory limit.`;
    return { code: "memory-limit", message };
  }
  if (what === undefined) {
    const line = errorOutput.split("\n").find((text) => /Error|error/.test(text)) ?? "it said nothing";
    return { code: "engine-error", message: `The engine process could not be started: ${line.trim()}.` };
  }
  const how = lastWords.call ?? (signal === null ? `exit code ${String(exitCode)}` : `signal ${signal}`);
  const message = `${what} ended its own process (${how}), so there is nothing to differentiate: return a number instead.`;
  return { code: "process-exited", message };
}
