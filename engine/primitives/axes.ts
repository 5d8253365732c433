import { describeShape, sizeOf, type Shape } from "../tape/shape.ts";
import { ShapeError } from "./broadcastShapes.ts";

/** Axes as people give them: one, several, or all when undefined. Negative ones count from the last. */
export type Axes = number | readonly number[] | undefined;

/** `axis` counted from 0. Throws a ShapeError naming `operation` where there is no such axis. */
export function axisOf(operation: string, axis: number, shape: Shape): number {
  const rank = shape.length;
  if (typeof axis !== "number")
    throw new ShapeError(`${operation} of ${describeShape(shape)}: an axis is a whole number, not ${article(axis)}`);
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank)
    throw new ShapeError(
      `${operation} of ${describeShape(shape)}: there is no axis ${axis}; ${
        rank === 0 ? "a scalar has none" : `give one from ${-rank} to ${rank - 1}`
      }`,
    );
  return axis < 0 ? axis + rank : axis;
}

/** `axes` counted from 0 and in ascending order. */
export function axesOf(operation: string, axes: Axes, shape: Shape): number[] {
  if (axes === undefined) return shape.map((_, axis) => axis);
  if (typeof axes !== "number" && !Array.isArray(axes))
    throw new ShapeError(
      `${operation} of ${describeShape(shape)}: axes are a whole number or an array of them, not ${article(axes)}; options such as keepDims come after them`,
    );
  const list = (typeof axes === "number" ? [axes] : (axes as readonly number[])).map((axis) =>
    axisOf(operation, axis, shape),
  );
  const sorted = list.sort((a, b) => a - b);
  const twice = sorted.find((axis, k) => axis === sorted[k - 1]);
  if (twice !== undefined)
    throw new ShapeError(`${operation} of ${describeShape(shape)}: axis ${twice} is given twice`);
  return sorted;
}

/** What was given in place of a number, in words. */
function article(given: unknown): string {
  if (given === null) return "null";
  const kind = typeof given;
  return /^[aeiou]/.test(kind) ? `an ${kind}` : `a ${kind}`;
}

/** The shape after reducing over `axes` (ascending), which stay with extent 1 when `keepDims`. */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  return keepDims
    ? shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent))
    : shape.filter((_, axis) => !axes.includes(axis));
}

/** Row-major data seen as [outer, extent, inner]: lanes of `extent` elements, `inner` apart. */
export interface Lanes {
  readonly outer: number;
  readonly extent: number;
  readonly inner: number;
}

/** The lanes along neighbouring axes `first…last`. */
export function lanesOf(shape: Shape, first: number, last = first): Lanes {
  return {
    outer: sizeOf(shape.slice(0, first)),
    extent: sizeOf(shape.slice(first, last + 1)),
    inner: sizeOf(shape.slice(last + 1)),
  };
}
