/** What runs, on what, how far it is, and what can be done about it. */
import type { Diagnostic } from "../../engine/process/protocol.ts";
import type { TrainingReport } from "../../engine/process/trainingProtocol.ts";
import { formatLeft, formatRate, formatSeconds, type Pace } from "../../extension/training/pace.ts";
import type { Failed, RunFacts, TrainingAct, TrainingState } from "../../extension/training/protocol.ts";
import { actLabels } from "../../extension/training/texts.ts";
import { linkButton, place, withCode } from "../details/parts.ts";
import { formatCount, formatPlural } from "../format.ts";
import { html, icon } from "../ui/dom.ts";
import { button } from "../ui/toolkit.ts";
import type { PageEvents } from "./page.ts";

/** The last parts of a path: enough to know it by. */
const shownParts = 4;

export class Header {
  readonly element = html("header", { class: "training-head" });
  readonly #events: PageEvents;
  readonly #name = html("h1", {});
  readonly #file = html("span", {});
  readonly #actions = html("div", { class: "actions" });
  readonly #bar = html("div", { class: "training-bar" });
  readonly #progress = html("p", { class: "training-progress" });
  readonly #device = html("p", { class: "training-device" });
  readonly #saved = html("p", { class: "training-saved dim" });
  readonly #notices = html("div", { class: "training-notices", role: "status" });
  #shown: TrainingState | undefined;

  constructor(events: PageEvents) {
    this.#events = events;
    this.element.append(
      html(
        "div",
        { class: "training-title" },
        this.#name,
        this.#file,
        html("span", { class: "stretch" }),
        this.#actions,
      ),
      this.#bar,
      this.#progress,
      this.#device,
      this.#saved,
      this.#notices,
    );
  }

  show(state: TrainingState, latest: TrainingReport | undefined, pace: Pace | undefined): void {
    this.element.hidden = state.kind === "empty";
    if (state.kind === "empty") return;
    this.#move(state, latest, pace);
    this.#act(state, latest === undefined);
    // What does not change with each report keeps its focus and its place.
    if (state === this.#shown) return;
    this.#shown = state;
    const { run } = state;
    const { act } = this.#events;
    this.#name.textContent = run.model;
    this.#file.replaceChildren(linkButton(run.fileName, "Show the model in the editor", () => act("showModel")));
    this.#where(run);
    const { folder } = run;
    const ended = state.kind !== "starting" && state.kind !== "running";
    this.#saved.hidden = folder === undefined;
    if (folder !== undefined) {
      const link = linkButton(shortPath(folder), folder, () => act("showSaved"));
      this.#saved.replaceChildren(ended ? "Saved in " : "Saving in ", link);
    }
    this.#notices.replaceChildren(
      ...(state.kind === "failed" ? this.#failure(state) : []),
      ...run.notices.map((text) => notice("info", text)),
    );
  }

  /** Buttons are replaced only where others are wanted: the keyboard stays on the one it is on. */
  #act(state: Exclude<TrainingState, { kind: "empty" }>, isFirst: boolean): void {
    const wanted = actsOf(state);
    const stopping = state.kind === "running" && state.stopping;
    const key = wanted.map((act) => labelOf(act, stopping, isFirst)).join();
    if (this.#actions.dataset["acts"] === key) return;
    const held = this.#actions.contains(document.activeElement);
    this.#actions.dataset["acts"] = key;
    this.#actions.replaceChildren(
      ...wanted.map((act, k) => {
        const label = labelOf(act, stopping, isFirst);
        const made = button({ label, primary: k === 0, press: () => this.#events.act(act) });
        if (stopping) made.setAttribute("disabled", "");
        return made;
      }),
    );
    if (held) (this.#actions.firstElementChild as HTMLElement | null)?.focus();
  }

  #move(
    state: Exclude<TrainingState, { kind: "empty" }>,
    latest: TrainingReport | undefined,
    pace: Pace | undefined,
  ): void {
    const busy = state.kind === "starting" || state.kind === "running";
    const share = latest === undefined ? 0 : latest.step / latest.steps;
    this.#bar.style.setProperty("--share", String(share));
    this.#bar.className = `training-bar ${state.kind}`;
    this.#bar.hidden = !busy;
    const words = progressWords(state, latest, pace);
    this.#progress.replaceChildren(...words.flatMap((word, k) => (k === 0 ? [word] : [" · ", word])));
    // Where there are no curves yet, the page itself says what is done.
    this.#progress.hidden = words.length === 0 || (state.kind === "starting" && latest === undefined);
  }

  #where({ device }: RunFacts): void {
    this.#device.hidden = device === undefined;
    if (device === undefined) return;
    const { kind, description, executor, reason } = device;
    this.#device.replaceChildren(
      icon("chip"),
      html(
        "span",
        {},
        html("strong", {}, kind.toUpperCase()),
        ` ${description} · ${executorName(executor)} `,
        html("span", { class: "dim" }, reason),
      ),
    );
  }

