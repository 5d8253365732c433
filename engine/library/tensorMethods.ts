import { slice } from "../primitives/indexing.ts";
import { isTraced } from "../primitives/rule.ts";
import { recording } from "../tape/recording.ts";
import { describeShape } from "../tape/shape.ts";
import { Tensor, type Value } from "../tape/tensor.ts";
import { fixed } from "./values.ts";

/**
 * Gives tensors the members that models see beyond their shape. They stand here and not in the class, because elements
 * taken out of a traced tensor are operations, which the tape below knows nothing of.
 */
export function addTensorMethods(): void {
  Object.defineProperties(Tensor.prototype, {
    toArray: { value: toArray, configurable: true },
    at: { value: at, configurable: true },
    // As of an array it would be undefined, and a loop up to it would do nothing.
    length: { get: noLength, configurable: true },
  });
}

type NestedValues = Value | NestedValues[];

function toArray(this: Tensor): NestedValues {
  const traced = recording.on && isTraced(this);
  return traced ? tracedElements(this) : nested(this.shape, this.data, 0);
}

function tracedElements(x: Value): NestedValues {
  if (!(x instanceof Tensor)) return x;
  return Array.from({ length: x.shape[0]! }, (_, i) => tracedElements(slice(x, [i])));
}

function nested(shape: readonly number[], data: Float64Array, start: number): NestedValues {
  const [extent, ...rest] = shape;
  if (extent === undefined) return data[start]!;
  const stride = rest.reduce((product, inner) => product * inner, 1);
  return Array.from({ length: extent }, (_, i) => nested(rest, data, start + i * stride));
}

function at(this: Tensor, ...indices: Value[]): Value {
  return slice(this, fixed(indices) as number[]);
}

function noLength(this: Tensor): never {
  throw new TypeError(
    `a tensor of shape ${describeShape(this.shape)} has no length: its extents are in x.shape, the first of them x.shape[0]`,
  );
}
