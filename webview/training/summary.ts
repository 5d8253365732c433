/** What a screen reader says of a run: its turns at once, its progress now and then. */
import type { TrainingReport } from "../../engine/process/trainingProtocol.ts";
import { formatLeft, type Pace } from "../../extension/training/pace.ts";
import type { TrainingState } from "../../extension/training/protocol.ts";
import { figures, outcome } from "../../extension/training/texts.ts";
import { formatCount } from "../format.ts";
import { html } from "../ui/dom.ts";

/** More often would be noise. */
const everyMs = 10_000;

export class Summary {
  readonly element = html("div", { class: "unseen", role: "status", "aria-live": "polite" });
  #last = 0;

  state(state: TrainingState, before: TrainingState | undefined, latest: TrainingReport | undefined): void {
    if (state.kind === before?.kind) return;
    this.#last = performance.now();
    const said = state.kind === "running" ? `Training ${state.run.model}.` : outcome(state, latest);
    if (said !== "") this.element.textContent = said;
  }

  report(state: TrainingState, latest: TrainingReport | undefined, pace: Pace | undefined): void {
    if (state.kind !== "running" || latest === undefined || performance.now() - this.#last < everyMs) return;
    this.#last = performance.now();
    const left = pace === undefined ? "" : `, ${formatLeft(pace.secondsLeft)} left`;
    this.element.textContent = `Step ${formatCount(latest.step)} of ${formatCount(latest.steps)}, ${figures(latest)}${left}.`;
  }
}
