/** What the graph is waiting for, where that takes long enough to be noticed. */
import { html } from "../ui/dom.ts";
import { quietMs } from "../ui/screen.ts";
import { progressRing } from "../ui/toolkit.ts";

export class Busy {
  readonly element = html("div", { class: "busy", role: "status" });
  #waiting = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #words = "";

  /** Says `words` while `work` lasts; they may change meanwhile. */
  async during<Result>(words: string, work: (say: (words: string) => void) => Promise<Result>): Promise<Result> {
    this.#waiting++;
    this.#say(words);
    this.#timer ??= setTimeout(() => this.#show(), quietMs);
    try {
      return await work((next) => this.#say(next));
    } finally {
      if (--this.#waiting === 0) this.#rest();
    }
  }

  #say(words: string): void {
    this.#words = words;
    if (this.element.hasChildNodes()) this.#show();
  }

  #show(): void {
    this.element.replaceChildren(progressRing(), html("span", {}, this.#words));
  }

  #rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.element.replaceChildren();
  }
}
