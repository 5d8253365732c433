/** Extents of a tensor, outermost axis first. The empty shape is a scalar. */
export type Shape = readonly number[];

export const scalarShape: Shape = [];

/** Number of elements of a tensor of `shape`. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

/** Distance in elements between neighbours along each axis, for row-major data. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/** The index of the element `at` of row-major data. */
export function indexAt(shape: Shape, at: number): number[] {
  const index = new Array<number>(shape.length);
  for (let axis = shape.length - 1, rest = at; axis >= 0; axis--) {
    index[axis] = rest % shape[axis]!;
    rest = Math.floor(rest / shape[axis]!);
  }
  return index;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/** `1 axis`, `2 axes`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** `[2, 3]`, or `scalar` for the empty shape. */
export function describeShape(shape: Shape): string {
  return shape.length === 0 ? "scalar" : `[${shape.join(", ")}]`;
}
