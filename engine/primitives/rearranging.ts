/** Functions that put elements elsewhere, each a line or two over the primitives. */
import { counted, describeShape, type Shape } from "../tape/shape.ts";
import { Tensor, type Value } from "../tape/tensor.ts";
import { axisOf, type Axes } from "./axes.ts";
import { ShapeError } from "./broadcastShapes.ts";
import { broadcastTo } from "./broadcasting.ts";
import { take } from "./gathering.ts";
import { pad, padRegion, slice, type Range } from "./indexing.ts";
import { sum } from "./reduction.ts";
import { shapeOf } from "./rule.ts";
import { where } from "./selection.ts";
import { concat, reshape, transpose } from "./shaping.ts";

const axesUpTo = (rank: number): number[] => Array.from({ length: rank }, (_, axis) => axis);
const along = (axis: number, range: Range): Range[] => [...new Array<null>(axis).fill(null), range];

/** The axis `from` as axis `to`; the others keep their order. */
export function moveAxis(x: Value, from: number, to: number): Value {
  const shape = shapeOf(x);
  const [source, target] = [axisOf("moveAxis", from, shape), axisOf("moveAxis", to, shape)];
  const others = axesUpTo(shape.length).filter((axis) => axis !== source);
  return transpose(x, others.toSpliced(target, 0, source));
}

export function swapAxes(x: Value, a: number, b: number): Value {
  const shape = shapeOf(x);
  const [first, second] = [axisOf("swapAxes", a, shape), axisOf("swapAxes", b, shape)];
  return transpose(x, axesUpTo(shape.length).with(first, second).with(second, first));
}

/** Moved on by `shift` places along axes; what goes out at one end comes in at the other. Without axes along all in a row. */
export function roll(x: Value, shift: number | readonly number[], axes?: Axes): Value {
  const shape = shapeOf(x);
  if (axes === undefined) return reshape(rollAlong(reshape(x, [-1]), shift as number, 0), shape);
  const list = (typeof axes === "number" ? [axes] : axes).map((axis) => axisOf("roll", axis, shape));
  if (typeof shift !== "number" && shift.length !== list.length)
    throw new ShapeError(
      `roll of ${describeShape(shape)}: ${counted(shift.length, "shift")} for ${counted(list.length, "axis", "axes")}; give one for each`,
    );
  return list.reduce((rolled, axis, k) => rollAlong(rolled, typeof shift === "number" ? shift : shift[k]!, axis), x);
}

function rollAlong(x: Value, shift: number, axis: number): Value {
  const extent = shapeOf(x)[axis]!;
  if (!Number.isInteger(shift))
    throw new ShapeError(`roll of ${describeShape(shapeOf(x))}: the shift is ${shift}; give a whole number`);
  const cut = extent === 0 ? 0 : (extent - (shift % extent)) % extent;
  if (cut === 0) return x;
  return concat([slice(x, along(axis, [cut, null])), slice(x, along(axis, [null, cut]))], axis);
}

/** Copies side by side, `counts[k]` of them along axis k, aligned at the last axis. */
export function tile(x: Value, counts: readonly number[]): Value {
  const shape = shapeOf(x);
  if (counts.some((count) => !Number.isInteger(count) || count < 0))
    throw new ShapeError(
      `tile of ${describeShape(shape)}: the counts are ${counts.join(", ")}; give whole numbers from 0 on`,
    );
  const rank = Math.max(shape.length, counts.length);
  const extents = [...new Array<number>(rank - shape.length).fill(1), ...shape];
  const times = [...new Array<number>(rank - counts.length).fill(1), ...counts];
  const apart = reshape(
    x,
    extents.flatMap((extent) => [1, extent]),
  );
  const copied = broadcastTo(
    apart,
    extents.flatMap((extent, axis) => [times[axis]!, extent]),
  );
  return reshape(
    copied,
    extents.map((extent, axis) => times[axis]! * extent),
  );
}

/** Each element along an axis so many times in a row; without an axis each of all. */
export function repeat(x: Value, counts: number | readonly number[], axis?: number): Value {
  if (axis === undefined) return repeat(reshape(x, [-1]), counts, 0);
  const shape = shapeOf(x);
  const place = axisOf("repeat", axis, shape);
  const extent = shape[place]!;
  const each = typeof counts === "number" ? new Array<number>(extent).fill(counts) : counts;
  if (each.length !== extent || each.some((count) => !Number.isInteger(count) || count < 0))
    throw new ShapeError(
      `repeat of ${describeShape(shape)} along axis ${place}: give one count, or ${extent} of them, whole numbers from 0 on`,
    );
  return take(x, numbers(each.flatMap((count, at) => new Array<number>(count).fill(at))), place);
}

function numbers(elements: readonly number[]): Tensor {
  return new Tensor([elements.length], Float64Array.from(elements));
}

/** How elements around a tensor are found: as NumPy names the ways. */
export type PadMode = "constant" | "edge" | "reflect" | "symmetric" | "wrap";

/** The element of an axis of n that stands at place i, which may lie outside. */
const continued: Readonly<Record<Exclude<PadMode, "constant">, (i: number, n: number) => number>> = {
  edge: (i, n) => Math.min(Math.max(i, 0), n - 1),
  reflect: (i, n) => (n === 1 ? 0 : n - 1 - Math.abs(n - 1 - modulo(i, 2 * n - 2))),
  symmetric: (i, n) => Math.min(modulo(i, 2 * n), 2 * n - 1 - modulo(i, 2 * n)),
  wrap: modulo,
};

function modulo(i: number, n: number): number {
  return ((i % n) + n) % n;
}

export type Widths = readonly (readonly [before: number, after: number])[];

