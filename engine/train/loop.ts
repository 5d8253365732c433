import { performance } from "node:perf_hooks";
import type { Executor, StepResult, Weights } from "../execute/executor.ts";
import { Leaves } from "../execute/leaves.ts";
import type { CheckedModel } from "../execute/record.ts";
import { GoodWeights, saveShare } from "./goodWeights.ts";
import { Pacer } from "./pacer.ts";
import type { Judged, TrainingReport, TrainingSummary } from "./report.ts";
import { Rows } from "./rows.ts";
import type { Checkpoint, RunFolder } from "./runFolder.ts";
import { Stepper } from "./stepper.ts";

export interface TrainingOptions {
  readonly model: CheckedModel;
  readonly executor: Executor;
  /** In place of what the model says. */
  readonly steps?: number;
  /** Go on from the weights in `folder`. */
  readonly continues?: boolean;
  /** Where the run is kept; nothing is, when undefined. */
  readonly folder?: RunFolder;
  readonly tapeBytes: number;
  readonly onReport: (report: TrainingReport) => void;
  readonly onNotice: (code: string, message: string) => void;
  /** Around every call of the model's own code. */
  readonly guarded?: <T>(trace: () => T) => T;
  /** Ends the run after the step that is being made. */
  readonly stop?: AbortSignal;
}

/** A loss or gradient came out NaN or infinite. The weights are those before that step. A later run goes on from good ones. */
export class NonFiniteError extends Error {
  override name = "NonFiniteError";
  readonly step: number;
  readonly result: StepResult;
  readonly rows: Int32Array;
  readonly leaves: Leaves;
  readonly weights: Weights;
  /** The loss of the first step and of the last that was finite. */
  readonly losses: readonly [first: number, last: number];
  /** After how many steps the weights are that were saved to go on from; undefined where none are saved. */
  readonly resumesAfter: number | undefined;

  constructor(
    failure: Pick<NonFiniteError, "step" | "result" | "rows" | "leaves" | "weights" | "losses" | "resumesAfter">,
  ) {
    super(`The loss or the gradient of step ${failure.step} is not finite.`);
    this.step = failure.step;
    this.result = failure.result;
    this.rows = failure.rows;
    this.leaves = failure.leaves;
    this.weights = failure.weights;
    this.losses = failure.losses;
    this.resumesAfter = failure.resumesAfter;
  }
}

/** A person does not read faster. */
const reportEveryMs = 100;
/** Of so many epochs each is told of, and followed by a validation; of more, as many as there is time for. */
const mostEpochsTold = 500;
/** Weights are saved at the end of an epoch, but not more often than this, */
const saveEveryMs = 1000;
/** and within a long epoch when this has passed. */
const saveWithinMs = 5000;
/** The history has each end of an epoch that is told of, and within a long epoch a line in this time. */
const logWithinMs = 1000;

/** Trains a model and gives what came of it. Throws what the model throws, a NonFiniteError and a TrainingError. */
export async function train(options: TrainingOptions): Promise<TrainingSummary> {
  const training = new Training(options);
  await training.begin();
  return training.finish();
}

class Training {
  readonly #options: TrainingOptions;
  readonly #leaves: Leaves;
  readonly #rows: Rows;
  readonly #stepper: Stepper;
  /** By number of rows. */
  readonly #judges = new Map<number, Stepper>();
  readonly #begin = performance.now();
  readonly #metricNames: string[] = [];
  #step = 0;
  #steps = 0;
  #firstStep = 0;
  #lossOfFirst: number | undefined;
  #lossOfLast = NaN;
  #sinceReport = new Mean();
  #epochMean = new Mean();
  #lastEpoch: Judged | undefined;
  #validation: Judged | undefined;
  #lastReport = 0;
  #unlogged: TrainingReport | undefined;
  #lastLog = 0;
  #lastSave = -Infinity;
  #saveMs = 0;
  #unsaved = false;
  #latest: StepResult | undefined;
  readonly #goodWeights = new GoodWeights();

  constructor(options: TrainingOptions) {
    this.#options = options;
    const { model } = options;
    this.#leaves = new Leaves(model);
    this.#rows = new Rows(model.examples, model.validationFraction, model.batchSize, model.seed);
    this.#stepper = this.#newStepper(true);
  }

