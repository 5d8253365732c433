import { formatBytes, formatCount, formatPlural, formatShape } from "../process/format.ts";
import type {
  CheckpointAdvice,
  MemoryLine,
  MemoryReport,
  MemoryScope,
  Peak,
  PolicyReport,
  SourceRange,
} from "../process/protocol.ts";
import type { Colours } from "./colours.ts";

export interface Surroundings {
  readonly path: string;
  readonly text: string;
  readonly nameOf: (file: string) => string;
  readonly colours: Colours;
}

/** Rows of one table; --json has them all. */
const mostRows = 20;
const mostReasons = 3;

/** What `adjoint memory` prints for people. */
export function memoryLines(report: MemoryReport, where: Surroundings): string[] {
  const { bold, dim } = where.colours;
  const { held, kept, recomputed, compiled } = report;
  const values = `${formatCount(kept.values)} ${kept.values === 1 ? "value" : "values"}`;
  return [
    `${bold(report.function)} keeps ${bold(formatBytes(kept.bytes))} for the backward pass: ${values}`,
    dim(
      `besides ${formatBytes(held.parameterBytes)} of parameters and ${formatBytes(held.dataBytes)} of data, which are held anyway`,
    ),
    ...(recomputed > 0 ? [dim(`checkpoints compute ${percent(recomputed)} of the forward pass again`)] : []),
    "",
    ...peaks(report, where),
    ...(compiled === undefined
      ? []
      : [
          dim(
            `compiled, in float32: ${formatBytes(compiled.evaluation)} to evaluate, ${formatBytes(compiled.training)} to train`,
          ),
        ]),
    ...section("kept, by line", keptTable(report.lines, where), where),
    ...section("by call and loop", scopeTable(report.scopes, where), where),
    ...report.checkpoints.flatMap((advice) =>
      section(`checkpoint of ${named(advice)}`, policyTable(advice, where), where),
    ),
  ];
}

function section(title: string, rows: readonly string[], { colours }: Surroundings): string[] {
  return rows.length === 0 ? [] : ["", colours.bold(title), ...rows];
}

/** The label of a loop has its turns already. */
function named({ label, repeats, kind }: Pick<MemoryScope, "label" | "repeats" | "kind">, around = 1): string {
  return repeats > 1 && (kind === "call" || around > 1) ? `${label} ×${formatCount(repeats)}` : label;
}

function peaks({ peaks: { inference, forward, backward } }: MemoryReport, where: Surroundings): string[] {
  const row = (name: string, peak: Peak): string[] => [
    `peak of ${name}`,
    formatBytes(peak.bytes),
    `at ${peak.op}, ${lineText(peak.source, where)}`,
  ];
  return aligned(
    [row("inference", inference), row("the forward pass", forward), row("the backward pass", backward)],
    [1],
  );
}

function keptTable(lines: readonly MemoryLine[], where: Surroundings): string[] {
  if (lines.length === 0) return [];
  const { dim } = where.colours;
  const head = ["line", "bytes", "values", "shape", "name", "op", "why"];
  const rows = lines.slice(0, mostRows).flatMap((line) => {
    const reasons = line.reasons.slice(0, mostReasons).map(({ text }) => text);
    if (line.reasons.length > mostReasons)
      reasons.push(`and ${formatPlural(line.reasons.length - mostReasons, "other")}`);
    const [first = "", ...more] = reasons;
    const shape = line.shapes.map((extents) => formatShape(extents)).join(", ");
    return [
      [
        shortPlace(line.source, where),
        formatBytes(line.bytes),
        formatCount(line.values),
        shape,
        line.label,
        line.op,
        first,
      ],
      ...more.map((text) => ["", "", "", "", "", "", text]),
    ];
  });
  return [...withHead(head, rows, [0, 1, 2], dim), ...cut(lines.length, where)];
}

function scopeTable(scopes: readonly MemoryScope[], where: Surroundings): string[] {
  if (scopes.length === 0) return [];
  const known = new Map<string, { readonly depth: number; readonly repeats: number }>();
  const rows = scopes.slice(0, mostRows).map((scope) => {
    const around = known.get(scope.parent ?? "");
    const depth = around === undefined ? 0 : around.depth + 1;
    known.set(scope.id, { depth, repeats: scope.repeats });
    return [
      shortPlace(scope.source, where),
      formatBytes(scope.bytes),
      percent(scope.work),
      `${"  ".repeat(depth)}${named(scope, around?.repeats)}`,
    ];
  });
  return [
    ...withHead(["line", "bytes", "work", "scope"], rows, [0, 1, 2], where.colours.dim),
    ...cut(scopes.length, where),
  ];
}

function policyTable({ policies }: CheckpointAdvice, where: Surroundings): string[] {
  const rows = policies.map(({ policy, keptBytes, peakBackward, extraWork, code = "" }) => [
    policyText(policy),
    formatBytes(keptBytes),
    formatBytes(peakBackward),
    percent(extraWork),
    code,
  ]);
  return withHead(["policy", "kept", "peak", "again", "written"], rows, [1, 2, 3], where.colours.dim);
}

function policyText(policy: PolicyReport["policy"]): string {
  if (policy === "everything") return "everything (as it is)";
  if (typeof policy === "string") return policy;
  return "names" in policy ? `names ${policy.names.join(", ")}` : `up to ${formatBytes(policy.bytes)} each`;
}

function percent(share: number): string {
  const whole = Math.round(share * 100);
  return share > 0 && whole === 0 ? "<1 %" : `${whole} %`;
}

function cut(count: number, { colours }: Surroundings): string[] {
  return count > mostRows ? [colours.dim(`… ${formatCount(count - mostRows)} more (--json has them all)`)] : [];
}

function shortPlace({ file, line }: SourceRange, { path, nameOf }: Surroundings): string {
  return file === path ? String(line) : `${nameOf(file)}:${line}`;
}

/** "line 7: return tanh(matmul(h, w))" */
function lineText(source: SourceRange, where: Surroundings): string {
  if (source.file !== where.path) return shortPlace(source, where);
  const text = (where.text.split(/\r?\n/)[source.line - 1] ?? "").trim();
  return `line ${source.line}: ${where.colours.dim(text)}`;
}

function withHead(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[],
  dim: (text: string) => string,
): string[] {
  const [first, ...others] = aligned([head, ...rows], right);
  return [dim(first!), ...others];
}

/** Columns two spaces apart; those in `right` stand to the right. The last may hold colours. */
function aligned(rows: readonly (readonly string[])[], right: readonly number[]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.slice(0, -1).forEach((text, k) => (widths[k] = Math.max(widths[k] ?? 0, text.length)));
  return rows.map((row) =>
    row
      .map((text, k) => (right.includes(k) ? text.padStart(widths[k] ?? 0) : text.padEnd(widths[k] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}
