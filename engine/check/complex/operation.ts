import type { Primal, Rule } from "../../primitives/rule.ts";
import type { Attributes } from "../../tape/tape.ts";

/** What an operation on complex values is given. */
export interface Operands {
  readonly real: readonly Primal[];
  /** Undefined where an input does not move. */
  readonly imaginary: readonly (Primal | undefined)[];
  readonly result: Primal;
  readonly attributes: Attributes;
  readonly rule: Rule;
}

/** The imaginary part of the result; undefined where the operation is not analytic there. */
export type ComplexOperation = (operands: Operands) => Primal | undefined;
