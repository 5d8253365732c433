/** What is told of a run while it goes on. Types only. */

export interface Judged {
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** The run so far. `loss` and `metrics` are means over the steps since the report before. */
export interface TrainingReport extends Judged {
  readonly step: number;
  /** Steps of the whole run. */
  readonly steps: number;
  /** Counted from 1. */
  readonly epoch: number;
  /** Of the latest step, by parameter: Euclidean. */
  readonly gradientNorms: Readonly<Record<string, number>>;
  /** At the end of an epoch: over the examples kept for validation. */
  readonly validation?: Judged;
  readonly seconds: number;
  readonly examplesPerSecond: number;
}

export interface TrainingSummary {
  readonly device: "cpu" | "gpu";
  readonly deviceName: string;
  readonly executor: string;
  readonly steps: number;
  readonly epochs: number;
  /** Over the last epoch. */
  readonly training: Judged;
  readonly validation?: Judged;
  readonly seconds: number;
  /** Whether it was stopped before its end. */
  readonly stopped: boolean;
  /** Where weights and history are; undefined where nothing could be saved. */
  readonly folder?: string;
}
