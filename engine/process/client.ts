/** The engine as its users see it: one process for each run, a spare one warm, and none that can take them down. */
import type { Executor } from "../execute/executor.ts";
import { describeEnding } from "./endings.ts";
import { EngineProcess, ProcessEnded, type Ending, type ProcessOptions } from "./engineProcess.ts";
import { defaultLimits, limitsOf } from "./limits.ts";
import type {
  CheckRequest,
  CheckSummary,
  Diagnostic,
  FunctionCheck,
  FunctionTrace,
  Limits,
  Method,
  Notifications,
  Outline,
  Questions,
  TraceRequest,
  TraceSummary,
} from "./protocol.ts";
import type { TrainAnswer, TrainingProgress, TrainRequest } from "./trainingProtocol.ts";

export interface EngineClientOptions extends ProcessOptions {
  /** Keep a process ready for the next run. */
  readonly spare?: boolean;
}

export interface TraceOptions {
  /** Ends the run, and the process it is in. */
  readonly cancellation?: AbortSignal;
  readonly onProgress?: (progress: Notifications["progress"]) => void;
}

/** The run was cancelled. */
export class CancelledError extends Error {
  constructor() {
    super("The run was cancelled.");
    this.name = "AbortError";
  }
}

export type Question = Exclude<Method, "outline" | "trace" | "check" | "train" | "stopTraining">;

export interface CheckOptions extends TraceOptions {
  /** Called with each function as soon as it has been checked. */
  readonly onChecked?: (check: FunctionCheck) => void;
  /** Compared with float64, besides the processor. */
  readonly executor?: Executor;
}

export interface TrainOptions {
  /** Ends the run after the step that is being made. */
  readonly stop?: AbortSignal;
  /** Runs the steps in the engine's place. */
  readonly executor?: Executor;
  readonly onProgress?: (progress: Notifications["progress"]) => void;
  readonly onTraining?: (progress: TrainingProgress) => void;
}

/** A training that was told to stop has so long to make its step and to save. */
const stopWithinMs = 10_000;
/** Questions are answered in milliseconds: whoever takes longer is held up by what the model has left running. */
const answerWithinMs = 15_000;
/** Starting takes a part of a second, but many times that where others keep the processor busy. */
const startWithinMs = 60_000;
/** What a process may be late with ending itself. */
const endWithinMs = 5000;
/** A run that takes longer than this doesn't notice that the next spare process starts. */
const spareAfterMs = 500;
/** After so many functions of a file have ended their process, the others are not tried any more. */
const mostLost = 3;

export class EngineClient {
  readonly #options: EngineClientOptions;
  readonly #processes = new Set<EngineProcess>();
  #spare: EngineProcess | undefined;
  #disposed = false;

  constructor(options: EngineClientOptions) {
    this.#options = options;
    this.#keepSpare();
  }

