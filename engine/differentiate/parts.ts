import { broadcastTo } from "../primitives/broadcasting.ts";
import type { Region } from "../primitives/indexing.ts";
import { shapeOf } from "../primitives/rule.ts";
import { concat, reshape, stack } from "../primitives/shaping.ts";
import { sameShape, sizeOf, stridesOf, type Shape } from "../tape/shape.ts";
import type { Value } from "../tape/tensor.ts";

/** What a slice hands back to what it is taken from. */
export interface Part {
  /** The slice. */
  readonly node: number;
  readonly cotangent: Value;
  readonly region: Region;
}

/**
 * The sum of the parts, each with zeros around it, put together in one operation: where they do not overlap, and are layers
 * across one axis or stand in a row in memory. Wholes that are zero nearly everywhere, added up, would take time and memory
 * with the square of the number of parts. Undefined where they are something else.
 */
export function putTogether(all: readonly Part[]): Value | undefined {
  const parts = all.filter(({ region }) => sizeOf(region.extents) > 0);
  if (all.length === 1 || parts.length === 0) return undefined;
  const { whole } = parts[0]!.region;
  const axis = layerAxis(parts[0]!.region);
  if (axis !== undefined && parts.every(({ region }) => layerAxis(region) === axis)) return layers(parts, axis);
  if (!parts.every(({ region }) => standsInARow(region))) return undefined;
  const rows = parts.map((part) => ({ ...part, region: rowOf(part.region) }));
  const row = layers(rows, 0);
  return row === undefined ? undefined : reshape(row, whole);
}

function layers(parts: readonly Part[], axis: number): Value | undefined {
  const start = ({ region }: Part): number => region.starts[axis]!;
  const end = ({ region }: Part): number => region.starts[axis]! + region.extents[axis]!;
  const inOrder = parts.toSorted((a, b) => start(a) - start(b));
  const { whole } = inOrder[0]!.region;
  const gaps = inOrder.map((part, k) => start(part) - (k === 0 ? 0 : end(inOrder[k - 1]!)));
  gaps.push(whole[axis]! - end(inOrder.at(-1)!));
  if (gaps.some((gap) => gap < 0)) return undefined;
  const elementsOfIt = ({ cotangent }: Part): boolean => shapeOf(cotangent).length === whole.length - 1;
  if (gaps.every((gap) => gap === 0) && inOrder.every((part) => end(part) === start(part) + 1 && elementsOfIt(part)))
    return stack(
      inOrder.map(({ cotangent }) => cotangent),
      axis,
    );
  const pieces: Value[] = [];
  gaps.forEach((gap, k) => {
    if (gap > 0) pieces.push(broadcastTo(0, whole.with(axis, gap)));
    const part = inOrder[k];
    if (part !== undefined) pieces.push(shaped(part.cotangent, part.region.extents));
  });
  return concat(pieces, axis);
}

function shaped(value: Value, shape: Shape): Value {
  return sameShape(shapeOf(value), shape) ? value : reshape(value, shape);
}

/** The axis along which a region is a part of the whole, where that is only one and it has no holes. */
function layerAxis({ starts, steps, extents, dropped, whole }: Region): number | undefined {
  let found: number | undefined;
  for (let axis = 0; axis < whole.length; axis++) {
    const oneByOne = steps[axis] === 1 || extents[axis] === 1;
    if (starts[axis] === 0 && oneByOne && extents[axis] === whole[axis] && !dropped.includes(axis)) continue;
    if (found !== undefined || !oneByOne) return undefined;
    found = axis;
  }
  return found;
}

/** Whether the elements of a region follow each other in the whole: all of it after the first axis with more than one. */
function standsInARow({ starts, steps, extents, whole }: Region): boolean {
  const first = extents.findIndex((extent) => extent !== 1);
  return (
    first < 0 ||
    (steps[first] === 1 && starts.every((start, k) => k <= first || (start === 0 && extents[k] === whole[k])))
  );
}

/** The same elements as a range of the elements of the whole. */
function rowOf({ starts, extents, whole }: Region): Region {
  const strides = stridesOf(whole);
  const begin = starts.reduce((at, start, axis) => at + start * strides[axis]!, 0);
  return { starts: [begin], steps: [1], extents: [sizeOf(extents)], dropped: [], whole: [sizeOf(whole)] };
}
