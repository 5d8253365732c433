/** What is known of the whole function, while nothing is selected: value, gradient, findings. */
import type { Diagnostic, Nested } from "../../engine/process/protocol.ts";
import { titleOf } from "../../engine/process/findings.ts";
import type { Ready } from "../../extension/panel/protocol.ts";
import { formatExactly, formatNested, formatNumber } from "../format.ts";
import { html, icon } from "../ui/dom.ts";
import { figures, heading, linkButton, place, sourceLink, withCode, type DetailsEvents } from "./parts.ts";

/** A parameter with more elements than this is told by its norm. */
const mostElements = 4;

export function overview(ready: Ready, events: DetailsEvents, digits: number): HTMLElement {
  const gradient = Object.entries(ready.gradient).map(([name, nested]) => ({
    name: html("span", {}, "∂/∂", html("span", { class: "code" }, name)),
    figure: isLarge(nested)
      ? `‖${formatNumber(euclidean(leaves(nested)), digits)}‖`
      : formatNested(nested, typeof nested === "number" ? 7 : digits),
    kind: "adjoint" as const,
    tooltip: typeof nested === "number" ? formatExactly(nested) : `norm ${formatExactly(euclidean(leaves(nested)))}`,
  }));
  return html(
    "div",
    {},
    html("h2", { class: "code" }, ready.title),
    figures([
      { name: "value", figure: formatNumber(ready.value, 7), kind: "value", tooltip: formatExactly(ready.value) },
      {
        name: `‖∇${ready.function}‖`,
        figure: formatNumber(ready.gradientNorm, 7),
        kind: "adjoint",
        tooltip: formatExactly(ready.gradientNorm),
      },
    ]),
    heading("Gradient"),
    gradient.length > 0 ? figures(gradient) : html("p", { class: "dim" }, "This function has no parameters."),
    ...findings(ready.diagnostics, events),
    html(
      "p",
      { class: "dim hint" },
      "Select a card to see its adjoint rule and its source. Double-click a group to open it.",
    ),
  );
}

export function findings(diagnostics: readonly Diagnostic[], events: DetailsEvents): Node[] {
  if (diagnostics.length === 0) return [];
  const items = diagnostics.map((diagnostic, index) => finding(diagnostic, events, () => events.selectFinding(index)));
  return [heading("Findings"), html("ul", { class: "findings" }, ...items)];
}

/** `select`: its title leads to more about it. */
export function finding(
  diagnostic: Diagnostic,
  { reveal }: Pick<DetailsEvents, "reveal">,
  select?: () => void,
): HTMLElement {
  const { severity, message, source } = diagnostic;
  const title = select && linkButton(titleOf(diagnostic), "Show this finding", select);
  title?.classList.add("plain", "finding-title");
  return html(
    "li",
    { class: `finding ${severity}` },
    icon(severity === "information" ? "info" : severity),
    html("div", {}, title, ...withCode(message), " ", sourceLink(source, place(source), reveal)),
  );
}

function isLarge(nested: Nested): boolean {
  return leaves(nested).length > mostElements;
}

function leaves(nested: Nested): number[] {
  if (typeof nested === "number") return [nested];
  return Object.values(nested).flatMap((part) => leaves(part));
}

function euclidean(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
