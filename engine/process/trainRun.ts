/** The training of one model of one file, in the process that is there for nothing else. */
import type { Executor } from "../execute/executor.ts";
import { PortableExecutor } from "../execute/portable.ts";
import { ModelError } from "../execute/record.ts";
import { train, NonFiniteError } from "../train/loop.ts";
import { BusyError, RunFolder, RunFolderError } from "../train/runFolder.ts";
import { TrainingError } from "../train/stepper.ts";
import { recording } from "../tape/recording.ts";
import { formatCount, formatNumber } from "./format.ts";
import { limitsOf } from "./limits.ts";
import { sentence } from "./modelErrors.ts";
import { callLossAt, modelOf } from "./modelLoss.ts";
import type { ModelRun, ModelRunOptions } from "./modelRun.ts";
import type { Diagnostic, FunctionOutline, Outline } from "./protocol.ts";
import { startOf } from "./refusals.ts";
import { ExecutorError, RemoteExecutor } from "./remoteExecutor.ts";
import type { ExecutorCall, TrainAnswer, TrainingProgress, TrainingSummary, TrainRequest } from "./trainingProtocol.ts";

export interface TrainRunOptions extends Pick<ModelRunOptions, "watchdog" | "onProgress"> {
  readonly stop: AbortSignal;
  readonly onTraining: (progress: TrainingProgress) => void;
  readonly call: (call: ExecutorCall) => Promise<unknown>;
}

export async function trainModel(request: TrainRequest, run: ModelRun, options: TrainRunOptions): Promise<TrainAnswer> {
  const { file } = request;
  const { watchdog, onProgress, onTraining, stop } = options;
  const loaded = await run.load();
  if (!("namespace" in loaded)) return { file, outline: loaded.outline, diagnostics: loaded.diagnostics };
  const answer = { file, outline: loaded.outline };
  const limits = limitsOf(request.limits);
  const outline = wantedModel(loaded.outline, request.model);
  if (outline === undefined) return { ...answer, diagnostics: [noModel(request, loaded.outline)] };
  onProgress({ stage: "training", function: outline.name, operations: 0 });
  const failed = (diagnostic: Diagnostic): TrainAnswer => ({
    ...answer,
    model: outline.name,
    diagnostics: [diagnostic],
  });
  const notices: Diagnostic[] = [];
  const notice = (code: string, message: string): void => {
    notices.push({ code, severity: "warning", message, source: outline.nameSource });
    onTraining({ kind: "notice", message });
  };
  let folder: RunFolder | undefined;
  let executor: Executor | undefined;
  // Loading had its time; from here on every call of the model's own code has as much.
  const watched = <T>(trace: () => T): T => {
    watchdog.arm(limits);
    try {
      return trace();
    } finally {
      watchdog.arm({ ...limits, wallClockMs: Infinity });
    }
  };
  // An interrupt in the terminal reaches this process too; whoever asked decides what it means.
  process.on("SIGINT", () => undefined);
  watchdog.running(run.sites);
  watchdog.arm({ ...limits, wallClockMs: Infinity });
  try {
    const model = modelOf(loaded.namespace[outline.name]);
    folder = folderOf(request, outline.name, (message) => notice("run-not-saved", message));
    executor = request.executor === "portable" ? new PortableExecutor() : await RemoteExecutor.find(options.call);
    onTraining({
      kind: "begin",
      model: outline.name,
      device: executor.device,
      executor: executor.name,
      ...(folder === undefined ? {} : { folder: folder.folder }),
    });
    const summary: TrainingSummary = await train({
      model,
      executor,
      tapeBytes: limits.tapeBytes,
      guarded: watched,
      stop,
      onReport: (report) => onTraining({ kind: "report", report }),
      onNotice: notice,
      ...(request.steps === undefined ? {} : { steps: request.steps }),
      ...(request.continues === undefined ? {} : { continues: request.continues }),
      ...(folder === undefined ? {} : { folder }),
    });
    return { ...answer, model: outline.name, summary, diagnostics: notices };
  } catch (error) {
    if (error instanceof NonFiniteError) return failed(watched(() => nonFinite(error, run, outline)));
    return failed(diagnosisOf(error, run, outline));
  } finally {
    folder?.release();
    executor?.dispose();
    watchdog.arm({ ...limits, wallClockMs: Infinity });
  }
}

