/** The bar at the top: which function, which way, search, what the trace cost, fit, export. */
import type { Ready } from "../../extension/panel/protocol.ts";
import { formatBytes, formatDuration, formatPlural } from "../format.ts";
import type { Mode } from "../view.ts";
import { html, icon, setAttributes } from "./dom.ts";
import { menuButton } from "./menu.ts";
import { button, dropdown, setOptions, setPrimary } from "./toolkit.ts";

export interface ToolbarEvents {
  readonly chooseFunction: (name: string) => void;
  readonly chooseMode: (mode: Mode) => void;
  readonly fit: () => void;
  readonly pin: () => void;
  readonly nextFinding: () => void;
  readonly heat: () => void;
  readonly exportAs: (format: "svg" | "png") => void;
}

const modes: readonly { mode: Mode; label: string; tooltip: string }[] = [
  { mode: "forward", label: "Forward", tooltip: "Values only" },
  { mode: "backward", label: "Backward", tooltip: "The backward pass, step by step" },
  { mode: "both", label: "Both", tooltip: "Values and adjoints, without the steps" },
];

const heatLabel = "Colour the graph by the size of its adjoints";

export class Toolbar {
  readonly element: HTMLElement;
  readonly #functions;
  readonly #modes: ReadonlyMap<Mode, HTMLElement>;
  readonly #figures = html("span", { class: "tape-figures" });
  readonly #findings;
  readonly #heat;
  readonly #pin;

  constructor(search: HTMLElement, events: ToolbarEvents) {
    this.#functions = dropdown("Function", events.chooseFunction);
    this.#modes = new Map(
      modes.map(({ mode, label, tooltip }) => [mode, button({ label, tooltip, press: () => events.chooseMode(mode) })]),
    );
    this.#findings = html("button", {
      class: "findings-count",
      type: "button",
      title: "Next finding (F8)",
      hidden: true,
    });
    this.#findings.addEventListener("click", events.nextFinding);
    this.#heat = button({ label: heatLabel, icon: "flame", iconOnly: true, press: events.heat });
    this.#heat.classList.add("toggle");
    this.#pin = button({ label: "Pin to this file", icon: "pin", iconOnly: true, press: events.pin });
    this.element = html(
      "header",
      { class: "toolbar", role: "toolbar", "aria-label": "Graph" },
      this.#functions,
      html("div", { class: "modes", role: "group", "aria-label": "Direction" }, ...this.#modes.values()),
      search,
      html("span", { class: "stretch" }),
      this.#findings,
      this.#figures,
      html(
        "div",
        { class: "tools" },
        this.#heat,
        button({ label: "Fit the whole graph (0)", icon: "screen-full", iconOnly: true, press: events.fit }),
        menuButton("Export the graph as a picture", "export", [
          { label: "Save as SVG…", run: () => events.exportAs("svg") },
          { label: "Save as PNG…", run: () => events.exportAs("png") },
        ]),
        this.#pin,
      ),
    );
  }

  show(ready: Ready, totalNodes: number | undefined): void {
    const options = ready.functions.map(({ name, value }) => ({
      value: name,
      text: `${ready.fileName} › ${name}${value === undefined ? " (failed)" : ""}`,
    }));
    setOptions(this.#functions, options, ready.function);
    const { tape, time } = ready;
    const nodes = formatPlural(totalNodes ?? tape.operations, "node");
    this.#figures.textContent = `${nodes} · ${formatBytes(tape.bytes)} tape · ${formatDuration(time.forwardMs + time.backwardMs)}`;
    this.#figures.title = [
      formatPlural(tape.operations, "operation"),
      `forward ${formatDuration(time.forwardMs)}`,
      `backward ${formatDuration(time.backwardMs)}`,
    ].join(", ");
    const worst = ready.diagnostics.some(({ severity }) => severity === "error") ? "error" : "warning";
    this.#findings.hidden = ready.diagnostics.length === 0;
    this.#findings.className = `findings-count ${worst}`;
    this.#findings.replaceChildren(icon(worst), formatPlural(ready.diagnostics.length, "finding"));
    this.pinned(ready.pinned);
  }

  heat(on: boolean): void {
    this.#heat.setAttribute("aria-pressed", String(on));
  }

  mode(current: Mode): void {
    for (const [mode, element] of this.#modes) {
      setPrimary(element, mode === current);
      element.setAttribute("aria-pressed", String(mode === current));
    }
  }

  pinned(pinned: boolean): void {
    const label = pinned ? "Pinned to this file: follow the active editor again" : "Pin to this file";
    setAttributes(this.#pin, { "aria-label": label, title: label, "aria-pressed": String(pinned) });
    this.#pin.replaceChildren(icon(pinned ? "pinned" : "pin"));
  }
}
