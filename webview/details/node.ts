/** What is known of one node. */
import type { MemoryLine, NodeDetails } from "../../engine/process/protocol.ts";
import {
  describeBytes,
  describeSummary,
  formatBytes,
  formatNumber,
  formatPlural,
  formatShape,
  formatSummary,
} from "../format.ts";
import { html } from "../ui/dom.ts";
import { elementsTable, type Elements } from "./elements.ts";
import { excerptBlock } from "./excerpt.ts";
import { histogramFigure } from "./histogram.ts";
import { figures, heading, linkButton, place, sourceLink, withCode, type DetailsEvents } from "./parts.ts";
import { comesFrom, passesOn, ruleBlock } from "./rule.ts";

export interface NodeContext {
  readonly function: string;
  readonly digits: number;
  readonly events: DetailsEvents;
  readonly elements: (node: number, of: "value" | "adjoint") => Promise<Elements>;
  /** What is kept of the values that its expression made, where that is known. */
  readonly kept?: MemoryLine | undefined;
}

export function nodeDetails(node: NodeDetails, context: NodeContext): HTMLElement {
  const { digits, events } = context;
  const name = node.name ?? node.text;
  const constant = node.op === "constant";
  return html(
    "div",
    {},
    html("h2", { class: "code" }, name),
    html(
      "div",
      { class: "dim" },
      sourceLink(node.source, place(node.source), events.reveal),
      ` · ${node.op} · ${formatShape(node.shape)}`,
    ),
    node.name !== undefined && node.name !== node.text
      ? html("div", { class: "dim code clipped", title: node.text }, node.text)
      : undefined,
    scopes(node, events),
    figures([
      { name: "value", figure: formatSummary(node.value, 7), kind: "value", tooltip: describeSummary(node.value) },
      ...(constant
        ? []
        : [
            {
              name: html(
                "span",
                {},
                "adjoint ",
                html("span", { class: "dim" }, `∂${context.function}/∂${shortened(name)}`),
              ),
              figure: formatSummary(node.adjoint, 7),
              kind: "adjoint" as const,
              tooltip: describeSummary(node.adjoint),
            },
          ]),
    ]),
    constant
      ? html(
          "div",
          { class: "dim" },
          `A constant: no derivative by it is taken. As a parameter of ${context.function} it has one.`,
        )
      : undefined,
    ruleBlock(node),
    ...(constant ? [] : comesFrom(node, digits, events)),
    ...passesOn(node, digits, events),
    ...kept(context),
    ...tensorParts(node, context),
    heading("Source"),
    excerptBlock(node),
  );
}

function scopes(node: NodeDetails, events: DetailsEvents): HTMLElement | undefined {
  if (node.scopes.length === 0) return undefined;
  const links = node.scopes.map(({ label, source }) => sourceLink(source, label, events.reveal));
  return html("div", { class: "scopes dim" }, "in ", ...links.flatMap((link, i) => (i === 0 ? [link] : [" › ", link])));
}

function kept({ kept: line, events }: NodeContext): Node[] {
  if (!line) return [];
  const { bytes, values, reasons } = line;
  const name = values === 1 ? "this value" : formatPlural(values, "value");
  return [
    heading("Kept for the backward pass"),
    figures([{ name, figure: formatBytes(bytes), kind: "value", tooltip: describeBytes(bytes) }]),
    html(
      "ul",
      { class: "places" },
      ...reasons.map(({ text, node }) => {
        const link = linkButton("", "Select what reads it", () => events.selectNode(node));
        link.classList.add("plain");
        link.append(...withCode(text));
        return html("li", {}, link);
      }),
    ),
  ];
}

function tensorParts(node: NodeDetails, context: NodeContext): Node[] {
  const parts: Node[] = [];
  for (const kind of ["value", "adjoint"] as const) {
    const summary = node[kind];
    if (typeof summary === "number" || (kind === "adjoint" && node.op === "constant")) continue;
    const number = (value: number) => formatNumber(value, context.digits);
    parts.push(heading(kind === "value" ? "Value" : "Adjoint"));
    parts.push(
      figures([
        { name: "min / mean / max", figure: [summary.min, summary.mean, summary.max].map(number).join("  "), kind },
        ...(summary.finite ? [] : [{ name: "elements that are not finite", figure: "yes", kind: "plain" as const }]),
      ]),
    );
    const histogram = node.histogram?.[kind];
    if (histogram) parts.push(histogramFigure(histogram, kind, context.digits));
    parts.push(onRequest(node, kind, context));
  }
  return parts;
}

function onRequest(node: NodeDetails, kind: "value" | "adjoint", { elements, digits }: NodeContext): HTMLElement {
  const holder = html("div", { class: "on-request" });
  const link = linkButton("Show elements", `All elements of the ${kind}`, () => {
    link.setAttribute("disabled", "");
    elements(node.id, kind).then(
      (answer) => holder.replaceChildren(elementsTable(answer, kind, digits)),
      (error: unknown) => {
        link.removeAttribute("disabled");
        holder.replaceChildren(
          link,
          html("div", { class: "problem" }, error instanceof Error ? error.message : String(error)),
        );
      },
    );
  });
  holder.append(link);
  return holder;
}

function shortened(name: string): string {
  if (/^[\w$.]+$/.test(name)) return name;
  return name.length > 16 ? `(${name.slice(0, 15)}…)` : `(${name})`;
}
