/** Depth or time against log₁₀ of the adjoint's norm. */
import type { FlowLine, FlowReport } from "../../engine/process/protocol.ts";
import { textWidth } from "../graph/measure.ts";
import { formatSigned } from "../format.ts";
import { html, setAttributes, svg } from "../ui/dom.ts";
import { sliderPlace } from "../ui/sliderKeys.ts";
import { countAxis, decadeAxis, powerText } from "./scale.ts";
import { numberOf, stationText } from "./stations.ts";

/** More points than this would touch each other: the line alone is drawn. */
const pointSpacing = 7;
const font = "11px sans-serif";
const margin = { top: 14, right: 16, bottom: 34 } as const;
const stripHeight = 13;
/** Lines of code that are marked below the plot. */
const mostStrips = 3;

const chanceText = "what chance gives at this width";

export interface PlotEvents {
  readonly select: (layer: number) => void;
  readonly hover: (layer: number | undefined) => void;
  readonly reveal: (line: FlowLine) => void;
}

export class FlowPlot {
  readonly element: HTMLElement;
  readonly #svg = svg("svg", { class: "flow-plot", "aria-hidden": "true" });
  readonly #marks = svg("g", { class: "marks" });
  readonly #events: PlotEvents;
  #report: FlowReport | undefined;
  #digits = 4;
  #selected: readonly number[] = [];
  #hovered: number | undefined;
  #places: readonly { readonly x: number; readonly y: number }[] = [];

