/** What everything drawn in the graph has in common. */
import type { Mode } from "../view.ts";
import { svg } from "../ui/dom.ts";
import { fitText, type Fonts } from "./measure.ts";
import type { Magnitudes } from "./magnitudes.ts";
import type { Pass } from "./pass.ts";

export interface Look {
  readonly mode: Mode;
  readonly pass: Pass;
  readonly digits: number;
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

/** A card's name in three sizes, of which the style sheet shows the one that can be read from where the graph is seen. */
export function names(name: string, x: number, room: number, nearRoom: number, fonts: Fonts): SVGTextElement[] {
  return [
    text("label near", x, 20, fitText(name, fonts.label, nearRoom)),
    text("label middle-size", x, 22, fitText(name, fonts.middleLabel, room)),
    text("label far-size", x, 33, fitText(name, fonts.farLabel, room)),
  ];
}

/** The mark of an adjoint that the pass has not reached. */
export const notReached = "·";
