/** The layers or steps of a flow as the plot and the table speak of them. */
import type { FlowLayer, FlowReport } from "../../engine/process/protocol.ts";
import { formatNumber } from "../format.ts";

/** "12, 14", "12–14" */
export function linesText(lines: readonly number[]): string {
  const [first = 0, last = 0] = [lines[0], lines.at(-1)];
  const isRun = lines.length > 2 && last - first === lines.length - 1;
  return isRun ? `${String(first)}–${String(last)}` : lines.join(", ");
}

/** 7 of "layer 7". */
export function numberOf({ label }: FlowLayer): number {
  return Number(/\d+$/.exec(label)?.[0] ?? 0);
}

/** ‖v̄‖, also where it is too small or too large for a number. */
export function normText(log10: number, digits: number): string {
  const exponent = Math.floor(log10);
  if (Number.isFinite(log10) && Math.abs(exponent) > 300)
    return `${formatNumber(10 ** (log10 - exponent), digits)}e${String(exponent)}`;
  return formatNumber(10 ** log10, digits);
}

/** The layers that nodes `first` to `last` are part of: a layer's nodes end with its own. */
export function layersAt({ layers }: FlowReport, first: number, last = first): readonly number[] {
  const found: number[] = [];
  for (const [k, { node }] of layers.entries()) {
    const next = layers[k + 1]?.node ?? node;
    const before = layers[k - 1]?.node ?? node - Math.max(1, next - node);
    // Of a node the layer it is part of; of a group those that end in it.
    if (first === last ? before < first && first <= node : first <= node && node <= last) found.push(k);
  }
  return found;
}

/** "layer 10: ‖v̄‖ 4.1e-7, ×0.24 of layer 11" */
export function stationText({ layers }: FlowReport, k: number, digits: number): string {
  const { label, log10Norm, ratio, lines } = layers[k]!;
  const unit = label.replace(/\s*\d+$/, "");
  const times = ratio === undefined ? "" : `, ×${formatNumber(ratio, digits)} of the ${unit} after it`;
  const where = lines.length === 0 ? "" : `, ${lines.length === 1 ? "line" : "lines"} ${linesText(lines)}`;
  return `${label}: ‖v̄‖ ${normText(log10Norm, digits)}${times}${where}`;
}
