/** Training over the channel of `protocol.ts`. Types only. */
import type { Executor } from "../execute/executor.ts";
import type { TrainingReport, TrainingSummary } from "../train/report.ts";
import type { Diagnostic, Outline } from "../language/instrument/sourceReport.ts";
import type { Limits } from "./protocol.ts";

export type { Device, Executor, Residents, StepResult, Weights } from "../execute/executor.ts";
export type { Program } from "../execute/program.ts";
export type { Judged, TrainingReport, TrainingSummary } from "../train/report.ts";

export interface TrainRequest {
  readonly file: string;
  /** The text to run where it differs from what is on disk (an unsaved editor). */
  readonly text?: string;
  /** The export that is the model; the first one when left out. */
  readonly model?: string;
  /** In place of what the model says. */
  readonly steps?: number;
  /** Go on from the latest run. */
  readonly continues?: boolean;
  /** The folder whose `.adjoint/runs` keeps the run; nothing is kept when left out. */
  readonly workspace?: string;
  /**
   * Where steps are run: by this process, or by the executor of whoever asks, which it then calls (see
   * `EngineClient.train`).
   */
  readonly executor: "portable" | "remote";
  /** Of every call of the model's own code: loading it, tracing a step. */
  readonly limits?: Partial<Limits>;
}

export interface TrainAnswer {
  readonly file: string;
  readonly outline: Outline;
  readonly model?: string;
  /** Undefined where training failed: `diagnostics` then says why. */
  readonly summary?: TrainingSummary;
  /** Also what should be known of a run that went well. */
  readonly diagnostics: readonly Diagnostic[];
}

/** What the engine tells while it trains. */
export type TrainingProgress =
  | {
      readonly kind: "begin";
      readonly model: string;
      readonly device: Executor["device"];
      readonly executor: string;
      /** Where the run is kept; undefined where it is not. */
      readonly folder?: string;
    }
  | { readonly kind: "report"; readonly report: TrainingReport }
  | { readonly kind: "notice"; readonly message: string };

/** A call of the asker's executor. Methods and values are those of `Executor`. */
export interface ExecutorCall {
  readonly method: "describe" | "load" | "prepare" | "run" | "gradients" | "read" | "write";
  readonly parameters: readonly unknown[];
}
