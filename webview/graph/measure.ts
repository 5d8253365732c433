/** How wide cards must be for what is written on them. */
import type { Card, Graph, Group } from "../../engine/process/protocol.ts";
import { formatNumber, formatShape, formatSummary } from "../format.ts";

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Fonts {
  readonly label: string;
  /** The name's, where the graph is seen from farther away. */
  readonly middleLabel: string;
  readonly farLabel: string;
  readonly small: string;
  readonly number: string;
}

export const cardHeight = 58;
export const padding = 11;
/** Room for the name of an open group above what is in it. */
export const frameHeader = 34;
const minimumWidth = 124;
const maximumWidth = 232;
const gap = 16;

const context = document.createElement("canvas").getContext("2d")!;

export function textWidth(text: string, font: string): number {
  context.font = font;
  return context.measureText(text).width;
}

/** `text`, cut so that it fits into `width`. */
export function fitText(text: string, font: string, width: number): string {
  if (textWidth(text, font) <= width) return text;
  let low = 0;
  let high = text.length;
  while (low < high) {
    const half = (low + high + 1) >> 1;
    if (textWidth(`${text.slice(0, half)}…`, font) <= width) low = half;
    else high = half - 1;
  }
  return `${text.slice(0, low).trimEnd()}…`;
}

/** The fonts of the graph as the theme and the person's settings give them. */
export function currentFonts(): Fonts {
  const style = getComputedStyle(document.body);
  const family = style.getPropertyValue("--vscode-font-family") || "sans-serif";
  const editor = style.getPropertyValue("--vscode-editor-font-family") || "monospace";
  const label = (size: number) => `600 ${String(size)}px ${family}`;
  return {
    label: label(12),
    middleLabel: label(17),
    farLabel: label(25),
    small: `11px ${family}`,
    number: `12px ${editor}`,
  };
}

/** What stands at the right of a card's first line. */
export function operationText(card: Card): string {
  const shape = card.shape.length === 0 ? "" : formatShape(card.shape);
  // "matmul(x, w)" says what it does by itself.
  return card.label.includes(`${card.op}(`) ? shape : `${card.op} ${shape}`.trimEnd();
}

export function sizeOfCard(card: Card, fonts: Fonts, digits: number): Size {
  const first = textWidth(card.label, fonts.label) + textWidth(operationText(card), fonts.small);
  const second =
    textWidth(formatSummary(card.value, digits), fonts.number) +
    textWidth(formatSummary(card.adjoint, digits), fonts.number);
  return { width: clampWidth(Math.max(first, second)), height: cardHeight };
}

/** Of a closed group. */
export function sizeOfGroup(group: Group, fonts: Fonts, digits: number): Size {
  const first = 16 + textWidth(group.label, fonts.label) + textWidth(repeatsText(group), fonts.small);
  const numbers = [group.adjointOut, group.adjointIn].map((adjoint) => formatNumber(adjoint, digits));
  const second = textWidth(numbers.join(" ← "), fonts.number);
  return { width: clampWidth(Math.max(first, second)), height: cardHeight };
}

export function repeatsText(group: Group): string {
  return group.repeats > 1 ? `×${group.repeats.toLocaleString("en-US")}` : "";
}

export function labelOf(graph: Graph, id: string): string {
  const card = graph.cards.find((each) => each.id === id);
  return card?.label ?? graph.groups.find((group) => group.id === id)?.label ?? id;
}

function clampWidth(content: number): number {
  return Math.ceil(Math.min(maximumWidth, Math.max(minimumWidth, content + gap + 2 * padding)));
}
