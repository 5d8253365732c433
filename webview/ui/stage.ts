/** Where everything stands: graph and side pane above, flow, steps and memory below; one under the other where it is narrow. */
import type { Arrangement, BottomTab, Mode } from "../view.ts";
import { html } from "./dom.ts";
import { quietMs } from "./screen.ts";
import { sash } from "./sash.ts";

/** What stands behind a tab: a line beside the tabs, and what fills the place below them. */
interface Tabbed {
  readonly head: HTMLElement;
  readonly element: HTMLElement;
}

interface Parts {
  readonly toolbar: HTMLElement;
  readonly notices: HTMLElement;
  readonly graph: HTMLElement;
  readonly details: HTMLElement;
  readonly flow: Tabbed;
  readonly steps: Tabbed;
  readonly memory: Tabbed;
  readonly screen: HTMLElement;
}

type Tab = Arrangement["tab"];

const bottomTabs: readonly BottomTab[] = ["flow", "steps", "memory"];

const narrowestSide = 200;
const lowestBottom = 100;
/** What the graph keeps, however the sashes are drawn. */
const leftForGraph = 200;
/** As in the style sheet: details and what stands below the graph then share one place. */
const narrow = matchMedia("(max-width: 720px)");

export class Stage {
  readonly #stage: HTMLElement;
  readonly #progress = html("div", {
    class: "progress-bar",
    role: "progressbar",
    "aria-label": "Tracing",
    hidden: true,
  });
  readonly #arrangement: Arrangement;
  readonly #tabs = new Map<Tab, HTMLElement>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: Parts, arrangement: Arrangement, changed: () => void) {
    const { toolbar, notices, graph, details, screen } = parts;
    this.#arrangement = arrangement;
    const tabbed = bottomTabs.map((name) => ({ name, ...parts[name] }));
    const heads = tabbed.map(({ head }) => head);
    const bar = html("div", { class: "bottom-bar" }, this.#tabList(changed), ...heads);
    const elements = tabbed.map(({ element }) => element);
    const bottom = html("section", { class: "bottom", "aria-label": "Backward pass" }, bar, ...elements);
    const side = sash({
      label: "Width of the details",
      orientation: "vertical",
      size: () => details.clientWidth,
      resize: (size) => this.#sizeSide(clamp(size, narrowestSide, innerWidth - leftForGraph)),
      done: changed,
    });
    const below = sash({
      label: "Height of what is below the graph",
      orientation: "horizontal",
      size: () => bottom.clientHeight,
      resize: (size) => this.#sizeBottom(clamp(size, lowestBottom, innerHeight - leftForGraph)),
      done: changed,
    });
    for (const { name, element } of tabbed) {
      element.id = `${name}-panel`;
      element.setAttribute("role", "tabpanel");
      element.setAttribute("aria-labelledby", `${name}-tab`);
    }
    details.id = "details-panel";
    this.#stage = html("div", { class: "stage" }, graph, side, details, below, bottom);
    if (arrangement.sideWidth !== undefined) this.#sizeSide(arrangement.sideWidth);
    if (arrangement.bottomHeight !== undefined) this.#sizeBottom(arrangement.bottomHeight);
    narrow.addEventListener("change", () => this.#mark());
    this.#mark();
    document.body.append(this.#progress, toolbar, notices, this.#stage, screen);
    this.show("screen");
  }

  show(what: "graph" | "screen"): void {
    document.body.dataset["showing"] = what;
  }

  mode(mode: Mode): void {
    document.body.dataset["mode"] = mode;
  }

  /** Brings what stands behind a tab to the front. Where there is room for both, details stay beside it. */
  choose(tab: Tab): void {
    this.#arrangement.tab = tab;
    if (tab !== "details") this.#arrangement.bottom = tab;
    this.#mark();
  }

  /** Details come to the front, and where there is room for both the flow of the adjoint, if `withFlow`. */
  showDetails(withFlow: boolean): void {
    if (withFlow) this.#arrangement.bottom = "flow";
    this.choose("details");
  }

  /** What is shown is not the newest. */
  dim(old: boolean): void {
    document.body.classList.toggle("old", old);
  }

  /** A run over what is shown: a thin bar, once it has lasted long enough to be seen. */
  progress(words: string | undefined): void {
    this.#progress.title = words ?? "";
    if (words === undefined) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#progress.hidden = true;
    } else this.#timer ??= setTimeout(() => (this.#progress.hidden = false), quietMs);
  }

  #sizeSide(width: number): void {
    this.#arrangement.sideWidth = width;
    this.#stage.style.setProperty("--side-width", `${String(width)}px`);
  }

  #sizeBottom(height: number): void {
    this.#arrangement.bottomHeight = height;
    this.#stage.style.setProperty("--bottom-height", `${String(height)}px`);
  }

  #mark(): void {
    const { tab, bottom } = this.#arrangement;
    document.body.dataset["tab"] = tab;
    document.body.dataset["bottom"] = bottom;
    const chosen = narrow.matches ? tab : bottom;
    for (const [name, element] of this.#tabs) {
      element.setAttribute("aria-selected", String(name === chosen));
      element.tabIndex = name === chosen ? 0 : -1;
    }
  }

  #tabList(changed: () => void): HTMLElement {
    const labels = { details: "Details", flow: "Flow", steps: "Steps", memory: "Memory" } as const;
    for (const [name, label] of Object.entries(labels) as [Tab, string][]) {
      const attributes = { id: `${name}-tab`, type: "button", role: "tab", "aria-controls": `${name}-panel` };
      const button = html("button", attributes, label);
      button.addEventListener("click", () => {
        this.choose(name);
        changed();
      });
      this.#tabs.set(name, button);
    }
    const list = html("div", { class: "tabs", role: "tablist" }, ...this.#tabs.values());
    list.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const shown = [...this.#tabs.values()].filter((tab) => tab.offsetParent !== null);
      const at = shown.indexOf(document.activeElement as HTMLElement);
      if (by === undefined || at < 0) return;
      event.preventDefault();
      const next = shown[(at + by + shown.length) % shown.length]!;
      next.click();
      next.focus();
    });
    return list;
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
