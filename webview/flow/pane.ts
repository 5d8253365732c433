/** How the adjoint's norm goes along layers or steps: plot and table, of the finding that is looked at or of the model as it is. */
import type { FlowReport, SourceRange } from "../../engine/process/protocol.ts";
import { flowOf } from "../../engine/process/findings.ts";
import type { Diagnostic } from "../../engine/process/protocol.ts";
import { CancelledError } from "../channel.ts";
import { formatNumber, formatPlural } from "../format.ts";
import type { Session } from "../session.ts";
import { html } from "../ui/dom.ts";
import { JacobianBlock } from "./jacobian.ts";
import { FlowPlot } from "./plot.ts";
import { layersAt, stationText } from "./stations.ts";
import { FlowTable } from "./table.ts";

export interface FlowEvents {
  /** Selects the node that stands for a layer. */
  readonly select: (node: number) => void;
  /** Lights it up while the pointer is there. */
  readonly hover: (node: number | undefined) => void;
  readonly reveal: (source: SourceRange) => void;
}

/** What is selected, as the nodes that it spans. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

export class FlowPane {
  /** One line: what is under the pointer or selected, or the whole. */
  readonly head = html("div", { class: "flow-head", "aria-live": "polite" });
  readonly element = html("div", { class: "flow" });
  readonly #events: FlowEvents;
  /** The plot once more, for the finding's own page where there is no room for both. */
  readonly #inset: FlowPlot;
  readonly #plot: FlowPlot;
  readonly #table: FlowTable;
  readonly #jacobian = new JacobianBlock();
  #session: Session | undefined;
  #report: FlowReport | undefined;
  /** The finding whose flow is shown; undefined: the engine is asked, once somebody looks. */
  #finding: Diagnostic | undefined;
  #asked: "no" | "yes" | "answered" = "no";
  #selected: readonly number[] = [];
  #hovered: number | undefined;
  #span: Span | undefined;

  constructor(events: FlowEvents) {
    this.#events = events;
    const select = (layer: number): void => events.select(this.#report!.layers[layer]!.node);
    const hover = (layer: number | undefined): void => this.#hover(layer);
    this.#plot = new FlowPlot({ select, hover, reveal: (line) => events.reveal(line) });
    this.#inset = new FlowPlot({ select, hover, reveal: (line) => events.reveal(line) });
    this.#table = new FlowTable({ select, hover });
    new ResizeObserver(() => void this.#ask()).observe(this.element);
  }

  get inset(): HTMLElement {
    return this.#inset.element;
  }

  /** Of the layer that is selected, for the finding's own page. */
  get jacobian(): HTMLElement {
    return this.#jacobian.element;
  }

  /** Takes up a session, and the finding that is looked at in it, if it has a flow. */
  open(session: Session | undefined, looked: Diagnostic | undefined): void {
    const finding = looked && flowOf(looked) ? looked : session?.ready.diagnostics.find((each) => flowOf(each));
    const isSame = this.#session === session && this.#finding === finding;
    this.#session = session;
    if (isSame && this.#asked !== "no") return;
    this.#finding = finding;
    this.#asked = finding ? "answered" : "no";
    if (finding) this.#show(flowOf(finding));
    else void this.#ask();
  }

  /** Marks the layers that are selected somewhere else, or here. */
  select(span: Span | undefined): void {
    this.#span = span;
    this.#selected = span && this.#report ? layersAt(this.#report, span.first, span.last) : [];
    this.#jacobian.show(this.#session, this.#report, this.#selected.at(-1));
    this.#mark();
  }

  /** Where nobody looks, nothing is asked for. */
  async #ask(): Promise<void> {
    const session = this.#session;
    if (!session || this.#asked !== "no" || this.element.clientHeight === 0) return;
    this.#asked = "yes";
    this.#say("Following the adjoint…");
    try {
      const report = await session.ask("flow", {});
      if (session === this.#session && !this.#finding) this.#show(report);
    } catch (error) {
      if (session !== this.#session || this.#finding) return;
      this.#asked = "no";
      if (!(error instanceof CancelledError)) this.#say(error instanceof Error ? error.message : String(error));
    }
  }

  #show(report: FlowReport | undefined): void {
    this.#asked = "answered";
    this.#report = report;
    if (!report) {
      this.#say(
        "Here layers or steps are plotted that feed one another: the turns of a loop, calls in a row, products of matrices. This function has none.",
      );
      return;
    }
    const digits = this.#session?.settings.digits ?? 4;
    this.element.replaceChildren(this.#plot.element, this.#table.element);
    this.#plot.show(report, digits);
    this.#inset.show(report, digits);
    this.#table.show(report, digits);
    this.#hovered = undefined;
    this.select(this.#span);
  }

  #say(sentence: string): void {
    this.#report = undefined;
    this.head.textContent = "";
    this.element.replaceChildren(html("p", { class: "dim none" }, sentence));
  }

  #hover(layer: number | undefined): void {
    if (layer === this.#hovered) return;
    this.#hovered = layer;
    this.#mark();
    this.#events.hover(layer === undefined ? undefined : this.#report?.layers[layer]?.node);
  }

  #mark(): void {
    const report = this.#report;
    if (!report) return;
    this.#plot.mark(this.#selected, this.#hovered);
    this.#inset.mark(this.#selected, this.#hovered);
    this.#table.mark(this.#selected, this.#hovered);
    const at = this.#hovered ?? (this.#selected.length === 1 ? this.#selected[0] : undefined);
    const digits = this.#session?.settings.digits ?? 4;
    this.head.textContent = at === undefined ? summary(report, digits) : stationText(report, at, digits);
  }
}

/** "20 layers, ×0.2336 a layer, ×1.005e-12 from the last back to the first" */
function summary({ kind, steps, perStep, factor }: FlowReport, digits: number): string {
  const unit = kind === "layers" ? "layer" : "step";
  const all = steps > 1 ? `, ×${formatNumber(factor, digits)} from the last back to the first` : "";
  return `${formatPlural(steps + 1, unit)}, ×${formatNumber(perStep, digits)} a ${unit}${all}`;
}
