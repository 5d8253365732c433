/** One model of one file: the run that it is in, or was in last. Knows nothing of VS Code. */
import path from "node:path";
import type { Diagnostic, Limits } from "../../engine/process/protocol.ts";
import type {
  TrainAnswer,
  TrainingProgress,
  TrainingReport,
  TrainingSummary,
} from "../../engine/process/trainingProtocol.ts";
import type { Engine } from "../engine.ts";
import { describe, isCancelled } from "../failure.ts";
import { findGpu, PageError, PageExecutor, UnsupportedError, type GpuPage } from "./gpu.ts";
import { History, type Curves } from "./history.ts";
import { PaceMeter, type Pace } from "./pace.ts";
import type { RunFacts, TrainingAct, TrainingState, UsedDevice } from "./protocol.ts";
import { historyOf, latestRun, savedOutcome, saveOutcome, savedStep, type Outcome } from "./savedRuns.ts";
import {
  cutShort,
  gpuLost,
  gpuRefused,
  isAboutModel,
  neverCameBack,
  noGpu,
  notSavedOutside,
  reasons,
  type DeviceSetting,
} from "./texts.ts";

export interface TrainingWishes {
  /** What is trained: the document's text as it is now. */
  readonly text: string;
  readonly device: DeviceSetting;
  /** The person asked for the CPU in place of what is set. */
  readonly onCpu: boolean;
  readonly continues: boolean;
  readonly limits: Limits;
}

export interface TrainingListener {
  readonly changed: (training: Training) => void;
  readonly reported: (training: Training, report: TrainingReport) => void;
  /** The curves were replaced as a whole. */
  readonly redrawn: (training: Training) => void;
}

export interface TrainingOptions {
  readonly file: string;
  readonly model: string;
  /** The folder whose `.adjoint/runs` keeps runs. */
  readonly workspace: string | undefined;
  readonly engine: Pick<Engine, "train">;
  readonly page: GpuPage;
  readonly listener: TrainingListener;
}

interface Chosen {
  readonly executor: PageExecutor | undefined;
  readonly reason: string;
}

export class Training {
  readonly file: string;
  readonly model: string;
  readonly #options: TrainingOptions;
  readonly #pace = new PaceMeter();
  #state: TrainingState;
  #history = new History();
  #stop: AbortController | undefined;
  #facts: RunFacts;
  /** Settles when what was told last of the run's end is written. */
  #kept: Promise<void> = Promise.resolve();
  /** The text of the newest run, to which the places of its findings refer. */
  text: string | undefined;
  /** About the model, of the newest run. */
  findings: readonly Diagnostic[] = [];

  constructor(options: TrainingOptions) {
    this.#options = options;
    this.file = options.file;
    this.model = options.model;
    this.#facts = this.#newFacts();
    this.#state = this.#untrained();
  }

  get state(): TrainingState {
    return this.#state;
  }

  get curves(): Curves {
    return this.#history.curves;
  }

  get latest(): TrainingReport | undefined {
    return this.#history.latest;
  }

  get pace(): Pace | undefined {
    return this.#pace.pace;
  }

  get busy(): boolean {
    return this.#state.kind === "starting" || this.#state.kind === "running";
  }

  /** Whether the run that goes on needs the page. */
  get onPage(): boolean {
    return this.busy && this.#facts.device?.kind === "gpu";
  }

