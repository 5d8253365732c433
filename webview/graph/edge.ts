/** An edge: as thick as the share of the adjoint it carries, labelled with the contribution. */
import { formatExactly, formatNumber } from "../format.ts";
import { svg } from "../ui/dom.ts";
import type { Curve, Direction, Point } from "./geometry.ts";
import { pathData } from "./geometry.ts";
import type { PlacedEdge } from "./layout.ts";
import { text, type Ink, type Look } from "./shape.ts";

const thinnest = 1;
const thickest = 6;

export interface EdgeShape {
  readonly from: string;
  readonly to: string;
  readonly element: SVGGElement;
  readonly label: SVGGElement | undefined;
  update(look: Look): void;
}

export function edgeShape(
  { edge, curve, label: place }: PlacedEdge,
  direction: Direction,
  { magnitudes }: Ink,
): EdgeShape {
  // The root shows small shares that a proportional line would not.
  const share = Math.sqrt(magnitudes.contribution(edge.contribution));
  const line = svg("path", { class: "line" });
  const head = svg("path", { class: "head" });
  const title = svg("title");
  const element = svg("g", { class: "edge", "aria-hidden": "true" }, title, line, head);
  const caption = place ? text("caption middle", place.x, place.y + 4) : undefined;
  const label = caption ? svg("g", { class: "edge-label", "aria-hidden": "true" }, caption) : undefined;

  const update = ({ mode, pass, digits }: Look): void => {
    const backward = mode !== "forward";
    const flow = backward ? pass.flow(edge) : "none";
    const width = flow === "none" ? thinnest : thinnest + (thickest - thinnest) * share;
    const drawn = withHead(curve, direction, backward && flow !== "none", width);
    line.setAttribute("d", drawn.line);
    line.setAttribute("stroke-width", String(Math.round(width * 10) / 10));
    head.setAttribute("d", drawn.head);
    element.classList.toggle("carries", flow !== "none");
    const many = edge.count > 1 ? ` over ${String(edge.count)} edges` : "";
    title.textContent = flow === "none" ? "" : `carries ${formatExactly(edge.contribution)}${many}`;
    if (!caption || !label) return;
    const shown = flow === "none" ? "" : formatNumber(edge.contribution, digits);
    caption.textContent = shown;
    label.classList.toggle("empty", shown === "");
  };
  return { from: edge.from, to: edge.to, element, label, update };
}

/** The line, shortened by its arrowhead at the end that the data (forward) or the adjoint (backward) flows to. */
function withHead(
  curve: Curve,
  direction: Direction,
  backward: boolean,
  width: number,
): { line: string; head: string } {
  if (curve.length < 4) return { line: "", head: "" };
  const long = 5 + width;
  const half = 2.2 + width * 0.8;
  const tip = backward ? curve[0]! : curve.at(-1)!;
  const side = backward ? 1 : -1;
  const along = ({ x, y }: Point, by: number): Point =>
    direction === "right" ? { x: x + side * by, y } : { x, y: y + side * by };
  const across = ({ x, y }: Point, by: number): Point => (direction === "right" ? { x, y: y + by } : { x: x + by, y });
  const base = along(tip, long);
  const shortened = backward
    ? [along(tip, long - 1), ...curve.slice(1)]
    : [...curve.slice(0, -1), along(tip, long - 1)];
  const corner = ({ x, y }: Point) => `${String(Math.round(x * 10) / 10)} ${String(Math.round(y * 10) / 10)}`;
  return {
    line: pathData(shortened),
    head: `M${corner(tip)}L${corner(across(base, half))}L${corner(across(base, -half))}Z`,
  };
}
