/**
 * Where a run is kept: `.adjoint/runs/<model>/<time>/` with `weights.safetensors` (parameters under their own names, the
 * optimizer's state under `optimizer.`) and `history.jsonl`. Weights are written beside the last ones and then put in
 * their place, so that whatever happens, whole ones are there. An editor adds `outcome.json`, which tells how the run ended.
 */
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import type { Weights } from "../execute/executor.ts";
import type { Leaves } from "../execute/leaves.ts";
import { describeShape, sameShape } from "../tape/shape.ts";
import { decodeTensors, encodeTensors, type NamedTensor } from "./safetensors.ts";

export const weightsFile = "weights.safetensors";
export const historyFile = "history.jsonl";
const outcomeFile = "outcome.json";
/** Preceded by the model's file: models of one name in two files may be trained at a time. */
const lockEnding = ".running.json";
const statePrefix = "optimizer.";

/** Why nothing can be kept, or nothing continued. The message is one whole sentence. */
export class RunFolderError extends Error {
  override name = "RunFolderError";
}

/** What a later run goes on from. */
export interface Checkpoint {
  readonly weights: Weights;
  readonly step: number;
}

export class RunFolder {
  readonly folder: string;
  /** Of the model, relative to the workspace: models of one name in two files are two models. */
  readonly #file: string;
  readonly #lock: string;

  private constructor(folder: string, file: string) {
    this.folder = folder;
    this.#file = file;
    this.#lock = path.join(path.dirname(folder), file.replaceAll("/", "-") + lockEnding);
  }

  /** A new folder for a run that begins now. Throws a RunFolderError where it cannot be made, or the model is being trained. */
  static create(workspace: string, model: string, file: string): RunFolder {
    const parent = runsOf(workspace, model);
    const name = new Date().toISOString().replace(/[:.]/g, "-");
    return RunFolder.#locked(workspace, model, path.join(parent, name), file);
  }

  /** The latest run of a model of this file that has weights. Throws a RunFolderError where there is none. */
  static latest(workspace: string, model: string, file: string): RunFolder {
    const parent = runsOf(workspace, model);
    let names: string[] = [];
    try {
      names = readdirSync(parent, { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && readdirSync(path.join(parent, entry.name)).includes(weightsFile))
        .map((entry) => entry.name)
        .sort();
    } catch {
      // No run was ever kept.
    }
    const own = fileIn(workspace, file);
    const last = names.findLast((name) => [own, undefined].includes(fileOf(path.join(parent, name))));
    if (last === undefined) {
      const others = names.length === 0 ? "" : ` Those that are there are of a ${model} in another file than ${own}.`;
      throw new RunFolderError(
        `There is no run of ${model} to continue in ${path.join(".adjoint", "runs", model)}.${others}`,
      );
    }
    return RunFolder.#locked(workspace, model, path.join(parent, last), file);
  }

  static #locked(workspace: string, model: string, folder: string, file: string): RunFolder {
    const run = new RunFolder(folder, fileIn(workspace, file));
    const other = lockedBy(run.#lock);
    if (other !== undefined)
      throw new BusyError(`${model} is being trained already (process ${other}): stop that run first.`);
    try {
      mkdirSync(folder, { recursive: true });
      const ignore = path.join(workspace, ".adjoint", ".gitignore");
      writeFileSync(ignore, "*\n");
      // A run that is continued, wherever that is, has not ended as it did before.
      rmSync(path.join(folder, outcomeFile), { force: true });
    } catch (error) {
      throw new RunFolderError(
        `The run is not saved, because ${path.join(workspace, ".adjoint")} cannot be written (${reasonOf(error)}).`,
      );
    }
    writeFileSync(run.#lock, JSON.stringify({ process: process.pid }));
    return run;
  }

  /** A run that never came to save anything leaves no folder behind. */
  release(): void {
    if (lockedBy(this.#lock) === undefined) rmSync(this.#lock, { force: true });
    try {
      rmdirSync(this.folder);
    } catch {
      // It holds a run.
    }
  }

  save(leaves: Leaves, { weights, step }: Checkpoint): void {
    const named = (
      prefix: string,
      list: Leaves["state"]["leaves"],
      data: Weights["parameters" | "state"],
    ): NamedTensor[] =>
      list.map(({ path: name, shape }, k) => ({
        name: `${prefix}${name === "" ? "value" : name}`,
        shape,
        data: data[k]!,
      }));
    const tensors = [
      ...named("", leaves.model.parameters.leaves, weights.parameters),
      ...named(statePrefix, leaves.state.leaves, weights.state),
    ];
    const { optimizer, seed } = leaves.model;
    const metadata = { file: this.#file, step: String(step), optimizer: optimizer.name, seed: String(seed) };
    const temporary = path.join(this.folder, `${weightsFile}.${process.pid}.tmp`);
    writeFileSync(temporary, encodeTensors({ tensors, metadata }), { flush: true });
    renameSync(temporary, path.join(this.folder, weightsFile));
  }

  log(line: object): void {
    appendFileSync(path.join(this.folder, historyFile), `${JSON.stringify(line)}\n`);
  }

  /** Throws a RunFolderError where the weights do not fit the model as it is now. */
  load(leaves: Leaves): Checkpoint {
    const file = path.join(this.folder, weightsFile);
    const fail = (why: string): RunFolderError => new RunFolderError(`${file} cannot be continued from: ${why}.`);
    let read;
    try {
      read = decodeTensors(readFileSync(file));
    } catch (error) {
      throw fail((error as Error).message);
    }
    const { metadata } = read;
    if (metadata["optimizer"] !== leaves.model.optimizer.name)
      throw fail(`it was trained with ${metadata["optimizer"] ?? "another optimizer"}`);
    const tensors = new Map(read.tensors.map((tensor) => [tensor.name, tensor]));
    const found = (prefix: string, list: Leaves["state"]["leaves"]): (Float32Array | Float64Array)[] =>
      list.map(({ path: name, shape }) => {
        const full = `${prefix}${name === "" ? "value" : name}`;
        const tensor = tensors.get(full);
        if (tensor === undefined) throw fail(`it has no ${full}`);
        if (sameShape(tensor.shape, shape)) return tensor.data;
        throw fail(`its ${full} is ${describeShape(tensor.shape)}, the model's ${describeShape(shape)}`);
      });
    return {
      weights: {
        parameters: found("", leaves.model.parameters.leaves).map((data) => Float32Array.from(data)),
        state: found(statePrefix, leaves.state.leaves),
      },
      step: Number(metadata["step"] ?? 0),
    };
  }
}

/** Another process is training the model. */
export class BusyError extends RunFolderError {}

function runsOf(workspace: string, model: string): string {
  return path.join(workspace, ".adjoint", "runs", model);
}

/** As it is kept with the weights: the same on every system. */
function fileIn(workspace: string, file: string): string {
  return path.relative(workspace, file).split(path.sep).join("/");
}

/** Of the model whose weights these are. Undefined where they do not tell, or cannot be read: loading says why. */
function fileOf(folder: string): string | undefined {
  try {
    return decodeTensors(readFileSync(path.join(folder, weightsFile))).metadata["file"];
  } catch {
    return undefined;
  }
}

/** The process that holds a lock, where it is another one and still there. */
function lockedBy(lock: string): number | undefined {
  try {
    const { process: id } = JSON.parse(readFileSync(lock, "utf8")) as { process: number };
    if (id === process.pid) return undefined;
    process.kill(id, 0);
    return id;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM" ? -1 : undefined;
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === "EACCES" || code === "EPERM" || code === "EROFS" ? "it is read-only" : message;
}
