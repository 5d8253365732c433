import { ValueError } from "./argumentErrors.ts";
import { describeShape, sizeOf, type Shape } from "../tape/shape.ts";
import type { Attributes } from "../tape/tape.ts";
import { Tensor, type Value } from "../tape/tensor.ts";
import { ShapeError } from "./broadcastShapes.ts";
import { broadcastTo } from "./broadcasting.ts";
import { addRegion, forEachRow, type Region } from "./indexing.ts";
import { dataOf, primitive, scalarOrTensor, shapeOf, type Primal, type Primitive } from "./rule.ts";

/** `starts` has one number for each axis; negative ones count from the end. It may be computed: no adjoint flows there. */
export type DynamicSlicer = (x: Value, starts: Value, sizes: Shape) => Value;
export type DynamicUpdater = (x: Value, update: Value, starts: Value) => Value;

/** The region of these sizes that begins at `starts`. Throws a RangeError where it does not fit. */
function region(name: string, whole: Shape, starts: Primal, sizes: Shape): Region {
  const places = Array.from(dataOf(starts), (start, axis) => {
    const extent = whole[axis]!;
    const size = sizes[axis]!;
    const first = start < 0 ? start + extent : start;
    if (Number.isInteger(start) && first >= 0 && first + size <= extent) return first;
    throw new ValueError(
      `${name} of ${describeShape(whole)}: ${size} elements from ${start} on are not within axis ${axis}, which has ${extent}; give a whole number from 0 to ${extent - size}`,
    );
  });
  return { starts: places, steps: whole.map(() => 1), extents: sizes, dropped: [], whole };
}

const sizesOf = (attributes: Attributes): Shape => attributes["sizes"] as Shape;

/** A region of fixed sizes at a place that may be computed. Its adjoint is `dynamicUpdateSlice` of zeros. */
export const dynamicSlice: Primitive<DynamicSlicer> = primitive<DynamicSlicer>(
  "dynamicSlice",
  {
    shape: (_, attributes) => sizesOf(attributes),
    evaluate([x, starts], attributes, shape) {
      const from = dataOf(x!);
      const data = new Float64Array(sizeOf(shape));
      forEachRow(region("dynamicSlice", shapeOf(x!), starts!, sizesOf(attributes)), (start, _, row, at) => {
        for (let i = 0; i < row; i++) data[at + i] = from[start + i]!;
      });
      return scalarOrTensor(shape, data);
    },
    jvp: ([tangent], [, starts], result, attributes) =>
      tangent === undefined ? broadcastTo(0, shapeOf(result)) : dynamicSlice(tangent, starts!, sizesOf(attributes)),
    vjp: [(cotangent, [x, starts]) => dynamicUpdateSlice(broadcastTo(0, shapeOf(x!)), cotangent, starts!), undefined],
    accumulate: (sum, cotangent, [x, starts], attributes) =>
      addRegion(sum, cotangent, region("dynamicSlice", shapeOf(x!), starts!, sizesOf(attributes))),
  },
  (run) => (x, starts, sizes) => {
    checkRanks("dynamicSlice", shapeOf(x), shapeOf(starts), sizes);
    return run([x, starts], { sizes });
  },
);

/** x with another tensor put in at a place that may be computed. The adjoint of what is covered is 0. */
export const dynamicUpdateSlice: Primitive<DynamicUpdater> = primitive<DynamicUpdater>(
  "dynamicUpdateSlice",
  {
    shape: ([whole]) => whole!,
    evaluate([x, update, starts], _, shape) {
      const data = dataOf(x!).slice();
      const from = dataOf(update!);
      forEachRow(region("dynamicUpdateSlice", shape, starts!, shapeOf(update!)), (start, __, row, at) => {
        for (let i = 0; i < row; i++) data[start + i] = from[at + i]!;
      });
      return new Tensor(shape, data);
    },
    jvp: ([dx, du], [x, update, starts]) =>
      dynamicUpdateSlice(dx ?? broadcastTo(0, shapeOf(x!)), du ?? broadcastTo(0, shapeOf(update!)), starts!),
    vjp: [
      (cotangent, [, update, starts]) => dynamicUpdateSlice(cotangent, broadcastTo(0, shapeOf(update!)), starts!),
      (cotangent, [, update, starts]) => dynamicSlice(cotangent, starts!, shapeOf(update!)),
      undefined,
    ],
  },
  (run) => (x, update, starts) => {
    checkRanks("dynamicUpdateSlice", shapeOf(x), shapeOf(starts), shapeOf(update));
    return run([x, update, starts]);
  },
);

function checkRanks(name: string, whole: Shape, starts: Shape, sizes: Shape): void {
  const rank = whole.length;
  const of = `${name} of ${describeShape(whole)}`;
  if (starts.length !== 1 || starts[0] !== rank || rank === 0)
    throw new ShapeError(`${of}: give ${rank === 0 ? "it a tensor" : `a start for each of its ${rank} axes`}`);
  if (sizes.length !== rank) throw new ShapeError(`${of}: give ${rank} sizes, one for each axis, not ${sizes.length}`);
  const axis = sizes.findIndex((size, k) => !Number.isInteger(size) || size < 0 || size > whole[k]!);
  if (axis >= 0)
    throw new ShapeError(`${of}: the size along axis ${axis} is ${sizes[axis]}; the axis has ${whole[axis]} elements`);
}
