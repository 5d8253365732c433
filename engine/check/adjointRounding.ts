import { contributions } from "../differentiate/contributions.ts";
import type { Adjoints } from "../differentiate/reverse.ts";
import { customRuleOf, type CustomRule } from "../primitives/custom.ts";
import { codeOf } from "../primitives/names.ts";
import { dataOf } from "../primitives/rule.ts";
import type { Tape } from "../tape/tape.ts";
import type { Evaluation } from "./evaluation.ts";

const custom = codeOf("custom");
const exact = { relative: 0, absolute: 0 };

/** Of what a differential equation's solution is differentiated by: another one, with errors of its own. */
function accuracyOf(tape: Tape, node: number): NonNullable<CustomRule["accuracy"]> {
  return (tape.operation[node] === custom ? customRuleOf(tape.attributes(node)).accuracy : undefined) ?? exact;
}

function largestOf(adjoints: Adjoints, tape: Tape, node: number): number {
  if (!tape.isTensor(node)) return Math.abs(adjoints.scalar(node));
  let most = 0;
  for (const x of adjoints.tensor(node)?.data ?? []) most = Math.max(most, Math.abs(x));
  return most;
}

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
    const { relative, absolute } = accuracyOf(tape, node);
    const solved = absolute === 0 ? 0 : absolute * largestOf(adjoints, tape, node);
    for (const { input, contribution } of contributions(tape, adjoints, node)) {
      const known = errors.get(input);
      if (typeof contribution === "number") {
        const error = Math.abs(contribution) * (roundings * Number.EPSILON + share + relative) + solved;
        if (Number.isFinite(error)) errors.set(input, ((known as number | undefined) ?? 0) + error);
        continue;
      }
      const data = (known as Float64Array | undefined) ?? new Float64Array(contribution.data.length);
      dataOf(contribution).forEach(
        (x, k) => (data[k]! += Math.abs(x) * (roundings * Number.EPSILON + relative) + solved),
      );
      errors.set(input, data);
    }
  }
  return errors;
}
