/** What the panel writes in words of its own; numbers are written as everywhere (engine/process/format.ts). */
import type { Summary } from "../engine/process/protocol.ts";
import { formatExactly, formatNumber, formatPlural } from "../engine/process/format.ts";

export {
  formatBytes,
  formatCount,
  formatDuration,
  formatExactly,
  formatNested,
  formatNumber,
  formatPlural,
  formatShape,
  formatSigned,
  formatSummary,
  magnitude,
} from "../engine/process/format.ts";

export function isFinite(summary: Summary): boolean {
  return typeof summary === "number" ? Number.isFinite(summary) : summary.finite;
}

/** For a tooltip: all digits of a scalar, all that is told of a tensor. */
export function describeSummary(summary: Summary): string {
  if (typeof summary === "number") return formatExactly(summary);
  const { norm, min, max, mean, finite } = summary;
  const parts = Object.entries({ norm, min, max, mean }).map(([name, figure]) => `${name} ${formatNumber(figure, 7)}`);
  return parts.join(", ") + (finite ? "" : ", not all finite");
}

/** For a tooltip: "1,234,567 bytes". */
export function describeBytes(bytes: number): string {
  return formatPlural(bytes, "byte");
}

/** "34 %", "0.3 %" */
export function formatShare(share: number): string {
  return `${formatNumber(share * 100, share < 0.1 ? 1 : 2)} %`;
}

/** A letter with a bar over it stands for its variable's adjoint; words and expressions get the bar of v: v̄(x + e). */
export function adjointOf(label: string): string {
  return /^.$/u.test(label) ? `${label}\u0304` : `v\u0304(${label})`;
}
