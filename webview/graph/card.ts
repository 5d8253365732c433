/** A node's card: name, operation, value, adjoint, and a bar for the adjoint's magnitude. */
import type { Card } from "../../engine/process/protocol.ts";
import { describeSummary, formatNumber, formatSummary, isFinite, magnitude } from "../format.ts";
import { svg } from "../ui/dom.ts";
import type { Box } from "./geometry.ts";
import { fitText, operationText, padding, textWidth } from "./measure.ts";
import { names, notReached, setHeat, text, type Ink, type Look, type Shape } from "./shape.ts";

const barHeight = 3;

export function cardShape(card: Card, box: Box, { fonts, magnitudes }: Ink): Shape {
  const inner = box.width - 2 * padding;
  const right = box.width - padding;
  const fraction = magnitudes.adjoint(magnitude(card.adjoint));
  const heatFraction = magnitudes.heat(magnitude(card.adjoint));
  const operation = fitText(
    operationText(card),
    fonts.small,
    Math.max(inner * 0.4, inner - 10 - textWidth(card.label, fonts.label)),
  );
  const nearRoom = inner - 10 - textWidth(operation, fonts.small);
  const value = text("value", padding, 37);
  const adjoint = text("adjoint end", right, 37);
  const bar = svg("rect", { class: "bar", x: padding, y: 46, height: barHeight, width: 0, rx: barHeight / 2 });
  const title = svg("title");
  const element = svg(
    "g",
    { class: "card", id: `graph-${card.id}`, role: "treeitem", "data-id": card.id },
    title,
    svg("rect", { class: "face", width: box.width, height: box.height, rx: 4 }),
    ...names(card.label, padding, inner, nearRoom, fonts),
    text("operation end", right, 20, operation),
    value,
    adjoint,
    svg("rect", { class: "track", x: padding, y: 46, height: barHeight, width: inner, rx: barHeight / 2 }),
    bar,
  );
  const flawed = !isFinite(card.value) || !isFinite(card.adjoint);
  element.classList.toggle("flawed", flawed);

  const update = ({ mode, pass, digits, heat }: Look): void => {
    const reach = pass.reach(card.id);
    const isHot = heat && mode !== "forward" && reach === "complete";
    setHeat(element, isHot ? heatFraction : 0);
    const shown = mode === "forward" ? "" : adjointText(card, reach, pass.arrived(card), digits);
    value.textContent = formatSummary(card.value, digits);
    adjoint.textContent = shown;
    element.classList.toggle("unreached", mode !== "forward" && reach === "none");
    element.classList.toggle("partial", mode !== "forward" && reach === "partial");
    bar.setAttribute("width", String(mode === "forward" || reach !== "complete" ? 0 : inner * fraction));
    const words = [card.label, card.op, `line ${String(card.line)}`, `value ${describeSummary(card.value)}`];
    if (mode !== "forward") {
      words.push(reach === "complete" ? `adjoint ${describeSummary(card.adjoint)}` : unreachedWords(card, reach));
    }
    title.textContent = `${words.slice(0, 3).join(" · ")}\n${words.slice(3).join("\n")}`;
    element.setAttribute("aria-label", words.join(", "));
  };
  return { id: card.id, element, update };
}

function adjointText(card: Card, reach: string, arrived: number | undefined, digits: number): string {
  if (reach === "none") return notReached;
  if (reach === "complete") return formatSummary(card.adjoint, digits);
  return arrived === undefined ? "…" : `${formatNumber(arrived, digits)} …`;
}

function unreachedWords(card: Card, reach: string): string {
  if (reach === "partial") return "adjoint not yet complete";
  return card.step === 0 ? "the result does not depend on it" : "adjoint not yet reached";
}
