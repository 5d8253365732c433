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
}

export function hoverText(hover: Hover, options: HoverOptions): string {
  const parts = [numbers(hover, options), ...words(hover, options), table(hover, options)];
  if (options.plot) parts.push(`![value and adjoint](${options.plot})`);
  const links = [`[Reveal in graph](${options.graph} "Select this node in the graph")`];
  if (options.stale) links.unshift("$(history) stale: the text has changed since this was traced");
  parts.push(links.join(" · "));
  return parts.filter((part) => part !== "").join("\n\n");
}

/** The two numbers, before anything else. */
function numbers({ title, function: name, last }: Hover, { digits }: HoverOptions): string {
  const derivative = title === name ? `∂${name}` : `∂${name}/∂${isName(title) ? title : `(${title})`}`;
  const value = span("value", size(last.value, digits));
  const adjoint = span("adjoint", size(last.adjoint, digits));
  return typeof last.value === "number"
    ? `${code(title)} = ${value} &nbsp; ${code(derivative)} = ${adjoint}`
    : `‖${code(title)}‖ = ${value} &nbsp; ‖${code(derivative)}‖ = ${adjoint}`;
}

function words(hover: Hover, { digits }: HoverOptions): string[] {
  const { shape, executions } = hover;
  const sentences: string[] = [];
  const facts = [
    shape.length > 0 ? formatShape(shape) : "",
    executions > 1 ? `ran ${formatCount(executions)} times, the last shown above` : "",
  ];
  const fact = facts.filter((text) => text !== "").join(" · ");
  if (fact !== "") sentences.push(fact);
  sentences.push(meaning(hover, digits));
  return sentences.filter((sentence) => sentence !== "");
}

/** What the adjoint means for this value. */
function meaning({ title, function: name, last, unused, shape }: Hover, digits: number): string {
  const what = isName(title) ? code(title) : "it";
  if (unused) return `${code(name)} does not depend on ${what}.`;
  if (!isFiniteSummary(last.adjoint)) return `$(warning) The adjoint of ${what} is not finite.`;
  if (!isFiniteSummary(last.value)) return `$(warning) ${capital(what)} is not finite.`;
  if (title === name) return "";
  if (magnitude(last.adjoint) === 0) return `A small change of ${what} does not change ${code(name)}.`;
  if (typeof last.adjoint !== "number" || shape.length > 0) return "";
  const verb = last.adjoint > 0 ? "raises" : "lowers";
  return `A small rise of ${what} ${verb} ${code(name)} ${formatNumber(Math.abs(last.adjoint), digits)} times as much.`;
}

function table({ executions, first, last, range }: Hover, { digits }: HoverOptions): string {
  const format = (x: number) => formatNumber(x, digits);
  if (executions > 1 && range) {
    const row = (of: "value" | "adjoint") => [
      of,
      size(first[of], digits),
      size(last[of], digits),
      format(range[of][0]),
      format(range[of][1]),
    ];
    return rows(["", "first", "last", "smallest", "largest"], row("value"), row("adjoint"));
  }
  if (typeof last.value === "number" || typeof last.adjoint === "number") return "";
  const row = (of: "value" | "adjoint") => {
    const summary = last[of] as TensorSummary;
    return [of, format(summary.norm), format(summary.min), format(summary.max), format(summary.mean)];
  };
  const head = ["", "norm", "smallest", "largest", "mean"];
  return rows(head, row("value"), row("adjoint"));
}

function rows(head: readonly string[], value: readonly string[], adjoint: readonly string[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const color = (kind: "value" | "adjoint", cells: readonly string[]) =>
    cells.map((cell, index) => (index === 0 ? cell : span(kind, cell)));
  return [
    line(head),
    line(head.map((_, index) => (index === 0 ? ":--" : "--:"))),
    line(color("value", value)),
    line(color("adjoint", adjoint)),
  ].join("\n");
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
  const fence = line.includes("`") ? "``" : "`";
  const pad = line.startsWith("`") || line.endsWith("`") ? " " : "";
  return `${fence}${pad}${line}${pad}${fence}`;
}

function isName(title: string): boolean {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$.[\]]*$/u.test(title);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
