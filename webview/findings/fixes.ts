/** Changes of the text that were tried, each with the effect that was measured. */
import type { Diagnostic } from "../../engine/process/protocol.ts";
import { heading, withCode } from "../details/parts.ts";
import { formatExactly, formatNumber } from "../format.ts";
import { html } from "../ui/dom.ts";
import { button, progressRing } from "../ui/toolkit.ts";

type Fix = NonNullable<Diagnostic["fixes"]>[number];

export interface FixEvents {
  readonly apply: (fix: number, preview: boolean) => void;
}

export function fixes(list: readonly Fix[], trying: boolean, digits: number, events: FixEvents): HTMLElement[] {
  if (list.length === 0 && !trying) return [];
  return [
    heading("Fixes, tried on this model"),
    ...list.map((fix, index) => card(fix, index, digits, events)),
    ...(trying ? [html("div", { class: "trying dim" }, progressRing(), "Trying fixes…")] : []),
  ];
}

function card({ title, predicted }: Fix, index: number, digits: number, { apply }: FixEvents): HTMLElement {
  const { measure, before, after } = predicted;
  return html(
    "div",
    { class: "fix" },
    html("div", { class: "fix-title", title }, ...withCode(title.split(`: ${measure} `, 1)[0]!)),
    html(
      "div",
      { class: "fix-effect" },
      html("span", { class: "dim" }, `${measure} `),
      html("span", { class: "dim code", title: formatExactly(before) }, formatNumber(before, digits)),
      html("span", { class: "dim" }, " → "),
      html("span", { class: "adjoint code", title: formatExactly(after) }, formatNumber(after, digits)),
    ),
    html(
      "div",
      { class: "actions" },
      button({ label: "Preview", tooltip: `Compare the text before and after`, press: () => apply(index, true) }),
      button({ label: "Apply", primary: index === 0, press: () => apply(index, false) }),
    ),
  );
}
