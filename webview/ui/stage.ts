/** Where everything stands: graph and side pane above, steps below; one under the other where it is narrow. */
import type { Arrangement, Mode } from "../view.ts";
import { html } from "./dom.ts";
import { quietMs } from "./screen.ts";
import { sash } from "./sash.ts";

interface Parts {
  readonly toolbar: HTMLElement;
  readonly notices: HTMLElement;
  readonly graph: HTMLElement;
  readonly details: HTMLElement;
  readonly steps: HTMLElement;
  readonly screen: HTMLElement;
}

const narrowestSide = 200;
const lowestSteps = 80;
/** What the graph keeps, however the sashes are drawn. */
const leftForGraph = 200;

export class Stage {
  readonly #stage: HTMLElement;
  readonly #progress = html("div", {
    class: "progress-bar",
    role: "progressbar",
    "aria-label": "Tracing",
    hidden: true,
  });
  readonly #arrangement: Arrangement;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: Parts, arrangement: Arrangement, changed: () => void) {
    const { toolbar, notices, graph, details, steps, screen } = parts;
    this.#arrangement = arrangement;
    const side = sash({
      label: "Width of the details",
      orientation: "vertical",
      size: () => details.clientWidth,
      resize: (size) => this.#sizeSide(clamp(size, narrowestSide, innerWidth - leftForGraph)),
      done: changed,
    });
    const bottom = sash({
      label: "Height of the steps",
      orientation: "horizontal",
      size: () => steps.clientHeight,
      resize: (size) => this.#sizeSteps(clamp(size, lowestSteps, innerHeight - leftForGraph)),
      done: changed,
    });
    this.#stage = html("div", { class: "stage" }, graph, side, details, this.#tabs(changed), bottom, steps);
    if (arrangement.sideWidth !== undefined) this.#sizeSide(arrangement.sideWidth);
    if (arrangement.stepsHeight !== undefined) this.#sizeSteps(arrangement.stepsHeight);
    document.body.append(this.#progress, toolbar, notices, this.#stage, screen);
    this.show("screen");
  }

  show(what: "graph" | "screen"): void {
    document.body.dataset["showing"] = what;
  }

  mode(mode: Mode): void {
    document.body.dataset["mode"] = mode;
  }

  /** What is shown is not the newest. */
  dim(old: boolean): void {
    document.body.classList.toggle("old", old);
  }

  /** A run over what is shown: a thin bar, once it has lasted long enough to be seen. */
  progress(words: string | undefined): void {
    this.#progress.title = words ?? "";
    if (words === undefined) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#progress.hidden = true;
    } else this.#timer ??= setTimeout(() => (this.#progress.hidden = false), quietMs);
  }

  #sizeSide(width: number): void {
    this.#arrangement.sideWidth = width;
    this.#stage.style.setProperty("--side-width", `${String(width)}px`);
  }

  #sizeSteps(height: number): void {
    this.#arrangement.stepsHeight = height;
    this.#stage.style.setProperty("--steps-height", `${String(height)}px`);
  }

  /** Where it is narrow, details and steps share one place. */
  #tabs(changed: () => void): HTMLElement {
    const names = ["details", "steps"] as const;
    const choose = (tab: Arrangement["tab"]): void => {
      this.#arrangement.tab = tab;
      document.body.dataset["tab"] = tab;
      for (const [i, button] of buttons.entries()) button.setAttribute("aria-selected", String(names[i] === tab));
    };
    const buttons = names.map((name) => {
      const button = html("button", { type: "button", role: "tab" }, name === "details" ? "Details" : "Steps");
      button.addEventListener("click", () => {
        choose(name);
        changed();
      });
      return button;
    });
    choose(this.#arrangement.tab);
    return html("div", { class: "tabs", role: "tablist" }, ...buttons);
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
