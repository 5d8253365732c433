import { broadcastStrides } from "../../primitives/elementwiseLoops.ts";
import type { Region } from "../../primitives/indexing.ts";
import { stridesOf, type Shape } from "../../tape/shape.ts";

/** A tensor value as a part of a buffer: its element at [i, j, …] stands at offset + i·strides[0] + j·strides[1] + … */
export interface View {
  readonly buffer: number;
  readonly offset: number;
  readonly shape: Shape;
  readonly strides: readonly number[];
}

export function wholeView(buffer: number, shape: Shape): View {
  return { buffer, offset: 0, shape, strides: stridesOf(shape) };
}

/** Whether the elements stand in row-major order without gaps. */
export function isContiguous({ shape, strides }: View): boolean {
  const wanted = stridesOf(shape);
  return shape.every((extent, axis) => extent === 1 || strides[axis] === wanted[axis]);
}

type Attributes = Readonly<Record<string, unknown>>;

/** A value that is only another look at its input; undefined of operations that compute, and where it takes a copy. */
export function lookAt(name: string, view: View, shape: Shape, attributes: Attributes): View | undefined {
  switch (name) {
    case "reshape":
      return isContiguous(view) ? { ...view, shape, strides: stridesOf(shape) } : undefined;
    case "transpose": {
      const axes = attributes["axes"] as readonly number[];
      return { ...view, shape, strides: axes.map((axis) => view.strides[axis]!) };
    }
    case "broadcastTo": {
      const mask = broadcastStrides(view.shape, shape);
      const lead = shape.length - view.shape.length;
      const strides = shape.map((_, axis) => (axis < lead || mask[axis] === 0 ? 0 : view.strides[axis - lead]!));
      return { ...view, shape, strides };
    }
    case "slice": {
      const { starts, steps, dropped } = attributes as unknown as Region;
      const offset = starts.reduce((at, start, axis) => at + start * view.strides[axis]!, view.offset);
      const kept = starts.map((_, axis) => axis).filter((axis) => !dropped.includes(axis));
      return { ...view, offset, shape, strides: kept.map((axis) => view.strides[axis]! * steps[axis]!) };
    }
    default:
      return undefined;
  }
}

/** The part of a row-major tensor of shape `whole` that a region names, all its axes kept. */
export function regionView(buffer: number, { starts, steps, extents, whole }: Region): View {
  const strides = stridesOf(whole);
  const offset = starts.reduce((at, start, axis) => at + start * strides[axis]!, 0);
  return { buffer, offset, shape: extents, strides: strides.map((stride, axis) => stride * steps[axis]!) };
}

/**
 * The strides of views over a common shape with neighbouring axes joined wherever all views step evenly over both, so that
 * as few loops as possible are left.
 */
export function joinedAxes(
  shape: Shape,
  strides: readonly (readonly number[])[],
): { readonly extents: number[]; readonly strides: number[][] } {
  const extents: number[] = [];
  const joined: number[][] = strides.map(() => []);
  shape.forEach((extent, axis) => {
    if (extent === 1) return;
    const last = extents.length - 1;
    const fits = last >= 0 && strides.every((own, k) => joined[k]![last] === own[axis]! * extent);
    if (fits) {
      extents[last]! *= extent;
      joined.forEach((own, k) => (own[last] = strides[k]![axis]!));
    } else {
      extents.push(extent);
      joined.forEach((own, k) => own.push(strides[k]![axis]!));
    }
  });
  return { extents, strides: joined };
}

/** The strides of a view over a shape that it broadcasts to. */
export function stridesOver(view: View, shape: Shape): readonly number[] {
  return lookAt("broadcastTo", view, shape, {})!.strides;
}
