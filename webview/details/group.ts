/** What is known of a group. */
import type { Group } from "../../engine/process/protocol.ts";
import { formatExactly, formatNumber, formatPlural } from "../format.ts";
import { html } from "../ui/dom.ts";
import { button } from "../ui/toolkit.ts";
import { figures, place, sourceLink, type DetailsEvents } from "./parts.ts";

export function groupDetails(group: Group, events: DetailsEvents, toggle: () => void): HTMLElement {
  const { adjointIn, adjointOut } = group;
  const rows = [
    { name: "nodes", figure: group.nodes.toLocaleString("en-US"), kind: "plain" as const },
    ...(group.repeats > 1
      ? [{ name: "repeats", figure: `×${group.repeats.toLocaleString("en-US")}`, kind: "plain" as const }]
      : []),
    {
      name: "adjoint in",
      figure: formatNumber(adjointIn, 7),
      kind: "adjoint" as const,
      tooltip: formatExactly(adjointIn),
    },
    {
      name: "adjoint out",
      figure: formatNumber(adjointOut, 7),
      kind: "adjoint" as const,
      tooltip: formatExactly(adjointOut),
    },
  ];
  if (adjointIn > 0 && adjointOut > 0) {
    rows.push({ name: "out ÷ in", figure: `×${formatNumber(adjointOut / adjointIn, 4)}`, kind: "plain" });
  }
  const text = group.open ? "Close group" : "Open group";
  return html(
    "div",
    {},
    html("h2", { class: "code" }, group.label),
    html(
      "div",
      { class: "dim" },
      sourceLink(group.source, place(group.source), events.reveal),
      ` · ${formatPlural(group.nodes, "node")}`,
    ),
    figures(rows),
    html("div", { class: "actions" }, button({ label: text, press: toggle })),
    html("p", { class: "dim" }, adjointSentence(group)),
  );
}

function adjointSentence({ adjointIn, adjointOut }: Group): string {
  if (adjointIn === 0) return "No adjoint enters: the result does not depend on what is computed here.";
  if (adjointOut === 0) return "An adjoint enters and none leaves: nothing that is differentiated feeds into it.";
  const factor = adjointOut / adjointIn;
  if (factor < 0.1) return `The adjoint shrinks ${formatNumber(1 / factor, 3)} times on its way back through here.`;
  if (factor > 10) return `The adjoint grows ${formatNumber(factor, 3)} times on its way back through here.`;
  return "The adjoint keeps its order of magnitude on its way back through here.";
}