  /** What an earlier run has left, where this one has not been in any. */
  async restore(): Promise<void> {
    const { workspace } = this.#options;
    const saved = workspace === undefined ? undefined : await latestRun(workspace, this.model, this.file);
    if (saved === undefined) return;
    const [history, outcome] = await Promise.all([historyOf(saved.folder), savedOutcome(saved.folder)]);
    if (this.#state.kind !== "empty") return;
    this.#history = history;
    this.#facts = { ...this.#newFacts(), folder: saved.folder };
    const { latest } = history;
    this.#options.listener.redrawn(this);
    const continues = saved.step > 0;
    if (outcome?.kind === "failed") {
      const { diagnostics, placed } = outcome;
      const offers: readonly TrainingAct[] = continues ? ["train", "continue"] : ["train"];
      this.#show({ kind: "failed", run: this.#facts, diagnostics, placed, offers });
      return;
    }
    const ended = latest === undefined || saved.step >= latest.steps;
    if (!ended && outcome === undefined) this.#notice(cutShort(saved.step));
    this.#show({ kind: ended ? "done" : "stopped", run: this.#facts, restored: true, continues });
  }

  /** Settles when the run has ended, however; the state says how. */
  async train(wishes: TrainingWishes): Promise<void> {
    if (this.busy) throw new Error(`${this.model} is being trained already: stop that run first.`);
    const { workspace } = this.#options;
    const stop = new AbortController();
    this.#stop = stop;
    this.text = wishes.text;
    this.findings = [];
    this.#pace.reset();
    this.#facts = this.#newFacts(workspace === undefined ? [notSavedOutside] : []);
    this.#starting(wishes.continues ? "Reading the latest run" : "Loading the model and its data");
    await this.#beginHistory(wishes.continues);
    try {
      const wanted = wishes.onCpu ? "cpu" : wishes.device;
      await this.#run(wishes, wanted, wishes.onCpu ? reasons.chosen : reasons.set, stop.signal);
    } catch (error) {
      if (isCancelled(error)) this.#show({ kind: "stopped", run: this.#facts, restored: false, continues: false });
      else this.#failAbout("engine-error", describe(error), ["train"]);
    } finally {
      this.#stop = undefined;
      await this.#kept;
    }
  }

  /** Ends the run after the step that is being made. */
  stop(): void {
    if (!this.busy || this.#stop?.signal.aborted !== false) return;
    this.#stop.abort();
    if (this.#state.kind === "running") this.#show({ kind: "running", run: this.#facts, stopping: true });
  }

  async #run(wishes: TrainingWishes, wanted: DeviceSetting, reason: string, stop: AbortSignal): Promise<void> {
    const chosen = await this.#choose(wanted, reason);
    if (chosen === undefined) return;
    const { workspace } = this.#options;
    const { executor } = chosen;
    this.#starting("Tracing and compiling the first step");
    const { limits, text, continues } = wishes;
    const answer = await this.#options.engine
      .train(
        {
          file: this.file,
          text,
          model: this.model,
          limits,
          ...(continues ? { continues } : {}),
          ...(workspace === undefined ? {} : { workspace }),
        },
        {
          stop,
          ...(executor === undefined ? {} : { executor }),
          onTraining: (told) => this.#told(told, chosen.reason),
        },
      )
      .finally(() => executor?.dispose());
    if (answer.summary !== undefined) {
      this.#finished(answer, answer.summary);
      return;
    }
    if (executor?.failure instanceof UnsupportedError && !stop.aborted) {
      if (wanted === "gpu") {
        this.#failAbout("gpu-unsupported", gpuRefused(executor.failure.message), ["trainOnCpu"]);
        return;
      }
      this.#notice(`The run began again on the CPU. ${reasons.refused(executor.failure.message)}`);
      await this.#beginHistory(continues);
      return this.#run(wishes, "cpu", reasons.refused(executor.failure.message), stop);
    }
    return this.#ended(answer, executor, stop);
  }

  /** Undefined where the wish cannot be met, which has been said. */
  async #choose(wanted: DeviceSetting, reason: string): Promise<Chosen | undefined> {
    if (wanted === "cpu") return { executor: undefined, reason };
    this.#starting("Looking for a graphics card");
    const { page } = this.#options;
    const found = await findGpu(page).catch((error: unknown) => {
      if (!(error instanceof PageError)) throw error;
      return { unavailable: error.message };
    });
    if (wanted === "gpu") {
      if ("renderer" in found) return { executor: new PageExecutor(page, found), reason };
      this.#failAbout("gpu-unavailable", noGpu(found.unavailable), ["trainOnCpu", "openSettings"]);
      return undefined;
    }
    if (!("renderer" in found)) return { executor: undefined, reason: reasons.unavailable(found.unavailable) };
    if (!found.software) return { executor: new PageExecutor(page, found), reason: reasons.hardware };
    page.release();
    return { executor: undefined, reason: reasons.software(found.renderer) };
  }

  #told(told: TrainingProgress, reason: string): void {
    switch (told.kind) {
      case "begin": {
        const { device, executor, folder } = told;
        const used: UsedDevice = { ...device, executor, reason };
        this.#facts = { ...this.#facts, device: used, ...(folder === undefined ? {} : { folder }) };
        this.#show({ kind: "running", run: this.#facts, stopping: this.#stop?.signal.aborted === true });
        return;
      }
      case "report":
        this.#history.add(told.report);
        this.#pace.add(told.report);
        this.#options.listener.reported(this, told.report);
        return;
      case "notice":
        this.#notice(told.message);
        this.#show({ ...this.#state, run: this.#facts } as TrainingState);
        return;
    }
  }

