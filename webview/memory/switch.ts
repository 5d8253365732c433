/** Several tables in one place, one of them shown at a time. */
import { html } from "../ui/dom.ts";

interface Choice {
  readonly label: string;
  readonly content: HTMLElement;
}

export class Switch {
  readonly element: HTMLElement;
  readonly contents: readonly HTMLElement[];
  readonly #buttons: readonly HTMLElement[];

  constructor(label: string, choices: readonly Choice[]) {
    this.contents = choices.map(({ content }) => content);
    this.#buttons = choices.map(({ label: text }) => html("button", { type: "button", role: "radio" }, text));
    this.element = html("div", { class: "switch", role: "radiogroup", "aria-label": label }, ...this.#buttons);
    for (const [k, button] of this.#buttons.entries()) button.addEventListener("click", () => this.#choose(k));
    this.element.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      const at = this.#buttons.indexOf(document.activeElement as HTMLElement);
      if (by === undefined || at < 0) return;
      event.preventDefault();
      const to = (at + by + choices.length) % choices.length;
      this.#choose(to);
      this.#buttons[to]!.focus();
    });
    this.#choose(0);
  }

  #choose(chosen: number): void {
    for (const [k, button] of this.#buttons.entries()) {
      button.setAttribute("aria-checked", String(k === chosen));
      button.tabIndex = k === chosen ? 0 : -1;
      this.contents[k]!.hidden = k !== chosen;
    }
  }
}
