import { reshape } from "../primitives/shaping.ts";
import type { Value } from "../tape/tensor.ts";
import { shapeOf } from "./values.ts";

/** Convolutions and poolings are over one axis or over images and volumes. */
export const mostSpatialAxes = 3;

/** Without the batch axis that one example was given for the while. */
export function alone(result: Value, lone: boolean): Value {
  return lone ? reshape(result, shapeOf(result).slice(1)) : result;
}
