/** What the panel shows, from what is known of its file. Pure. */
import type { Diagnostic, FunctionTrace, SourceRange, TraceSummary } from "../../engine/process/protocol.ts";
import { Text } from "../textMapping.ts";
import type { Empty, PanelState } from "./protocol.ts";

export interface PanelFacts {
  readonly trusted: boolean;
  /** Undefined: no file with anything to trace is open. */
  readonly file?: FileFacts;
}

export interface FileFacts {
  /** Absolute path, and what to call it. */
  readonly path: string;
  readonly name: string;
  readonly state: "untraced" | "tracing" | "traced" | "failed";
  /** Whether anything in the file can be traced. Undefined: not known yet. */
  readonly hasModel: boolean | undefined;
  /** Of the newest run, where it failed. */
  readonly failure: readonly Diagnostic[];
  readonly trace?: {
    readonly id: number;
    readonly text: string;
    readonly summary: TraceSummary;
    readonly stale: boolean;
    readonly unsaved?: string | undefined;
    readonly tryingFixes?: boolean;
  };
  /** The function that the person chose. */
  readonly function?: string;
  readonly pinned: boolean;
}

const noFile: Empty = {
  kind: "empty",
  reason: "no-file",
  title: "No model is open",
  text: "Open a TypeScript file that exports a function whose parameters all have defaults, such as `export function f(x = 1, y = 2) { … }`.",
  action: { label: "Set Up This Workspace", act: "setUpWorkspace" },
};

const untrusted: Empty = {
  kind: "empty",
  reason: "untrusted",
  title: "This folder is not trusted",
  text: "To draw a graph, Adjoint has to run the model. It runs nothing in a folder that you have not trusted.",
  action: { label: "Manage Workspace Trust", act: "manageTrust" },
};

export function panelState({ trusted, file }: PanelFacts): PanelState {
  if (!trusted) return untrusted;
  if (!file) return noFile;
  const { trace, state } = file;
  const chosen = trace && choose(trace.summary.functions, file.function);
  if (trace && chosen?.value !== undefined) return ready(file, trace, chosen, chosen.value);
  if (trace && chosen && state !== "tracing")
    return failed(file, chosen.diagnostics, `${chosen.function} could not be traced`);
  switch (state) {
    case "tracing":
      return { kind: "loading", file: file.path, ...(file.function === undefined ? {} : { function: file.function }) };
    case "failed":
      return failed(file, file.failure, `${file.name} could not be traced`);
    case "untraced":
    case "traced":
      return file.hasModel === false ? nothingToTrace(file) : notTraced(file);
  }
}

/** The function chosen, else the first that has a value. */
function choose(functions: readonly FunctionTrace[], name: string | undefined): FunctionTrace | undefined {
  const named = functions.find((candidate) => candidate.function === name);
  return named ?? functions.find(({ value }) => value !== undefined);
}

function ready(
  file: FileFacts,
  trace: NonNullable<FileFacts["trace"]>,
  chosen: FunctionTrace,
  value: number,
): PanelState {
  const failure = file.failure.find(({ severity }) => severity === "error");
  return {
    kind: "ready",
    trace: trace.id,
    file: file.path,
    fileName: file.name,
    function: chosen.function,
    functions: trace.summary.functions.map(({ function: name, value: result }) => ({
      name,
      ...(result === undefined ? {} : { value: result }),
    })),
    title: signature(trace, chosen),
    value,
    gradientNorm: chosen.gradientNorm ?? NaN,
    gradient: chosen.gradient ?? {},
    diagnostics: [...chosen.diagnostics, ...trace.summary.diagnostics],
    tryingFixes: trace.tryingFixes === true,
    tape: chosen.tape,
    time: chosen.time,
    stale: trace.stale || failure !== undefined,
    ...(trace.unsaved === undefined ? {} : { unsaved: trace.unsaved }),
    ...(failure ? { failure } : {}),
    pinned: file.pinned,
  };
}

function failed(file: FileFacts, diagnostics: readonly Diagnostic[], title: string): PanelState {
  return { kind: "error", file: file.path, title, diagnostics };
}

function notTraced({ name }: FileFacts): Empty {
  const text = `Trace ${name} to see every value, and how much the result depends on it.`;
  return {
    kind: "empty",
    reason: "not-traced",
    title: "Nothing has been traced yet",
    text,
    action: { label: "Trace", act: "retrace" },
  };
}

function nothingToTrace({ name }: FileFacts): Empty {
  const text = `${name} exports no function whose parameters all have defaults. The defaults are the point at which a function is traced: export function f(x = 1, y = 2) { … }`;
  return { kind: "empty", reason: "no-functions", title: "Nothing here can be traced", text };
}

const longestParameter = 28;

/** "f(x = 1, y = 2)", as it stood in the text that was traced. */
function signature({ text, summary }: NonNullable<FileFacts["trace"]>, { function: name }: FunctionTrace): string {
  const outline = summary.outline.functions.find((candidate) => candidate.name === name);
  const parameters = (outline?.parameters ?? []).map((parameter) => {
    const written = excerpt(text, parameter.source);
    return written.length > longestParameter ? `${parameter.name} = …` : written;
  });
  return `${name}(${parameters.join(", ")})`;
}

function excerpt(text: string, range: SourceRange): string {
  const places = new Text(text);
  return text
    .slice(
      places.offset({ line: range.line, column: range.column }),
      places.offset({ line: range.endLine, column: range.endColumn }),
    )
    .replace(/\s+/g, " ");
}
