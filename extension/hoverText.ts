/** What a hover says, as Markdown. Pure: a test reads it as text. */
import { formatCount, formatNumber, formatShape, magnitude } from "../engine/process/format.ts";
import type { Execution, Hover, Summary, TensorSummary } from "../engine/process/protocol.ts";

export interface HoverOptions {
  readonly digits: number;
  readonly stale: boolean;
  /** The address of a picture of the executions or of the elements. */
  readonly plot?: string;
  /** The address of the command that shows the node in the graph. */
  readonly graph: string;
  /** One line for each finding that touches what is hovered. */
  readonly findings?: readonly string[];
}

export function hoverText(hover: Hover, options: HoverOptions): string {
  const links = [`[Reveal in graph](${options.graph} "Select this node in the graph")`];
  if (options.stale) links.unshift("$(history) stale: the text has changed since this was traced");
  const parts = [
    numbers(hover, options),
    options.plot ? `![value and adjoint](${options.plot})` : "",
    // Before the details: what stands further down has to be scrolled to.
    ...(options.findings ?? []),
    executions(hover, options),
    options.plot ? "" : ranges(hover, options),
    elements(hover, options),
    meaning(hover, options.digits),
    links.join(" · "),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

/** The two numbers, before anything else. */
function numbers({ title, function: name, last, shape, constant }: Hover, { digits }: HoverOptions): string {
  const derivative = title === name ? `∂${name}` : `∂${name}/∂${isName(title) ? title : `(${title})`}`;
  const value = span("value", size(last.value, digits));
  const adjoint = span("adjoint", size(last.adjoint, digits));
  if (constant) return `‖${code(title)}‖ = ${value} &nbsp; shape ${formatShape(shape)}`;
  return typeof last.value === "number"
    ? `${code(title)} = ${value} &nbsp; ${code(derivative)} = ${adjoint}`
    : `‖${code(title)}‖ = ${value} &nbsp; ‖${code(derivative)}‖ = ${adjoint} &nbsp; shape ${formatShape(shape)}`;
}

/** How often it ran, and how it began and ended. */
function executions({ executions: count, first, last, constant }: Hover, { digits }: HoverOptions): string {
  if (count <= 1 || constant) return "";
  const pair = ({ value, adjoint }: Execution) =>
    `${span("value", size(value, digits))} ∂ ${span("adjoint", size(adjoint, digits))}`;
  return `ran ${formatCount(count)} times: first ${pair(first)}, last ${pair(last)}`;
}

/** Where no plot shows them. */
function ranges({ range, constant }: Hover, { digits }: HoverOptions): string {
  if (!range || constant) return "";
  const between = ([low, high]: readonly [number, number]) =>
    `${formatNumber(low, digits)} … ${formatNumber(high, digits)}`;
  return `from ${span("value", between(range.value))}, ∂ from ${span("adjoint", between(range.adjoint))}`;
}

/** Of a tensor: what its elements are. */
function elements({ last: { value, adjoint }, constant }: Hover, { digits }: HoverOptions): string {
  if (typeof value === "number" || typeof adjoint === "number") return "";
  const row = (name: string, kind: "value" | "adjoint", { min, mean, max }: TensorSummary) =>
    `| ${[name, ...[min, mean, max].map((x) => `&nbsp; ${span(kind, formatNumber(x, digits))}`)].join(" | ")} |`;
  const gap = "&nbsp;&nbsp;&nbsp;";
  return [
    `| | ${gap}min | ${gap}mean | ${gap}max |`,
    "| :-- | --: | --: | --: |",
    row("value", "value", value),
    ...(constant ? [] : [row("adjoint", "adjoint", adjoint)]),
  ].join("\n");
}

/** What the adjoint means for this value. */
function meaning(hover: Hover, digits: number): string {
  const { title, function: name, last, unused, shape, executions: count } = hover;
  const what = isName(title) ? code(title) : "it";
  if (hover.constant)
    return `A constant: no derivative by ${what} is taken. As a parameter of ${code(name)} it has one.`;
  if (unused) return `${code(name)} does not depend on ${what}.`;
  if (!isFiniteSummary(last.adjoint)) return `$(warning) The adjoint of ${what} is not finite.`;
  if (!isFiniteSummary(last.value)) return `$(warning) ${capital(what)} is not finite.`;
  // Of a value among many, the last adjoint alone would mislead.
  if (title === name || count > 1) return "";
  if (magnitude(last.adjoint) === 0) return `A small change of ${what} does not change ${code(name)}.`;
  if (typeof last.adjoint !== "number" || shape.length > 0) return "";
  const verb = last.adjoint > 0 ? "raises" : "lowers";
  return `A small rise of ${what} ${verb} ${code(name)} ${formatNumber(Math.abs(last.adjoint), digits)} times as much.`;
}

function size(summary: Summary, digits: number): string {
  return formatNumber(typeof summary === "number" ? summary : summary.norm, digits);
}

function isFiniteSummary(summary: Execution["value"]): boolean {
  return typeof summary === "number" ? Number.isFinite(summary) : summary.finite;
}

/** In the colour of values or of adjoints. */
function span(kind: "value" | "adjoint", text: string): string {
  return `<span style="color:var(--vscode-adjoint-${kind});">${text}</span>`;
}

function code(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  // Longer than any run of backticks inside, so that none of them ends the code.
  const fence = "`".repeat(Math.max(0, ...(line.match(/`+/g) ?? []).map((run) => run.length)) + 1);
  const pad = line.startsWith("`") || line.endsWith("`") ? " " : "";
  return `${fence}${pad}${line}${pad}${fence}`;
}

function isName(title: string): boolean {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$.[\]]*$/u.test(title);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
