/** What everything drawn in the graph has in common. */
import type { Mode } from "../view.ts";
import { svg } from "../ui/dom.ts";
import type { Fonts } from "./measure.ts";
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

/** The mark of an adjoint that the pass has not reached. */
export const notReached = "·";
