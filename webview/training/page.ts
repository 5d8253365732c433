/** The training page: what a run has come to, and the graphics card that it may be on. */
import type { TrainingAct, TrainingMemory, TrainingState, ToTrainingPage } from "../../extension/training/protocol.ts";
import { History } from "../../extension/training/history.ts";
import { PaceMeter } from "../../extension/training/pace.ts";
import type { SourceRange } from "../../engine/process/protocol.ts";
import type { VSCodeApi } from "../channel.ts";
import { html } from "../ui/dom.ts";
import { TrainingChannel } from "./channel.ts";
import { CurvePlots } from "./curves.ts";
import { GpuDesk } from "./desk.ts";
import { Figures } from "./figures.ts";
import { Header } from "./header.ts";
import { emptyScreen, startingScreen } from "./screens.ts";
import { Summary } from "./summary.ts";

export interface PageEvents {
  readonly act: (act: TrainingAct) => void;
  readonly reveal: (source: SourceRange) => void;
}

export class TrainingPage {
  readonly #channel: TrainingChannel;
  readonly #desk = new GpuDesk();
  readonly #events: PageEvents;
  readonly #header: Header;
  readonly #plots = new CurvePlots();
  readonly #figures = new Figures();
  readonly #summary = new Summary();
  readonly #screen = html("main", { class: "screen" });
  readonly #body = html("div", { class: "training-body" });
  readonly #pace = new PaceMeter();
  #history = new History();
  #state: TrainingState | undefined;
  #digits = 4;

  constructor(api: VSCodeApi) {
    this.#events = {
      act: (act) => this.#channel.post({ type: "act", act }),
      reveal: (source) => this.#channel.post({ type: "reveal", source }),
    };
    this.#header = new Header(this.#events);
    this.#body.append(this.#plots.element, this.#figures.element);
    document.body.append(this.#header.element, this.#screen, this.#body, this.#summary.element);
    this.#channel = new TrainingChannel(api, (message) => this.#receive(message));
    addEventListener("error", ({ message }) => this.#channel.post({ type: "log", level: "error", message }));
    this.#channel.post({ type: "ready" });
  }

  #receive(message: ToTrainingPage): void {
    switch (message.type) {
      case "show":
        this.#show(message.state);
        break;
      case "curves":
        this.#history = new History(message.curves, message.latest);
        this.#pace.reset();
        this.#draw();
        break;
      case "report":
        this.#history.add(message.report);
        this.#pace.add(message.report);
        this.#draw();
        break;
      case "settings":
        this.#digits = message.settings.digits;
        this.#plots.digits = this.#digits;
        this.#draw();
        break;
      case "findGpu":
        void this.#desk.find().then((result) => this.#channel.post({ type: "answer", id: message.id, result }));
        break;
      case "call":
        void this.#desk
          .call(message.call)
          .then((result) => this.#channel.post({ type: "answer", id: message.id, result }));
        break;
      case "release":
        this.#desk.release();
        break;
      default:
        message satisfies never;
    }
  }

  #show(state: TrainingState): void {
    const before = this.#state;
    this.#state = state;
    if (state.kind !== "empty") {
      const { file, model } = state.run;
      this.#channel.remember({ file, model } satisfies TrainingMemory);
    }
    this.#summary.state(state, before, this.#history.latest);
    this.#draw();
  }

  #draw(): void {
    const state = this.#state;
    if (state === undefined) return;
    const { latest, points } = this.#history;
    const screen = state.kind === "empty" || (state.kind === "starting" && points === 0);
    document.body.dataset["showing"] = screen ? "screen" : "curves";
    this.#header.show(state, latest, this.#pace.pace);
    if (state.kind === "empty") this.#screen.replaceChildren(emptyScreen(state, this.#events));
    else if (state.kind === "starting" && screen) this.#screen.replaceChildren(startingScreen(state));
    else this.#screen.replaceChildren();
    const bare = points === 0;
    this.#body.hidden = screen || (bare && state.kind === "failed");
    this.#plots.show(this.#history);
    this.#figures.show(latest, this.#digits);
    this.#summary.report(state, latest, this.#pace.pace);
  }
}
