import { broadcastTo } from "../../primitives/broadcasting.ts";
import type { Primal } from "../../primitives/rule.ts";
import { sizeOf, type Shape } from "../../tape/shape.ts";
import { Tensor, type Value } from "../../tape/tensor.ts";

/** The elements of several values, one after the other. */
export function packed(values: readonly Primal[]): Float64Array {
  const [only] = values;
  if (values.length === 1 && only instanceof Tensor) return only.data;
  const elements = new Float64Array(values.reduce<number>((n, x) => n + (x instanceof Tensor ? x.data.length : 1), 0));
  let at = 0;
  for (const value of values) {
    if (!(value instanceof Tensor)) elements[at++] = value;
    else for (const element of value.data) elements[at++] = element;
  }
  return elements;
}

/** Values of these shapes, from their elements. */
export function unpacked(elements: Float64Array, shapes: readonly Shape[]): Primal[] {
  let from = 0;
  return shapes.map((shape) => {
    const size = sizeOf(shape);
    const part = elements.slice(from, (from += size));
    return shape.length === 0 ? part[0]! : new Tensor(shape, part);
  });
}

export function zerosWhereUndefined(values: readonly (Value | undefined)[], shapes: readonly Shape[]): Value[] {
  return shapes.map((shape, k) => values[k] ?? broadcastTo(0, shape));
}
