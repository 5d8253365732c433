import type { Shape } from "../tape/shape.ts";
import { Tensor } from "../tape/tensor.ts";
import { primal } from "./primals.ts";

/** Elements of a long axis that are shown at each end. */
const shownAtEachEnd = 3;

/** `[[1, 2], [3, 4]]`; long axes are shortened in the middle. */
export function tensorText(tensor: Tensor): string {
  return nested(tensor.shape, tensor.data);
}

function nested(shape: Shape, data: Float64Array): string {
  const [extent, ...inner] = shape;
  if (extent === undefined) return String(data[0]);
  const stride = extent === 0 ? 0 : data.length / extent;
  const item = (k: number): string => nested(inner, data.subarray(k * stride, (k + 1) * stride));
  const items: string[] = [];
  for (let k = 0; k < extent; k++) {
    if (extent > 2 * shownAtEachEnd + 1 && k === shownAtEachEnd) {
      items.push("…");
      k = extent - shownAtEachEnd;
    }
    items.push(item(k));
  }
  return `[${items.join(", ")}]`;
}

/** What concatenation with text takes: a primal, or a tensor's text; symbols stay, for the language to refuse. */
export function textOf(value: unknown): unknown {
  return value instanceof Tensor ? tensorText(value) : primal(value);
}
