/** What a hover says of a finding that touches what is hovered. Pure: a test reads it as text. */
import { firstSentence, flowOf, titleOf } from "../engine/process/findings.ts";
import { formatNumber, formatPlural, formatSigned } from "../engine/process/format.ts";
import type { Diagnostic, FlowLine, SourceRange } from "../engine/process/protocol.ts";

export interface FindingLinks {
  /** The address of the command that shows the finding in the panel. */
  readonly show: string;
  /** Of the commands that show a fix, best first. */
  readonly fixes: readonly string[];
}

/** What spans more lines than this is not about one of them. */
const mostLines = 3;
/** A line that does less than this share of the whole has nothing to do with it. */
const smallestShare = 0.05;
const natsDigits = 3;

/** Whether a finding speaks of the lines that an expression stands on. */
export function touches(diagnostic: Diagnostic, hovered: SourceRange): boolean {
  return placesOf(diagnostic).some(
    ({ file, line, endLine }) =>
      file === hovered.file && endLine - line < mostLines && line <= hovered.endLine && hovered.line <= endLine,
  );
}

/** One line: what it is called, its figures here, and links. */
export function findingLine(diagnostic: Diagnostic, hovered: SourceRange, links: FindingLinks, digits: number): string {
  const { severity, fixes = [] } = diagnostic;
  const icon = severity === "information" ? "info" : severity;
  const all = [`[Show finding](${links.show} "Show this finding in the graph panel")`];
  const [fix] = fixes;
  if (fix && links.fixes[0] !== undefined)
    all.push(`[${plain(fix.title)}](${links.fixes[0]} "Compare the text before and after")`);
  return `$(${icon}) **${titleOf(diagnostic)}**: ${figures(diagnostic, hovered, digits)} ${all.join(" · ")}`;
}

function figures(diagnostic: Diagnostic, hovered: SourceRange, digits: number): string {
  const flow = flowOf(diagnostic);
  if (!flow) return firstSentence(diagnostic.message);
  const { kind, steps, perStep, totalNats, lines } = flow;
  const unit = kind === "layers" ? "layer" : "step";
  const rate = `${formatPlural(steps + 1, unit)}, ×${formatNumber(perStep, digits)} a ${unit}`;
  const here = lines.filter((line) => line.file === hovered.file && isNear(line, hovered));
  // Of expressions within each other, the one that is hovered speaks.
  const own = here.find((line) => contains(line, hovered)) ?? here[0];
  if (!own) return `${rate}.`;
  return `\`${own.text}\` gives ${nats(own.nats)} of ${nats(totalNats)} nats (${rate}).`;
}

function isNear(line: FlowLine, hovered: SourceRange): boolean {
  return line.line <= hovered.endLine && hovered.line <= line.endLine;
}

function contains(outer: SourceRange, inner: SourceRange): boolean {
  const begins = outer.line < inner.line || (outer.line === inner.line && outer.column <= inner.column);
  const ends = outer.endLine > inner.endLine || (outer.endLine === inner.endLine && outer.endColumn >= inner.endColumn);
  return begins && ends;
}

function placesOf(diagnostic: Diagnostic): readonly SourceRange[] {
  const flow = flowOf(diagnostic);
  const acting = (flow?.lines ?? []).filter(
    ({ nats: own }) => Math.abs(own) >= smallestShare * Math.abs(flow!.totalNats),
  );
  return [diagnostic.source, ...acting, ...(diagnostic.related ?? []).map(({ source }) => source)];
}

function nats(sum: number): string {
  return formatSigned(sum, natsDigits);
}

/** As the text of a link. */
function plain(title: string): string {
  return title.replaceAll("`", "").replace(/[[\]]/g, "\\$&");
}
