/** How fast a run is and how long it still takes. Pure. */
import { formatCount, formatNumber } from "../../engine/process/format.ts";
import type { TrainingReport } from "../../engine/process/trainingProtocol.ts";

export interface Pace {
  readonly stepsPerSecond: number;
  readonly examplesPerSecond: number;
  readonly secondsLeft: number;
}

/** Over so long the speed is measured: a stretch without hiccups, and not the compilation at the beginning. */
const windowSeconds = 4;

/** The speed over the last seconds of reports. */
export class PaceMeter {
  #reports: TrainingReport[] = [];

  add(report: TrainingReport): void {
    const last = this.#reports.at(-1);
    // Another run begins.
    if (last !== undefined && (report.step <= last.step || report.seconds < last.seconds)) this.#reports = [];
    this.#reports.push(report);
    while (this.#reports.length > 2 && report.seconds - this.#reports[1]!.seconds > windowSeconds)
      this.#reports.shift();
  }

  reset(): void {
    this.#reports = [];
  }

  /** Undefined until there are two reports to compare. */
  get pace(): Pace | undefined {
    const first = this.#reports[0];
    const last = this.#reports.at(-1);
    if (first === undefined || last === undefined || last.step <= first.step || last.seconds <= first.seconds)
      return undefined;
    const seconds = last.seconds - first.seconds;
    const stepsPerSecond = (last.step - first.step) / seconds;
    return {
      stepsPerSecond,
      examplesPerSecond: (examples(last) - examples(first)) / seconds,
      secondsLeft: (last.steps - last.step) / stepsPerSecond,
    };
  }
}

/** So many since the run began: its reports tell the mean speed since then. */
function examples({ examplesPerSecond, seconds }: TrainingReport): number {
  return examplesPerSecond * seconds;
}

/** "3 s", "2 min 10 s", "1 h 5 min" */
export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${formatNumber(seconds, 2)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** For what changes all the time: no digits that only flicker. */
export function formatLeft(seconds: number): string {
  return seconds < 1 ? "less than 1 s" : formatSeconds(Math.ceil(seconds));
}

/** "5,120", "38" */
export function formatRate(perSecond: number): string {
  return perSecond >= 100 ? formatCount(Math.round(perSecond)) : formatNumber(perSecond, 2);
}