  #finished({ diagnostics }: TrainAnswer, { stopped, folder, executor }: TrainingSummary): void {
    const { device } = this.#facts;
    this.findings = diagnostics.filter(isAboutModel);
    // Where a program could not be kept compiled, the tracer made the steps.
    if (device !== undefined) this.#facts = { ...this.#facts, device: { ...device, executor } };
    const kind = stopped ? "stopped" : "done";
    this.#keep({ kind });
    this.#show({ kind, run: this.#facts, restored: false, continues: folder !== undefined });
  }

  /** A run that gave no summary. */
  async #ended({ diagnostics }: TrainAnswer, executor: PageExecutor | undefined, stop: AbortSignal): Promise<void> {
    const { folder } = this.#facts;
    const saved = folder === undefined ? undefined : await savedStep(folder);
    if (stop.aborted) {
      this.#notice(neverCameBack);
      this.#keep({ kind: "stopped" });
      this.#show({ kind: "stopped", run: this.#facts, restored: false, continues: saved !== undefined });
      return;
    }
    if (executor?.failure !== undefined && diagnostics.some(({ code }) => code === "executor-failed")) {
      const message = gpuLost(executor.failure.message, this.latest?.step, saved);
      this.#failAbout("gpu-lost", message, saved === undefined ? ["trainOnCpu", "train"] : ["continueOnCpu", "train"]);
      return;
    }
    const again: TrainingAct[] = diagnostics.some(({ code }) => code === "already-training")
      ? []
      : saved === undefined || saved === 0
        ? ["train"]
        : ["train", "continue"];
    this.#fail(diagnostics, again);
  }

  #failAbout(code: string, message: string, offers: readonly TrainingAct[]): void {
    const source = { file: this.file, line: 1, column: 1, endLine: 1, endColumn: 1 };
    this.#fail([{ code, severity: "error", message, source }], offers);
  }

  #fail(diagnostics: readonly Diagnostic[], offers: readonly TrainingAct[]): void {
    this.findings = diagnostics.filter(isAboutModel);
    const placed = diagnostics.every(isAboutModel);
    this.#keep({ kind: "failed", diagnostics, placed });
    this.#show({ kind: "failed", run: this.#facts, diagnostics, placed, offers });
  }

  /** Tells other windows how the run in the folder has ended. */
  #keep(outcome: Outcome): void {
    const { folder } = this.#facts;
    if (folder !== undefined) this.#kept = this.#kept.then(() => saveOutcome(folder, outcome));
  }

  /** A run that is continued has its curves behind it. */
  async #beginHistory(continues: boolean): Promise<void> {
    const { workspace } = this.#options;
    const saved = continues && workspace !== undefined ? await latestRun(workspace, this.model, this.file) : undefined;
    this.#history = saved === undefined ? new History() : await historyOf(saved.folder);
    this.#pace.reset();
    this.#options.listener.redrawn(this);
  }

  #starting(doing: string): void {
    this.#show({ kind: "starting", run: this.#facts, doing });
  }

  #notice(message: string): void {
    this.#facts = { ...this.#facts, notices: [...this.#facts.notices.filter((known) => known !== message), message] };
  }

  #show(state: TrainingState): void {
    this.#state = state;
    this.#options.listener.changed(this);
  }

  #newFacts(notices: readonly string[] = []): RunFacts {
    return { model: this.model, file: this.file, fileName: path.basename(this.file), notices };
  }

  #untrained(): TrainingState {
    return {
      kind: "empty",
      reason: "no-run",
      title: `${this.model} has not been trained yet`,
      text: "Its loss, its metrics and the size of its gradients will stand here while it learns.",
      offer: "train",
    };
  }
}
