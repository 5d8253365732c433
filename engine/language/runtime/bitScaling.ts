import { mul } from "../../primitives/arithmetic.ts";
import { TracedNumber } from "../../tape/tensor.ts";
import { dressAs, primals, type Callable } from "./builtins/replace.ts";
import { apply, isFiniteNumber, ownKeys } from "./intrinsics.ts";
import { numberOf } from "./primals.ts";

const { abs, log2, round } = Math;

/**
 * A function that gives its first argument back with other bits, so that where only sign and exponent differ, the result
 * is a multiple of the argument: y = ±2ᵏ x, dy = ±2ᵏ dx. Anything else that it gives is a constant.
 */
export function scaling(native: unknown): unknown {
  if (typeof native !== "function") return native;
  const replacement = function (this: unknown, ...values: unknown[]): unknown {
    const x = values[0];
    if (!TracedNumber.is(x)) return apply(native as Callable, this, values);
    const from = numberOf(x);
    const to = apply(native as Callable, this, primals(values));
    const factor = (to as number) / from;
    if (typeof to !== "number" || !isPowerOfTwo(abs(factor)) || from * factor !== to) return to;
    return mul(x, factor);
  };
  dressAs(native as Callable, replacement);
  for (const key of ownKeys(native))
    if (key !== "prototype" && key !== "name" && key !== "length")
      Object.defineProperty(replacement, key, Object.getOwnPropertyDescriptor(native, key)!);
  return replacement;
}

const isPowerOfTwo = (x: number): boolean => isFiniteNumber(x) && x > 0 && 2 ** round(log2(x)) === x;
