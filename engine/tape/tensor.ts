import { describeShape, sizeOf, type Shape } from "./shape.ts";

/**
 * An immutable row-major array of float64 with at least one axis: a scalar is a plain number.
 * `node` is its place on the tape, or `untraced` for a constant.
 */
export class Tensor {
  readonly shape: Shape;
  readonly data: Float64Array;
  readonly node: number;

  constructor(shape: Shape, data: Float64Array, node: number = untraced) {
    this.shape = shape;
    this.data = data;
    this.node = node;
    if (data.length !== sizeOf(shape))
      throw new RangeError(`${data.length} elements do not fill the shape ${describeShape(shape)}`);
  }
}

/** The node of a value that no tape knows: a constant. */
export const untraced = -1;

/** A scalar on the tape. Everything else about it, its primal included, stands there. */
export class TracedNumber {
  readonly node: number;

  constructor(node: number) {
    this.node = node;
  }
}

/** What a model computes with. */
export type Value = number | TracedNumber | Tensor;
