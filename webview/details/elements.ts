/** All elements of a tensor, two axes at a time; only what is scrolled into view is in the page. */
import { formatExactly, formatNumber } from "../format.ts";
import { html } from "../ui/dom.ts";

const cellWidth = 76;
const cellHeight = 20;
const most = 12;

export interface Elements {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export function elementsTable({ shape, data }: Elements, kind: "value" | "adjoint", digits: number): HTMLElement {
  const columns = shape.at(-1) ?? 1;
  const rows = shape.length > 1 ? shape.at(-2)! : 1;
  const leading = shape.slice(0, -2);
  const index = leading.map(() => 0);
  const body = html("div", { class: "cells" });
  const scroller = html(
    "div",
    { class: `elements ${kind}`, tabindex: 0, role: "region", "aria-label": `all elements of the ${kind}` },
    body,
  );
  body.style.width = `${String((columns + 1) * cellWidth)}px`;
  body.style.height = `${String((rows + 1) * cellHeight)}px`;
  scroller.style.height = `${String((Math.min(rows, most) + 1) * cellHeight + 12)}px`;

  const draw = (): void => {
    const offset = index.reduce((sum, at, axis) => sum * leading[axis]! + at, 0) * rows * columns;
    const firstRow = Math.floor(scroller.scrollTop / cellHeight);
    const lastRow = Math.min(rows, firstRow + most + 2);
    const firstColumn = Math.floor(scroller.scrollLeft / cellWidth);
    const lastColumn = Math.min(columns, firstColumn + Math.ceil((scroller.clientWidth || 320) / cellWidth) + 1);
    const cells: HTMLElement[] = [];
    for (let column = firstColumn; column < lastColumn; column++)
      cells.push(cell(scroller.scrollTop, column + 1, String(column), "index"));
    for (let row = firstRow; row < lastRow; row++) {
      for (let column = firstColumn; column < lastColumn; column++) {
        const value = data[offset + row * columns + column]!;
        const element = cell((row + 1) * cellHeight, column + 1, formatNumber(value, digits), "");
        element.title = `[${[...index, row, column].slice(-shape.length).join(", ")}] ${formatExactly(value)}`;
        cells.push(element);
      }
      const name = cell((row + 1) * cellHeight, 0, String(row), "index");
      name.style.left = `${String(scroller.scrollLeft)}px`;
      cells.push(name);
    }
    body.replaceChildren(...cells);
  };
  scroller.addEventListener("scroll", draw);
  requestAnimationFrame(draw);
  const pickers = leading.map((size, axis) =>
    axisPicker(axis, size, (at) => {
      index[axis] = at;
      draw();
    }),
  );
  return html("div", {}, ...pickers, scroller);
}

function cell(top: number, column: number, text: string, kind: string): HTMLElement {
  const element = html("div", { class: `cell ${kind}` }, text);
  element.style.top = `${String(top)}px`;
  element.style.left = `${String(column * cellWidth)}px`;
  return element;
}

function axisPicker(axis: number, size: number, changed: (at: number) => void): HTMLElement {
  const input = html("input", {
    type: "number",
    min: 0,
    max: size - 1,
    value: 0,
    "aria-label": `index on axis ${String(axis)}`,
  });
  input.addEventListener("input", () => {
    const at = input.valueAsNumber;
    if (Number.isInteger(at) && at >= 0 && at < size) changed(at);
  });
  return html(
    "label",
    { class: "axis" },
    `axis ${String(axis)} `,
    input,
    html("span", { class: "dim" }, ` of ${String(size)}`),
  );
}
