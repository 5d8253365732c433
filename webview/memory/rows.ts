/** Rows of which one is selected: with the pointer, and with the keyboard. */
import { html } from "../ui/dom.ts";

export interface RowEvents<Item> {
  readonly select: (item: Item) => void;
  /** Enter or double-click. */
  readonly open: (item: Item) => void;
  readonly hover?: (item: Item | undefined) => void;
}

export interface Column {
  readonly name: string;
  readonly class: string;
  readonly tooltip?: string;
}

const page = 8;
let lists = 0;

export class Rows<Item> {
  readonly element: HTMLElement;
  readonly #columns: readonly Column[];
  readonly #events: RowEvents<Item>;
  readonly #id = `rows-${String(++lists)}`;
  #items: readonly Item[] = [];
  #rows: readonly HTMLElement[] = [];
  /** Of the row at which the keyboard stands. */
  #at = -1;

  constructor(label: string, kind: string, columns: readonly Column[], events: RowEvents<Item>) {
    this.#columns = columns;
    this.#events = events;
    this.element = html("div", { class: `rows-table ${kind}`, tabindex: 0, role: "treegrid", "aria-label": label });
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.element.addEventListener("pointerleave", () => events.hover?.(undefined));
  }

  /** `cellsOf`: what stands in each column. Without items stands `none`. */
  show(
    items: readonly Item[],
    none: string,
    cellsOf: (item: Item) => readonly (Node | string)[],
    depthOf: (item: Item) => number = () => 0,
  ): void {
    this.#items = items;
    this.#at = -1;
    this.element.removeAttribute("aria-activedescendant");
    this.#rows = items.map((item, k) => {
      const cells = cellsOf(item).map((cell, column) =>
        html("span", { class: this.#columns[column]!.class, role: "gridcell" }, cell),
      );
      const attributes = { id: `${this.#id}-${String(k)}`, "aria-selected": "false", "aria-level": depthOf(item) + 1 };
      const row = html("div", { class: "row", role: "row", ...attributes }, ...cells);
      row.addEventListener("click", () => this.#choose(k));
      row.addEventListener("dblclick", () => this.#events.open(item));
      row.addEventListener("pointerenter", () => this.#events.hover?.(item));
      return row;
    });
    const names = this.#columns.map(({ name, class: kind, tooltip }) =>
      html("span", { class: kind, role: "columnheader", title: tooltip }, name),
    );
    const head = html("div", { class: "row head", role: "row" }, ...names);
    this.element.replaceChildren(
      ...(items.length > 0 ? [head, ...this.#rows] : [html("p", { class: "dim none" }, none)]),
    );
  }

  mark(isSelected: (item: Item) => boolean): void {
    let first = -1;
    for (const [k, row] of this.#rows.entries()) {
      const selected = isSelected(this.#items[k]!);
      row.classList.toggle("selected", selected);
      row.setAttribute("aria-selected", String(selected));
      if (selected && first < 0) first = k;
    }
    if (first >= 0 && this.#rows[this.#at]?.classList.contains("selected") !== true) this.#stand(first);
  }

  #stand(at: number): void {
    this.#at = at;
    this.element.setAttribute("aria-activedescendant", `${this.#id}-${String(at)}`);
    this.#rows[at]!.scrollIntoView({ block: "nearest" });
  }

  #choose(at: number): void {
    this.#stand(at);
    this.#events.select(this.#items[at]!);
  }

  #key(event: KeyboardEvent): void {
    const last = this.#rows.length - 1;
    const at = this.#at;
    const to = {
      ArrowDown: at + 1,
      ArrowUp: at < 0 ? last : at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: last,
    }[event.key];
    const opens = event.key === "Enter" && at >= 0;
    if (last < 0 || (to === undefined && !opens)) return;
    event.preventDefault();
    event.stopPropagation();
    if (to === undefined) this.#events.open(this.#items[at]!);
    else this.#choose(Math.min(last, Math.max(0, to)));
  }
}
