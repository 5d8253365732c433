/** The side pane on one finding: what is the matter, the lines it is put down to, its figures, and what to change. */
import type { Diagnostic, FlowLine, FlowReport, SourceRange } from "../../engine/process/protocol.ts";
import { flowOf, titleOf } from "../../engine/process/findings.ts";
import { heading, place, sourceLink, withCode, type DetailsEvents } from "../details/parts.ts";
import { formatExactly, formatSigned } from "../format.ts";
import { html, icon } from "../ui/dom.ts";
import { button } from "../ui/toolkit.ts";
import { fixes, type FixEvents } from "./fixes.ts";
import { figuresOf } from "./kinds.ts";

export interface FindingContext {
  readonly events: DetailsEvents;
  readonly fixEvents: FixEvents;
  readonly digits: number;
  readonly tryingFixes: boolean;
  /** Of a flow: seen where the pane below the graph is not. */
  readonly plot: HTMLElement;
  /** Of a flow: what one layer does to any cotangent. */
  readonly jacobian: HTMLElement;
  /** Which of how many, counted from 0. */
  readonly index: number;
  readonly count: number;
  readonly close: () => void;
  readonly next: (by: 1 | -1) => void;
}

/** Lines of code that are listed; what is over stands in one row. */
const mostLines = 8;
/** Less than this share of the whole is no share. */
const smallestShare = 0.005;

export function findingDetails(diagnostic: Diagnostic, context: FindingContext): HTMLElement {
  const { severity, message, source } = diagnostic;
  const { events, digits } = context;
  const flow = flowOf(diagnostic);
  return html(
    "div",
    { class: `finding-details ${severity}` },
    html(
      "div",
      { class: "finding-head" },
      html("h2", {}, icon(severity === "information" ? "info" : severity), titleOf(diagnostic)),
      navigation(context),
    ),
    html("p", { class: "sentence" }, ...withCode(message)),
    html("div", { class: "dim" }, sourceLink(source, place(source), events.reveal)),
    ...(flow ? [linesTable(flow, events), context.plot] : []),
    ...figuresOf(diagnostic, digits, events),
    ...(flow ? [] : related(diagnostic, events)),
    ...fixes(diagnostic.fixes ?? [], context.tryingFixes, digits, context.fixEvents),
    ...(flow ? [context.jacobian] : []),
  );
}

function navigation({ index, count, close, next }: FindingContext): HTMLElement {
  const step = (label: string, name: string, by: 1 | -1) =>
    button({ label, icon: name, iconOnly: true, press: () => next(by) });
  const which =
    count < 2
      ? []
      : [
          html("span", { class: "dim" }, `${String(index + 1)} of ${String(count)}`),
          step("Finding before this (Shift+F8)", "arrow-up", -1),
          step("Next finding (F8)", "arrow-down", 1),
        ];
  return html(
    "div",
    { class: "finding-navigation" },
    ...which,
    button({ label: "Close this finding (Escape)", icon: "close", iconOnly: true, press: close }),
  );
}

/** What each line does to the adjoint, in nats, and their sum. */
function linesTable({ lines, totalNats }: FlowReport, events: DetailsEvents): HTMLElement {
  const acting = lines.filter(({ nats }) => Math.abs(nats) >= smallestShare * Math.abs(totalNats));
  const shown = acting.slice(0, mostLines);
  const rest = totalNats - shown.reduce((sum, { nats }) => sum + nats, 0);
  const more = lines.length - shown.length;
  return html(
    "table",
    { class: "finding-lines" },
    html(
      "thead",
      {},
      html("tr", {}, html("th", {}, "line"), html("th", {}, "operation"), html("th", { class: "end" }, "nats")),
    ),
    html(
      "tbody",
      {},
      ...shown.map((line) => row(line, events)),
      ...(Math.abs(rest) >= smallestShare * Math.abs(totalNats)
        ? [html("tr", {}, html("td"), html("td", { class: "dim" }, `${String(more)} more`), nats(rest))]
        : []),
      html("tr", { class: "sum" }, html("td"), html("td", {}, "total"), nats(totalNats)),
    ),
  );
}

function row(line: FlowLine, { mark }: DetailsEvents): HTMLElement {
  const name = html("button", { class: "link plain", type: "button", title: "Show in the editor" }, line.text);
  const source: SourceRange = line;
  const element = html(
    "tr",
    { class: line.responsible ? "responsible" : undefined },
    html("td", { class: "line" }, String(line.line)),
    html("td", { class: "source-name" }, name),
    nats(line.nats),
  );
  element.addEventListener("click", () => mark(source));
  return element;
}

function nats(sum: number): HTMLElement {
  return html("td", { class: "end adjoint", title: formatExactly(sum) }, formatSigned(sum, 3));
}

/** Other places that the finding speaks of. */
function related({ related: places = [] }: Diagnostic, { reveal }: DetailsEvents): HTMLElement[] {
  if (places.length === 0) return [];
  return [
    heading("Also here"),
    html(
      "ul",
      { class: "places" },
      ...places.map(({ message, source }) =>
        html("li", {}, sourceLink(source, place(source), reveal), " ", html("span", {}, ...withCode(message))),
      ),
    ),
  ];
}
