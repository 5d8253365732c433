import { panelModule, tileColumns, tileRows, type PanelModule } from "./wasmMatmul.ts";

/** A matrix anywhere in an array: a transpose is another order of strides. */
export interface Matrix {
  readonly data: Float32Array;
  readonly offset: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/** c = a·b; c is row-major from `offset` on. */
export type Multiply = (a: Matrix, b: Matrix, c: Float32Array, offset: number) => void;

let panels: PanelModule | undefined;
let panelsKnown = false;

/** A product of [rows, depth] and [depth, columns]. Memory for it is found here, so that multiplying allocates nothing. */
export function multiplier(rows: number, depth: number, columns: number): Multiply {
  if (rows === 0 || columns === 0) return () => undefined;
  if (depth === 0) return (_, __, c, offset) => c.fill(0, offset, offset + rows * columns);
  if (!panelsKnown) {
    panels = panelModule();
    panelsKnown = true;
  }
  return panels === undefined ? plain(rows, depth, columns) : inPanels(panels, rows, depth, columns);
}

/** Without WebAssembly SIMD: four rows of b at a time are added to a row of c. */
function plain(rows: number, depth: number, columns: number): Multiply {
  return (a, b, c, offset) => {
    const { data: x, rowStride: stepRow, columnStride: stepDepth } = a;
    const { data: y, rowStride, columnStride } = b;
    for (let i = 0; i < rows; i++) {
      const to = offset + i * columns;
      for (let j = 0; j < columns; j++) c[to + j] = 0;
      let k = 0;
      let from = a.offset + i * stepRow;
      for (; k + 4 <= depth; k += 4, from += 4 * stepDepth) {
        const x0 = x[from]!;
        const x1 = x[from + stepDepth]!;
        const x2 = x[from + 2 * stepDepth]!;
        const x3 = x[from + 3 * stepDepth]!;
        let at = b.offset + k * rowStride;
        for (let j = 0; j < columns; j++, at += columnStride)
          c[to + j]! +=
            x0 * y[at]! + x1 * y[at + rowStride]! + x2 * y[at + 2 * rowStride]! + x3 * y[at + 3 * rowStride]!;
      }
      for (; k < depth; k++, from += stepDepth) {
        const x0 = x[from]!;
        let at = b.offset + k * rowStride;
        for (let j = 0; j < columns; j++, at += columnStride) c[to + j]! += x0 * y[at]!;
      }
    }
  };
}

const bytes = 4;
const pageBytes = 65536;

/** The memory of the module seen as numbers. Growing it makes another view. */
let view: Float32Array | undefined;

function room({ memory }: PanelModule, elements: number): void {
  const missing = elements * bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
  if (view?.buffer !== memory.buffer) view = new Float32Array(memory.buffer);
}

function inPanels(module: PanelModule, rows: number, depth: number, columns: number): Multiply {
  const rowTiles = Math.ceil(rows / tileRows);
  const columnTiles = Math.ceil(columns / tileColumns);
  const width = columnTiles * tileColumns;
  const atB = rowTiles * tileRows * depth;
  const atC = atB + width * depth;
  room(module, atC + rowTiles * tileRows * width);
  return (a, b, c, offset) => {
    const memory = view!;
    pack(a.data, a.offset, a.rowStride, a.columnStride, rows, depth, tileRows, memory, 0);
    pack(b.data, b.offset, b.columnStride, b.rowStride, columns, depth, tileColumns, memory, atB);
    module.multiply(0, atB * bytes, atC * bytes, rowTiles, columnTiles, depth, width * bytes);
    let to = offset;
    for (let i = 0; i < rows; i++) {
      let from = atC + i * width;
      for (const end = from + columns; from < end; from++) c[to++] = memory[from]!;
    }
  };
}

/**
 * Lines of `depth` numbers, `lineStride` apart and each with its numbers `step` apart, in panels of `width` lines: the
 * first numbers of all lines of a panel, then their second ones. Lines that the last panel lacks are zeros.
 */
function pack(
  data: Float32Array,
  offset: number,
  lineStride: number,
  step: number,
  lines: number,
  depth: number,
  width: number,
  to: Float32Array,
  begin: number,
): void {
  let at = begin;
  for (let line = 0; line < lines; line += width) {
    const base = offset + line * lineStride;
    const present = Math.min(width, lines - line);
    if (present < width) to.fill(0, at, at + width * depth);
    if (lineStride === 1) {
      for (let k = 0, row = base, target = at; k < depth; k++, row += step, target += width)
        for (let i = 0; i < present; i++) to[target + i] = data[row + i]!;
    } else {
      for (let i = 0; i < present; i++)
        for (let k = 0, from = base + i * lineStride, target = at + i; k < depth; k++, from += step, target += width)
          to[target] = data[from]!;
    }
    at += width * depth;
  }
}
