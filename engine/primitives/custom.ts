import type { Shape } from "../tape/shape.ts";
import type { Attributes } from "../tape/tape.ts";
import type { Tensor, Value } from "../tape/tensor.ts";
import { codeOf } from "./names.ts";
import type { Primal, Rule } from "./rule.ts";

/**
 * A function whose adjoint rule its author gives. Every node has its own, in its attributes; who makes such nodes is
 * `differentiate/custom.ts`.
 */
export interface CustomRule {
  /** Of a function that the library made one operation of, such as `checkpoint`: what people call it. */
  readonly name?: string;
  /** Of the result. */
  readonly shape: Shape;
  readonly evaluate: (inputs: readonly Primal[]) => Primal;
  readonly jvp: (tangents: readonly (Value | undefined)[], inputs: readonly Value[], result: Value) => Value;
  readonly pullback: (cotangent: Value, inputs: readonly Value[], result: Value, position: number) => Value;
  /** Applies the function to other values. */
  readonly apply: (inputs: readonly Value[]) => Value;
  /** What is kept for the rule besides inputs and result. */
  readonly kept?: readonly Tensor[];
  /** How exact its derivatives are, where they are computed by steps of a controlled error. */
  readonly accuracy?: { readonly relative: number; readonly absolute: number };
  /** The site where the rule was defined; 0 of the library's own. */
  readonly definition: number;
  /**
   * In a recording that also records what the function does inside: the nodes of that, `to` left out. It begins with the
   * inputs, one node for each; the result may be a constant.
   */
  readonly inside?: { readonly from: number; readonly to: number; readonly result: Value };
}

/** The rule of one node of the operation `custom`. */
export function customRuleOf(attributes: Attributes): CustomRule {
  return attributes as unknown as CustomRule;
}

const rule: Rule = {
  shape: (_, attributes) => customRuleOf(attributes).shape,
  evaluate: (inputs, attributes) => customRuleOf(attributes).evaluate(inputs),
  jvp: (tangents, inputs, result, attributes) => customRuleOf(attributes).jvp(tangents, inputs, result),
  vjp: (cotangent, inputs, result, attributes, position) =>
    customRuleOf(attributes).pullback(cotangent, inputs, result, position),
};

export const custom = { rule, code: codeOf("custom") };
