/** The table of steps. Only the rows in view are in the page, so a hundred thousand steps cost no more than twenty. */
import type { Step } from "../../engine/process/protocol.ts";
import { formatExactly, formatNumber } from "../format.ts";
import { html } from "../ui/dom.ts";
import type { StepPages } from "./pages.ts";

const rowHeight = 22;
/** Browsers draw nothing beyond some 30 million pixels. */
const mostRows = 1_000_000;
const spare = 6;

/** What each column holds, for its tooltip. */
const columns = {
  step: "The order of the backward pass",
  rule: "x̄ is the adjoint of x: how much the result changes with it. v̄(…) is the adjoint of what stands in the brackets.",
  line: "The line of the source",
  adds: "What the step adds to each of these adjoints",
};

export class StepTable {
  readonly element: HTMLElement;
  readonly #rows = html("div", { class: "rows", role: "rowgroup" });
  readonly #scroller = html(
    "div",
    { class: "scroller", tabindex: 0, "aria-label": "Steps of the backward pass" },
    this.#rows,
  );
  readonly #choose: (index: number) => void;
  #pages: StepPages | undefined;
  #current = -1;
  #selected = -1;
  #digits = 4;

  constructor(choose: (index: number) => void) {
    this.#choose = choose;
    const head = html(
      "div",
      { class: "row head", role: "row" },
      ...Object.entries(columns).map(([name, title]) =>
        html("span", { class: name, role: "columnheader", title }, name),
      ),
    );
    this.element = html(
      "div",
      { class: "step-table", role: "table", "aria-label": "Backward pass" },
      head,
      this.#scroller,
    );
    this.#scroller.addEventListener("scroll", () => this.#draw());
    this.#scroller.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.#draw()).observe(this.#scroller);
  }

  open(pages: StepPages, digits: number): void {
    this.#pages = pages;
    this.#digits = digits;
    this.element.setAttribute("aria-rowcount", String(pages.total + 1));
    this.#rows.style.height = `${String(Math.min(pages.total, mostRows) * rowHeight)}px`;
    this.#draw();
  }

  /** The step at which the pass stands, and the step of the selected node; −1: none. */
  mark(current: number, selected: number): void {
    const moved = current !== this.#current ? current : selected !== this.#selected ? selected : -1;
    this.#current = current;
    this.#selected = selected;
    if (moved >= 0) this.#scrollTo(moved);
    this.#draw();
  }

  #scrollTo(index: number): void {
    const { scrollTop, clientHeight } = this.#scroller;
    const top = index * rowHeight;
    if (top < scrollTop) this.#scroller.scrollTop = top;
    else if (top + rowHeight > scrollTop + clientHeight) this.#scroller.scrollTop = top + rowHeight - clientHeight;
  }

  #draw(): void {
    const pages = this.#pages;
    if (!pages) return;
    const first = Math.max(0, Math.floor(this.#scroller.scrollTop / rowHeight) - spare);
    const last = Math.min(
      pages.total,
      Math.ceil((this.#scroller.scrollTop + this.#scroller.clientHeight) / rowHeight) + spare,
    );
    const rows: HTMLElement[] = [];
    for (let index = first; index < last; index++) rows.push(this.#row(index, pages.known(index)));
    this.#rows.replaceChildren(...rows);
    pages.load(first, last).then(
      (arrived) => {
        if (arrived && pages === this.#pages) this.#draw();
      },
      () => undefined, // the rows stay empty; scrolling asks again
    );
  }

  #row(index: number, step: Step | undefined): HTMLElement {
    const kinds = ["row"];
    if (index === this.#current) kinds.push("current");
    if (index === this.#selected) kinds.push("selected");
    if (this.#current >= 0 && index > this.#current) kinds.push("ahead");
    const adds = (step?.adds ?? []).map(({ amount }) =>
      html("span", { title: formatExactly(amount) }, formatNumber(amount, this.#digits)),
    );
    const row = html(
      "div",
      {
        class: kinds.join(" "),
        role: "row",
        "aria-rowindex": index + 2,
        "aria-selected": String(index === this.#selected),
      },
      html("span", { class: "step", role: "cell" }, (index + 1).toLocaleString("en-US")),
      html("span", { class: "rule", role: "cell", title: step?.rule }, step?.rule ?? "…"),
      html("span", { class: "line", role: "cell" }, step ? String(step.line) : ""),
      html("span", { class: "adds", role: "cell" }, ...adds),
    );
    row.style.top = `${String(index * rowHeight)}px`;
    row.addEventListener("click", () => this.#choose(index));
    return row;
  }

  #key(event: KeyboardEvent): void {
    const total = this.#pages?.total ?? 0;
    const page = Math.max(1, Math.floor(this.#scroller.clientHeight / rowHeight) - 1);
    const from = this.#selected >= 0 ? this.#selected : this.#current;
    const to = {
      ArrowDown: from + 1,
      ArrowUp: from - 1,
      PageDown: from + page,
      PageUp: from - page,
      Home: 0,
      End: total - 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.#choose(Math.min(total - 1, Math.max(0, to)));
  }
}
