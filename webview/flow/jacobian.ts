/** What one layer does to every cotangent that can come to it: the singular values of its Jacobian. */
import type { FlowReport, Histogram, LayerJacobian } from "../../engine/process/protocol.ts";
import { CancelledError } from "../channel.ts";
import { figures, heading } from "../details/parts.ts";
import { histogramFigure } from "../details/histogram.ts";
import { formatCount, formatExactly, formatNumber } from "../format.ts";
import type { Session } from "../session.ts";
import { html } from "../ui/dom.ts";

const bins = 28;
/** Of the three that stand in a row. */
const shortDigits = 2;
/** Fewer values make no picture. */
const fewestValues = 4;

export class JacobianBlock {
  readonly element = html("section", { class: "jacobian" });
  #session: Session | undefined;
  #report: FlowReport | undefined;
  /** The layer whose Jacobian is wanted, and the one whose is shown or asked for. */
  #layer = 1;
  #shown = "";

  constructor() {
    new ResizeObserver(() => void this.#ask()).observe(this.element);
  }

  /** Of the layer that was selected last, until then of one halfway. */
  show(session: Session | undefined, report: FlowReport | undefined, selected: number | undefined): void {
    if (session !== this.#session || report !== this.#report) {
      this.#shown = "";
      this.element.replaceChildren();
      this.#layer = (report?.layers.length ?? 0) >> 1;
    }
    this.#session = session;
    this.#report = report;
    if (selected !== undefined) this.#layer = Math.max(1, selected);
    void this.#ask();
  }

  /** Where nobody looks, nothing is asked for. */
  async #ask(): Promise<void> {
    const session = this.#session;
    const [before, layer] = [this.#report?.layers[this.#layer - 1], this.#report?.layers[this.#layer]];
    if (!session || !before || !layer || !this.element.isConnected) return;
    if (this.#shown === layer.label) return;
    this.#shown = layer.label;
    try {
      const params = { from: before.nodes ?? [before.node], to: layer.nodes ?? [layer.node] };
      const jacobian = await session.ask("layerJacobian", params);
      if (session === this.#session && this.#shown === layer.label)
        this.#fill(jacobian, `${before.label} to ${layer.label}`, session.settings.digits);
    } catch (error) {
      if (session !== this.#session) return;
      this.#shown = "";
      if (!(error instanceof CancelledError)) this.#say(error instanceof Error ? error.message : String(error));
    }
  }

  #fill(jacobian: LayerJacobian | undefined, which: string, digits: number): void {
    if (!jacobian) {
      this.#say(`From ${which} it has too many elements to be decomposed, or some that are not finite.`);
      return;
    }
    const { rows, columns, singularValues, rms, examples } = jacobian;
    const [largest = 0, smallest = 0] = [singularValues[0], singularValues.at(-1)];
    const three = [largest, rms, smallest];
    const of = examples === undefined ? "" : `, the first of ${formatCount(examples)} examples`;
    this.element.replaceChildren(
      heading("Layer Jacobian"),
      figures([
        {
          name: "σ max / rms / min",
          figure: three.map((value) => formatNumber(value, shortDigits)).join(" / "),
          kind: "adjoint",
          tooltip: three.map(formatExactly).join(" / "),
        },
        { name: "χ = rms²", figure: formatNumber(rms * rms, digits), kind: "adjoint" },
      ]),
      ...(singularValues.length < fewestValues
        ? []
        : [histogramFigure(spread(singularValues), "adjoint", shortDigits, "singular values, log scale")]),
      html(
        "p",
        { class: "dim" },
        `From ${which}, ${formatCount(rows)} × ${formatCount(columns)}${of}. At χ = 1 gradients keep their size.`,
      ),
    );
  }

  #say(sentence: string): void {
    this.element.replaceChildren(heading("Layer Jacobian"), html("p", { class: "dim" }, sentence));
  }
}

/** How many singular values lie in each of some intervals of equal ratio. Zeros are left out. */
function spread(values: readonly number[]): Histogram {
  const positive = values.filter((value) => value > 0);
  const [max, min] = [positive[0] ?? 0, positive.at(-1) ?? 0];
  const counts = new Array<number>(bins).fill(0);
  const range = Math.log(max / min) || 1;
  for (const value of positive) counts[Math.min(bins - 1, Math.floor((Math.log(value / min) / range) * bins))]!++;
  return { min, max, counts };
}
