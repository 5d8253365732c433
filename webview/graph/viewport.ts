/** Which part of the drawing is seen, and how large: pan and zoom. */
import { motionAllowed } from "../ui/dom.ts";
import { center, type Box, type Point } from "./geometry.ts";

export interface Frame {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

const smallest = 0.05;
const largest = 3;
/** A graph that fits is not blown up beyond this. */
const largestFit = 1.15;
/** Below these scales less can be read, so less is drawn, and larger. */
const middleScale = 0.7;
const farScale = 0.42;
const moveMs = 160;
const margin = 24;

export class Viewport {
  frame: Frame = { x: 0, y: 0, scale: 1 };
  /** All of the drawing is seen. */
  fitted = true;
  /** Nobody has moved the view since it was first placed or made to fit: it is placed again when the panel's size changes. */
  untouched = true;
  /** Called when a movement has come to rest. */
  changed: () => void = () => undefined;
  readonly #element: SVGSVGElement;
  readonly #world: SVGGElement;
  #animation = 0;

  constructor(element: SVGSVGElement, world: SVGGElement) {
    this.#element = element;
    this.#world = world;
    element.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    element.addEventListener("pointerdown", (event) => this.#drag(event));
  }

  get size(): { width: number; height: number } {
    return { width: this.#element.clientWidth, height: this.#element.clientHeight };
  }

  /** The point of the drawing under a point of the page. */
  toDrawing({ x, y }: Point): Point {
    const { left, top } = this.#element.getBoundingClientRect();
    return { x: (x - left - this.frame.x) / this.frame.scale, y: (y - top - this.frame.y) / this.frame.scale };
  }

  set(frame: Frame, smooth = false): void {
    this.fitted = false;
    this.untouched = false;
    this.#move(frame, smooth);
  }

  #move(frame: Frame, smooth: boolean): void {
    cancelAnimationFrame(this.#animation);
    if (smooth && motionAllowed()) this.#animate(this.frame, frame);
    else {
      this.#apply(frame);
      this.changed();
    }
  }

  /** A first look: all of it, or where it would be too small to read, the part around the result. */
  begin(size: { width: number; height: number }, result: Box | undefined): void {
    this.fit(size);
    if (this.frame.scale >= farScale || !result) return;
    const { x, y } = center(result);
    const { width, height } = this.size;
    this.fitted = false;
    const placed = {
      scale: middleScale,
      x: place(width, size.width * middleScale, x * middleScale),
      y: place(height, size.height * middleScale, y * middleScale),
    };
    this.#move(placed, false);
  }

  /** Shows all of `size`. */
  fit(size: { width: number; height: number }, smooth = false): void {
    const { width, height } = this.size;
    if (width === 0 || size.width === 0) return;
    const scale = clamp(Math.min(width / size.width, height / size.height), smallest, largestFit);
    this.fitted = true;
    this.untouched = true;
    this.#move({ scale, x: (width - size.width * scale) / 2, y: (height - size.height * scale) / 2 }, smooth);
  }

  zoom(factor: number, around: Point = { x: this.size.width / 2, y: this.size.height / 2 }, smooth = false): void {
    const { x, y, scale } = this.frame;
    const next = clamp(scale * factor, smallest, largest);
    const ratio = next / scale;
    this.set({ scale: next, x: around.x - (around.x - x) * ratio, y: around.y - (around.y - y) * ratio }, smooth);
  }

  pan(dx: number, dy: number, smooth = false): void {
    const { x, y, scale } = this.frame;
    this.set({ x: x + dx, y: y + dy, scale }, smooth);
  }

  /** Moves as little as possible so that `box` is seen. */
  show(box: Box): void {
    const { width, height } = this.size;
    const { x, y, scale } = this.frame;
    // A graph that was made to fit is seen whole.
    if (this.fitted && scale > smallest) return;
    const shift = (start: number, length: number, room: number) => {
      if (length + 2 * margin > room) return room / 2 - (start + length / 2);
      return Math.max(0, margin - start) + Math.min(0, room - margin - start - length);
    };
    const dx = shift(box.x * scale + x, box.width * scale, width);
    const dy = shift(box.y * scale + y, box.height * scale, height);
    if (dx !== 0 || dy !== 0) this.pan(dx, dy, true);
  }

  #apply(frame: Frame): void {
    this.frame = frame;
    this.#world.setAttribute(
      "transform",
      `translate(${String(frame.x)} ${String(frame.y)}) scale(${String(frame.scale)})`,
    );
    this.#element.dataset["distance"] = frame.scale < farScale ? "far" : frame.scale < middleScale ? "middle" : "near";
  }

  #animate(from: Frame, to: Frame): void {
    const begin = performance.now();
    const tick = (now: number): void => {
      const t = Math.min(1, Math.max(0, (now - begin) / moveMs));
      const eased = 1 - (1 - t) ** 3;
      const mix = (a: number, b: number) => a + (b - a) * eased;
      this.#apply({ x: mix(from.x, to.x), y: mix(from.y, to.y), scale: mix(from.scale, to.scale) });
      if (t < 1) this.#animation = requestAnimationFrame(tick);
      else this.changed();
    };
    this.#animation = requestAnimationFrame(tick);
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    if (event.shiftKey) {
      this.pan(-(event.deltaX || event.deltaY) * lines, 0);
      return;
    }
    const { left, top } = this.#element.getBoundingClientRect();
    // A pinch on a trackpad arrives as a wheel with Ctrl, in much smaller steps.
    const speed = event.ctrlKey ? 0.01 : 0.0015;
    this.zoom(Math.exp(-event.deltaY * lines * speed), { x: event.clientX - left, y: event.clientY - top });
  }

  #drag(down: PointerEvent): void {
    if (down.button > 1) return;
    const start = this.frame;
    let moved = false;
    const move = (event: PointerEvent): void => {
      const dx = event.clientX - down.clientX;
      const dy = event.clientY - down.clientY;
      if (!moved && Math.hypot(dx, dy) < 4) return;
      if (!moved) {
        moved = true;
        this.#element.setPointerCapture(down.pointerId);
        this.#element.classList.add("dragging");
      }
      this.fitted = false;
      this.untouched = false;
      this.#apply({ x: start.x + dx, y: start.y + dy, scale: start.scale });
    };
    const end = (): void => {
      this.#element.removeEventListener("pointermove", move);
      this.#element.removeEventListener("pointerup", end);
      this.#element.removeEventListener("pointercancel", end);
      if (!moved) return;
      this.changed();
      // The click that ends a drag comes before any timer: whoever hears it can tell that it must not select.
      setTimeout(() => this.#element.classList.remove("dragging"));
    };
    this.#element.addEventListener("pointermove", move);
    this.#element.addEventListener("pointerup", end);
    this.#element.addEventListener("pointercancel", end);
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** Where a drawing of `length` begins in `room`, so that what stands at `point` of it is seen and little room stays empty. */
function place(room: number, length: number, point: number): number {
  if (length <= room) return (room - length) / 2;
  return clamp(room / 2 - point, room - length, 0);
}
