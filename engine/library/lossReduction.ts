import { ShapeError } from "../primitives/broadcastShapes.ts";
import { mean, sum } from "../primitives/reduction.ts";
import type { Value } from "../tape/tensor.ts";

/** How the losses of the examples are put together: their mean (when left out), their sum, or not at all. */
export type LossReduction = "mean" | "sum" | "none";

export interface LossOptions {
  readonly reduction?: LossReduction;
}

export function reduced(name: string, losses: Value, reduction: LossReduction = "mean"): number {
  return combine(name, losses, reduction) as number;
}

/** `name` begins the sentence about a reduction that is none. */
export function combine(name: string, losses: Value, reduction: LossReduction): Value {
  switch (reduction) {
    case "mean":
      return mean(losses);
    case "sum":
      return sum(losses);
    case "none":
      return losses;
    default:
      throw new ShapeError(`${name}: the reduction is ${JSON.stringify(reduction)}; give mean, sum or none`);
  }
}
