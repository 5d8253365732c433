/**
 * The channel between the training page (webview/training/) and the extension. Types only. Packed and unpacked on both sides
 * as the panel's is (see ../panel/protocol.ts).
 *
 * The page holds the graphics card: it answers `findGpu` and `call`, whether it is visible or not. It sends `ready` once it
 * listens, and again whenever it is loaded anew: what it was asked before is then lost. The answers are `settings`, `show`
 * and `curves`. It keeps a `TrainingMemory` with `setState`: it is what comes back after a reload of the window.
 */
import type { Diagnostic, SourceRange } from "../../engine/process/protocol.ts";
import type { Device, ExecutorCall, TrainingReport } from "../../engine/process/trainingProtocol.ts";
import type { Result } from "../panel/protocol.ts";
import type { Curves } from "./history.ts";

// ------------------------------------------------------------------------------------------------- extension → page

export type ToTrainingPage =
  /** Replaces everything but the curves. */
  | { readonly type: "show"; readonly state: TrainingState }
  /** Replaces the curves and the latest figures. */
  | { readonly type: "curves"; readonly curves: Curves; readonly latest: TrainingReport | undefined }
  /** Goes on from them. */
  | { readonly type: "report"; readonly report: TrainingReport }
  | { readonly type: "settings"; readonly settings: TrainingSettings }
  /** Answered with a `FoundGpu`. A graphics card found earlier is let go. */
  | { readonly type: "findGpu"; readonly id: number }
  /** Of the executor found last. Answered with what it gives. */
  | { readonly type: "call"; readonly id: number; readonly call: ExecutorCall }
  /** Lets the graphics card go. */
  | { readonly type: "release" };

export interface TrainingSettings {
  /** Significant digits of the numbers shown. */
  readonly digits: number;
}

export type TrainingState = Empty | Starting | Running | Ended | Failed;

/** Nothing to show, and what to do about it. */
export interface Empty {
  readonly kind: "empty";
  readonly reason: "no-run" | "untrusted" | "no-model";
  readonly title: string;
  readonly text: string;
  readonly offer?: TrainingAct;
}

/** What is being trained, on what. */
export interface RunFacts {
  readonly model: string;
  /** Absolute path. */
  readonly file: string;
  readonly fileName: string;
  /** Where steps really run, once that is known. */
  readonly device?: UsedDevice;
  /** What should be known of the run, each a sentence. */
  readonly notices: readonly string[];
  /** Where it is saved. */
  readonly folder?: string;
}

export interface UsedDevice extends Device {
  /** "portable", "gpu.js". */
  readonly executor: string;
  /** Why this one, as the end of a sentence: "because this machine has a graphics card". */
  readonly reason: string;
}

export interface Starting {
  readonly kind: "starting";
  readonly run: RunFacts;
  readonly doing: string;
}

export interface Running {
  readonly kind: "running";
  readonly run: RunFacts;
  /** It was told to stop, and makes its last step. */
  readonly stopping: boolean;
}

export interface Ended {
  readonly kind: "done" | "stopped";
  readonly run: RunFacts;
  /** When this run ended before the window was opened, its figures are read from its folder. */
  readonly restored: boolean;
  readonly continues: boolean;
}

export interface Failed {
  readonly kind: "failed";
  readonly run: RunFacts;
  /** At least one. */
  readonly diagnostics: readonly Diagnostic[];
  /** Whether the diagnostics are about the model, and so have places in it. */
  readonly placed: boolean;
  /** What may help, the best first. */
  readonly offers: readonly TrainingAct[];
}

// ------------------------------------------------------------------------------------------------- page → extension

export type FromTrainingPage =
  | { readonly type: "ready" }
  /** To the request of the same id. */
  | { readonly type: "answer"; readonly id: number; readonly result: GpuResult }
  /** The card found last is gone: there may be no call that would tell. */
  | { readonly type: "act"; readonly act: TrainingAct }
  /** Shows a place in the editor. */
  | { readonly type: "reveal"; readonly source: SourceRange }
  /** Something went wrong in the page: for the log. */
  | { readonly type: "log"; readonly level: "error" | "warning" | "information"; readonly message: string };

export type TrainingAct =
  | "train"
  | "continue"
  | "stop"
  | "trainOnCpu"
  | "continueOnCpu"
  | "showModel"
  | "showSaved"
  | "openSettings"
  | "showLog"
  | "manageTrust";

/** `unsupported`: the program cannot run there, whatever is tried; another executor may run it. */
export type GpuResult = Result<unknown> | { readonly error: string; readonly unsupported: true };

export type FoundGpu =
  | { readonly renderer: string; readonly software: boolean; readonly name: string; readonly device: Device }
  /** Why there is none: one sentence. */
  | { readonly unavailable: string };

/** What the page keeps with `setState`. */
export interface TrainingMemory {
  readonly file: string;
  readonly model: string;
}