  /** What stands in a file, without running it. Rejects when the engine cannot be started. */
  async outline(file: string, text?: string): Promise<Outline> {
    const spare = (this.#spare ??= this.#start(defaultLimits));
    try {
      return await spare.ask("outline", { file, ...(text === undefined ? {} : { text }) });
    } catch (error) {
      if (this.#spare === spare) this.#spare = undefined;
      throw asFailure(error);
    } finally {
      if (this.#options.spare !== true && this.#spare === spare) spare.unref();
    }
  }

  /**
   * Runs a file. Whatever goes wrong in it is told in the summary; rejects only when the run is cancelled (AbortError) or
   * the engine cannot be started.
   */
  async trace(request: TraceRequest, options: TraceOptions = {}): Promise<TraceSession> {
    const lost: FunctionTrace[] = [];
    let left = request;
    for (;;) {
      const engine = this.#take(limitsOf(request.limits));
      let ending: Ending;
      try {
        const summary = await this.#run(engine, "trace", left, options);
        return new TraceSession(engine, merge(summary, lost, request));
      } catch (error) {
        engine.kill();
        if (!(error instanceof ProcessEnded)) throw asDefect(error);
        ending = error.ending;
      }
      if (options.cancellation?.aborted === true) throw new CancelledError();
      const outline = await this.#outlineOf(request);
      const ended = describeEnding(ending, request, outline);
      if (ended.trace === undefined)
        return new TraceSession(engine, {
          file: request.file,
          outline,
          functions: lost,
          diagnostics: [ended.diagnostic],
        });
      lost.push(ended.trace);
      // What else is asked for goes into another process, without the function that ended this one.
      const rest = remaining(left, outline, ended.trace.function);
      if (rest.length === 0 || lost.length === mostLost)
        return new TraceSession(engine, {
          file: request.file,
          outline,
          functions: lost,
          diagnostics: rest.map((name) => notTried(name, outline, request.file)),
        });
      left = { ...left, functions: rest };
    }
  }

  /**
   * Checks the gradients of a file's functions, each in a process of its own. Whatever goes wrong in them is told in the
   * summary; rejects only when the check is cancelled (AbortError) or the engine cannot be started.
   */
  async check(request: CheckRequest, options: CheckOptions = {}): Promise<CheckSummary> {
    const { file } = request;
    let outline = await this.outline(file, request.text);
    const names = [...(request.functions ?? tracedByDefault(outline))];
    // Without a function of its own to check, a run tells why there is none, or checks what the file hands on from others.
    if (names.length === 0) {
      const summary = await this.#checkOne(request, outline, options);
      for (const check of summary.functions) options.onChecked?.(check);
      return summary;
    }
    const functions: FunctionCheck[] = [];
    const diagnostics: Diagnostic[] = [];
    const files = new Set<string>();
    for (const name of names) {
      const summary = await this.#checkOne({ ...request, functions: [name] }, outline, options);
      for (const check of summary.functions) {
        functions.push(check);
        options.onChecked?.(check);
      }
      for (const ran of summary.files ?? []) files.add(ran);
      // What the file hands on from others is known once it has been loaded, and is checked too.
      if (summary.outline.functions.length > outline.functions.length) ({ outline } = summary);
      if (request.functions === undefined)
        names.push(...tracedByDefault(outline).filter((found) => !names.includes(found)));
      diagnostics.push(
        ...summary.diagnostics.filter((found) => !diagnostics.some((known) => sameFinding(known, found))),
      );
      // The file itself could not be loaded: the next function would fare no better.
      if (summary.functions.length === 0 && summary.diagnostics.some(({ severity }) => severity === "error")) break;
    }
    const passed =
      functions.every((check) => check.passed) && !diagnostics.some(({ severity }) => severity === "error");
    return { file, files: [...files], outline, passed, functions, diagnostics };
  }

  async #checkOne(request: CheckRequest, outline: Outline, options: CheckOptions): Promise<CheckSummary> {
    const { executor } = options;
    const engine = this.#take(limitsOf(request.limits));
    engine.executor = executor;
    try {
      const asked: CheckRequest = executor === undefined ? request : { ...request, executor: "remote" };
      return await this.#run(engine, "check", asked, options);
    } catch (error) {
      if (!(error instanceof ProcessEnded)) throw error;
      if (options.cancellation?.aborted === true) throw new CancelledError();
      const { diagnostic, trace } = describeEnding(error.ending, request, outline);
      const found = outline.functions.find(({ name }) => name === trace?.function);
      const { file } = request;
      if (found === undefined) return { file, outline, passed: false, functions: [], diagnostics: [diagnostic] };
      const failed: FunctionCheck = {
        function: found.name,
        source: found.source,
        nameSource: found.nameSource,
        passed: false,
        parameters: [],
        directions: [],
        coverage: { elements: 0, checked: 0, directions: 0 },
        culprits: [],
        diagnostics: [diagnostic],
        milliseconds: 0,
      };
      return { file, outline, passed: false, functions: [failed], diagnostics: [] };
    } finally {
      engine.kill();
    }
  }

  /**
   * Trains a model of a file. Whatever goes wrong is told in the answer, also that a run was stopped by its signal, which
   * keeps the weights of the last step; rejects only when the engine cannot be started.
   */
  async train(request: Omit<TrainRequest, "executor">, options: TrainOptions = {}): Promise<TrainAnswer> {
    const { executor, stop, onTraining, onProgress } = options;
    const engine = this.#take(limitsOf(request.limits));
    engine.onProgress = onProgress;
    engine.onTraining = onTraining;
    engine.executor = executor;
    const end = (): void => {
      // A model that does not come back from a step is ended with its process; what was saved is kept.
      setTimeout(() => engine.kill(), stopWithinMs).unref();
      engine.ask("stopTraining", {}).catch(() => undefined);
    };
    try {
      if (stop?.aborted === true) throw new CancelledError();
      stop?.addEventListener("abort", end);
      return await engine.ask("train", { ...request, executor: executor === undefined ? "portable" : "remote" });
    } catch (error) {
      if (!(error instanceof ProcessEnded)) throw asDefect(error);
      const outline = await this.#outlineOf(request);
      const { diagnostic } = describeEnding(error.ending, request, outline);
      return { file: request.file, outline, diagnostics: [diagnostic] };
    } finally {
      stop?.removeEventListener("abort", end);
      engine.kill();
      this.#keepSpare();
    }
  }

  /** Ends every process. What is being asked rejects; the next question starts anew. */
  restart(): void {
    for (const engine of this.#processes) engine.kill();
    this.#spare = undefined;
    this.#keepSpare();
  }

  dispose(): void {
    this.#disposed = true;
    this.restart();
  }

  #run<M extends "trace" | "check">(
    engine: EngineProcess,
    method: M,
    request: Questions[M][0],
    options: TraceOptions,
  ): Promise<Questions[M][1]> {
    const { cancellation, onProgress } = options;
    if (cancellation?.aborted === true) return Promise.reject(new CancelledError());
    const cancel = (): void => engine.kill();
    cancellation?.addEventListener("abort", cancel);
    // The process watches its own clock, from when it loads the file; this one is for a process that cannot even do that.
    // A check goes on for as long as it tells of progress.
    let late = setTimeout(cancel, startWithinMs);
    const stop = (): void => engine.kill("time-limit");
    engine.onProgress = (progress) => {
      if (progress.stage === "loading") {
        clearTimeout(late);
        late = setTimeout(stop, limitsOf(request.limits).wallClockMs + endWithinMs);
      }
      if (progress.stage === "checking") late.refresh();
      onProgress?.(progress);
    };
    return engine.ask(method, request).finally(() => {
      clearTimeout(late);
      this.#keepSpare();
      cancellation?.removeEventListener("abort", cancel);
      engine.onProgress = undefined;
    });
  }

  async #outlineOf({ file, text }: TraceRequest): Promise<Outline> {
    try {
      return await this.outline(file, text);
    } catch {
      return { functions: [], diagnostics: [] };
    }
  }

  /** A process that has run nothing yet. */
  #take(limits: Limits): EngineProcess {
    const spare = this.#spare;
    this.#spare = undefined;
    const usable = spare?.alive === true && limits.memoryBytes === defaultLimits.memoryBytes;
    if (!usable) spare?.kill();
    const engine = usable ? spare : this.#start(limits);
    engine.ref();
    // Not at once: another process that starts would slow down this one's run.
    setTimeout(() => this.#keepSpare(), spareAfterMs).unref();
    return engine;
  }

  #keepSpare(): void {
    if (this.#options.spare === true && !this.#disposed) this.#spare ??= this.#start(defaultLimits);
  }

  #start(limits: Limits): EngineProcess {
    const engine = new EngineProcess(this.#options, limits);
    this.#processes.add(engine);
    void engine.ended.then(() => {
      this.#processes.delete(engine);
      if (this.#spare === engine) this.#spare = undefined;
    });
    return engine;
  }
}

/** The traces of one run, in the process that made them. */
export class TraceSession {
  readonly summary: TraceSummary;
  readonly #engine: EngineProcess;

  constructor(engine: EngineProcess, summary: TraceSummary) {
    this.#engine = engine;
    this.summary = summary;
  }

  /** Rejects when the process has gone away. */
  async ask<M extends Question>(method: M, params: Questions[M][0]): Promise<Questions[M][1]> {
    const late = setTimeout(() => this.#engine.kill(), answerWithinMs);
    try {
      return await this.#engine.ask(method, params);
    } catch (error) {
      throw asFailure(error);
    } finally {
      clearTimeout(late);
    }
  }

  dispose(): void {
    this.#engine.kill();
  }
}

/** What no model should be able to bring about. */
function asDefect(error: unknown): Error {
  if (error instanceof CancelledError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new Error(`Adjoint itself failed on this file, please report it: ${reason}`, { cause: error });
}

function asFailure(error: unknown): Error {
  if (!(error instanceof ProcessEnded)) return error instanceof Error ? error : new Error(String(error));
  const { errorOutput, progress } = error.ending;
  if (progress !== undefined)
    return new Error("The engine process that held this trace has ended: trace the file again.");
  const reason = errorOutput.split("\n").find((line) => /Error|error/.test(line));
  return new Error(`The engine process could not be started${reason === undefined ? "" : `: ${reason.trim()}`}.`);
}

function remaining(request: TraceRequest, outline: Outline, lost: string): string[] {
  return (request.functions ?? tracedByDefault(outline)).filter((name) => name !== lost);
}

function tracedByDefault(outline: Outline): string[] {
  return outline.functions
    .filter(({ traceable, parameters }) => traceable && parameters.length > 0)
    .map(({ name }) => name);
}

function sameFinding(a: Diagnostic, b: Diagnostic): boolean {
  return a.code === b.code && a.message === b.message;
}

/** In the order of the file, with those that ended their process in their places. */
function merge(summary: TraceSummary, lost: readonly FunctionTrace[], request: TraceRequest): TraceSummary {
  if (lost.length === 0) return summary;
  const order = request.functions ?? summary.outline.functions.map(({ name }) => name);
  const functions = [...summary.functions, ...lost].sort(
    (a, b) => order.indexOf(a.function) - order.indexOf(b.function),
  );
  return { ...summary, functions };
}

function notTried(name: string, outline: Outline, file: string): Diagnostic {
  const found = outline.functions.find((candidate) => candidate.name === name);
  return {
    code: "not-traced",
    severity: "warning",
    message: `${name} was not traced, because ${mostLost} other functions of this file had to be stopped.`,
    source: found?.nameSource ?? { file, line: 1, column: 1, endLine: 1, endColumn: 1 },
  };
}
