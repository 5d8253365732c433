/** Draws a layout and keeps what is drawn in step with the pass, the selection and the search. */
import type { Graph } from "../../engine/process/protocol.ts";
import { html, motionAllowed, svg } from "../ui/dom.ts";
import { Busy } from "./busy.ts";
import { cardShape } from "./card.ts";
import { edgeShape, type EdgeShape } from "./edge.ts";
import type { Box } from "./geometry.ts";
import { groupShape } from "./group.ts";
import type { Layout } from "./layout.ts";
import { hasFlaws, Legend } from "./legend.ts";
import { magnitudesOf } from "./magnitudes.ts";
import type { Ink, Look, Shape } from "./shape.ts";
import { Viewport } from "./viewport.ts";

const moveMs = 160;

export interface GraphEvents {
  readonly select: (id: string | undefined) => void;
  /** Double-click: opens or closes a group, shows a node's source. */
  readonly activate: (id: string) => void;
  readonly toggle: (group: string) => void;
}

export class GraphView {
  readonly element: HTMLElement;
  readonly svg: SVGSVGElement;
  readonly viewport: Viewport;
  readonly busy = new Busy();
  layout: Layout | undefined;
  readonly #world = svg("g", { class: "world" });
  readonly #frames = svg("g");
  readonly #edges = svg("g");
  readonly #nodes = svg("g");
  readonly #labels = svg("g");
  readonly #badge = svg("text", { class: "badge", "aria-hidden": "true" });
  readonly #caption = html("div", { class: "caption", "aria-hidden": "true" });
  readonly #legend = new Legend();
  #shapes = new Map<string, Shape>();
  #edgeShapes: EdgeShape[] = [];
  #selected: string | undefined;
  #hits: ReadonlySet<string> = new Set();

