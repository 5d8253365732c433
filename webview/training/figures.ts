/** The latest figures as tables, for who reads numbers and not curves. */
import type { TrainingReport } from "../../engine/process/trainingProtocol.ts";
import { formatExactly, formatNumber } from "../format.ts";
import { html } from "../ui/dom.ts";

export class Figures {
  readonly element = html("div", { class: "training-figures" });

  show(latest: TrainingReport | undefined, digits: number): void {
    if (latest === undefined) {
      this.element.replaceChildren();
      return;
    }
    const { loss, metrics, validation, gradientNorms } = latest;
    const judged = [
      { name: "loss", training: loss, heldOut: validation?.loss },
      ...Object.entries(metrics).map(([name, value]) => ({
        name,
        training: value,
        heldOut: validation?.metrics[name],
      })),
    ];
    const heads = validation === undefined ? ["", "training"] : ["", "training", "held out"];
    this.element.replaceChildren(
      table(
        "Latest figures",
        heads,
        judged.map(({ name, training, heldOut }) => [
          name,
          figure("value", training, digits),
          ...(validation === undefined ? [] : [figure("value", heldOut ?? NaN, digits)]),
        ]),
      ),
      table(
        "Gradients of the latest step",
        ["parameter", "norm"],
        Object.entries(gradientNorms).map(([path, norm]) => [path, figure("adjoint", norm, digits)]),
      ),
    );
  }
}

function table(
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly (string | HTMLElement)[])[],
): HTMLElement {
  const head = html("tr", {}, ...heads.map((name) => html("th", { scope: "col" }, name)));
  const body = rows.map(([name, ...cells]) =>
    html("tr", {}, html("th", { scope: "row" }, name), ...(cells as HTMLElement[])),
  );
  return html("table", {}, html("caption", {}, caption), html("thead", {}, head), html("tbody", {}, ...body));
}

function figure(kind: "value" | "adjoint", value: number, digits: number): HTMLElement {
  return html("td", { class: kind, title: formatExactly(value) }, formatNumber(value, digits));
}
