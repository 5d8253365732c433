/** Bytes alive in the course of the forward and then the backward pass, with the peaks. */
import type { MemoryReport, Peak } from "../../engine/process/protocol.ts";
import type { Span } from "../flow/pane.ts";
import { describeBytes, formatBytes } from "../format.ts";
import { textWidth } from "../graph/measure.ts";
import { html, setAttributes, svg } from "../ui/dom.ts";
import { sliderPlace } from "../ui/sliderKeys.ts";
import { byteAxis } from "./scale.ts";

type Pass = keyof MemoryReport["peaks"];

const passes = ["inference", "forward", "backward"] as const;
const font = "11px sans-serif";
const margin = { top: 10, right: 12, bottom: 20 } as const;
const between = 1;

interface CourseEvents {
  readonly select: (node: number) => void;
  readonly hover: (node: number | undefined) => void;
  /** What the pointer or the keyboard reads; undefined: nothing any more. */
  readonly read: (sentence: string | undefined) => void;
}

/** What is alive in one stretch of a pass. */
interface Stretch {
  readonly pass: "forward" | "backward";
  readonly bytes: number;
  /** Of the pass, where it ends. */
  readonly share: number;
  readonly left: number;
  readonly right: number;
}

export class Course {
  readonly element: HTMLElement;
  readonly #events: CourseEvents;
  readonly #peaks = html("ul", { class: "peaks", "aria-label": "Peaks" });
  readonly #figure: HTMLElement;
  readonly #svg = svg("svg", { class: "course-plot", "aria-hidden": "true" });
  readonly #marks = svg("g", { class: "marks" });
  readonly #buttons = new Map<Pass, HTMLElement>();
  readonly #dots = new Map<Pass, SVGElement>();
  #report: MemoryReport | undefined;
  #stretches: readonly Stretch[] = [];
  #selected: number | undefined;
  /** The stretch that is read. */
  #at: number | undefined;
  #y = (bytes: number): number => bytes;