  constructor(events: GraphEvents) {
    this.svg = svg("svg", { class: "drawing", role: "presentation" }, this.#world);
    this.#world.append(this.#frames, this.#edges, this.#nodes, this.#labels, this.#badge);
    this.element = html(
      "div",
      { class: "graph", tabindex: 0, role: "tree", "aria-label": "Graph" },
      this.#caption,
      this.svg,
      this.#legend.element,
      this.busy.element,
    );
    this.viewport = new Viewport(this.svg, this.#world);
    this.svg.addEventListener("click", (event) => {
      this.element.focus();
      if (this.svg.classList.contains("dragging")) return;
      const toggle = (event.target as Element).closest("[data-toggle]")?.getAttribute("data-toggle");
      if (toggle) events.toggle(toggle);
      else events.select(idAt(event));
    });
    this.svg.addEventListener("dblclick", (event) => {
      const id = idAt(event);
      if (id !== undefined && !(event.target as Element).closest("[data-toggle]")) events.activate(id);
    });
  }

  get graph(): Graph | undefined {
    return this.layout?.graph;
  }

  /**
   * Replaces the drawing. What `anchor` names stays where it is on the screen, if it was and is drawn; so does everything
   * when the drawing is new but of the same function.
   */
  render(layout: Layout, look: Look, anchor?: { readonly from: string; readonly to: string }): void {
    const before = this.layout;
    this.layout = layout;
    const ink: Ink = { fonts: layout.fonts, magnitudes: magnitudesOf(layout.graph) };
    this.#legend.show(ink.magnitudes, hasFlaws(layout.graph));
    this.#shapes = new Map();
    this.#frames.replaceChildren();
    this.#nodes.replaceChildren();
    for (const group of layout.graph.groups) this.#add(groupShape(group, layout.boxes.get(group.id)!, ink), group.open);
    for (const card of layout.graph.cards) this.#add(cardShape(card, layout.boxes.get(card.id)!, ink), false);
    this.#edgeShapes = layout.edges.map((edge) => edgeShape(edge, layout.direction, ink));
    this.#edges.replaceChildren(...this.#edgeShapes.map(({ element }) => element));
    this.#labels.replaceChildren(...this.#edgeShapes.flatMap(({ label }) => label ?? []));
    this.element.setAttribute("aria-label", `Graph of ${layout.graph.function}, ${String(this.#shapes.size)} items`);
    const shift = anchor && before ? this.#hold(before, layout, anchor) : { x: 0, y: 0 };
    this.update(look);
    this.select(this.#selected);
    this.markHits(this.#hits);
    if (before && motionAllowed()) this.#glide(before, layout, shift);
  }

  clear(): void {
    this.layout = undefined;
    this.#shapes = new Map();
    this.#edgeShapes = [];
    this.#selected = undefined;
    this.#hits = new Set();
    this.#badge.textContent = "";
    for (const layer of [this.#frames, this.#edges, this.#nodes, this.#labels]) layer.replaceChildren();
  }

  /** What the graph is of, and what its two colours mean. */
  caption(title: string, direction: Layout["direction"]): void {
    const [on, back] = direction === "right" ? ["→", "←"] : ["↓", "↑"];
    const value = html("span", { class: "value" }, `value ${on}`);
    const adjoint = html("span", { class: "adjoint" }, `${back} adjoint`);
    this.#caption.replaceChildren(html("span", { class: "title", title }, title), value, adjoint);
  }

  /** Follows the pass and the mode. */
  update(look: Look): void {
    this.element.dataset["mode"] = look.mode;
    const isHot = look.heat && look.mode !== "forward";
    this.element.classList.toggle("heat", isHot);
    for (const shape of this.#shapes.values()) shape.update(look);
    for (const edge of this.#edgeShapes) edge.update(look);
  }

  /** Marks the card or group at which the pass stands. */
  markStep(id: string | undefined, step: string, total: string): void {
    for (const shape of this.#shapes.values()) shape.element.classList.toggle("current", shape.id === id);
    for (const edge of this.#edgeShapes) edge.element.classList.toggle("current", id !== undefined && edge.to === id);
    const box = id === undefined ? undefined : this.layout?.boxes.get(id);
    // Data that flows downwards enters a card in the middle of its top: there is room for few words beside it.
    const down = this.layout?.direction === "down";
    this.#badge.textContent = !box ? "" : down ? `step ${step}` : `step ${step} of ${total}`;
    if (!box) return;
    this.#badge.setAttribute("x", String(down ? box.x : box.x + box.width / 2));
    this.#badge.setAttribute("text-anchor", down ? "start" : "middle");
    this.#badge.setAttribute("y", String(box.y - 9));
  }

  select(id: string | undefined): void {
    this.#selected = id;
    const drawn = id !== undefined && this.#shapes.has(id) ? id : undefined;
    for (const shape of this.#shapes.values()) {
      shape.element.classList.toggle("selected", shape.id === drawn);
      shape.element.setAttribute("aria-selected", String(shape.id === drawn));
    }
    for (const edge of this.#edgeShapes) {
      const near = drawn !== undefined && (edge.from === drawn || edge.to === drawn);
      edge.element.classList.toggle("near", near);
      edge.label?.classList.toggle("near", near);
    }
    if (drawn === undefined) this.element.removeAttribute("aria-activedescendant");
    else this.element.setAttribute("aria-activedescendant", `graph-${drawn}`);
  }

  markHits(ids: ReadonlySet<string>): void {
    this.#hits = ids;
    for (const shape of this.#shapes.values()) shape.element.classList.toggle("hit", ids.has(shape.id));
  }

  /** Lights one up as the pointer on it would. */
  hover(id: string | undefined): void {
    for (const shape of this.#shapes.values()) shape.element.classList.toggle("hovered", shape.id === id);
  }

  show(id: string): void {
    const box = this.layout?.boxes.get(id);
    if (box) this.viewport.show(box);
  }

  /** The card or group that is selected, if it is drawn. */
  get selected(): string | undefined {
    return this.#selected !== undefined && this.#shapes.has(this.#selected) ? this.#selected : undefined;
  }

  #add(shape: Shape, frame: boolean): void {
    const { x, y } = this.layout!.boxes.get(shape.id)!;
    shape.element.setAttribute("transform", `translate(${String(x)} ${String(y)})`);
    this.#shapes.set(shape.id, shape);
    (frame ? this.#frames : this.#nodes).append(shape.element);
  }

  /** Moves the viewport so that the anchor's top left corner stays where it was. Answers by how much the drawing moved. */
  #hold(before: Layout, after: Layout, anchor: { from: string; to: string }): { x: number; y: number } {
    const from = before.boxes.get(anchor.from);
    const to = after.boxes.get(anchor.to);
    if (!from || !to) return { x: 0, y: 0 };
    const shift = { x: from.x - to.x, y: from.y - to.y };
    const { x, y, scale } = this.viewport.frame;
    this.viewport.set({ x: x + shift.x * scale, y: y + shift.y * scale, scale });
    return shift;
  }

  /** Cards that were drawn before move to their new place; edges and what is new appear. */
  #glide(before: Layout, after: Layout, shift: { x: number; y: number }): void {
    const timing = { duration: moveMs, easing: "ease-out" };
    const at = ({ x, y }: { x: number; y: number }) => `translate(${String(x)}px, ${String(y)}px)`;
    let moved = false;
    for (const { id, element } of this.#shapes.values()) {
      const from = before.boxes.get(id);
      const to = after.boxes.get(id)!;
      if (!from) element.animate([{ opacity: 0 }, { opacity: 1 }], timing);
      else if (hasMoved(from, to, shift)) {
        moved = true;
        element.animate(
          [{ transform: at({ x: from.x - shift.x, y: from.y - shift.y }) }, { transform: at(to) }],
          timing,
        );
      }
    }
    if (!moved && before.boxes.size === after.boxes.size) return;
    for (const layer of [this.#edges, this.#labels]) layer.animate([{ opacity: 0 }, { opacity: 1 }], timing);
  }
}

function hasMoved(from: Box, to: Box, shift: { x: number; y: number }): boolean {
  return Math.abs(from.x - shift.x - to.x) > 0.5 || Math.abs(from.y - shift.y - to.y) > 0.5;
}

function idAt(event: Event): string | undefined {
  return (event.target as Element).closest("[data-id]")?.getAttribute("data-id") ?? undefined;
}
