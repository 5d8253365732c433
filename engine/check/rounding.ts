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
]);
/** They round to fewer digits on purpose: by how much at most, relative to the value. */
const casts: ReadonlyMap<string, number> = new Map([
  ["fround", 2 ** -24],
  ["f16round", 2 ** -11],
  ["bf16round", 2 ** -8],
]);
/** Numbers nearer to 0 have fewer digits. */
export const smallestNormal = 2.2250738585072014e-308;

export interface Rounding {
  /** Of the value, absolute. */
  readonly error: number;
  /** The same with what casts to fewer digits do to the value, which is no error but hides from differences how it varies. */
  readonly withCasts: number;
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
  let cast = 0;
  const see = (value: number, adjoint: number, at: number, castUnit: number | undefined): void => {
    const size = Math.abs(value);
    if (castUnit !== undefined) {
      cast = Math.hypot(cast, adjoint * castUnit * size);
      return;
    }
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
    const castUnit = casts.get(operationName(operation));
    const primal = tape.primalOf(node);
    if (typeof primal === "number") see(primal, adjoints.scalar(node), tape.site[node]!, castUnit);
    else {
      const adjoint = adjoints.tensor(node)?.data;
      if (adjoint !== undefined)
        for (let k = 0; k < adjoint.length; k++) see(primal.data[k]!, adjoint[k]!, tape.site[node]!, castUnit);
    }
  }
  const error = largest * Math.sqrt(squares);
  return { error, withCasts: Number.isFinite(cast) ? Math.hypot(error, cast) : error, site };
}
