import { describeShape, type Shape } from "../tape/shape.ts";

/** Shapes that do not fit each other or the operation. The message is a whole sentence that names them. */
export class ShapeError extends Error {
  override name = "ShapeError";
}

/**
 * The shape to which both broadcast, by NumPy's rule: aligned at the last axis, extents are equal or 1.
 * Throws a ShapeError where they are neither, which begins with the operation.
 */
export function broadcastShapes(a: Shape, b: Shape, operation?: string): Shape {
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  for (let axis = 1; axis <= rank; axis++) {
    const x = a[a.length - axis] ?? 1;
    const y = b[b.length - axis] ?? 1;
    if (x !== y && x !== 1 && y !== 1)
      throw new ShapeError(
        `${operation === undefined ? "shapes" : `${operation} of`} ${describeShape(a)} and ${describeShape(b)}${operation === undefined ? " do not broadcast" : ": they do not broadcast"}: axis −${axis} has ${x} against ${y}; make them equal, or one of them 1`,
      );
    shape[rank - axis] = x === 1 ? y : x;
  }
  return shape;
}
