/** Loss, metrics and gradient norms over the steps of a run. */
import { columnsOf, type Curves, type History } from "../../extension/training/history.ts";
import { Plot, type PlotData, type Series } from "../plots/plot.ts";
import { html } from "../ui/dom.ts";
import { button } from "../ui/toolkit.ts";

const together = "training";
const training: Series = { name: "training", colour: "var(--value)" };
const heldOut: Series = {
  name: "held out",
  colour: "color-mix(in srgb, var(--value) 45%, var(--vscode-foreground))",
  dash: [5, 4],
  points: true,
};

interface Drawn {
  readonly plot: Plot;
  readonly data: (column: (at: number) => (number | null)[]) => (number | null)[][];
}

export class CurvePlots {
  readonly element = html("div", { class: "curves" });
  #drawn: Drawn[] = [];
  /** What the plots were made for. */
  #made = "";
  /** Undefined until a person chooses. */
  #logarithmicLoss: boolean | undefined;
  #exploded = false;
  #scale: HTMLElement | undefined;
  #digits = 4;

  set digits(digits: number) {
    this.#digits = digits;
    this.#made = "";
  }

  show(history: History): void {
    const { curves } = history;
    const columns = columnsOf(curves);
    const rows = curves.table.length / columns.width;
    const column = (at: number): (number | null)[] =>
      Array.from({ length: rows }, (_, k) => {
        const value = curves.table[k * columns.width + at]!;
        return Number.isNaN(value) ? null : value;
      });
    const judged = column(columns.validationLoss).some((value) => value !== null);
    const made = JSON.stringify([curves.metrics, curves.parameters, judged, this.#digits]);
    if (made !== this.#made) this.#make(curves, judged);
    this.#made = made;
    this.#exploded = hasExploded(column(columns.loss));
    this.#rescale();
    const steps = column(columns.step) as number[];
    for (const { plot, data } of this.#drawn) plot.data = [steps, ...data(column)] as unknown as PlotData;
  }

  #make(curves: Curves, judged: boolean): void {
    const { metrics, parameters } = curves;
    const columns = columnsOf(curves);
    for (const { plot } of this.#drawn) plot.remove();
    const series = judged ? [training, heldOut] : [training];
    const figure = { along: "step", digits: this.#digits, together } as const;
    const scale = this.#scaleButton();
    const loss = new Plot({ ...figure, title: "Loss", series, logarithmic: this.#logarithmic }, [scale]);
    this.#drawn = [
      {
        plot: loss,
        data: (column) => [column(columns.loss), ...(judged ? [column(columns.validationLoss)] : [])],
      },
      ...metrics.map((name, k) => ({
        plot: new Plot({ ...figure, title: capital(name), series, logarithmic: false }),
        data: (column: (at: number) => (number | null)[]) => [
          column(columns.metric(k)),
          ...(judged ? [column(columns.validationMetric(k))] : []),
        ],
      })),
      {
        plot: new Plot({
          ...figure,
          title: "Gradient norm by parameter",
          series: parameters.map((name, k) => ({ name, ...lineOf(k, parameters.length) })),
          logarithmic: true,
        }),
        data: (column) => parameters.map((_, k) => column(columns.gradientNorm(k))),
      },
    ];
    this.element.replaceChildren(...this.#drawn.map(({ plot }) => plot.element));
  }

  get #logarithmic(): boolean {
    return this.#logarithmicLoss ?? this.#exploded;
  }

  #rescale(): void {
    this.#scale?.setAttribute("aria-pressed", String(this.#logarithmic));
    this.#drawn[0]!.plot.logarithmic = this.#logarithmic;
  }

  #scaleButton(): HTMLElement {
    const toggle = button({
      label: "Log",
      tooltip: "Logarithmic scale",
      press: () => {
        this.#logarithmicLoss = !this.#logarithmic;
        this.#rescale();
      },
    });
    toggle.classList.add("toggle");
    toggle.setAttribute("aria-pressed", String(this.#logarithmic));
    this.#scale = toggle;
    return toggle;
  }
}

/** Beyond this a linear scale shows the last steps only, and of what was before a flat line. */
const explosion = 1000;

function hasExploded(losses: readonly (number | null)[]): boolean {
  const known = losses.filter((loss) => loss !== null && Number.isFinite(loss)) as number[];
  const least = known.reduce((least, loss) => Math.min(least, loss), Infinity);
  return least > 0 && known.length > 0 && known.at(-1)! > explosion * least;
}

const dashes: readonly Pick<Series, "dash">[] = [{}, { dash: [7, 3] }, { dash: [2, 3] }, { dash: [9, 3, 2, 3] }];

/** From the adjoint's own orange to the foreground; neighbours in the model, alike in shade, differ in their dashes. */
function lineOf(k: number, count: number): Pick<Series, "colour" | "dash"> {
  const share = count < 2 ? 100 : Math.round(100 - (70 * k) / (count - 1));
  return {
    colour: `color-mix(in srgb, var(--adjoint) ${share}%, var(--vscode-foreground))`,
    ...dashes[k % dashes.length],
  };
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
