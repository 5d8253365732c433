/**
 * A plot of several series over a common axis, as the theme colours it. The one place that knows uPlot, which draws it.
 * Pointing at it, or the arrow keys, read its values; plots with the same `together` are read at the same place.
 */
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { formatCount, formatNumber } from "../format.ts";
import { html, svg } from "../ui/dom.ts";
import { onThemeChange, resolvedColour } from "./colours.ts";
import "./plots.css";

export interface Series {
  readonly name: string;
  /** Any CSS colour, `var(--value)` say. */
  readonly colour: string;
  /** Lengths of strokes and gaps, in px: what tells it from others of a similar colour. A full line when left out. */
  readonly dash?: readonly number[];
  /** Marks single points: for series that have few. */
  readonly points?: boolean;
}

export interface PlotOptions {
  readonly title: string;
  /** What the horizontal axis counts: "step". */
  readonly along: string;
  readonly series: readonly Series[];
  readonly logarithmic: boolean;
  /** Significant digits of the values read. */
  readonly digits: number;
  /** Plots of one group are read together. */
  readonly together?: string;
}

/** Places along the axis, ascending, then the values of each series; null where there is none. */
export type PlotData = readonly [readonly number[], ...(readonly (number | null)[])[]];

const height = 190;
const axisFont = 11;
const tickSpace = 46;
const swatchWidth = 26;
// uPlot's own enumeration is there for the types alone.
const distribution = { linear: 1, logarithmic: 3 } as unknown as Readonly<
  Record<"linear" | "logarithmic", uPlot.Scale.Distr>
>;
/** A place of the cursor where it reads nothing. */
const outside = -10;
/** With more series than this, names stand only where one is pointed at. */
const mostNames = 24;

export class Plot {
  readonly element: HTMLElement;
  readonly #options: PlotOptions;
  readonly #canvas = html("div", { class: "plot-canvas", tabindex: 0, role: "img" });
  readonly #legend = html("ul", { class: "plot-legend" });
  readonly #spoken = html("span", { class: "unseen", "aria-live": "polite" });
  readonly #at = html("span", { class: "plot-at dim" });
  readonly #figures: HTMLElement[] = [];
  readonly #names: HTMLElement[] = [];
  readonly #end = new AbortController();
  readonly #size: ResizeObserver;
  #plot: uPlot | undefined;
  #data: PlotData;
  #logarithmic: boolean;
  #pending = false;

