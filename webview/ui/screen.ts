/** What fills the panel while there is no graph: a run in progress, a problem, or what to do first. */
import type { SourceRange } from "../../engine/process/protocol.ts";
import type { PanelAct, PanelState, Progress } from "../../extension/panel/protocol.ts";
import { finding } from "../details/overview.ts";
import { fileName, withCode } from "../details/parts.ts";
import { html, icon } from "./dom.ts";
import { progressText } from "./notices.ts";
import { button, progressRing } from "./toolkit.ts";

interface ScreenEvents {
  readonly act: (act: PanelAct) => void;
  readonly reveal: (source: SourceRange) => void;
}

/** A run shorter than this shows nothing of itself: what flashes by cannot be read. */
export const quietMs = 300;

export class Screen {
  readonly element = html("main", { class: "screen", "aria-live": "polite" });
  readonly #events: ScreenEvents;
  readonly #progress = html("p", { class: "dim" });

  constructor(events: ScreenEvents) {
    this.#events = events;
  }

  show(state: Exclude<PanelState, { kind: "ready" }>): void {
    const { act, reveal } = this.#events;
    const stop = button({ label: "Stop", press: () => act("stop") });
    const content = {
      loading: () => {
        const { file, function: name } = state as Extract<PanelState, { kind: "loading" }>;
        const what = name === undefined ? fileName(file) : `${fileName(file)} › ${name}`;
        return [progressRing(), html("h2", {}, `Tracing ${what}`), this.#progress, stop];
      },
      error: () => {
        const { title, diagnostics } = state as Extract<PanelState, { kind: "error" }>;
        const list = diagnostics.map((diagnostic) => finding(diagnostic, { reveal }));
        const again = button({ label: "Try Again", press: () => act("retrace") });
        const log = button({ label: "Show Log", press: () => act("showLog") });
        return [
          icon("error"),
          html("h2", {}, title),
          html("ul", { class: "findings" }, ...list),
          html("div", { class: "actions" }, again, log),
        ];
      },
      empty: () => {
        const { title, text, action, reason } = state as Extract<PanelState, { kind: "empty" }>;
        const picture = reason === "untrusted" ? "shield" : "type-hierarchy";
        const press = action && button({ label: action.label, primary: true, press: () => act(action.act) });
        return [icon(picture), html("h2", {}, title), html("p", {}, ...withCode(text)), ...(press ? [press] : [])];
      },
    }[state.kind]();
    this.element.className = `screen ${state.kind}`;
    this.element.replaceChildren(html("div", { class: "centred" }, ...content));
  }

  progress(progress: Progress | undefined): void {
    this.#progress.textContent = progress ? progressText(progress) : "";
  }
}
