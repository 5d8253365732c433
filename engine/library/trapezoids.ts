import { add, mul, sub } from "../primitives/arithmetic.ts";
import { axisOf } from "../primitives/axes.ts";
import { slice } from "../primitives/indexing.ts";
import { moveAxis } from "../primitives/rearranging.ts";
import { shapeOf } from "../primitives/rule.ts";
import type { Value } from "../tape/tensor.ts";
import { fixed } from "./values.ts";

/** The arguments of a slice that leave out so many axes and take `range` of the next. */
export const along = <T>(axis: number, range: T): (T | null)[] => [...new Array<null>(axis).fill(null), range];

/**
 * The areas between neighbouring samples of y along an axis, which becomes the last. The samples are x apart where that is a
 * number, or at the places x, a vector or of the shape of y with that axis last.
 */
export function trapezoids(operation: string, y: Value, x: Value, axis: number): Value {
  const values = moveAxis(y, axisOf(operation, fixed(axis), shapeOf(y)), -1);
  const neighbours = (v: Value): readonly [Value, Value] => {
    const last = shapeOf(v).length - 1;
    return [slice(v, along(last, [1, null] as const)), slice(v, along(last, [0, -1] as const))];
  };
  const [right, left] = neighbours(values);
  const [after, before] = shapeOf(x).length === 0 ? [x, 0] : neighbours(x);
  return mul(mul(0.5, add(left, right)), sub(after, before));
}