  constructor(events: CourseEvents) {
    this.#events = events;
    this.#figure = html("div", { class: "course-figure", tabindex: 0, role: "slider" }, this.#svg);
    this.element = html("div", { class: "memory-course" }, this.#peaks, this.#figure);
    new ResizeObserver(() => this.#draw()).observe(this.#figure);
    this.#svg.addEventListener("pointermove", (event) => this.#read(this.#under(event)));
    this.#svg.addEventListener("pointerleave", () => this.#read(undefined));
    this.#figure.addEventListener("keydown", (event) => this.#key(event));
    this.#figure.addEventListener("blur", () => this.#read(undefined));
  }

  show(report: MemoryReport): void {
    this.#report = report;
    this.#at = undefined;
    this.#buttons.clear();
    this.#peaks.replaceChildren(
      ...passes.map((pass) => this.#peak(pass, report.peaks[pass])),
      ...(report.compiled ? [compiledText(report.compiled)] : []),
    );
    const { forward, backward } = report.course;
    setAttributes(this.#figure, {
      "aria-label": "Bytes alive over the forward and the backward pass",
      "aria-valuemin": 1,
      "aria-valuemax": forward.length + backward.length,
    });
    this.#draw();
  }

  /** Marks the peaks that are reached at the selected node. */
  mark(span: Span | undefined): void {
    this.#selected = span?.first === span?.last ? span?.first : undefined;
    this.#mark();
  }

  #peak(pass: Pass, { bytes, source, op, node }: Peak): HTMLElement {
    const button = html(
      "button",
      { type: "button", class: `peak ${pass}`, title: `Peak of ${peakName(pass)}, at ${op}: ${describeBytes(bytes)}` },
      html("span", { class: "key", "aria-hidden": "true" }),
      html("span", { class: "name" }, pass),
      html("span", { class: "figure" }, formatBytes(bytes)),
      html("span", { class: "dim" }, `line ${String(source.line)}`),
    );
    button.addEventListener("click", () => this.#events.select(node));
    button.addEventListener("pointerenter", () => this.#events.hover(node));
    button.addEventListener("pointerleave", () => this.#events.hover(undefined));
    this.#buttons.set(pass, button);
    return html("li", {}, button);
  }

  #draw(): void {
    const report = this.#report;
    const { clientWidth: width, clientHeight: height } = this.#figure;
    if (!report || width < 60 || height < 50) return;
    const { course, peaks } = report;
    const bottom = height - margin.bottom;
    const axis = byteAxis(
      Math.max(...passes.map((pass) => peaks[pass].bytes)),
      Math.max(2, (bottom - margin.top) / 28),
    );
    const texts = axis.ticks.map((bytes) => (bytes === 0 ? "0" : formatBytes(bytes)));
    const left = 14 + Math.max(...texts.map((text) => textWidth(text, font)));
    const right = width - margin.right;
    this.#y = (bytes) => bottom - (bytes / axis.high) * (bottom - margin.top);
    const { forward, backward, inference } = course;
    const all = Math.max(1, forward.length + backward.length);
    // A pass of few operations keeps room for its name.
    const share = Math.min(0.7, Math.max(0.3, forward.length / all));
    const middle = left + (right - left) * share;
    this.#stretches = [
      ...stretches("forward", forward, left, middle - between),
      ...stretches("backward", backward, middle + between, right),
    ];
    const reference = stretches("forward", inference, left, middle - between);
    const half = (pass: Stretch["pass"]): readonly Stretch[] => this.#stretches.filter((each) => each.pass === pass);
    setAttributes(this.#svg, { width, height, viewBox: `0 0 ${String(width)} ${String(height)}` });
    this.#svg.replaceChildren(
      ...axis.ticks.flatMap((bytes, k) => [
        svg("path", { class: "grid", d: `M${round(left)} ${round(this.#y(bytes))}H${round(right)}` }),
        label("end", left - 8, this.#y(bytes) + 4, texts[k]!),
      ]),
      svg("path", { class: "divider", d: `M${round(middle)} ${String(margin.top)}V${round(bottom)}` }),
      label("middle", (left + middle) / 2, height - 5, "forward pass"),
      label("middle", (middle + right) / 2, height - 5, "backward pass"),
      ...(["forward", "backward"] as const).flatMap((pass) => [
        svg("path", { class: `area ${pass}`, d: areaUnder(half(pass), this.#y, bottom) }),
        svg("path", { class: `curve ${pass}`, d: stepsThrough(half(pass), this.#y) }),
      ]),
      svg("path", { class: "curve inference", d: stepsThrough(reference, this.#y) }),
      this.#marks,
      ...this.#peakDots({ inference: reference, forward: half("forward"), backward: half("backward") }),
    );
    this.#mark();
  }

  #peakDots(drawn: Readonly<Record<Pass, readonly Stretch[]>>): SVGElement[] {
    this.#dots.clear();
    for (const pass of passes) {
      const top = drawn[pass].reduce<Stretch | undefined>((a, b) => (a && a.bytes >= b.bytes ? a : b), undefined);
      if (!top) continue;
      const { bytes, node } = this.#report!.peaks[pass];
      const [cx, cy] = [round((top.left + top.right) / 2), round(this.#y(top.bytes))];
      const dot = svg(
        "g",
        { class: `peak-dot ${pass}` },
        svg("title", {}, `Peak of ${peakName(pass)}: ${formatBytes(bytes)}`),
        svg("circle", { class: "reach", cx, cy, r: 9 }),
        svg("circle", { class: "dot", cx, cy, r: pass === "inference" ? 2.5 : 3.5 }),
      );
      dot.addEventListener("click", () => this.#events.select(node));
      this.#dots.set(pass, dot);
    }
    return [...this.#dots.values()];
  }

  #mark(): void {
    for (const pass of passes) {
      const selected = this.#selected !== undefined && this.#report?.peaks[pass].node === this.#selected;
      this.#buttons.get(pass)?.classList.toggle("selected", selected);
      this.#dots.get(pass)?.classList.toggle("selected", selected);
    }
    const read = this.#at === undefined ? undefined : this.#stretches[this.#at];
    const x = read && round((read.left + read.right) / 2);
    this.#marks.replaceChildren(
      ...(read && x !== undefined
        ? [
            svg("path", { class: "cursor", d: `M${x} ${String(margin.top)}V${round(this.#y(0))}` }),
            svg("circle", { class: `read ${read.pass}`, cx: x, cy: round(this.#y(read.bytes)), r: 3.5 }),
          ]
        : []),
    );
    const text = read ? readText(read) : "none";
    setAttributes(this.#figure, { "aria-valuenow": (this.#at ?? -1) + 1, "aria-valuetext": text });
  }

  #read(at: number | undefined): void {
    if (at === this.#at) return;
    this.#at = at;
    this.#mark();
    const read = at === undefined ? undefined : this.#stretches[at];
    this.#events.read(read && readText(read));
  }

  #under({ clientX }: MouseEvent): number | undefined {
    const x = clientX - this.#svg.getBoundingClientRect().left;
    const at = this.#stretches.findIndex(({ right }) => x <= right);
    return x < (this.#stretches[0]?.left ?? 0) || at < 0 ? undefined : at;
  }

  #key(event: KeyboardEvent): void {
    const to = sliderPlace(event.key, this.#at ?? -1, this.#stretches.length);
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.#read(to);
  }
}

/** Of a model that can be trained. */
function compiledText({ evaluation, training }: NonNullable<MemoryReport["compiled"]>): HTMLElement {
  const title = `Besides weights, optimizer state and data, on the processor: ${describeBytes(evaluation)} and ${describeBytes(training)}`;
  const text = `compiled, in float32: ${formatBytes(evaluation)} to evaluate, ${formatBytes(training)} to train`;
  return html("li", { class: "compiled dim", title }, text);
}

function stretches(pass: Stretch["pass"], course: readonly number[], left: number, right: number): Stretch[] {
  const step = (right - left) / course.length;
  return course.map((bytes, k) => ({
    pass,
    bytes,
    share: (k + 1) / course.length,
    left: left + k * step,
    right: left + (k + 1) * step,
  }));
}

/** "35 % through the forward pass: 812 KB alive" */
function readText({ pass, bytes, share }: Stretch): string {
  return `${String(Math.round(share * 100))} % through the ${pass} pass: ${formatBytes(bytes)} alive`;
}

function peakName(pass: Pass): string {
  return pass === "inference" ? "inference, where nothing is kept" : `the ${pass} pass`;
}

function stepsThrough(drawn: readonly Stretch[], y: (bytes: number) => number): string {
  return drawn
    .map(({ bytes, left, right }, k) => `${k === 0 ? "M" : "L"}${round(left)} ${round(y(bytes))}H${round(right)}`)
    .join("");
}

function areaUnder(drawn: readonly Stretch[], y: (bytes: number) => number, bottom: number): string {
  const [first, last] = [drawn[0], drawn.at(-1)];
  if (!first || !last) return "";
  return `${stepsThrough(drawn, y)}V${round(bottom)}H${round(first.left)}Z`;
}

function label(kind: string, x: number, y: number, text: string): SVGTextElement {
  return svg("text", { class: kind, x: round(x), y: round(y) }, text);
}

function round(x: number): string {
  return String(Math.round(x * 10) / 10);
}
