/** The graph with the keyboard alone. */
import { isArrow, neighbour, parentOf, type Arrow } from "./navigation.ts";
import type { GraphPane } from "./pane.ts";

export interface KeyEvents {
  readonly select: (id: string | undefined) => void;
  readonly activate: (id: string) => void;
  /** To the next finding, or the one before. */
  readonly finding: (by: 1 | -1) => void;
  readonly search: () => void;
  readonly step: (by: number) => void;
  readonly play: () => void;
}

const panStep = 60;
const zoomStep = 1.25;

export function handleKeys(pane: GraphPane, events: KeyEvents): void {
  const { view } = pane;
  view.element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (act(pane, event, events)) event.preventDefault();
  });
  addEventListener("keydown", (event) => {
    if (event.key === "F8") {
      event.preventDefault();
      events.finding(event.shiftKey ? -1 : 1);
      return;
    }
    const find = event.key === "f" && (event.ctrlKey || event.metaKey);
    const slash = event.key === "/" && !(event.target as Element).closest("input, vscode-text-field");
    if (!find && !slash) return;
    event.preventDefault();
    events.search();
  });
}

function act(pane: GraphPane, { key, shiftKey }: KeyboardEvent, events: KeyEvents): boolean {
  const { viewport, layout, selected } = pane.view;
  switch (key) {
    case "+":
    case "=":
      viewport.zoom(zoomStep, undefined, true);
      return true;
    case "-":
      viewport.zoom(1 / zoomStep, undefined, true);
      return true;
    case "0":
      pane.fit();
      return true;
    case " ":
      events.play();
      return true;
    case ",":
      events.step(-1);
      return true;
    case ".":
      events.step(1);
      return true;
    case "Enter":
      if (selected !== undefined) events.activate(selected);
      return true;
    case "Escape":
      events.select(layout && selected !== undefined ? parentOf(layout, selected) : undefined);
      return true;
  }
  if (!isArrow(key) || !layout) return false;
  if (shiftKey) {
    const { x, y } = direction(key);
    viewport.pan(-x * panStep, -y * panStep, true);
  } else events.select(selected === undefined ? layout.graph.output : (neighbour(layout, selected, key) ?? selected));
  return true;
}

function direction(arrow: Arrow): { x: number; y: number } {
  const x = arrow === "ArrowRight" ? 1 : arrow === "ArrowLeft" ? -1 : 0;
  return { x, y: x !== 0 ? 0 : arrow === "ArrowDown" ? 1 : -1 };
}
