/** Where a run stops to be finite. */
import { isFinitePrimal } from "../diagnose/nonFiniteKind.ts";
import { operationName } from "../primitives/names.ts";
import type { Crossing } from "./crossings.ts";
import type { Evaluation } from "./evaluation.ts";

/** The first operation whose value is not finite; undefined where all are. */
export function firstNonFinite({ tape, output }: Evaluation): Crossing | undefined {
  for (let node = 0; node <= output; node++)
    if (!isFinitePrimal(tape.primalOf(node)))
      return { op: operationName(tape.operation[node]!), site: tape.site[node]! };
  return undefined;
}
