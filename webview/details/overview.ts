/** What is known of the whole function, while nothing is selected: value, gradient, findings. */
import type { Diagnostic, Nested } from "../../engine/process/protocol.ts";
import type { Ready } from "../../extension/panel/protocol.ts";
import { formatExactly, formatNested, formatNumber } from "../format.ts";
import { html, icon } from "../ui/dom.ts";
import { figures, heading, place, sourceLink, type DetailsEvents } from "./parts.ts";

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
  return [
    heading("Findings"),
    html("ul", { class: "findings" }, ...diagnostics.map((diagnostic) => finding(diagnostic, events))),
  ];
}

export function finding({ severity, message, source }: Diagnostic, events: Pick<DetailsEvents, "reveal">): HTMLElement {
  return html(
    "li",
    { class: `finding ${severity}` },
    icon(severity === "information" ? "info" : severity),
    html("div", {}, ...withCode(message), " ", sourceLink(source, place(source), events.reveal)),
  );
}

/** A sentence in which `code` stands between backticks. */
export function withCode(sentence: string): (Node | string)[] {
  return sentence.split("`").map((part, i) => (i % 2 === 0 ? part : html("span", { class: "code" }, part)));
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
