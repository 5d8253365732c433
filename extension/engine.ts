/** What the extension asks of the engine. `EngineClient` of engine/process answers; tests put their own in its place. */
import type { Question, TrainOptions } from "../engine/process/client.ts";
import type {
  CheckRequest,
  CheckSummary,
  FunctionCheck,
  Notifications,
  Outline,
  Questions,
  TraceRequest,
  TraceSummary,
} from "../engine/process/protocol.ts";
import type { Executor, TrainAnswer, TrainRequest } from "../engine/process/trainingProtocol.ts";

export type Progress = Notifications["progress"];

export interface TraceOptions {
  readonly cancellation: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

export interface CheckOptions extends TraceOptions {
  /** Called with each function as soon as it has been checked. */
  readonly onChecked: (check: FunctionCheck) => void;
  /** Compared with float64, besides the processor. */
  readonly executor?: Executor;
}

/** One engine process that holds the traces of one run of one file. */
export interface TraceSession {
  readonly summary: TraceSummary;
  ask<M extends Question>(method: M, params: Questions[M][0]): Promise<Questions[M][1]>;
  dispose(): void;
}

export interface Engine {
  outline(file: string, text: string): Promise<Outline>;
  trace(request: TraceRequest, options: TraceOptions): Promise<TraceSession>;
  /** The same for a text that nobody has written yet: behind everything else, and what it prints is not told. */
  tryOut(request: TraceRequest, options: { readonly cancellation?: AbortSignal }): Promise<TraceSession>;
  check(request: CheckRequest, options: CheckOptions): Promise<CheckSummary>;
  train(request: Omit<TrainRequest, "executor">, options: TrainOptions): Promise<TrainAnswer>;
  restart(): void;
  dispose(): void;
}

/** The run was cancelled, by a person or by a newer run. */
export class Cancelled extends Error {
  override readonly name = "Cancelled";
}
