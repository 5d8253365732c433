/** Plays, steps and scrubs through the backward pass. */
import { html, icon } from "../ui/dom.ts";
import { button } from "../ui/toolkit.ts";

/** A short pass is played step by step, slowly enough to follow; a long one in about this time. */
const longestPlayMs = 20_000;
const slowestStepMs = 700;
const fastestStepMs = 40;

export class Player {
  readonly element: HTMLElement;
  /** Called with the number of steps done: `total` when the pass is finished. */
  readonly #moved: (done: number, playing: boolean) => void;
  readonly #slider = html("input", { type: "range", min: 0, step: 1, "aria-label": "Step of the backward pass" });
  readonly #count = html("span", { class: "count", "aria-live": "off" });
  readonly #play = button({
    label: "Play",
    icon: "play",
    primary: true,
    tooltip: "Play the backward pass (Space)",
    press: () => this.toggle(),
  });
  #timer: ReturnType<typeof setTimeout> | undefined;
  #total = 0;
  #done = 0;

  constructor(moved: (done: number, playing: boolean) => void) {
    this.#moved = moved;
    this.#slider.addEventListener("input", () => this.go(this.#slider.valueAsNumber));
    const step = (label: string, name: string, press: () => void) =>
      button({ label, icon: name, iconOnly: true, press });
    this.element = html(
      "div",
      { class: "player", role: "group", "aria-label": "Backward pass" },
      step("To the start of the pass", "debug-reverse-continue", () => this.go(0)),
      step("One step back (,)", "chevron-left", () => this.step(-1)),
      this.#play,
      step("One step on (.)", "chevron-right", () => this.step(1)),
      step("To the end of the pass", "debug-continue", () => this.go(this.#total)),
      this.#slider,
      this.#count,
    );
  }

  get playing(): boolean {
    return this.#timer !== undefined;
  }

  /** Takes up a pass of `total` steps where `done` are done, without telling anyone. */
  open(total: number, done: number): void {
    this.stop();
    this.#total = total;
    this.#slider.max = String(total);
    this.#put(done);
  }

  go(done: number): void {
    this.stop();
    this.#move(done);
  }

  step(by: number): void {
    this.go(this.#done + by);
  }

  toggle(): void {
    if (this.playing) this.stop();
    else this.#start();
  }

  stop(): void {
    if (!this.playing) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#label();
  }

  #start(): void {
    if (this.#total === 0) return;
    if (this.#done >= this.#total) this.#move(0);
    const pause = Math.min(slowestStepMs, Math.max(fastestStepMs, longestPlayMs / this.#total));
    const stride = Math.max(1, Math.round((this.#total * pause) / longestPlayMs));
    const tick = (): void => {
      const last = this.#done + stride >= this.#total;
      this.#timer = last ? undefined : setTimeout(tick, pause);
      this.#move(this.#done + stride);
      if (last) this.#label();
    };
    this.#timer = setTimeout(tick, Math.min(pause, 200));
    this.#label();
  }

  #move(done: number): void {
    this.#put(done);
    this.#moved(this.#done, this.playing);
  }

  #put(done: number): void {
    this.#done = Math.min(this.#total, Math.max(0, done));
    this.#slider.value = String(this.#done);
    const share = this.#total > 0 ? this.#done / this.#total : 0;
    this.#slider.style.setProperty("--share", `${String(share * 100)}%`);
    const words = `step ${this.#done.toLocaleString("en-US")} of ${this.#total.toLocaleString("en-US")}`;
    this.#slider.setAttribute("aria-valuetext", words);
    this.#count.textContent = `${this.#done.toLocaleString("en-US")} / ${this.#total.toLocaleString("en-US")}`;
  }

  #label(): void {
    const picture = icon(this.playing ? "debug-pause" : "play");
    picture.slot = "start";
    this.#play.replaceChildren(picture, this.playing ? "Pause" : "Play");
  }
}
