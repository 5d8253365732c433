/** Whether the rule of a custom function is linear in its cotangent, as every pullback is. */
import type { SourceRange } from "../language/instrument/sourceReport.ts";
import { dataOf, type Primal } from "../primitives/rule.ts";
import { withoutRecording } from "../tape/recording.ts";
import { indexAt } from "../tape/shape.ts";
import { Tape } from "../tape/tape.ts";
import { Tensor, type Value } from "../tape/tensor.ts";
import { short } from "./figures.ts";
import type { Culprit } from "./report.ts";
import { usePlaces, valueOf, type RuleUse } from "./ruleUses.ts";
import { generator, madeLike, unlike } from "./survey.ts";

/** Rounding in a sum of two cotangents, relative to the larger. */
const linearTolerance = 1e-9;

/** The same gives the same, zero gives zero, and a sum of cotangents the sum of what each of them gives. Undefined where that holds. */
export function linearityOf(use: RuleUse, placeOf: (site: number) => SourceRange): Culprit | undefined {
  const { inputs } = use;
  const result = valueOf(use);
  if (result === undefined) return undefined;
  const random = generator(11);
  const [u, v] = [madeLike(result, () => unlike(random)), madeLike(result, () => unlike(random))];
  const pulled = (cotangent: Primal): Primal[] | undefined => pullbackOf(use, cotangent);
  const [ofU, ofV, ofBoth, ofZero, again] = [u, v, combined(u, 2, v), madeLike(result, () => 0), u].map(pulled);
  if (ofU === undefined || ofV === undefined || ofBoth === undefined || ofZero === undefined) return undefined;
  const changed = again && changedSince(ofU, again);
  if (changed !== undefined) {
    const { input, k, given, wanted } = changed;
    const message = (element: string): string =>
      `The rule of this custom function gives another cotangent each time it is asked: for input ${input + 1}${element}, ${short(wanted)} first and ${short(given)} then. Let it hang on its inputs, its output and the cotangent only.`;
    return culprit(use, placeOf, { input, k, given, wanted, message });
  }
  for (let input = 0; input < inputs.length; input++) {
    const [pu, pv, both, zero] = [ofU, ofV, ofBoth, ofZero].map((all) => dataOf(all[input]!));
    if (!pu!.every(Number.isFinite) || !pv!.every(Number.isFinite)) continue;
    for (let k = 0; k < pu!.length; k++) {
      const expected = pu![k]! + 2 * pv![k]!;
      const size = Math.abs(pu![k]!) + 2 * Math.abs(pv![k]!);
      const told = (given: number, wanted: number, how: string): Culprit =>
        culprit(use, placeOf, {
          input,
          k,
          given,
          wanted,
          message: (element) =>
            `The rule of this custom function is not linear in its cotangent: for input ${input + 1}${element}, ${how}.`,
        });
      if (zero![k] !== 0) return told(zero![k]!, 0, `a cotangent of 0 gives ${short(zero![k]!)} instead of 0`);
      if (!(Math.abs(both![k]! - expected) <= linearTolerance * size))
        return told(
          both![k]!,
          expected,
          `a sum of two cotangents gives ${short(both![k]!)} where they give ${short(expected)} in sum`,
        );
    }
  }
  return undefined;
}

function pullbackOf({ rule, inputs }: RuleUse, cotangent: Primal): Primal[] | undefined {
  try {
    return withoutRecording(new Tape(), () => {
      // What the function leaves behind for its rule is of these inputs.
      const result = rule.evaluate(inputs);
      // All cotangents at once, as the rule gives them for one list of inputs.
      const list: readonly Value[] = inputs.slice();
      return inputs.map((_, k) => rule.pullback(cotangent, list, result, k) as Primal);
    });
  } catch {
    return undefined;
  }
}

function culprit(
  use: RuleUse,
  placeOf: (site: number) => SourceRange,
  about: {
    readonly input: number;
    readonly k: number;
    readonly given: number;
    readonly wanted: number;
    readonly message: (element: string) => string;
  },
): Culprit {
  const { input, k, given, wanted, message } = about;
  const shape = use.inputs[input]!;
  const index = typeof shape === "number" ? [] : indexAt(shape.shape, k);
  const element = index.length === 0 ? "" : `, element [${index.join(", ")}]`;
  return {
    op: "custom",
    input,
    index,
    reverse: given,
    forward: NaN,
    numeric: wanted,
    error: Math.abs(given - wanted) / (Math.abs(given) + Math.abs(wanted)),
    kind: "not-linear",
    ...usePlaces(use, placeOf),
    message: message(element),
  };
}

/** The first element that is another one, the second time. */
function changedSince(
  first: readonly Primal[],
  second: readonly Primal[],
): { readonly input: number; readonly k: number; readonly given: number; readonly wanted: number } | undefined {
  for (const [input, before] of first.entries()) {
    const [wanted, given] = [dataOf(before), dataOf(second[input]!)];
    const k = wanted.findIndex((x, at) => !Object.is(x, given[at]));
    if (k >= 0) return { input, k, given: given[k]!, wanted: wanted[k]! };
  }
  return undefined;
}

/** u + factor·v */
function combined(u: Primal, factor: number, v: Primal): Primal {
  if (typeof u === "number") return u + factor * (v as number);
  return new Tensor(
    u.shape,
    u.data.map((x, k) => x + factor * (v as Tensor).data[k]!),
  );
}
