/** The layers or steps in rows, from the result back to the input. */
import type { FlowReport } from "../../engine/process/protocol.ts";
import { formatNumber } from "../format.ts";
import { html } from "../ui/dom.ts";
import { linesText, normText, numberOf } from "./stations.ts";

export interface FlowTableEvents {
  readonly select: (layer: number) => void;
  readonly hover: (layer: number | undefined) => void;
}

export class FlowTable {
  readonly element = html("div", {
    class: "flow-table",
    tabindex: 0,
    role: "grid",
    "aria-label": "Norm of the adjoint by layer",
  });
  readonly #events: FlowTableEvents;
  /** By layer. */
  #rows: HTMLElement[] = [];
  #selected: readonly number[] = [];

  constructor(events: FlowTableEvents) {
    this.#events = events;
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.element.addEventListener("pointerleave", () => events.hover(undefined));
  }

  show(report: FlowReport, digits: number): void {
    const { layers, kind, direction } = report;
    const responsible = new Set(report.lines.filter((line) => line.responsible).map(({ line }) => line));
    this.#rows = layers.map((layer, k) => {
      const end = direction !== undefined && k === 0 ? " worst" : "";
      const cell = (name: string, ...content: (Node | string)[]) =>
        html("span", { class: name, role: "gridcell" }, ...content);
      const row = html(
        "div",
        { class: "row", role: "row", "aria-selected": "false" },
        cell("number", numberOf(layer).toLocaleString("en-US")),
        cell("lines", ...marked(layer.lines, responsible)),
        cell(`norm${end}`, normText(layer.log10Norm, digits)),
        cell("ratio", layer.ratio === undefined ? "" : formatNumber(layer.ratio, digits)),
      );
      row.addEventListener("click", () => this.#events.select(k));
      row.addEventListener("pointerenter", () => this.#events.hover(k));
      return row;
    });
    const names = [kind === "layers" ? "layer" : "step", "lines", "‖v̄‖", "×"];
    const head = html(
      "div",
      { class: "row head", role: "row" },
      ...names.map((name, i) =>
        html("span", { class: ["number", "lines", "norm", "ratio"][i], role: "columnheader" }, name),
      ),
    );
    head.lastElementChild?.setAttribute("title", "What it does to the norm of the adjoint on its way back");
    this.element.replaceChildren(head, ...[...this.#rows].reverse());
    this.#selected = [];
  }

  mark(selected: readonly number[], hovered: number | undefined): void {
    const moved = selected.join() !== this.#selected.join();
    this.#selected = selected;
    for (const [k, row] of this.#rows.entries()) {
      row.classList.toggle("selected", selected.includes(k));
      row.classList.toggle("hovered", k === hovered);
      row.setAttribute("aria-selected", String(selected.includes(k)));
    }
    if (moved && selected[0] !== undefined) this.#rows[selected[0]]?.scrollIntoView({ block: "nearest" });
  }

  #key(event: KeyboardEvent): void {
    const count = this.#rows.length;
    const at = this.#selected[0] ?? count;
    const to = { ArrowDown: at - 1, ArrowUp: at + 1, PageDown: at - 8, PageUp: at + 8, Home: count - 1, End: 0 }[
      event.key
    ];
    if (to === undefined || count === 0) return;
    event.preventDefault();
    event.stopPropagation();
    this.#events.select(Math.min(count - 1, Math.max(0, to)));
  }
}

/** "26, 27", with those that are responsible marked. */
function marked(lines: readonly number[], responsible: ReadonlySet<number>): (Node | string)[] {
  if (!lines.some((line) => responsible.has(line))) return [linesText(lines)];
  return lines.flatMap((line, i) => {
    const text = responsible.has(line) ? html("span", { class: "responsible" }, String(line)) : String(line);
    return i === 0 ? [text] : [", ", text];
  });
}
