/** What a run has told so far, as curves. Pure: the page and the extension keep the same. */
import type { TrainingReport } from "../../engine/process/trainingProtocol.ts";

/** A table of numbers, one row for each point: NaN where there is none. Columns as `columnsOf` names them. */
export interface Curves {
  readonly metrics: readonly string[];
  /** Paths of the parameters. */
  readonly parameters: readonly string[];
  readonly table: Float64Array;
}

/** More points than pixels say nothing: beyond this, neighbours become one. */
const mostPoints = 2000;

export const noCurves: Curves = { metrics: [], parameters: [], table: new Float64Array(0) };

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
  #latest: TrainingReport | undefined;

  constructor({ metrics, parameters, table }: Curves = noCurves, latest?: TrainingReport) {
    this.#metrics = metrics;
    this.#parameters = parameters;
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
    return { metrics: this.#metrics, parameters: this.#parameters, table };
  }

  /** A run that is continued goes on from an earlier step than the last told: what came after it is no more. */
  add(report: TrainingReport): void {
    const metrics = Object.keys(report.metrics);
    const parameters = Object.keys(report.gradientNorms);
    if (!sameNames(metrics, this.#metrics) || !sameNames(parameters, this.#parameters)) {
      this.#metrics = metrics;
      this.#parameters = parameters;
      this.#rows = [];
    }
    while (this.#rows.length > 0 && this.#rows.at(-1)![0]! >= report.step) this.#rows.pop();
    this.#rows.push(rowOf(report, metrics, parameters));
    this.#latest = report;
    if (this.#rows.length > mostPoints) this.#thin();
  }

  /** Of two neighbours one is left: their mean loss and metrics, what the later one says else. */
  #thin(): void {
    const columns = columnsOf({ metrics: this.#metrics, parameters: this.#parameters });
    const means = [columns.loss, ...this.#metrics.map((_, k) => columns.metric(k))];
    const thinned: Float64Array[] = [];
    for (let k = 0; k + 1 < this.#rows.length; k += 2) {
      const [earlier, later] = [this.#rows[k]!, this.#rows[k + 1]!];
      const row = later.map((value, column) => (Number.isNaN(value) ? earlier[column]! : value));
      for (const column of means) row[column] = (earlier[column]! + later[column]!) / 2;
      thinned.push(row);
    }
    if (this.#rows.length % 2 === 1) thinned.push(this.#rows.at(-1)!);
    this.#rows = thinned;
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