  #failure({ diagnostics, placed, offers }: Failed): HTMLElement[] {
    const { act, reveal } = this.#events;
    const link = (found: Diagnostic): HTMLElement | undefined =>
      placed ? linkButton(place(found.source), "Show in the editor", () => reveal(found.source)) : undefined;
    // What the header offers already is not offered twice.
    const more = offers.filter((offer) => offer !== "train" && offer !== "continue");
    return diagnostics.map((found, k) => {
      const buttons =
        k > 0
          ? []
          : more.map((offer, at) => button({ label: actLabels[offer], primary: at === 0, press: () => act(offer) }));
      return notice(found.severity === "information" ? "info" : found.severity, found.message, link(found), ...buttons);
    });
  }
}

function notice(picture: string, text: string, ...more: (HTMLElement | undefined)[]): HTMLElement {
  return html(
    "div",
    { class: `notice ${picture}` },
    icon(picture),
    html("span", {}, ...withCode(text), " ", more[0]),
    ...more.slice(1),
  );
}

/** `isFirst`: no step has been made, so that nothing is done again. */
function labelOf(act: TrainingAct, stopping: boolean, isFirst: boolean): string {
  if (act === "stop" && stopping) return "Stopping…";
  return act === "train" && isFirst ? "Train" : actLabels[act];
}

function actsOf(state: Exclude<TrainingState, { kind: "empty" }>): readonly TrainingAct[] {
  switch (state.kind) {
    case "starting":
    case "running":
      return ["stop"];
    case "stopped":
      return state.continues ? ["continue", "train"] : ["train"];
    case "done":
      return state.continues ? ["train", "continue"] : ["train"];
    case "failed":
      return state.offers.filter((offer) => offer === "train" || offer === "continue");
  }
}

/** "trained", "240 of 440 steps", "5,120 examples/s", "3 s left" */
export function progressWords(
  state: Exclude<TrainingState, { kind: "empty" }>,
  latest: TrainingReport | undefined,
  pace: Pace | undefined,
): string[] {
  switch (state.kind) {
    case "starting":
      return [state.doing];
    case "running": {
      if (latest === undefined) return ["Making the first step"];
      const { step, steps, epoch } = latest;
      const words = [`Step ${formatCount(step)} of ${formatCount(steps)}`, `epoch ${formatCount(epoch)}`];
      if (pace !== undefined)
        words.push(
          `${formatRate(pace.stepsPerSecond)} steps/s`,
          `${formatRate(pace.examplesPerSecond)} examples/s`,
          state.stopping ? "stopping" : `${formatLeft(pace.secondsLeft)} left`,
        );
      return words;
    }
    case "done":
    case "stopped":
    case "failed": {
      const how = { done: "Trained", stopped: "Stopped", failed: "Failed" }[state.kind];
      if (latest === undefined) return state.kind === "failed" ? [] : [how];
      const { step, steps, seconds, examplesPerSecond } = latest;
      const rest = [formatSeconds(seconds), `${formatRate(examplesPerSecond)} examples/s`];
      const at = state.kind === "failed" ? failedStep(state) : undefined;
      if (at !== undefined) return [`Failed at step ${formatCount(at)} of ${formatCount(steps)}`, ...rest];
      const of = step < steps ? `${formatCount(step)} of ${formatPlural(steps, "step")}` : formatPlural(step, "step");
      return [`${how} ${state.kind === "done" ? "for" : "after"} ${of}`, ...rest];
    }
  }
}

/** The step that the sentence below names, where it names one. */
function failedStep({ diagnostics }: Failed): number | undefined {
  const step = diagnostics[0]?.data?.["step"];
  return typeof step === "number" ? step : undefined;
}

function executorName(executor: string): string {
  const names: Readonly<Record<string, string>> = {
    portable: "compiled for the processor",
    tracer: "traced anew at each step",
    "gpu.js": "gpu.js kernels",
  };
  return names[executor] ?? executor;
}

function shortPath(folder: string): string {
  return folder.split(/[\\/]/).slice(-shownParts).join("/");
}