/** Elements around a tensor: a constant, or its own continued. */
export function padWith(x: Value, widths: Widths, mode: PadMode, value: Value = 0): Value {
  const shape = shapeOf(x);
  if (mode === "constant") {
    const padded = pad(x, widths);
    return value === 0 ? padded : where(pad(broadcastTo(1, shape), widths), padded, value);
  }
  if (!Object.hasOwn(continued, mode))
    throw new ShapeError(`pad: the mode is ${JSON.stringify(mode)}; give constant, edge, reflect, symmetric or wrap`);
  pad(broadcastTo(0, shape), widths); // refuses widths that do not fit
  return widths.reduce<Value>((padded, [before, after], axis) => {
    const extent = shape[axis]!;
    if (before === 0 && after === 0) return padded;
    if (extent === 0) throw new ShapeError(`pad of ${describeShape(shape)}: axis ${axis} has no element to continue`);
    const places = Array.from({ length: before + extent + after }, (_, k) => continued[mode](k - before, extent));
    return take(padded, numbers(places), axis);
  }, x);
}

/** The elements on diagonal k of the matrices along two axes, along a new last axis. */
export function diagonal(x: Value, k = 0, rowAxis = -2, columnAxis = -1): Value {
  const whole = shapeOf(x);
  if (whole.length < 2) throw new ShapeError(`diagonal of ${describeShape(whole)}: give it a matrix`);
  const [first, second] = [axisOf("diagonal", rowAxis, whole), axisOf("diagonal", columnAxis, whole)];
  if (first === second) throw new ShapeError(`diagonal of ${describeShape(whole)}: axis ${first} is given twice`);
  const others = axesUpTo(whole.length).filter((axis) => axis !== first && axis !== second);
  const matrices = transpose(x, [...others, first, second]);
  const [rows, columns] = [whole[first]!, whole[second]!];
  const length = Math.max(0, Math.min(k < 0 ? rows + k : rows, k < 0 ? columns : columns - k));
  const start = k < 0 ? -k * columns : k;
  const lead = others.map((axis) => whole[axis]!);
  const range: Range = [start, length === 0 ? start : start + (length - 1) * (columns + 1) + 1, columns + 1];
  return slice(reshape(matrices, [...lead, rows * columns]), along(lead.length, range));
}

/** Square matrices with the elements along the last axis on diagonal k, zeros elsewhere. */
export function diagonalMatrix(x: Value, k = 0): Value {
  const shape = shapeOf(x);
  if (shape.length === 0) throw new ShapeError("diagEmbed of scalar: give it a vector");
  const extent = shape.at(-1)!;
  const size = extent + Math.abs(k);
  const lead = shape.slice(0, -1);
  const flat = padRegion(x, {
    starts: [...lead.map(() => 0), k < 0 ? -k * size : k],
    steps: [...lead.map(() => 1), size + 1],
    extents: shape,
    dropped: [],
    whole: [...lead, size * size],
  });
  return reshape(flat, [...lead, size, size]);
}

/** A vector as a diagonal matrix; of a matrix its diagonal. */
export function diag(x: Value, k = 0): Value {
  const shape = shapeOf(x);
  if (shape.length === 1) return diagonalMatrix(x, k);
  if (shape.length === 2) return diagonal(x, k);
  throw new ShapeError(
    `diag of ${describeShape(shape)}: give it a vector or a matrix; diagonal and diagEmbed take stacks of them`,
  );
}

/** The sum of diagonal k of the matrices along two axes. */
export function trace(x: Value, k = 0, rowAxis = -2, columnAxis = -1): Value {
  if (shapeOf(x).length < 2) throw new ShapeError(`trace of ${describeShape(shapeOf(x))}: give it a matrix`);
  return sum(diagonal(x, k, rowAxis, columnAxis), -1);
}

/** The parts of one along an axis, without that axis. */
export function unstack(x: Value, axis = 0): Value[] {
  const place = axisOf("unstack", axis, shapeOf(x));
  return Array.from({ length: shapeOf(x)[place]! }, (_, k) => slice(x, along(place, k)));
}

/** Vectors spread over a common grid, one axis for each; with "xy" the first two axes change places. */
export function meshgrid(vectors: readonly Value[], indexing: "xy" | "ij"): Value[] {
  const wrong = vectors.find((vector) => shapeOf(vector).length > 1);
  if (wrong !== undefined) throw new ShapeError(`meshgrid of ${describeShape(shapeOf(wrong))}: give it vectors`);
  const rank = vectors.length;
  const axes = axesUpTo(rank);
  const order = indexing === "xy" && rank > 1 ? [1, 0, ...axes.slice(2)] : axes;
  const flat = vectors.map((vector) => reshape(vector, [-1]));
  const shape: Shape = order.map((k) => shapeOf(flat[k]!)[0]!);
  return flat.map((vector, k) =>
    broadcastTo(
      reshape(
        vector,
        axes.map((axis) => (order[axis] === k ? -1 : 1)),
      ),
      shape,
    ),
  );
}

/** Axes `first…last` as one. */
export function flatten(x: Value, first = 0, last = -1): Value {
  const shape = shapeOf(x);
  if (shape.length === 0) return reshape(x, [1]);
  const [begin, end] = [axisOf("flatten", first, shape), axisOf("flatten", last, shape)];
  if (begin > end) throw new ShapeError(`flatten of ${describeShape(shape)}: axis ${begin} comes after axis ${end}`);
  return reshape(x, [
    ...shape.slice(0, begin),
    shape.slice(begin, end + 1).reduce((a, b) => a * b, 1),
    ...shape.slice(end + 1),
  ]);
}