  constructor(events: PlotEvents) {
    this.#events = events;
    this.element = html("div", { class: "flow-figure", tabindex: 0, role: "slider" }, this.#svg);
    new ResizeObserver(() => this.#draw()).observe(this.element);
    this.#svg.addEventListener("pointermove", (event) => events.hover(this.#nearest(event)));
    this.#svg.addEventListener("pointerleave", () => events.hover(undefined));
    this.#svg.addEventListener("click", (event) => {
      const at = (event.target as Element).closest(".strip") ? undefined : this.#nearest(event);
      if (at !== undefined) events.select(at);
    });
    this.element.addEventListener("keydown", (event) => this.#key(event));
  }

  show(report: FlowReport, digits: number): void {
    this.#report = report;
    this.#digits = digits;
    this.#selected = [];
    this.#hovered = undefined;
    const { layers, kind } = report;
    setAttributes(this.element, {
      "aria-label": `log₁₀ of the adjoint's norm by ${kind === "layers" ? "layer" : "step"}`,
      "aria-valuemin": 1,
      "aria-valuemax": layers.length,
    });
    this.#draw();
  }

  mark(selected: readonly number[], hovered: number | undefined): void {
    this.#selected = selected;
    this.#hovered = hovered;
    this.#drawMarks();
    const [first] = selected;
    const text = first === undefined || !this.#report ? "none" : stationText(this.#report, first, this.#digits);
    setAttributes(this.element, { "aria-valuenow": (first ?? -1) + 1, "aria-valuetext": text });
  }

  #draw(): void {
    const report = this.#report;
    const { clientWidth: width, clientHeight: height } = this.element;
    if (!report || width < 60 || height < 60) return;
    const { layers } = report;
    const strips = stripsOf(report);
    const bottom = margin.bottom + strips.length * stripHeight;
    const room = Math.max(30, height - margin.top - bottom);
    const norms = layers.map(({ log10Norm }) => log10Norm);
    const axis = decadeAxis([...norms, ...layers.flatMap(({ chance }) => chance ?? [])], Math.max(2, room / 24));
    const labels = [...axis.ticks.map(powerText), ...strips.map(({ name }) => name)];
    const left = 14 + Math.max(...labels.map((label) => textWidth(label, font)), 24);
    const [first, last] = [numberOf(layers[0]!), numberOf(layers.at(-1)!)];
    const x = (at: number): number =>
      left + 6 + ((at - first) / Math.max(1, last - first)) * (width - left - margin.right - 12);
    const y = (exponent: number): number =>
      margin.top + ((axis.high - exponent) / (axis.high - axis.low)) * (height - margin.top - bottom);
    this.#places = layers.map((layer) => ({ x: x(numberOf(layer)), y: y(layer.log10Norm) }));
    const isDense = (width - left) / layers.length < pointSpacing;
    setAttributes(this.#svg, { width, height, viewBox: `0 0 ${String(width)} ${String(height)}` });
    const unit = report.kind === "layers" ? "layer (input → output)" : "step (first → last)";
    const inner = countAxis(first, last, Math.max(2, Math.floor((width - left) / 56)));
    this.#svg.replaceChildren(
      ...axis.ticks.flatMap((tick) => [
        svg("path", { class: "grid", d: `M${round(left)} ${round(y(tick))}H${round(width - margin.right)}` }),
        label("end", left - 8, y(tick) + 4, powerText(tick)),
      ]),
      ...inner.map((tick) => label("middle", x(tick), height - bottom + 15, tick.toLocaleString("en-US"))),
      label("middle title", (left + width - margin.right) / 2, height - 5, unit),
      ...this.#band(report, x, y),
      svg("path", { class: "curve", d: pathThrough(this.#places) }),
      ...(isDense ? [] : this.#places.map((at) => svg("circle", { class: "point", cx: at.x, cy: at.y, r: 3 }))),
      ...strips.map((strip, row) => this.#strip(report, strip, x, height - bottom + 25 + row * stripHeight, left)),
      this.#marks,
    );
    this.#drawMarks();
  }

  /** Within which random weights alone would keep the adjoint. */
  #band({ layers }: FlowReport, x: (at: number) => number, y: (exponent: number) => number): SVGElement[] {
    const known = layers.flatMap((layer) => (layer.chance ? [{ at: x(numberOf(layer)), chance: layer.chance }] : []));
    if (known.length < 2) return [];
    const corner = (at: number, exponent: number) => `${round(at)} ${round(y(exponent))}`;
    const upper = known.map(({ at, chance }) => corner(at, chance[1]));
    const lower = known.map(({ at, chance }) => corner(at, chance[0])).reverse();
    const middle = known[Math.floor(known.length * 0.62)]!;
    const above = y(middle.chance[1]) - 6;
    const below = y(middle.chance[0]) + 14;
    const place = above > margin.top - 4 ? above : below;
    const half = textWidth(chanceText, font) / 2 + 4;
    const clamp = (at: number): number => Math.min(known.at(-1)!.at - half, Math.max(known[0]!.at + half, at));
    return [
      svg("path", { class: "chance", d: `M${[...upper, ...lower].join("L")}Z` }),
      label("middle chance-label", clamp(middle.at), Math.max(10, place), chanceText),
    ];
  }

  /** Where a line of code that is responsible acts. */
  #strip(
    { layers, totalNats }: FlowReport,
    strip: Strip,
    x: (at: number) => number,
    y: number,
    left: number,
  ): SVGElement {
    const { lines, name } = strip;
    const numbers = new Set(lines.map(({ line }) => line));
    const runs: [from: number, to: number][] = [];
    layers.forEach((layer, k) => {
      if (!layer.lines.some((line) => numbers.has(line))) return;
      const run = runs.at(-1);
      if (run?.[1] === k - 1) run[1] = k;
      else runs.push([k, k]);
    });
    const nats = lines.reduce((sum, line) => sum + line.nats, 0);
    const words = `${name} · ${lines[0]!.text} · ${formatSigned(nats, 3)} of ${formatSigned(totalNats, 3)} nats`;
    const group = svg(
      "g",
      { class: "strip" },
      svg("title", {}, words),
      label("end", left - 8, y + 4, name),
      ...runs.map(([from, to]) => {
        const start = x(numberOf(layers[from]!)) - 3;
        return svg("rect", { x: start, y: y - 2, width: x(numberOf(layers[to]!)) + 3 - start, height: 4, rx: 2 });
      }),
    );
    group.addEventListener("click", () => this.#events.reveal(lines[0]!));
    return group;
  }

  #drawMarks(): void {
    const ring = (k: number | undefined, kind: string): SVGElement[] => {
      const at = k === undefined ? undefined : this.#places[k];
      return at ? [svg("circle", { class: kind, cx: at.x, cy: at.y, r: 5 })] : [];
    };
    this.#marks.replaceChildren(
      ...this.#selected.flatMap((k) => ring(k, "selected-point")),
      ...ring(this.#hovered, "hovered-point"),
    );
  }

  #nearest({ clientX }: MouseEvent): number | undefined {
    const at = clientX - this.#svg.getBoundingClientRect().left;
    let best: number | undefined;
    for (const [k, { x }] of this.#places.entries())
      if (best === undefined || Math.abs(x - at) < Math.abs(this.#places[best]!.x - at)) best = k;
    return best;
  }

  #key(event: KeyboardEvent): void {
    const count = this.#report?.layers.length ?? 0;
    const to = sliderPlace(event.key, this.#selected[0] ?? count, count);
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.#events.select(to);
  }
}

interface Strip {
  readonly lines: readonly FlowLine[];
  readonly name: string;
}

/** One for each line of code that is responsible. Where each layer has a line of its own they make one strip. */
function stripsOf({ lines }: FlowReport): Strip[] {
  const responsible = lines.filter((line) => line.responsible);
  if (responsible.length <= mostStrips)
    return responsible.map((line) => ({ lines: [line], name: `line ${String(line.line)}` }));
  const numbers = responsible.map(({ line }) => line);
  return [{ lines: responsible, name: `lines ${String(Math.min(...numbers))}–${String(Math.max(...numbers))}` }];
}

function label(kind: string, x: number, y: number, text: string): SVGTextElement {
  return svg("text", { class: kind, x: round(x), y: round(y) }, text);
}

function pathThrough(places: readonly { readonly x: number; readonly y: number }[]): string {
  return places.map(({ x, y }, k) => `${k === 0 ? "M" : "L"}${round(x)} ${round(y)}`).join("");
}

function round(x: number): string {
  return String(Math.round(x * 10) / 10);
}
