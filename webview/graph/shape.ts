/** What everything drawn in the graph has in common. */
import type { Mode } from "../view.ts";
import { svg } from "../ui/dom.ts";
import { fitText, textWidth, type Fonts } from "./measure.ts";
import type { Magnitudes } from "./magnitudes.ts";
import type { Pass } from "./pass.ts";

export interface Look {
  readonly mode: Mode;
  readonly pass: Pass;
  readonly digits: number;
  /** Cards and groups are coloured by their adjoints. */
  readonly heat: boolean;
}

export interface Ink {
  readonly fonts: Fonts;
  readonly magnitudes: Magnitudes;
}

/** A card or group: its element, and how it changes while the pass moves. */
export interface Shape {
  readonly id: string;
  readonly element: SVGGElement;
  update(look: Look): void;
}

export function text(kind: string, x: number, y: number, content = ""): SVGTextElement {
  return svg("text", { class: kind, x, y }, content);
}

/** Where a name is too long, "3–4" of "turns 3 … 4": the numbers tell more than the words. */
function fitName(name: string, font: string, room: number): string {
  if (textWidth(name, font) <= room) return name;
  return fitText(name.replace(/^(turns? |\S+ = )(?=\d)/, "").replace(/(\d) … (?=\d)/, "$1–"), font, room);
}

/** A card's name in three sizes, of which the style sheet shows the one that can be read from where the graph is seen. */
export function names(name: string, x: number, room: number, nearRoom: number, fonts: Fonts): SVGTextElement[] {
  return [
    text("label near", x, 20, fitText(name, fonts.label, nearRoom)),
    text("label middle-size", x, 22, fitName(name, fonts.middleLabel, room)),
    text("label far-size", x, 33, fitName(name, fonts.farLabel, room)),
  ];
}

/** The share of the adjoint's colour in its face where the graph is coloured by adjoints; 0: none. */
export function setHeat(element: SVGGElement, fraction: number): void {
  element.classList.toggle("hot", fraction > 0);
  element.style.setProperty("--heat", String(Math.round(fraction * 1000) / 1000));
}

/** The mark of an adjoint that the pass has not reached. */
export const notReached = "·";
