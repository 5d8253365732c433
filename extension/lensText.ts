/** What the lens over a function says. Pure: a test reads it as text. */
import { formatNumber } from "../engine/process/format.ts";
import type { Diagnostic, FunctionOutline, FunctionTrace } from "../engine/process/protocol.ts";

export interface LensFacts {
  readonly outline: FunctionOutline;
  readonly trusted: boolean;
  /** The run has lasted long enough to speak of it. */
  readonly tracing: boolean;
  /** The last good answer. */
  readonly trace?: FunctionTrace;
  readonly stale: boolean;
  /** The name of an imported file with changes that are not saved. */
  readonly unsaved?: string;
  /** Why the newest run gave this function no value. */
  readonly failure?: Diagnostic;
  readonly digits: number;
  /** It is being trained. */
  readonly training?: boolean;
}

export type LensAction =
  "graph" | "trace" | "check" | "stop" | "problem" | "trust" | "train" | "showTraining" | "stopTraining";

export interface LensPart {
  readonly title: string;
  readonly tooltip: string;
  readonly action: LensAction;
}

const longestSentence = 90;

export function lensParts(facts: LensFacts): readonly LensPart[] {
  const { outline, trusted, tracing, trace, failure } = facts;
  if (!trusted) {
    const tooltip = "Adjoint runs a model to trace it, and runs nothing in a folder you have not trusted.";
    return [{ title: "∇ not traced: this folder is not trusted", tooltip, action: "trust" }];
  }
  const parameter = outline.parameters.find(({ hasDefault }) => !hasDefault);
  if (parameter) {
    const title = `∇ needs a default for ${parameter.name}`;
    return [
      {
        title,
        tooltip: `The defaults of the parameters are the point at which ${outline.name} is traced.`,
        action: "trace",
      },
    ];
  }
  const parts: LensPart[] = [];
  if (failure && !tracing) {
    parts.push({ title: `$(error) ${shorten(failure.message)}`, tooltip: failure.message, action: "problem" });
  }
  if (trace?.value !== undefined) parts.push(valuePart(facts, trace, trace.value));
  if (tracing) parts.push({ title: "$(loading~spin) tracing…", tooltip: "The model is running.", action: "stop" });
  if (tracing) parts.push({ title: "Stop", tooltip: "Stop the run.", action: "stop" });
  else parts.push({ title: "Trace", tooltip: `Run ${outline.name} and differentiate it.`, action: "trace" });
  if (trace?.value !== undefined) {
    const checked = `Hold the gradient of ${outline.name} against differences of the function itself.`;
    parts.push({ title: "Graph", tooltip: `Show the forward and backward graph of ${outline.name}.`, action: "graph" });
    if (!tracing) parts.push({ title: "Check", tooltip: checked, action: "check" });
  }
  if (outline.model === true) parts.push(...trainingParts(facts));
  return parts;
}

function trainingParts({ outline: { name }, training }: LensFacts): readonly LensPart[] {
  if (!training) return [{ title: "Train", tooltip: `Train ${name} beside the editor.`, action: "train" }];
  return [
    { title: "training…", tooltip: `Show how ${name} is getting on.`, action: "showTraining" },
    { title: "Stop Training", tooltip: `Stop training ${name} after the step it is in.`, action: "stopTraining" },
  ];
}

function valuePart(
  { outline, stale, unsaved, failure, digits }: LensFacts,
  trace: FunctionTrace,
  value: number,
): LensPart {
  const { gradientNorm } = trace;
  const norm = gradientNorm === undefined ? "" : ` · ‖∇${outline.name}‖ ${formatNumber(gradientNorm, digits)}`;
  const old = stale || failure !== undefined;
  return {
    title: `∇ ${formatNumber(value, digits)}${norm}${old ? " (stale)" : ""}`,
    tooltip: old
      ? `${unsaved === undefined ? `The text has changed since ${outline.name} was traced.` : saveToSee(unsaved)} Click to see the graph of that trace.`
      : `The value of ${outline.name} at its defaults, and the size of its gradient. Click to see the graph.`,
    action: "graph",
  };
}

/** What runs of an import is what is saved. */
export function saveToSee(fileName: string): string {
  return `${fileName}, which ran with it, has changes that are not saved: save it to see their effect.`;
}

function shorten(message: string): string {
  const line = message.split("\n", 1)[0]!;
  return line.length <= longestSentence ? line : `${line.slice(0, longestSentence).replace(/\s+\S*$/, "")}…`;
}
