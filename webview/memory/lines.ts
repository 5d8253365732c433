/** What is kept, by the expression that made it. */
import type { MemoryLine, MemoryReport, SourceRange } from "../../engine/process/protocol.ts";
import { withCode } from "../details/parts.ts";
import { formatCount, formatPlural, formatShape } from "../format.ts";
import { html } from "../ui/dom.ts";
import { bytesBar, bytesFigure } from "./bytes.ts";
import { Rows, type Column } from "./rows.ts";

const columns: readonly Column[] = [
  { name: "kept", class: "bytes" },
  { name: "", class: "bar" },
  { name: "expression", class: "label" },
  { name: "line", class: "line" },
  { name: "values", class: "count", tooltip: "How many of its values are kept" },
  { name: "shape", class: "shapes" },
  { name: "because", class: "reason" },
];

interface LineEvents {
  readonly select: (node: number) => void;
  readonly hover: (node: number | undefined) => void;
  readonly reveal: (source: SourceRange) => void;
}

export class LineTable {
  readonly element: HTMLElement;
  readonly #rows: Rows<MemoryLine>;

  constructor({ select, hover, reveal }: LineEvents) {
    this.#rows = new Rows<MemoryLine>("What is kept, by expression", "memory-lines", columns, {
      select: ({ node }) => select(node),
      open: ({ source }) => reveal(source),
      hover: (line) => hover(line?.node),
    });
    this.element = this.#rows.element;
  }

  show({ lines }: MemoryReport): void {
    const most = lines[0]?.bytes ?? 0;
    this.#rows.show(lines, "The backward pass needs none of the values that the forward pass computes.", (line) => [
      bytesFigure(line.bytes),
      bytesBar(line.bytes, most),
      html("span", { title: `${line.label} · ${line.op}` }, line.label),
      String(line.source.line),
      html("span", { title: countText(line) }, `×${formatCount(line.values)}`),
      shapesText(line),
      reasonsOf(line),
    ]);
  }

  mark(isSelected: (line: MemoryLine) => boolean): void {
    this.#rows.mark(isSelected);
  }
}

function countText({ values, executions }: MemoryLine): string {
  return values === executions
    ? `${formatPlural(values, "value")}, one each time it ran`
    : `${formatPlural(values, "value")} of the ${formatCount(executions)} that it made`;
}

function shapesText({ shapes }: MemoryLine): string {
  return shapes.map(formatShape).join(", ");
}

/** The first in full, the others on hover. */
function reasonsOf({ reasons }: MemoryLine): HTMLElement {
  const tooltip = reasons.map(({ text }) => text.replaceAll("`", "")).join("\n");
  const more = reasons.length > 1 ? ` and ${formatPlural(reasons.length - 1, "other")}` : "";
  const [first] = reasons;
  return html(
    "span",
    { title: tooltip },
    ...(first ? withCode(first.text) : []),
    html("span", { class: "more" }, more),
  );
}
