import { describeShape, sameShape, sizeOf, stridesOf, type Shape } from "../tape/shape.ts";
import type { Attributes } from "../tape/tape.ts";
import type { Value } from "../tape/tensor.ts";
import { ShapeError } from "./broadcastShapes.ts";
import { primitive, scalarOrTensor, shapeOf, dataOf, type Primal, type Primitive } from "./rule.ts";

/**
 * What to take along one axis: all of it (null), one element (a number; the axis goes), or a range [start, stop, step]
 * as in Python: negative places count from the end, null is the end in the direction of the step.
 */
export type Range = null | number | readonly [start: number | null, stop?: number | null, step?: number];

/** A region of a tensor: its first element and step along each axis, its extents, and the axes that are left out. */
export interface Region {
  readonly starts: readonly number[];
  readonly steps: readonly number[];
  readonly extents: readonly number[];
  readonly dropped: readonly number[];
  /** The whole of which it is a region. */
  readonly whole: Shape;
}

const regionOf = (attributes: Attributes): Region => attributes as unknown as Region;
const shapeOfRegion = ({ extents, dropped }: Region): Shape => extents.filter((_, axis) => !dropped.includes(axis));

/** A region of a tensor. Its adjoint is `pad`. */
export const slice: Primitive<(x: Value, ranges: readonly Range[]) => Value> = primitive<
  (x: Value, ranges: readonly Range[]) => Value
>(
  "slice",
  {
    shape: (_, attributes) => shapeOfRegion(regionOf(attributes)),
    evaluate([x], attributes, shape) {
      const region = regionOf(attributes);
      const from = dataOf(x!);
      const data = new Float64Array(sizeOf(shape));
      forEachRow(region, (start, step, row, at) => {
        for (let i = 0; i < row; i++) data[at + i] = from[start + i * step]!;
      });
      return scalarOrTensor(shape, data);
    },
    jvp: ([tangent], _, __, attributes) => sliceRegion(tangent!, regionOf(attributes)),
    vjp: [(cotangent, _, __, attributes) => padRegion(cotangent, regionOf(attributes))],
    accumulate: (sum, cotangent, _, attributes) => addRegion(sum, cotangent, regionOf(attributes)),
  },
  (run) => (x, ranges) => {
    const region = regionFrom(shapeOf(x), ranges);
    const complete = region.steps.every((step) => step === 1) && sameShape(region.extents, region.whole);
    return complete && region.dropped.length === 0 ? x : run([x], { ...region });
  },
);

/** Zeros of the shape of the whole, with a value put into a region of them. Its adjoint is `slice`. */
export const padRegion: Primitive<(x: Value, region: Region) => Value> = primitive<(x: Value, region: Region) => Value>(
  "pad",
  {
    shape: (_, attributes) => regionOf(attributes).whole,
    evaluate([x], attributes, shape) {
      const from = dataOf(x!);
      const data = new Float64Array(sizeOf(shape));
      forEachRow(regionOf(attributes), (start, step, row, at) => {
        for (let i = 0; i < row; i++) data[start + i * step] = from[at + i]!;
      });
      return scalarOrTensor(shape, data);
    },
    jvp: ([tangent], _, __, attributes) => padRegion(tangent!, regionOf(attributes)),
    vjp: [(cotangent, _, __, attributes) => sliceRegion(cotangent, regionOf(attributes))],
  },
  (run) => (x, region) => run([x], { ...region }),
);

function sliceRegion(x: Value, { starts, steps, extents, dropped }: Region): Value {
  return slice(
    x,
    extents.map((extent, axis) => {
      const start = starts[axis]!;
      if (dropped.includes(axis)) return start;
      const stop = start + extent * steps[axis]!;
      return [start, stop < 0 ? null : stop, steps[axis]!];
    }),
  );
}

/** Calls `visit` for each run of the region along the last axis; `at` counts its elements in row-major order. */
export function forEachRow(
  { starts, steps, extents, whole }: Region,
  visit: (start: number, step: number, row: number, at: number) => void,
): void {
  const strides = stridesOf(whole);
  const last = extents.length - 1;
  let rows = Int32Array.of(starts.reduce((sum, start, axis) => sum + start * strides[axis]!, 0));
  for (let axis = 0; axis < last; axis++) {
    const finer = new Int32Array(rows.length * extents[axis]!);
    let at = 0;
    for (const row of rows)
      for (let i = 0; i < extents[axis]!; i++) finer[at++] = row + i * steps[axis]! * strides[axis]!;
    rows = finer;
  }
  const row = extents[last]!;
  let at = 0;
  for (const start of rows) {
    visit(start, steps[last]!, row, at);
    at += row;
  }
}

/** Adds a value to a region of the elements of its whole. */
export function addRegion(whole: Float64Array, value: Primal, region: Region): void {
  const from = dataOf(value);
  forEachRow(region, (start, step, row, at) => {
    for (let i = 0; i < row; i++) whole[start + i * step]! += from[at + i]!;
  });
}

function regionFrom(whole: Shape, ranges: readonly Range[]): Region {
  if (ranges.length > whole.length)
    throw new ShapeError(`slice of ${describeShape(whole)}: ${ranges.length} ranges for ${whole.length} axes`);
  const dropped: number[] = [];
  const parts = whole.map((extent, axis) => {
    const range = ranges[axis] ?? null;
    if (typeof range !== "number") return rangeFrom(whole, axis, extent, range);
    const index = range < 0 ? range + extent : range;
    if (!Number.isInteger(range) || index < 0 || index >= extent)
      throw new ShapeError(
        `slice of ${describeShape(whole)}: index ${range} is outside axis ${axis}, which has ${extent} elements`,
      );
    dropped.push(axis);
    return { start: index, step: 1, extent: 1 };
  });
  return {
    starts: parts.map((part) => part.start),
    steps: parts.map((part) => part.step),
    extents: parts.map((part) => part.extent),
    dropped,
    whole,
  };
}

function rangeFrom(whole: Shape, axis: number, extent: number, range: Exclude<Range, number>): Part {
  const [from = null, to = null, step = 1] = range ?? [];
  if (!Number.isInteger(step) || step === 0)
    throw new ShapeError(
      `slice of ${describeShape(whole)}: the step along axis ${axis} is ${step}; give a whole number other than 0`,
    );
  // As Python resolves slices: clamped to the axis, never an error.
  const lowest = step > 0 ? 0 : -1;
  const highest = step > 0 ? extent : extent - 1;
  const place = (given: number | null, otherwise: number): number =>
    given === null ? otherwise : Math.min(Math.max(given < 0 ? given + extent : given, lowest), highest);
  const start = place(from, step > 0 ? lowest : highest);
  const stop = place(to, step > 0 ? highest : lowest);
  return { start, step, extent: Math.max(0, Math.ceil((stop - start) / step)) };
}

interface Part {
  readonly start: number;
  readonly step: number;
  readonly extent: number;
}

/** Zeros around a tensor: `widths[k]` elements before and after it along axis k. */
export function pad(x: Value, widths: readonly (readonly [before: number, after: number])[]): Value {
  const shape = shapeOf(x);
  if (widths.length !== shape.length || widths.flat().some((width) => !Number.isInteger(width) || width < 0))
    throw new ShapeError(
      `pad of ${describeShape(shape)}: give [before, after] for each of its ${shape.length} axes, whole numbers from 0 on`,
    );
  return padRegion(x, {
    starts: widths.map(([before]) => before),
    steps: shape.map(() => 1),
    extents: shape,
    dropped: [],
    whole: shape.map((extent, axis) => widths[axis]![0] + extent + widths[axis]![1]),
  });
}
