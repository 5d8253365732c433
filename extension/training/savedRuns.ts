/** What runs have left under `.adjoint/runs/<model>`, newest last (see engine/train/runFolder.ts). */
import { open, readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Diagnostic } from "../../engine/process/protocol.ts";
import type { TrainingReport } from "../../engine/process/trainingProtocol.ts";
import { either, isBoolean, isSource, isString, oneOf, optional, shape } from "../checks.ts";
import { History } from "./history.ts";

export interface SavedRun {
  readonly folder: string;
  /** After how many steps its weights were saved. */
  readonly step: number;
}

const weightsFile = "weights.safetensors";
const historyFile = "history.jsonl";
const outcomeFile = "outcome.json";
/** The header of a weights file is read only as far as this: more would be no header of ours. */
const longestHeader = 2 ** 24;

/** The run that a later one would go on from: the latest of this file's model that has weights. */
export async function latestRun(workspace: string, model: string, file: string): Promise<SavedRun | undefined> {
  const own = path.relative(workspace, file).split(path.sep).join("/");
  const parent = path.join(workspace, ".adjoint", "runs", model);
  const names = await readdir(parent).catch(() => []);
  for (const name of names.sort().reverse()) {
    const folder = path.join(parent, name);
    const saved = await savedMetadata(folder);
    const step = stepOf(saved);
    if (step !== undefined && [own, undefined].includes(saved?.file)) return { folder, step };
  }
  return undefined;
}

/** Undefined where no weights are. */
export async function savedStep(folder: string): Promise<number | undefined> {
  return stepOf(await savedMetadata(folder));
}

interface Metadata {
  readonly step?: string;
  /** Of the model, relative to the workspace. */
  readonly file?: string;
}

function stepOf(metadata: Metadata | undefined): number | undefined {
  const step = Number(metadata?.step ?? 0);
  return metadata !== undefined && Number.isInteger(step) ? step : undefined;
}

/** What the weights of a run tell of it. Undefined where no weights are. */
async function savedMetadata(folder: string): Promise<Metadata | undefined> {
  let file;
  try {
    file = await open(path.join(folder, weightsFile));
    const length = Number((await file.read(Buffer.alloc(8), 0, 8, 0)).buffer.readBigUInt64LE());
    if (length > longestHeader) return undefined;
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, 8);
    return (JSON.parse(buffer.toString()) as { __metadata__?: Metadata }).__metadata__ ?? {};
  } catch {
    return undefined;
  } finally {
    await file?.close();
  }
}

/** What a run told of itself. A line that was cut off by a crash is left out. */
export async function historyOf(folder: string): Promise<History> {
  const history = new History();
  const text = await readFile(path.join(folder, historyFile), "utf8").catch(() => "");
  for (const line of text.split("\n")) {
    try {
      const report: unknown = JSON.parse(line);
      if (isReport(report)) history.add(withNumbers(report));
    } catch {
      // An empty or a torn line.
    }
  }
  return history;
}

/** How a run has ended, so that another window can tell it. */
export type Outcome =
  | { readonly kind: "done" | "stopped" }
  | { readonly kind: "failed"; readonly diagnostics: readonly Diagnostic[]; readonly placed: boolean };

/** Undefined of a run that goes on, or was cut short, or was made in a terminal. */
export async function savedOutcome(folder: string): Promise<Outcome | undefined> {
  try {
    const outcome: unknown = JSON.parse(await readFile(path.join(folder, outcomeFile), "utf8"));
    return isOutcome(outcome) ? outcome : undefined;
  } catch {
    return undefined;
  }
}

/** Until the run is continued. A folder that cannot be written keeps no outcome, which is all that is lost. */
export async function saveOutcome(folder: string, outcome: Outcome): Promise<void> {
  await writeFile(path.join(folder, outcomeFile), JSON.stringify(outcome)).catch(() => undefined);
}

const isOutcome = either(
  shape({ kind: oneOf("done", "stopped") }),
  shape({
    kind: oneOf("failed"),
    diagnostics: (value) =>
      Array.isArray(value) &&
      value.length > 0 &&
      value.every(
        shape({
          code: isString,
          severity: oneOf("error", "warning", "information"),
          message: isString,
          source: isSource,
          data: optional(shape({})),
        }),
      ),
    placed: isBoolean,
  }),
) as (value: unknown) => value is Outcome;

/** The file to show of a run: its history, or the folder where there is none. */
export async function shownFileOf(folder: string): Promise<string> {
  const file = path.join(folder, historyFile);
  return (await stat(file).catch(() => undefined)) === undefined ? folder : file;
}

function isReport(value: unknown): value is TrainingReport {
  if (typeof value !== "object" || value === null) return false;
  const { step, steps, metrics, gradientNorms, validation } = value as Record<string, unknown>;
  const isTable = (table: unknown): boolean => typeof table === "object" && table !== null && !Array.isArray(table);
  return (
    Number.isInteger(step) &&
    Number.isInteger(steps) &&
    isTable(metrics) &&
    isTable(gradientNorms) &&
    (validation === undefined || (isTable(validation) && isTable((validation as Record<string, unknown>)["metrics"])))
  );
}

/** JSON has null where a number was not finite. */
function withNumbers(report: TrainingReport): TrainingReport {
  const numbers = (table: Readonly<Record<string, number | null>>): Record<string, number> =>
    Object.fromEntries(Object.entries(table).map(([name, value]) => [name, value ?? NaN]));
  const { loss, metrics, gradientNorms, validation } = report;
  const number = (value: number | null): number => value ?? NaN;
  return {
    ...report,
    loss: number(loss),
    metrics: numbers(metrics),
    gradientNorms: numbers(gradientNorms),
    ...(validation === undefined
      ? {}
      : { validation: { loss: number(validation.loss), metrics: numbers(validation.metrics) } }),
  };
}
