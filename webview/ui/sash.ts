/** A border between two panes that can be dragged, with the pointer or the arrow keys. */
import { html } from "./dom.ts";

interface SashOptions {
  readonly label: string;
  /** The way in which the pane after the sash shrinks. */
  readonly orientation: "vertical" | "horizontal";
  readonly size: () => number;
  readonly resize: (size: number) => void;
  readonly done: () => void;
}

const keyStep = 16;

export function sash({ label, orientation, size, resize, done }: SashOptions): HTMLElement {
  const element = html("div", {
    class: `sash ${orientation}`,
    role: "separator",
    tabindex: 0,
    "aria-label": label,
    "aria-orientation": orientation,
  });
  element.addEventListener("pointerdown", (down) => {
    down.preventDefault();
    element.setPointerCapture(down.pointerId);
    const start = size();
    const move = (event: PointerEvent): void => {
      resize(start - (orientation === "vertical" ? event.clientX - down.clientX : event.clientY - down.clientY));
    };
    element.addEventListener("pointermove", move);
    const end = (): void => {
      element.removeEventListener("pointermove", move);
      done();
    };
    element.addEventListener("lostpointercapture", end, { once: true });
  });
  element.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: keyStep, ArrowUp: keyStep, ArrowRight: -keyStep, ArrowDown: -keyStep }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    resize(size() + by);
    done();
  });
  return element;
}
