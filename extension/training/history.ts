/** What a run has told so far, as curves. Pure: the page and the extension keep the same. */
import type { TrainingReport } from "../../engine/process/trainingProtocol.ts";

/** A table of numbers, one row for each point: NaN where there is none. Columns as `columnsOf` names them. */
export interface Curves {
  readonly metrics: readonly string[];
  /** Paths of the parameters. */
  readonly parameters: readonly string[];
  readonly table: Float64Array;
  /** How many reports a row holds together, and how many the last one holds so far. */
  readonly perRow: number;
  readonly inLast: number;
}

/** More points than pixels say nothing: beyond this, neighbours become one. */
const mostPoints = 2000;

export const noCurves: Curves = { metrics: [], parameters: [], table: new Float64Array(0), perRow: 1, inLast: 0 };

/** Where each figure stands in a row. */
export interface Columns {
  readonly step: 0;
  readonly loss: 1;
  metric(k: number): number;
  gradientNorm(k: number): number;
  readonly validationLoss: number;
  validationMetric(k: number): number;
  readonly width: number;
}

export function columnsOf({ metrics, parameters }: Pick<Curves, "metrics" | "parameters">): Columns {
  const validationLoss = 2 + metrics.length + parameters.length;
  return {
    step: 0,
    loss: 1,
    metric: (k) => 2 + k,
    gradientNorm: (k) => 2 + metrics.length + k,
    validationLoss,
    validationMetric: (k) => validationLoss + 1 + k,
    width: validationLoss + 1 + metrics.length,
  };
}

export class History {
  #metrics: readonly string[];
  #parameters: readonly string[];
  #rows: Float64Array[];
  #perRow: number;
  #inLast: number;
  #latest: TrainingReport | undefined;

  constructor({ metrics, parameters, table, perRow, inLast }: Curves = noCurves, latest?: TrainingReport) {
    this.#metrics = metrics;
    this.#parameters = parameters;
    this.#perRow = perRow;
    this.#inLast = inLast;
    const { width } = columnsOf({ metrics, parameters });
    this.#rows = Array.from({ length: table.length / width }, (_, k) => table.slice(k * width, (k + 1) * width));
    this.#latest = latest;
  }

  get latest(): TrainingReport | undefined {
    return this.#latest;
  }

  get points(): number {
    return this.#rows.length;
  }

  get curves(): Curves {
    const { width } = columnsOf({ metrics: this.#metrics, parameters: this.#parameters });
    const table = new Float64Array(this.#rows.length * width);
    this.#rows.forEach((row, k) => table.set(row, k * width));
    return {
      metrics: this.#metrics,
      parameters: this.#parameters,
      table,
      perRow: this.#perRow,
      inLast: this.#inLast,
    };
  }

  /** A run that is continued goes on from an earlier step than the last told: what came after it is no more. */
  add(report: TrainingReport): void {
    const metrics = Object.keys(report.metrics);
    const parameters = Object.keys(report.gradientNorms);
    if (!sameNames(metrics, this.#metrics) || !sameNames(parameters, this.#parameters)) {
      this.#metrics = metrics;
      this.#parameters = parameters;
      this.#rows = [];
      this.#perRow = 1;
    }
    let last = this.#rows.at(-1);
    while (last !== undefined && last[0]! >= report.step) {
      this.#rows.pop();
      last = this.#rows.at(-1);
      this.#inLast = this.#perRow;
    }
    const row = rowOf(report, metrics, parameters);
    if (last !== undefined && this.#inLast < this.#perRow) this.#join(last, row, this.#inLast++, 1);
    else {
      this.#rows.push(row);
      this.#inLast = 1;
    }
    this.#latest = report;
    if (this.#rows.length > mostPoints) this.#thin();
  }

  /** Twice as many reports become one row, so that every stretch of the run is told as finely as any other. */
  #thin(): void {
    const thinned: Float64Array[] = [];
    for (const [k, row] of this.#rows.entries()) {
      const last = k === this.#rows.length - 1;
      if (k % 2 === 0) thinned.push(row);
      else this.#join(thinned.at(-1)!, row, this.#perRow, last ? this.#inLast : this.#perRow);
    }
    if (this.#rows.length % 2 === 0) this.#inLast += this.#perRow;
    this.#rows = thinned;
    this.#perRow *= 2;
  }

  /** Makes one row of two: the mean of losses and metrics, and what the later one says of all else. */
  #join(row: Float64Array, later: Float64Array, weight: number, laterWeight: number): void {
    const ends = 2 + this.#metrics.length;
    later.forEach((value, column) => {
      if (column > 0 && column < ends)
        row[column] = (weight * row[column]! + laterWeight * value) / (weight + laterWeight);
      else if (!Number.isNaN(value)) row[column] = value;
    });
  }
}

function rowOf(report: TrainingReport, metrics: readonly string[], parameters: readonly string[]): Float64Array {
  const { validation } = report;
  return Float64Array.from([
    report.step,
    report.loss,
    ...metrics.map((name) => report.metrics[name]!),
    ...parameters.map((path) => report.gradientNorms[path]!),
    validation?.loss ?? NaN,
    ...metrics.map((name) => validation?.metrics[name] ?? NaN),
  ]);
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, k) => name === b[k]);
}