function wantedModel({ functions }: Outline, name: string | undefined): FunctionOutline | undefined {
  return functions.find((candidate) => candidate.model === true && (name === undefined || candidate.name === name));
}

function noModel({ file, model }: TrainRequest, { functions, diagnostics }: Outline): Diagnostic {
  const [broken] = diagnostics.filter(({ severity }) => severity === "error");
  if (broken !== undefined) return broken;
  const names = functions.filter((found) => found.model === true).map(({ name }) => name);
  const known = names.length === 0 ? "no model" : names.join(", ");
  const message =
    model === undefined
      ? "There is no model to train here: export one, as `export const model = defineModel({ parameters, data, loss, optimizer })`."
      : `The file exports no model ${model}; it exports ${known}.`;
  return { code: "no-model", severity: "error", message, source: startOf(file) };
}

/** Undefined where nothing can be kept: training goes on all the same. */
function folderOf(request: TrainRequest, model: string, notice: (message: string) => void): RunFolder | undefined {
  const { workspace, continues, file } = request;
  if (workspace === undefined) return undefined;
  if (continues === true) return RunFolder.latest(workspace, model, file);
  try {
    return RunFolder.create(workspace, model, file);
  } catch (error) {
    if (!(error instanceof RunFolderError) || error instanceof BusyError) throw error;
    notice(error.message);
    return undefined;
  }
}

/** A loss that has grown so much before it overflowed was driven there by the steps themselves. */
const divergence = 100;

/** The step traced again in float64: which operation made NaN or infinity, and whether the steps were too long. */
function nonFinite(error: NonFiniteError, run: ModelRun, outline: FunctionOutline): Diagnostic {
  const { step, result, leaves, weights, rows, losses, resumesAfter } = error;
  const origin = run.nonFiniteOrigin(outline, () => callLossAt(leaves, weights, rows));
  const what = !Number.isFinite(result.loss)
    ? `the loss is ${formatNumber(result.loss)}`
    : result.gradientNorms.every((size) => Number.isFinite(size))
      ? "the weights overflow"
      : "the gradient is not finite";
  const [first, last] = losses;
  const grown = last > divergence * Math.abs(first) && first !== 0;
  const advice = grown
    ? ` The loss had grown from ${formatNumber(first, 3)} to ${formatNumber(last, 3)} before: make the learning rate smaller.`
    : "";
  const resumes =
    resumesAfter === undefined || resumesAfter === 0
      ? ""
      : ` Continuing goes on from the weights after step ${formatCount(resumesAfter)}, the last good ones.`;
  const reason =
    origin !== undefined
      ? ` ${origin.message}`
      : grown
        ? ""
        : " In float64 all is finite: numbers here are too large for float32.";
  return {
    code: "non-finite",
    severity: "error",
    message: `Training stopped at step ${formatCount(step)}, where ${what}.${reason}${advice}${resumes}`,
    source: origin?.source ?? outline.nameSource,
    ...(origin?.related === undefined ? {} : { related: origin.related }),
    data: {
      ...origin?.data,
      step,
      firstLoss: first,
      lastLoss: last,
      ...(resumesAfter === undefined ? {} : { resumesAfter }),
    },
  };
}

function diagnosisOf(error: unknown, run: ModelRun, outline: FunctionOutline): Diagnostic {
  const { site } = recording;
  const known = (code: string, message: string): Diagnostic => ({
    code,
    severity: "error",
    message,
    source: outline.nameSource,
  });
  if (error instanceof BusyError) return known("already-training", error.message);
  if (error instanceof RunFolderError) return known("cannot-continue", error.message);
  if (error instanceof ExecutorError) return known("executor-failed", sentence(error.message));
  if (error instanceof TrainingError) return known("cannot-train", error.message);
  if (error instanceof ModelError) return known("cannot-train", error.message);
  return run.problemOf(error, outline, site);
}
