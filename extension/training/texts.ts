/** What is said of a run. Pure: tests read it as text. */
import { formatCount, formatNumber } from "../../engine/process/format.ts";
import type { Diagnostic } from "../../engine/process/protocol.ts";
import type { TrainingReport } from "../../engine/process/trainingProtocol.ts";
import { formatLeft, formatRate, type Pace } from "./pace.ts";
import type { TrainingAct, TrainingState } from "./protocol.ts";

/** What a person may set: where steps run. */
export type DeviceSetting = "auto" | "cpu" | "gpu";

const setting = "adjoint.train.device";

/** Why a run is where it is. */
export const reasons = {
  set: `Set in ${setting}.`,
  chosen: "You chose the CPU for this run.",
  hardware: "Chosen because this machine has a graphics card.",
  software: (renderer: string) =>
    `Chosen because the only renderer here is software (${shortName(renderer)}), which is slower than the processor itself.`,
  unavailable: (why: string) => `Chosen because there is no GPU to use: ${asSentence(why)}`,
  refused: (why: string) => `Chosen because the GPU cannot run this model: ${asSentence(withoutAdvice(why))}`,
} as const;

/** "SwiftShader" of "ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero) …": the rest says nothing to a person. */
function shortName(renderer: string): string {
  return /swiftshader|llvmpipe|softpipe|microsoft basic render/i.exec(renderer)?.[0] ?? renderer;
}

/** About the machine or the run and not about the model: nothing for Problems. */
const aboutTheRun: ReadonlySet<string> = new Set([
  "executor-failed",
  "already-training",
  "cannot-continue",
  "run-not-saved",
  "gpu-unavailable",
  "gpu-lost",
  "gpu-unsupported",
  "engine-error",
]);

export function isAboutModel({ code }: Diagnostic): boolean {
  return !aboutTheRun.has(code);
}

export function noGpu(why: string): string {
  return `There is no GPU to train on: ${asSentence(why)} Train on the CPU, or set ${setting} to auto.`;
}

export function gpuRefused(why: string): string {
  return `The GPU cannot run this model: ${asSentence(withoutAdvice(why))} Train on the CPU, or set ${setting} to auto.`;
}

/** Of "sort is not computed on the GPU yet: train this model on the CPU." what comes before the advice, given elsewhere. */
function withoutAdvice(why: string): string {
  return why.replace(/: train (?:it|this model) on the CPU.*$/, "");
}

/** A run that ended with the graphics card it was on. */
export function gpuLost(why: string, step: number | undefined, saved: number | undefined): string {
  const when =
    step === undefined ? "Training ended before its first report" : `Training ended at step ${formatCount(step)}`;
  const kept =
    saved === undefined
      ? "No weights had been saved yet."
      : `The weights after step ${formatCount(saved)} are saved: a run on the CPU can go on from them.`;
  return `${when}: ${asSentence(why)} ${kept}`;
}

/** What an act is called on a button. */
export const actLabels: Readonly<Record<TrainingAct, string>> = {
  train: "Train Again",
  continue: "Continue",
  stop: "Stop",
  trainOnCpu: "Train on the CPU",
  continueOnCpu: "Continue on the CPU",
  showModel: "Show the Model",
  showSaved: "Show the Saved Run",
  openSettings: "Settings",
  showLog: "Show Log",
  manageTrust: "Manage Workspace Trust",
};

export const panelClosed = "the panel in which the GPU worked was closed";
export const pageReloaded = "the panel in which the GPU worked was loaded anew";

export const untrusted =
  "Adjoint has to run a model to train it, and runs nothing in a folder that you have not trusted.";

export const notSavedOutside =
  "The run is not saved, because the file is in no folder that is open: open its folder to keep weights and history.";

export const changedSince =
  "The file has changed since this run began: what stands here is of the text as it was then.";

export const neverCameBack =
  "The run was ended by force, because its last step took longer than 10 seconds or the engine was restarted. What was saved before is kept.";

/** Of a run that another window, or a terminal, began and did not come to tell the end of. */
export function cutShort(saved: number): string {
  const kept = saved === 0 ? "" : ` Its weights after step ${formatCount(saved)} are kept: Continue goes on from them.`;
  return `The run was cut short, as when the window is closed or loaded anew.${kept}`;
}

/**
 * "digits 42 % · 3 s left". The figures move; an icon that turns all the while would have the whole window drawn sixty
 * times a second, which a machine that draws with its processor takes from the training.
 */
export function statusText(state: TrainingState, report: TrainingReport | undefined, pace: Pace | undefined): string {
  if (state.kind === "starting") return `$(graph-line) ${state.run.model}: starting`;
  if (state.kind !== "running") return "";
  const { model } = state.run;
  if (state.stopping) return `$(graph-line) ${model}: stopping`;
  if (report === undefined) return `$(graph-line) ${model}: first step`;
  const left = pace === undefined ? "" : ` · ${formatLeft(pace.secondsLeft)} left`;
  return `$(graph-line) ${model} ${percent(report)} %${left}`;
}

/** Lines of a tooltip. */
export function statusLines(
  state: TrainingState,
  report: TrainingReport | undefined,
  pace: Pace | undefined,
): string[] {
  if (state.kind !== "starting" && state.kind !== "running") return [];
  const { model, device, fileName } = state.run;
  const lines = [`Training ${model} of ${fileName}`];
  if (device !== undefined) lines.push(`on ${device.kind.toUpperCase()} (${device.description})`);
  if (report !== undefined) {
    lines.push(`step ${formatCount(report.step)} of ${formatCount(report.steps)}, epoch ${formatCount(report.epoch)}`);
    if (pace !== undefined)
      lines.push(`${formatRate(pace.stepsPerSecond)} steps/s, ${formatLeft(pace.secondsLeft)} left`);
    lines.push(figures(report));
  }
  return lines;
}

export function percent({ step, steps }: TrainingReport): number {
  return Math.floor((100 * step) / steps);
}

/** "loss 0.31, accuracy 0.96 held out": held-out figures where there are any, for they are what a model is judged by. */
export function figures({ loss, metrics, validation }: TrainingReport, digits = 3): string {
  const judged = validation ?? { loss, metrics };
  const named = Object.entries(judged.metrics).map(([name, value]) => `, ${name} ${formatNumber(value, digits)}`);
  return `loss ${formatNumber(judged.loss, digits)}${named.join("")}${validation === undefined ? "" : " held out"}`;
}

/** For the notification when a run has ended and its panel isn't there to tell. */
export function outcome(state: TrainingState, report: TrainingReport | undefined): string {
  switch (state.kind) {
    case "done":
    case "stopped": {
      const how = state.kind === "done" ? "is trained" : "was stopped";
      return report === undefined
        ? `${state.run.model} ${how}.`
        : `${state.run.model} ${how} after ${formatCount(report.step)} steps: ${figures(report)}.`;
    }
    case "failed":
      return state.diagnostics[0]!.message;
    case "empty":
    case "starting":
    case "running":
      return "";
  }
}

function asSentence(text: string): string {
  const line = text.trim();
  return /[.!?]$/.test(line) ? line : `${line}.`;
}
