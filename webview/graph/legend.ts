/** What the colours say where the graph is coloured by its adjoints. */
import type { Graph } from "../../engine/process/protocol.ts";
import { formatNumber, isFinite } from "../format.ts";
import { html } from "../ui/dom.ts";
import type { Magnitudes } from "./magnitudes.ts";

export class Legend {
  readonly element = html("div", { class: "legend", role: "img" });

  show({ ends }: Magnitudes, flawed: boolean): void {
    const [low, high] = (ends ?? [0, 0]).map((exponent) => formatNumber(10 ** exponent, 1));
    const parts = ends
      ? [html("span", {}, low), html("span", { class: "ramp" }), html("span", {}, high)]
      : [html("span", {}, "all adjoints are 0")];
    if (flawed) parts.push(html("span", { class: "swatch" }), html("span", {}, "not finite"));
    this.element.replaceChildren(html("span", { class: "dim" }, "‖adjoint‖"), ...parts);
    const words = ends ? `from ${String(low)} (pale) to ${String(high)} (full), on a logarithmic scale` : "all are 0";
    this.element.setAttribute("aria-label", `Colour: size of the adjoint, ${words}`);
  }
}

/** Whether anything that is drawn is not finite. */
export function hasFlaws({ cards, groups }: Graph): boolean {
  return (
    cards.some((card) => !isFinite(card.value) || !isFinite(card.adjoint)) ||
    groups.some(({ adjointIn, adjointOut }) => !Number.isFinite(adjointIn) || !Number.isFinite(adjointOut))
  );
}
