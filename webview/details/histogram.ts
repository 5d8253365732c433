/** How a tensor's elements are spread. */
import type { Histogram } from "../../engine/process/protocol.ts";
import { formatNumber } from "../format.ts";
import { html, svg } from "../ui/dom.ts";

const width = 280;
const height = 44;

export function histogramFigure(
  { counts, min, max }: Histogram,
  kind: "value" | "adjoint",
  digits: number,
  what: string = kind,
): HTMLElement {
  const most = Math.max(1, ...counts);
  const step = width / counts.length;
  const bars = counts.map((count, i) => {
    const tall = count === 0 ? 0 : Math.max(1, (count / most) * height);
    return svg(
      "rect",
      { x: i * step, y: height - tall, width: Math.max(0.5, step - 1), height: tall },
      svg("title", {}, String(count)),
    );
  });
  return html(
    "figure",
    {
      class: `histogram ${kind}`,
      "aria-label": `histogram of the ${what} from ${formatNumber(min)} to ${formatNumber(max)}`,
    },
    svg(
      "svg",
      { viewBox: `0 0 ${String(width)} ${String(height)}`, preserveAspectRatio: "none", "aria-hidden": "true" },
      ...bars,
    ),
    html(
      "figcaption",
      {},
      html("span", {}, formatNumber(min, digits)),
      html("span", {}, what),
      html("span", {}, formatNumber(max, digits)),
    ),
  );
}