  #newStepper(update: boolean): Stepper {
    const { executor, tapeBytes, guarded = <T>(trace: () => T): T => trace(), onNotice: notice } = this.#options;
    return new Stepper({ leaves: this.#leaves, executor, update, tapeBytes, guarded, notice });
  }

  async begin(): Promise<void> {
    const { model, executor, folder, continues, steps } = this.#options;
    const begin: Checkpoint =
      continues === true && folder !== undefined
        ? folder.load(this.#leaves)
        : { weights: this.#leaves.initial, step: 0 };
    this.#step = this.#firstStep = begin.step;
    this.#steps = begin.step + (steps ?? model.steps ?? model.epochs! * this.#rows.stepsPerEpoch);
    await executor.load(this.#leaves.residents(begin.weights));
    this.#goodWeights.keep(begin, 0);
  }

  async finish(): Promise<TrainingSummary> {
    const { executor, stop, folder, model } = this.#options;
    const perEpoch = this.#rows.stepsPerEpoch;
    const epochs = (this.#steps - this.#firstStep) / perEpoch;
    const pacer = new Pacer();
    while (this.#step < this.#steps && stop?.aborted !== true) {
      const batches = this.#batches(Math.min(pacer.count, this.#steps - this.#step));
      const begun = performance.now();
      const results = await this.#stepper.run(batches);
      pacer.ran(results.length, performance.now() - begun);
      for (const result of results) if (result.outcome === "done") this.#count(result);
      this.#goodWeights.judge(results);
      if (results.at(-1)!.outcome !== "done") {
        const result = results.at(-1)!;
        // What is told last is the step before the one that failed: both name the same place.
        if (this.#sinceReport.count > 0) this.#report(false);
        this.#log();
        const weights = await executor.read();
        const good = this.#goodWeights.after(this.#lossOfLast) ?? { weights, step: this.#step };
        this.#keep((kept) => kept.save(this.#leaves, good));
        throw new NonFiniteError({
          step: this.#step + 1,
          result,
          rows: batches[results.length - 1]!,
          leaves: this.#leaves,
          weights,
          losses: [this.#lossOfFirst ?? result.loss, this.#lossOfLast],
          resumesAfter: folder === undefined || this.#unsaved ? undefined : good.step,
        });
      }
      if (this.#goodWeights.due) {
        const asked = performance.now();
        const weights = await executor.read();
        this.#goodWeights.keep({ weights, step: this.#step }, performance.now() - asked);
      }
      const due = performance.now() - this.#lastReport > reportEveryMs;
      const ended = this.#step % perEpoch === 0;
      if (ended && (due || epochs <= mostEpochsTold)) {
        await this.#endEpoch();
        this.#report(true);
      } else if (due) this.#report(false);
      if (this.#saveDue(saveWithinMs)) await this.#save(false);
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (this.#sinceReport.count > 0) {
      if (this.#rows.validation.length > 0) this.#validation = await this.#judge();
      this.#report(true);
    }
    this.#log();
    await this.#save(true);
    const training = this.#epochMean.count > 0 ? this.#epochMean.judged(this.#names()) : this.#lastEpoch;
    return {
      device: executor.device.kind,
      deviceName: executor.device.description,
      executor: this.#stepper.tracesEachStep ? "tracer" : executor.name,
      steps: this.#step,
      epochs: Math.floor(this.#step / perEpoch),
      training: training ?? { loss: NaN, metrics: {} },
      ...(this.#validation === undefined || model.validationFraction === 0 ? {} : { validation: this.#validation }),
      seconds: this.#seconds(),
      stopped: this.#step < this.#steps,
      ...(folder === undefined ? {} : { folder: folder.folder }),
    };
  }

  /**
   * The batches that come next. Epochs that are told of one by one are not run across; the end of a very short one is only
   * a new order.
   */
  #batches(count: number): Int32Array[] {
    const perEpoch = this.#rows.stepsPerEpoch;
    const told = (this.#steps - this.#firstStep) / perEpoch <= mostEpochsTold;
    const batches: Int32Array[] = [];
    for (let step = this.#step; batches.length < count;) {
      const epoch = Math.floor(step / perEpoch);
      const rest = this.#rows.epoch(epoch).slice(step % perEpoch, (step % perEpoch) + count - batches.length);
      for (const batch of rest) batches.push(batch);
      step += rest.length;
      if (told) break;
    }
    return batches;
  }

  #count(result: StepResult): void {
    this.#step++;
    this.#latest = result;
    this.#lossOfFirst ??= result.loss;
    this.#lossOfLast = result.loss;
    this.#sinceReport.add(result);
    this.#epochMean.add(result);
  }

  async #endEpoch(): Promise<void> {
    this.#lastEpoch = this.#epochMean.judged(this.#names());
    this.#epochMean = new Mean();
    this.#validation = this.#rows.validation.length === 0 ? undefined : await this.#judge();
    if (this.#saveDue(saveEveryMs)) await this.#save(false);
  }

  /** Loss and metrics over the examples kept for validation. */
  async #judge(): Promise<Judged> {
    const mean = new Mean();
    const batches = this.#rows.validationBatches();
    for (const size of new Set(batches.map(({ length }) => length))) {
      let judge = this.#judges.get(size);
      if (judge === undefined) this.#judges.set(size, (judge = this.#newStepper(false)));
      for (const result of await judge.run(batches.filter(({ length }) => length === size))) mean.add(result, size);
    }
    return mean.judged(this.#names());
  }

  #report(ended: boolean): void {
    const seconds = this.#seconds();
    const paths = this.#leaves.model.parameters.leaves.map(({ path }, k) => (path === "" ? `${k}` : path));
    const report: TrainingReport = {
      step: this.#step,
      steps: this.#steps,
      epoch: Math.ceil(this.#step / this.#rows.stepsPerEpoch),
      ...this.#sinceReport.judged(this.#names()),
      gradientNorms: Object.fromEntries(paths.map((path, k) => [path, this.#latest!.gradientNorms[k]!])),
      ...(ended && this.#validation !== undefined ? { validation: this.#validation } : {}),
      seconds,
      examplesPerSecond: ((this.#step - this.#firstStep) * this.#rows.batchSize) / seconds,
    };
    this.#sinceReport = new Mean();
    this.#lastReport = performance.now();
    this.#unlogged = report;
    if (ended || performance.now() - this.#lastLog > logWithinMs) this.#log();
    this.#options.onReport(report);
  }

  #log(): void {
    const report = this.#unlogged;
    if (report === undefined) return;
    this.#unlogged = undefined;
    this.#lastLog = performance.now();
    this.#keep((folder) => folder.log(report));
  }

  async #save(always: boolean): Promise<void> {
    if (this.#options.folder === undefined || this.#unsaved) return;
    if (!always && this.#step === this.#firstStep) return;
    const begun = performance.now();
    const weights = await this.#options.executor.read();
    this.#keep((folder) => folder.save(this.#leaves, { weights, step: this.#step }));
    this.#lastSave = performance.now();
    this.#saveMs = this.#lastSave - begun;
  }

  #saveDue(afterMs: number): boolean {
    return performance.now() - this.#lastSave > Math.max(afterMs, this.#saveMs / saveShare);
  }

  /** A full or vanished disk ends no training. */
  #keep(write: (folder: RunFolder) => void): void {
    const { folder, onNotice } = this.#options;
    if (folder === undefined || this.#unsaved) return;
    try {
      write(folder);
    } catch (error) {
      this.#unsaved = true;
      onNotice(
        "run-not-saved",
        `From step ${this.#step} on the run is not saved, because ${folder.folder} cannot be written: ${(error as Error).message}.`,
      );
    }
  }

  #names(): readonly string[] {
    if (this.#metricNames.length === 0) this.#metricNames.push(...this.#stepper.metricNames);
    return this.#metricNames;
  }

  #seconds(): number {
    return (performance.now() - this.#begin) / 1000;
  }
}

/** The mean of results, by weight. Those without metrics count for the loss alone. */
class Mean {
  count = 0;
  #loss = 0;
  #measured = 0;
  #metrics: number[] = [];

  add({ loss, metrics }: StepResult, weight = 1): void {
    this.count += weight;
    this.#loss += weight * loss;
    if (metrics.length > 0) this.#measured += weight;
    metrics.forEach((metric, k) => (this.#metrics[k] = (this.#metrics[k] ?? 0) + weight * metric));
  }

  judged(names: readonly string[]): Judged {
    return {
      loss: this.#loss / this.count,
      metrics: Object.fromEntries(this.#metrics.map((total, k) => [names[k]!, total / this.#measured])),
    };
  }
}
