import { ShapeError } from "../primitives/broadcastShapes.ts";
import { reshape } from "../primitives/shaping.ts";
import { operationOn } from "../primitives/windows.ts";
import type { Shape } from "../tape/shape.ts";
import type { Value } from "../tape/tensor.ts";
import { asValue, shapeOf } from "./values.ts";

/** Convolutions and poolings are over one axis or over images and volumes. */
export const mostSpatialAxes = 3;

/** Without the batch axis that one example was given for the while. */
export function alone(result: Value, lone: boolean): Value {
  return lone ? reshape(result, shapeOf(result).slice(1)) : result;
}

/** An input with its batch axis, and its spatial axes. `given` has an entry for each of them where it is a list. */
export function spatialAxes(operation: string, x: unknown, given: unknown, what: string) {
  const input = asValue(operation, x);
  const from = shapeOf(input);
  const spatial = Array.isArray(given) ? given.length : from.length - 2;
  const names = operationOn(operation, from);
  if (spatial < 1 || spatial > mostSpatialAxes || (from.length !== spatial + 2 && from.length !== spatial + 1))
    throw new ShapeError(
      `${names}: give an input [batch, channels, …spatial] with 1 to ${mostSpatialAxes} spatial axes, and a ${what} of one number or one for each of them`,
    );
  const lone = from.length === spatial + 1;
  const whole: Shape = lone ? [1, ...from] : from;
  return { names, spatial, whole, input: lone ? reshape(input, whole) : input, lone };
}
