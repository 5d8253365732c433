/** Small pictures for hovers, as SVG text. A picture in a hover cannot read the theme's variables, so colours come as a palette. */
import { formatNumber } from "../engine/process/format.ts";
import type { Histogram } from "../engine/process/protocol.ts";

export interface Palette {
  readonly value: string;
  readonly adjoint: string;
  readonly text: string;
  readonly line: string;
}

export const palettes = {
  dark: { value: "#59a4f9", adjoint: "#e8934a", text: "#9d9d9d", line: "#5a5a5a" },
  light: { value: "#0063d3", adjoint: "#b35c00", text: "#616161", line: "#c8c8c8" },
  highContrastDark: { value: "#59a4f9", adjoint: "#ffa657", text: "#ffffff", line: "#ffffff" },
  highContrastLight: { value: "#0f4a85", adjoint: "#8a3800", text: "#292929", line: "#292929" },
} as const satisfies Record<string, Palette>;

const width = 320;
const rowHeight = 36;
/** Room on the right for the range of a curve. */
const labelWidth = 62;
const plotWidth = width - labelWidth;
const widestBar = 12;
/** Between rows. */
const gap = 4;
/** A curve of positive numbers whose largest is more than so many times its smallest has a logarithmic scale. */
const manyTimes = 1000;

/** Below a histogram, for the ends of its scale. */
const scaleHeight = 13;

interface Row {
  readonly color: string;
  readonly height: number;
  readonly shape: string;
  readonly labels: readonly Label[];
}

interface Label {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly anchor?: "end";
}

type Range = readonly [low: number, high: number];

/** Value and adjoint over the executions, each on its own scale. `range` is exact where the points are means of stretches. */
export function seriesPlot(
  series: { readonly value: readonly number[]; readonly adjoint: readonly number[] },
  palette: Palette,
  digits: number,
  range?: { readonly value: Range; readonly adjoint: Range },
): string {
  return picture(
    [
      curve(series.value, range?.value, palette.value, palette.line, digits),
      curve(series.adjoint, range?.adjoint, palette.adjoint, palette.line, digits),
    ],
    palette,
  );
}

/** How the elements of a tensor and of its adjoint are spread. A constant has no adjoint. */
export function histogramPlot(
  histogram: { readonly value: Histogram; readonly adjoint: Histogram },
  palette: Palette,
  digits: number,
  constant = false,
): string {
  const value = bars(histogram.value, palette.value, palette.line, digits);
  if (constant) return picture([value], palette);
  return picture([value, bars(histogram.adjoint, palette.adjoint, palette.line, digits)], palette);
}

/** For an image's address. */
export function dataUri(svg: string): string {
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`;
}

function curve(points: readonly number[], range: Range | undefined, color: string, line: string, digits: number): Row {
  const finite = [...points, ...(range ?? [])].filter(Number.isFinite);
  const low = Math.min(...finite);
  const high = Math.max(...finite);
  // What grows or shrinks by decades is a flat line with a hook on a linear scale.
  const at = low > 0 && high / low > manyTimes ? Math.log : (point: number) => point;
  const y = (point: number) =>
    high === low ? rowHeight / 2 : 5 + ((at(high) - at(point)) / (at(high) - at(low))) * (rowHeight - 10);
  const x = (index: number) => 2 + (index / Math.max(points.length - 1, 1)) * (plotWidth - 8);
  let path = "";
  let pen = "M";
  points.forEach((point, index) => {
    if (Number.isFinite(point)) path += `${pen}${x(index).toFixed(1)} ${y(point).toFixed(1)}`;
    pen = Number.isFinite(point) ? "L" : "M";
  });
  const zero =
    low < 0 && high > 0
      ? `<path d="M2 ${y(0).toFixed(1)}H${plotWidth - 6}" stroke="${line}" stroke-width="0.5" stroke-dasharray="2 2"/>`
      : "";
  return {
    color,
    height: rowHeight,
    labels: [
      { text: finite.length === 0 ? "NaN" : formatNumber(high, digits), x: plotWidth, y: 12 },
      {
        text: finite.length === 0 || high === low ? "" : formatNumber(low, digits),
        x: plotWidth,
        y: rowHeight - 4,
      },
    ],
    shape: `${zero}<path d="${path}" fill="none" stroke="${color}" stroke-width="1.5" stroke-linejoin="round"/>`,
  };
}

function bars({ counts, min, max }: Histogram, color: string, line: string, digits: number): Row {
  const most = Math.max(...counts, 1);
  // Elements that are all alike make one bar, not a block.
  const step = min === max ? widestBar : (width - 4) / Math.max(counts.length, 1);
  const shape = counts.map((count, index) => {
    if (count === 0) return "";
    // One element among thousands is still to be seen.
    const height = Math.max((count / most) * (rowHeight - 8), 1);
    return `<rect x="${(2 + index * step).toFixed(1)}" y="${(rowHeight - 3 - height).toFixed(1)}" width="${Math.max(step - 1, 0.5).toFixed(1)}" height="${height.toFixed(1)}" fill="${color}"/>`;
  });
  const base = `<path d="M2 ${rowHeight - 2.5}H${width - 2}" stroke="${line}" stroke-width="0.5"/>`;
  const y = rowHeight + scaleHeight - 3;
  return {
    color,
    height: rowHeight + scaleHeight,
    labels: [
      { text: formatNumber(min, digits), x: 2, y },
      ...(max === min ? [] : [{ text: formatNumber(max, digits), x: width - 2, y, anchor: "end" as const }]),
    ],
    shape: shape.join("") + base,
  };
}

function picture(rows: readonly Row[], palette: Palette): string {
  let height = 0;
  const parts = rows.map(({ color, height: own, shape, labels }) => {
    const texts = labels.map(
      ({ text, x, y, anchor }) =>
        `<text x="${x}" y="${y}" fill="${color}"${anchor ? ` text-anchor="${anchor}"` : ""}>${text}</text>`,
    );
    const part = `<g transform="translate(0 ${height})">${shape}${texts.join("")}</g>`;
    height += own + gap;
    return part;
  });
  height -= gap;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="11" fill="${palette.text}">${parts.join("")}</svg>`;
}
