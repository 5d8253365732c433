/** How far rounding inside of a run may put its result off. */
import type { Adjoints } from "../differentiate/reverse.ts";
import { operationName } from "../primitives/names.ts";
import { firstPrimitive } from "../tape/tape.ts";
import type { Evaluation } from "./evaluation.ts";

/** They pass on what they are given, digit for digit. */
const exact: ReadonlySet<string> = new Set([
  ...["neg", "abs", "max", "min", "where", "clip", "relu", "reduceMax", "reduceMin", "maxPool", "identity"],
  ...["broadcastTo", "reshape", "transpose", "concat", "stack", "slice", "pad", "flip", "take", "takeAlongAxis"],
  ...["dynamicSlice", "dynamicUpdateSlice", "scatterSet", "scatterSetAlongAxis", "stopGradient"],
  // Rounded on purpose.
  ...["fround", "f16round", "bf16round"],
]);
/** Numbers nearer to 0 have fewer digits. */
export const smallestNormal = 2.2250738585072014e-308;

export interface Rounding {
  /** Of the value, absolute. */
  readonly error: number;
  /** Where the largest part of it comes from. */
  readonly site: number;
}

/**
 * The rounding error of a result, absolute: every operation rounds its value, and the adjoint tells what that does to the
 * result. The errors of single operations are independent, so that they add up as squares. N. Higham, T. Mary, A new
 * approach to probabilistic rounding error analysis, SIAM Journal on Scientific Computing 41 (2019) A2815–A2835.
 */
export function roundingError({ tape, output }: Evaluation, adjoints: Adjoints): Rounding {
  let site = 0;
  let largest = 0;
  let squares = 0;
  const see = (value: number, adjoint: number, at: number): void => {
    const size = Math.abs(value);
    const error = Math.abs(adjoint) * (size > 0 && size < smallestNormal ? Number.MIN_VALUE : Number.EPSILON * size);
    if (!(error > 0) || error === Infinity) return;
    if (error > largest) {
      squares = squares * (largest / error) ** 2 + 1;
      largest = error;
      site = at;
    } else squares += (error / largest) ** 2;
  };
  for (let node = 0; node <= output; node++) {
    const operation = tape.operation[node]!;
    if (operation < firstPrimitive || !adjoints.reached(node) || exact.has(operationName(operation))) continue;
    const primal = tape.primalOf(node);
    if (typeof primal === "number") see(primal, adjoints.scalar(node), tape.site[node]!);
    else {
      const adjoint = adjoints.tensor(node)?.data;
      if (adjoint !== undefined)
        for (let k = 0; k < adjoint.length; k++) see(primal.data[k]!, adjoint[k]!, tape.site[node]!);
    }
  }
  return { error: largest * Math.sqrt(squares), site };
}
