/** The search field and the list of what it found. */
import type { SearchHit } from "../../engine/process/protocol.ts";
import { CancelledError } from "../channel.ts";
import { formatSummary } from "../format.ts";
import { debounced, html } from "../ui/dom.ts";
import { textField } from "../ui/toolkit.ts";

const typingPauseMs = 120;
const limit = 50;

export interface SearchEvents {
  readonly search: (query: string, limit: number, signal: AbortSignal) => Promise<readonly SearchHit[]>;
  readonly found: (hits: readonly SearchHit[]) => void;
  readonly choose: (hit: SearchHit) => void;
  /** The person is done with searching. */
  readonly leave: () => void;
}

export class Search {
  readonly element: HTMLElement;
  digits = 4;
  readonly #events: SearchEvents;
  readonly #field = textField({ placeholder: "Search name, op, line, |v̄| > …", "aria-label": "Search the graph" });
  readonly #list = html("ul", { class: "hits", id: "hits", role: "listbox", "aria-label": "Found", hidden: true });
  readonly #run = debounced(typingPauseMs, () => void this.#ask());
  #hits: readonly SearchHit[] = [];
  #active = 0;
  #asked: AbortController | undefined;

  constructor(events: SearchEvents) {
    this.#events = events;
    this.#field.addEventListener("input", this.#run);
    this.#field.addEventListener("keydown", (event) => this.#key(event));
    this.#field.addEventListener("focus", () => this.#list.toggleAttribute("hidden", this.#field.value.trim() === ""));
    this.element = html("div", { class: "search", role: "search" }, this.#field, this.#list);
    this.element.addEventListener("focusout", (event) => {
      if (!this.element.contains(event.relatedTarget as Node | null)) this.#list.hidden = true;
    });
  }

  focus(): void {
    this.#field.focus();
    this.#field.shadowRoot?.querySelector("input")?.select();
  }

  async #ask(): Promise<void> {
    this.#asked?.abort();
    const asked = (this.#asked = new AbortController());
    const query = this.#field.value.trim();
    if (query === "") {
      this.#show([], "");
      this.#list.hidden = true;
      return;
    }
    try {
      const hits = await this.#events.search(query, limit, asked.signal);
      if (asked === this.#asked) this.#show(hits, `Nothing matches “${query}”.`);
    } catch (error) {
      if (error instanceof CancelledError) return;
      this.#show([], error instanceof Error ? error.message : String(error));
    }
  }

  #show(hits: readonly SearchHit[], otherwise: string): void {
    this.#hits = hits;
    this.#active = 0;
    this.#events.found(hits);
    const rows = hits.map((hit, index) => this.#row(hit, index));
    if (hits.length === limit) rows.push(html("li", { class: "dim note" }, `The first ${String(limit)}.`));
    if (hits.length === 0) rows.push(html("li", { class: "dim note" }, otherwise));
    this.#list.replaceChildren(...rows);
    this.#list.hidden = false;
    this.#mark();
  }

  #row(hit: SearchHit, index: number): HTMLElement {
    const row = html(
      "li",
      { role: "option", id: `hit-${String(index)}` },
      html("span", { class: "label" }, hit.label),
      html("span", { class: "dim" }, `${hit.op}, line ${String(hit.line)}`),
      html("span", { class: "value" }, formatSummary(hit.value, this.digits)),
      html("span", { class: "adjoint" }, formatSummary(hit.adjoint, this.digits)),
    );
    row.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
    row.addEventListener("click", () => this.#choose(index));
    return row;
  }

  #mark(): void {
    const options = this.#list.querySelectorAll("[role=option]");
    for (const [index, row] of options.entries()) row.setAttribute("aria-selected", String(index === this.#active));
    options[this.#active]?.scrollIntoView({ block: "nearest" });
  }

  #choose(index: number): void {
    const hit = this.#hits[index];
    if (!hit) return;
    this.#active = index;
    this.#mark();
    this.#events.choose(hit);
  }

  #key(event: KeyboardEvent): void {
    event.stopPropagation(); // + and − are text here
    if (event.key === "Escape") {
      this.#field.value = "";
      this.#show([], "");
      this.#list.hidden = true;
      this.#events.leave();
    } else if (event.key === "Enter") {
      this.#choose(this.#active);
      this.#list.hidden = true;
      this.#events.leave();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (this.#hits.length === 0) return;
      const by = event.key === "ArrowDown" ? 1 : -1;
      this.#active = (this.#active + by + this.#hits.length) % this.#hits.length;
      this.#list.hidden = false;
      this.#mark();
    }
  }
}
