import { broadcastShapes } from "../../primitives/broadcastShapes.ts";
import type { Kernel } from "./kernels.ts";
import { multiplier, type Matrix } from "./matmul.ts";
import type { ProductUnit } from "./units.ts";
import { stridesOver, type View } from "./view.ts";

/** The products of a unit, one for each matrix of the batch. Transposes are read as they stand. */
export function productKernel({ left, right, result }: ProductUnit, arrays: readonly Float32Array[]): Kernel {
  const row = asMatrix(left, true);
  const column = asMatrix(right, false);
  const [rows, depth] = [row.shape.at(-2)!, row.shape.at(-1)!];
  const columns = column.shape.at(-1)!;
  const batch = broadcastShapes(row.shape.slice(0, -2), column.shape.slice(0, -2));
  const multiply = multiplier(rows, depth, columns);
  const to = arrays[result.buffer]!;
  const matrices = (view: View): Matrix[] =>
    batchOffsets(view, batch).map((offset) => ({
      data: arrays[view.buffer]!,
      offset,
      rowStride: view.strides.at(-2)!,
      columnStride: view.strides.at(-1)!,
    }));
  const lefts = matrices(row);
  const rights = matrices(column);
  return () => {
    for (let k = 0; k < lefts.length; k++) multiply(lefts[k]!, rights[k]!, to, result.offset + k * rows * columns);
  };
}

/** A vector on the left is a row, on the right a column. */
function asMatrix(view: View, row: boolean): View {
  if (view.shape.length > 1) return view;
  const [extent, stride] = [view.shape[0]!, view.strides[0]!];
  return row
    ? { ...view, shape: [1, extent], strides: [0, stride] }
    : { ...view, shape: [extent, 1], strides: [stride, 0] };
}

function batchOffsets(view: View, batch: readonly number[]): number[] {
  const own = view.shape.slice(0, -2);
  const strides = stridesOver({ ...view, shape: own, strides: view.strides.slice(0, -2) }, batch);
  let offsets = [view.offset];
  batch.forEach((extent, axis) => {
    offsets = offsets.flatMap((offset) => Array.from({ length: extent }, (_, k) => offset + k * strides[axis]!));
  });
  return offsets;
}
