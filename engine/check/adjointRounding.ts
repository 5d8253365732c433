import { contributions } from "../differentiate/contributions.ts";
import type { Adjoints } from "../differentiate/reverse.ts";
import { dataOf } from "../primitives/rule.ts";
import type { Evaluation } from "./evaluation.ts";

/** A term is rounded when it is made, and again when it is added. */
const roundings = 2;
/** Longer runs are not gone through again. */
const mostNodes = 200_000;

/**
 * How far rounding on the way back may put the adjoint of each node off, absolute: terms that cancel leave theirs behind,
 * and it goes on with the adjoint. Errors are followed through numbers; of tensors only what an adjoint is added up from is
 * seen. N. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed. (2002), ch. 3.
 */
export function adjointRounding(
  { tape, output }: Evaluation,
  adjoints: Adjoints,
): ReadonlyMap<number, number | Float64Array> {
  const errors = new Map<number, number | Float64Array>();
  if (output > mostNodes) return errors;
  for (let node = output; node >= 0; node--) {
    if (!adjoints.reached(node)) continue;
    const before = errors.get(node);
    const adjoint = tape.isTensor(node) ? undefined : Math.abs(adjoints.scalar(node));
    const share = typeof before === "number" && adjoint !== undefined && adjoint > 0 ? before / adjoint : 0;
    for (const { input, contribution } of contributions(tape, adjoints, node)) {
      const known = errors.get(input);
      if (typeof contribution === "number") {
        const error = Math.abs(contribution) * (roundings * Number.EPSILON + share);
        if (Number.isFinite(error)) errors.set(input, ((known as number | undefined) ?? 0) + error);
        continue;
      }
      const data = (known as Float64Array | undefined) ?? new Float64Array(contribution.data.length);
      dataOf(contribution).forEach((x, k) => (data[k]! += Math.abs(x) * roundings * Number.EPSILON));
      errors.set(input, data);
    }
  }
  return errors;
}
