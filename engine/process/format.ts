/** How numbers are written wherever a person reads them. Pure: runs in Node and in a page. */
import type { Nested, Summary } from "./protocol.ts";

/** Significant digits unless a person's settings say otherwise. */
export const defaultDigits = 4;

const minus = "−";
/** Whole numbers below this are written out, all others within these bounds without an exponent. */
const longest = 1e6;
const smallest = 1e-3;

/** `x` with `digits` significant digits: "7.389", "−0.25", "12,345", "3.875e-7", "∞". */
export function formatNumber(x: number, digits = defaultDigits): string {
  if (Number.isNaN(x)) return "NaN";
  const size = Math.abs(x);
  return (x < 0 ? minus : "") + (size === Infinity ? "∞" : formatSize(size, digits));
}

function formatSize(size: number, digits: number): string {
  if (size === 0) return "0";
  if (size < longest && (Number.isInteger(size) || size >= 10 ** digits)) return formatCount(Math.round(size));
  if (size < longest && size >= smallest) {
    const text = size.toPrecision(digits);
    return text.includes("e") ? formatCount(Math.round(size)) : trimZeros(text);
  }
  const [figures, exponent] = size.toExponential(digits - 1).split("e") as [string, string];
  return `${trimZeros(figures)}e${exponent.replace("+", "")}`;
}

function trimZeros(figures: string): string {
  return figures.includes(".") ? figures.replace(/\.?0+$/, "") : figures;
}

/** All the digits there are, for a tooltip. */
export function formatExactly(x: number): string {
  return String(x).replace(/^-/, minus);
}

/** As `formatNumber`, with its sign even where it is positive: for what is added up. */
export function formatSigned(x: number, digits = defaultDigits): string {
  return x > 0 ? `+${formatNumber(x, digits)}` : formatNumber(x, digits);
}

/** A scalar, or the norm of a tensor: "7.389", "‖3.1‖". */
export function formatSummary(summary: Summary, digits = defaultDigits): string {
  return typeof summary === "number" ? formatNumber(summary, digits) : `‖${formatNumber(summary.norm, digits)}‖`;
}

/** The size of what is summarised: |x|, or a tensor's norm. */
export function magnitude(summary: Summary): number {
  return typeof summary === "number" ? Math.abs(summary) : summary.norm;
}

/** "scalar", "3", "64 × 32" */
export function formatShape(shape: readonly number[]): string {
  return shape.length === 0 ? "scalar" : shape.join(" × ");
}

/** "4,218" */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** "4,218 operations", "1 operation" */
export function formatPlural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** "176 B", "186 KB", "2.1 MB" */
export function formatBytes(bytes: number): string {
  let size = bytes;
  for (const unit of ["B", "KB", "MB"]) {
    if (size < 1000) return `${size < 10 && unit !== "B" ? size.toFixed(1) : String(Math.round(size))} ${unit}`;
    size /= 1000;
  }
  return `${size < 10 ? size.toFixed(1) : String(Math.round(size))} GB`;
}

/** "0.1 ms", "6 ms", "1.2 s" */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 10) return `${milliseconds.toFixed(1)} ms`;
  return milliseconds < 1000 ? `${String(Math.round(milliseconds))} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** Numbers of a nested value in rows a person can scan: "−1.642", "[46, 64]", "[[1, 2, …], … 64 rows]". */
export function formatNested(value: Nested, digits = defaultDigits, most = 6): string {
  if (typeof value === "number") return formatNumber(value, digits);
  if (!isList(value)) {
    const parts = Object.entries(value).map(([name, part]) => `${name}: ${formatNested(part, digits, most)}`);
    return `{ ${[...parts.slice(0, most), ...(parts.length > most ? ["…"] : [])].join(", ")} }`;
  }
  const rows = value.slice(0, most).map((part) => formatNested(part, digits, most));
  if (value.length > most) rows.push(`… ${formatCount(value.length)} in all`);
  return `[${rows.join(", ")}]`;
}

function isList(value: Nested): value is readonly Nested[] {
  return Array.isArray(value);
}