  constructor(options: PlotOptions, tools: readonly HTMLElement[] = []) {
    this.#options = options;
    this.#logarithmic = options.logarithmic;
    this.#data = [[], ...options.series.map(() => [])];
    const head = html("div", { class: "plot-head" }, html("h3", {}, options.title), this.#at, ...tools);
    this.element = html("section", { class: "plot", "aria-label": options.title });
    this.element.append(head, this.#legend, this.#canvas, this.#spoken);
    for (const [k, series] of options.series.entries()) this.#name(series, k);
    this.#canvas.addEventListener("keydown", (event) => this.#key(event));
    this.#canvas.addEventListener("blur", () => this.#point(outside, outside));
    this.#size = new ResizeObserver(() => this.#fit());
    this.#size.observe(this.#canvas);
    onThemeChange(() => this.#recolour(), this.#end.signal);
    this.#recolour();
  }

  set data(data: PlotData) {
    this.#data = data;
    this.#refresh();
  }

  set logarithmic(logarithmic: boolean) {
    if (this.#logarithmic === logarithmic) return;
    this.#logarithmic = logarithmic;
    this.#plot?.destroy();
    this.#plot = undefined;
    this.#refresh();
  }

  remove(): void {
    this.#end.abort();
    this.#size.disconnect();
    this.#plot?.destroy();
    this.element.remove();
  }

  /** Nothing is drawn while nobody can see it: a hidden page has no frames. */
  #refresh(): void {
    if (this.#pending) return;
    this.#pending = true;
    requestAnimationFrame(() => {
      this.#pending = false;
      if (!this.#end.signal.aborted) this.#draw();
    });
  }

  #draw(): void {
    const width = this.#canvas.clientWidth;
    if (width === 0) return;
    if (this.#plot === undefined) this.#plot = new uPlot(this.#uplotOptions(width), this.#drawn(), this.#canvas);
    else this.#plot.setData(this.#drawn());
    this.#read();
  }

  /** A logarithm has no place for zero. */
  #drawn(): uPlot.AlignedData {
    const [along, ...values] = this.#data;
    const drawable = (value: number | null): number | null =>
      value === null || !Number.isFinite(value) || (this.#logarithmic && value <= 0) ? null : value;
    return [[...along], ...values.map((column) => column.map(drawable))];
  }

  #fit(): void {
    const width = this.#canvas.clientWidth;
    if (width === 0) return;
    if (this.#plot === undefined) this.#refresh();
    else if (this.#plot.width !== width) this.#plot.setSize({ width, height });
  }

  #uplotOptions(width: number): uPlot.Options {
    const { series, together } = this.#options;
    const line = (): string => resolvedColour("var(--track)");
    const text = (): string => resolvedColour("var(--quiet)");
    const font = `${axisFont}px ${getComputedStyle(document.body).fontFamily}`;
    const axis: uPlot.Axis = {
      stroke: text,
      font,
      ticks: { stroke: line, size: 4 },
      grid: { stroke: line, width: 1 },
      gap: 4,
    };
    return {
      width,
      height,
      padding: [8, 10, 0, 0],
      legend: { show: false },
      scales: { x: { time: false }, y: { distr: this.#logarithmic ? distribution.logarithmic : distribution.linear } },
      axes: [
        {
          ...axis,
          size: 24,
          space: 80,
          values: (_, splits) => splits.map((at) => (Number.isInteger(at) ? formatCount(at) : "")),
        },
        {
          ...axis,
          ...(this.#logarithmic
            ? { grid: { ...axis.grid, filter: decades }, ticks: { ...axis.ticks, filter: decades }, filter: named }
            : {}),
          space: this.#logarithmic ? 18 : 30,
          size: (_, values) =>
            Math.max(
              tickSpace,
              12 + 6.2 * Math.max(0, ...((values as string[] | null) ?? []).map((label) => label.length)),
            ),
          values: (_, splits) => splits.map((value: number | null) => (value === null ? "" : formatNumber(value, 3))),
        },
      ],
      series: [
        {},
        ...series.map(({ colour, dash, points }) => ({
          stroke: () => resolvedColour(colour),
          width: 1.5,
          spanGaps: true,
          ...(dash === undefined ? {} : { dash: [...dash] }),
          points: { show: points === true, size: 4, fill: () => resolvedColour(colour) },
        })),
      ],
      cursor: {
        y: false,
        drag: { x: false, y: false, setScale: false },
        points: { size: 6, fill: (_, k) => resolvedColour(series[k - 1]?.colour ?? "currentcolor") },
        ...(series.length > 2 ? { focus: { prox: 24 } } : {}),
        ...(together === undefined ? {} : { sync: { key: together, setSeries: false, scales: ["x", null] } }),
      },
      focus: { alpha: 0.35 },
      hooks: {
        setCursor: [() => this.#read()],
        setSeries: [(_, k) => this.#focused(k)],
      },
    };
  }

  #name({ name, dash }: Series, k: number): void {
    const figure = html("span", { class: "figure" });
    const line = svg("line", { x2: swatchWidth, y1: 2, y2: 2, "stroke-dasharray": dash?.join(" ") });
    const swatch = svg("svg", { class: "swatch", width: swatchWidth, height: 4, "aria-hidden": "true" }, line);
    const entry = html("li", {}, swatch, html("span", { class: "clipped" }, name), figure);
    entry.title = name;
    entry.addEventListener("mouseenter", () => this.#plot?.setSeries(k + 1, { focus: true }));
    entry.addEventListener("mouseleave", () => this.#plot?.setSeries(null, { focus: true }));
    this.#figures.push(figure);
    this.#names.push(entry);
    if (k < mostNames) this.#legend.append(entry);
  }

  #focused(k: number | null): void {
    for (const [index, entry] of this.#names.entries()) entry.classList.toggle("focused", index + 1 === k);
    const pointed = k === null || k - 1 < mostNames ? undefined : this.#names[k - 1];
    for (const entry of this.#names.slice(mostNames)) if (entry !== pointed) entry.remove();
    if (pointed !== undefined) this.#legend.append(pointed);
  }

  /** Names the values at the cursor, else the latest there are. */
  #read(): void {
    const [along, ...values] = this.#data;
    const index = this.#plot?.cursor.idx;
    const read = index ?? undefined;
    const { along: unit, digits } = this.#options;
    const place = read === undefined ? undefined : along[read];
    this.#at.textContent = place === undefined ? `over ${unit}s` : `${unit} ${formatCount(place)}`;
    values.forEach((column, k) => {
      const value = read === undefined ? column.findLast((candidate) => candidate !== null) : lastUpTo(column, read);
      this.#figures[k]!.textContent = value === null || value === undefined ? "–" : formatNumber(value, digits);
    });
    const latest = this.#options.series
      .slice(0, mostNames)
      .map(({ name }, k) => `${name} ${this.#figures[k]!.textContent}`)
      .join(", ");
    this.#canvas.setAttribute("aria-label", `${this.#options.title}: ${latest}. The arrow keys read it step by step.`);
  }

  /** Puts the cursor there, in the plots that are read together with this one too. */
  #point(left: number, top: number): void {
    // The third parameter, which tells the others, is missing from uPlot's types.
    const plot = this.#plot as { setCursor(at: object, fire: boolean, tell: boolean): void } | undefined;
    plot?.setCursor({ left, top }, true, true);
  }

  #key(event: KeyboardEvent): void {
    const [along] = this.#data;
    const plot = this.#plot;
    if (plot === undefined || along.length === 0) return;
    const now = plot.cursor.idx ?? along.length - 1;
    const far = Math.max(1, Math.round(along.length / 10));
    const to = {
      ArrowLeft: now - 1,
      ArrowRight: now + 1,
      PageUp: now - far,
      PageDown: now + far,
      Home: 0,
      End: along.length - 1,
    }[event.key];
    if (event.key === "Escape") this.#point(outside, outside);
    if (to === undefined) return;
    event.preventDefault();
    const index = Math.max(0, Math.min(along.length - 1, to));
    this.#point(plot.valToPos(along[index]!, "x"), plot.over.clientHeight / 2);
    this.#spoken.textContent = [
      this.#at.textContent,
      ...this.#names.slice(0, mostNames).map((name) => name.textContent),
    ].join(", ");
  }

  #recolour(): void {
    for (const [k, { colour }] of this.#options.series.entries()) this.#names[k]!.style.setProperty("--series", colour);
    this.#plot?.redraw(false, true);
  }
}

/** Series that have few points are read at the last one before. */
function lastUpTo(column: readonly (number | null)[], index: number): number | null {
  for (let k = index; k >= 0; k--) {
    const value = column[k];
    if (value !== null && value !== undefined) return value;
  }
  return null;
}

/** Over more decades, lines between powers of ten say nothing; over many more, not even each power does. */
const fewDecades = 3;
const mostDecades = 8;

/** Which of an axis' splits have a line across a logarithmic plot: as many as can be told apart. */
function decades(_: uPlot, splits: number[]): (number | null)[] {
  const exponents = splits.map((value) => Math.log10(value));
  const span = Math.max(...exponents) - Math.min(...exponents);
  if (span <= fewDecades) return splits;
  const every = Math.ceil(span / mostDecades);
  return splits.map((value, k) => {
    const exponent = Math.round(exponents[k]!);
    return Math.abs(exponents[k]! - exponent) < 1e-6 && exponent % every === 0 ? value : null;
  });
}

/** Which of them have a number: those with a line, of few decades 1, 2 and 5 of each. */
function named(plot: uPlot, splits: number[]): (number | null)[] {
  return decades(plot, splits).map((value) => {
    if (value === null) return null;
    const mantissa = value / 10 ** Math.floor(Math.log10(value) + 1e-6);
    return [1, 2, 5].some((one) => Math.abs(mantissa - one) < 1e-3) ? value : null;
  });
}
