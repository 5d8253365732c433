import { KindError, ValueError } from "../../primitives/argumentErrors.ts";
import { add, div, mul, square } from "../../primitives/arithmetic.ts";
import { sum } from "../../primitives/reduction.ts";
import { clip, max } from "../../primitives/selection.ts";
import { sqrt } from "../../primitives/transcendental.ts";
import type { Value } from "../../tape/tensor.ts";
import { mapTrees, valuesOf } from "../tree.ts";
import { checkPositive, optionsOf, type Optimizer } from "./optimizer.ts";

export interface ClipOptions {
  /** The gradient of all parameters together is made no longer than this (Pascanu, Mikolov and Bengio 2013). */
  readonly norm?: number;
  /** Before that, each element is kept within ± this. */
  readonly value?: number;
}

/**
 * An optimizer that is given gradients no longer than wished: `clipGradients(adam(), { norm: 1 })`.
 *
 * @throws RangeError where a limit is not positive, or there is none.
 */
export function clipGradients(optimizer: Optimizer, options: ClipOptions): Optimizer {
  if (typeof (optimizer as Partial<Optimizer> | undefined)?.update !== "function")
    throw new KindError("clipGradients: give an optimizer first, such as adam()");
  const { norm, value } = optionsOf("clipGradients", options, "{ norm: 1 }");
  if (norm === undefined && value === undefined)
    throw new ValueError("clipGradients: give a limit, as { norm: 1 } or { value: 0.1 }");
  if (norm !== undefined) checkPositive("clipGradients", "norm", norm);
  if (value !== undefined) checkPositive("clipGradients", "value", value);
  return {
    name: optimizer.name,
    init: (parameters) => optimizer.init(parameters),
    update(parameters, gradient, state) {
      const each = value === undefined ? gradient : mapTrees((g) => clip(g, -value, value), gradient);
      if (norm === undefined) return optimizer.update(parameters, each, state);
      const length = sqrt(
        valuesOf(each)
          .map((g) => sum(square(g)))
          .reduce<Value>(add, 0),
      );
      const factor = div(norm, max(length, norm));
      return optimizer.update(
        parameters,
        mapTrees((g) => mul(g, factor), each),
        state,
      );
    },
  };
}
