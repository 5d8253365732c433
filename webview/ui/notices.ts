/** What stands above the graph while it is not the newest: a run in progress, an edit since, a newer run that failed. */
import type { PanelAct, Progress } from "../../extension/panel/protocol.ts";
import type { Diagnostic, SourceRange } from "../../engine/process/protocol.ts";
import { place, sourceLink } from "../details/parts.ts";
import { formatPlural } from "../format.ts";
import { html, icon } from "./dom.ts";
import { button } from "./toolkit.ts";

export interface NoticeEvents {
  readonly act: (act: PanelAct) => void;
  readonly reveal: (source: SourceRange) => void;
}

export interface Situation {
  readonly stale: boolean;
  /** The name of an imported file with changes that are not saved. */
  readonly unsaved: string | undefined;
  readonly failure: Diagnostic | undefined;
  /** A sentence about a question that could not be answered. */
  readonly problem: string | undefined;
}

export class Notices {
  readonly element = html("div", { class: "notices", role: "status" });
  readonly #events: NoticeEvents;

  constructor(events: NoticeEvents) {
    this.#events = events;
  }

  show({ stale, unsaved, failure, problem }: Situation): void {
    const { act, reveal } = this.#events;
    const rows: HTMLElement[] = [];
    if (failure) {
      rows.push(
        notice(
          "error",
          `The newest run failed, this is the one before it. ${failure.message}`,
          sourceLink(failure.source, place(failure.source), reveal),
        ),
      );
    } else if (unsaved !== undefined) {
      rows.push(notice("history", `${unsaved} has changes that are not saved: save it to see their effect.`));
    } else if (stale) {
      rows.push(
        notice("history", "Traced before the last edit.", button({ label: "Retrace", press: () => act("retrace") })),
      );
    }
    if (problem !== undefined) rows.push(notice("warning", problem));
    this.element.replaceChildren(...rows);
  }
}

function notice(picture: string, text: string, action?: HTMLElement): HTMLElement {
  return html("div", { class: `notice ${picture}` }, icon(picture), html("span", {}, text), action);
}

export function progressText({ stage, function: name, operations }: Progress): string {
  const of = name === undefined ? "" : ` ${name}`;
  switch (stage) {
    case "loading":
      return "Loading the model";
    case "running":
      return `Running${of}: ${formatPlural(operations, "operation")} so far`;
    case "training":
      return `Training${of}`;
    case "checking":
      return `Checking the gradient${of}`;
    case "differentiating":
      return `Differentiating${of}: ${formatPlural(operations, "operation")}`;
  }
}
