import { recording } from "../tape/recording.ts";
import { Tensor, type Value } from "../tape/tensor.ts";
import { arithmetic, type Binary } from "./elementwise.ts";
import { apply, noAttributes, pullback, type Primitive, type Rule } from "./rule.ts";

export type Variadic = (...inputs: Value[]) => Value;

/**
 * A function of any number of values, like `Math.hypot`, from the same function of two, `pair`. Scalars make one node
 * with all of them as inputs; where a tensor is among three or more, they are taken two by two.
 * `factor(inputs, result, k)` is ∂result/∂inputₖ.
 */
export function variadic(
  pair: Primitive<Binary>,
  native: (...inputs: number[]) => number,
  factor: (inputs: readonly Value[], result: Value, k: number) => Value,
): Primitive<Variadic> {
  const rule: Rule = {
    ...pair.rule,
    scalar: native,
    evaluate: (inputs, attributes, shape) =>
      shape.length === 0 ? native(...(inputs as number[])) : pair.rule.evaluate(inputs, attributes, shape),
    jvp(tangents, inputs, result, attributes) {
      if (inputs.length === 2) return pair.rule.jvp(tangents, inputs, result, attributes);
      const terms = tangents.map((tangent, k) =>
        tangent === undefined ? undefined : arithmetic.mul(tangent, factor(inputs, result, k)),
      );
      return terms.filter((term) => term !== undefined).reduce(arithmetic.add);
    },
    vjp: (cotangent, inputs, result, attributes, k) =>
      inputs.length === 2
        ? pullback(pair.rule, k)!(cotangent, inputs, result, attributes, k)
        : arithmetic.mul(cotangent, factor(inputs, result, k)),
  };
  const call = (...inputs: Value[]): Value => {
    if (inputs.length === 2) return pair(inputs[0]!, inputs[1]!);
    // The winner of many is found among what they hold; of two it is an operation, which can be run again.
    const pairwise = recording.watcher !== undefined || inputs.some((input) => input instanceof Tensor);
    if (inputs.length > 0 && pairwise) return inputs.reduce(pair);
    return apply(pair.code, rule, inputs, noAttributes);
  };
  return Object.assign(call, { rule, code: pair.code });
}
