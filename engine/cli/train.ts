import { relative, resolve } from "node:path";
import type { Diagnostic, Notifications } from "../process/protocol.ts";
import type { Judged, TrainAnswer, TrainingReport, TrainingSummary } from "../process/trainingProtocol.ts";
import { formatCount, formatNumber } from "../process/format.ts";
import { exitCode, namesFor, readModel, readModelArguments, tellProblems } from "./arguments.ts";
import { startEngine } from "./engine.ts";
import { badUsage, modelProblem, success, usageError } from "./problem.ts";
import { json } from "./traceDocument.ts";

const options = {
  model: { type: "string" },
  device: { type: "string" },
  steps: { type: "string" },
  continue: { type: "boolean" },
  "no-save": { type: "boolean" },
} as const;

/** `adjoint train`. */
export async function train(args: string[]): Promise<number> {
  const wanted = readModelArguments("train", args, options);
  const { values } = wanted;
  checkDevice(values.device ?? "auto");
  const steps = stepsOf(values.steps);
  const path = resolve(wanted.file);
  const nameOf = namesFor(wanted.file, path);
  const text = readModel(wanted.file, path);
  const printer = wanted.json ? new JsonLines() : new Lines(process.stdout.isTTY);
  if (typeof text !== "string") {
    printer.end({ file: path, outline: { functions: [], diagnostics: [] }, diagnostics: [text] }, nameOf);
    tellProblems([text], nameOf);
    return badUsage;
  }
  const model = values.model ?? wanted.function;
  const stop = new AbortController();
  const interrupted = (): void => {
    if (stop.signal.aborted) process.exit(modelProblem);
    stop.abort();
  };
  process.on("SIGINT", interrupted);
  const engine = startEngine();
  try {
    const answer = await engine.train(
      {
        file: path,
        limits: wanted.limits,
        ...(model === undefined ? {} : { model }),
        ...(steps === undefined ? {} : { steps }),
        ...(values.continue === true ? { continues: true } : {}),
        ...(values["no-save"] === true ? {} : { workspace: process.cwd() }),
      },
      { stop: stop.signal, onTraining: (progress) => printer.show(progress) },
    );
    printer.end(answer, nameOf);
    tellProblems(answer.diagnostics, nameOf);
    if (answer.summary?.stopped === true) return modelProblem;
    return codeOf(answer);
  } finally {
    process.off("SIGINT", interrupted);
    engine.dispose();
  }
}

/** A model that does not exist is the caller's mistake. */
function codeOf({ diagnostics, summary }: TrainAnswer): number {
  if (summary !== undefined) return success;
  return diagnostics.some(({ code }) => code === "no-model" || code === "cannot-continue")
    ? badUsage
    : exitCode(diagnostics) || modelProblem;
}

function checkDevice(device: string): void {
  if (device === "gpu")
    throw usageError(
      "The command trains on the processor: to train on the GPU, open the file in VS Code and choose Train, where the panel has the GPU.",
    );
  if (device !== "auto" && device !== "cpu")
    throw usageError(`--device takes auto, cpu or gpu, not ${JSON.stringify(device)}.`);
}

function stepsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const steps = Number(text);
  if (!Number.isInteger(steps) || steps < 1)
    throw usageError(`--steps takes a whole number from 1 on, not ${JSON.stringify(text)}.`);
  return steps;
}

type NameOf = (file: string) => string;

interface Printer {
  show(progress: Notifications["training"]): void;
  end(answer: TrainAnswer, nameOf: NameOf): void;
}

/** Held-out figures where there are any: they are what a model is judged by. */
function metricsOf({ training, validation }: TrainingSummary): Judged["metrics"] {
  return (validation ?? training).metrics;
}

class JsonLines implements Printer {
  show(progress: Notifications["training"]): void {
    if (progress.kind === "report") process.stdout.write(`${json(progress.report)}\n`);
  }

  end({ summary, model, diagnostics }: TrainAnswer, nameOf: NameOf): void {
    const named = diagnostics.map((found: Diagnostic) => ({
      ...found,
      source: { ...found.source, file: nameOf(found.source.file) },
    }));
    if (summary === undefined) {
      process.stdout.write(`${json({ done: true, ...(model === undefined ? {} : { model }), diagnostics: named })}\n`);
      return;
    }
    const { device, deviceName, executor, steps, epochs, training, validation, seconds, stopped, folder } = summary;
    const line = {
      done: true,
      model,
      device,
      deviceName,
      executor,
      steps,
      epochs,
      loss: training.loss,
      metrics: metricsOf(summary),
      training,
      ...(validation === undefined ? {} : { validation }),
      seconds,
      stopped,
      ...(folder === undefined ? {} : { folder: relative(process.cwd(), folder) }),
      diagnostics: named,
    };
    process.stdout.write(`${json(line)}\n`);
  }
}

/** Between lines of a run without validation, where they are not written over. */
const lineEveryMs = 1000;

/** One line that is written over in a terminal; elsewhere a line for each validation, or now and then. */
class Lines implements Printer {
  readonly #terminal: boolean;
  #length = 0;
  #printed = performance.now();

  constructor(terminal: boolean) {
    this.#terminal = terminal;
  }

  show(progress: Notifications["training"]): void {
    if (progress.kind === "begin") {
      const { model, device, executor } = progress;
      process.stdout.write(`${model} on ${device.kind.toUpperCase()} (${device.description}), executor ${executor}\n`);
    } else if (progress.kind === "report") this.#report(progress.report);
  }

  #report(report: TrainingReport): void {
    const { step, steps, epoch, validation, seconds } = report;
    const left = step < steps ? `, ${formatDuration((seconds / step) * (steps - step))} left` : "";
    const head = `epoch ${epoch}, step ${formatCount(step)} of ${formatCount(steps)}`;
    const judged = validation === undefined ? "" : `; held out ${figures(validation)}`;
    const text = `${head}: ${figures(report)}${judged}${this.#terminal ? left : ""}`;
    if (this.#terminal) {
      const width = process.stdout.columns || 120;
      const line = text.slice(0, width - 1);
      process.stdout.write(`\r${line}${" ".repeat(Math.max(0, this.#length - line.length))}`);
      this.#length = line.length;
    } else if (validation !== undefined || step === steps || performance.now() - this.#printed > lineEveryMs) {
      process.stdout.write(`${text}\n`);
      this.#printed = performance.now();
    }
  }

  end({ summary }: TrainAnswer): void {
    if (this.#length > 0) process.stdout.write("\n");
    if (summary === undefined) return;
    const { steps, seconds, stopped, validation, training, folder } = summary;
    const judged = validation === undefined ? "" : `; held out ${figures(validation)}`;
    process.stdout.write(
      `${stopped ? "Stopped" : "Trained"} after ${formatCount(steps)} steps in ${formatDuration(seconds)}: ${figures(training)}${judged}\n`,
    );
    if (folder !== undefined) process.stdout.write(`Saved in ${relative(process.cwd(), folder)}\n`);
  }
}

function figures({ loss, metrics }: Judged): string {
  const named = Object.entries(metrics).map(([name, value]) => `, ${name} ${formatNumber(value, 3)}`);
  return `loss ${formatNumber(loss, 3)}${named.join("")}`;
}

function formatDuration(seconds: number): string {
  if (seconds < 60) return `${formatNumber(seconds, 2)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
