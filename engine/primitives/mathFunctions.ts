import { Tensor, TracedNumber, type Value } from "../tape/tensor.ts";
import * as arithmetic from "./arithmetic.ts";
import * as rounding from "./rounding.ts";
import * as selection from "./selection.ts";
import * as transcendental from "./transcendental.ts";

const variadic = new Set(["max", "min", "hypot"]);

/** A function of `Math` that takes traced values too. */
export type MathFunction = (...values: unknown[]) => Value;

/**
 * The functions of `Math` by name. Called without a traced value or tensor, each does exactly what its native namesake
 * does; `Math.random` takes no part in a trace and is not among them.
 */
export const mathFunctions: Readonly<Record<string, MathFunction>> = Object.fromEntries(
  Object.entries({ ...transcendental, ...rounding, ...selection, pow: arithmetic.pow })
    .filter(([name]) => name in Math)
    .map(([name, traced]) => [name, facade(name, traced as (...values: Value[]) => Value)]),
);

function facade(name: string, traced: (...values: Value[]) => Value): MathFunction {
  const native = (Math as unknown as Record<string, (...values: unknown[]) => number>)[name]!;
  return Object.defineProperties(parametersOf(name, native, traced), {
    name: { value: name },
    length: { value: native.length },
  });
}

/** Arguments that are neither numbers nor traced are left to the native function, or converted as it would. */
function parametersOf(
  name: string,
  native: (...values: unknown[]) => number,
  traced: (...values: Value[]) => Value,
): MathFunction {
  if (variadic.has(name))
    return (...values) => (values.some(isTracedOrTensor) ? traced(...values.map(coerced)) : native(...values));
  if (native.length === 1)
    return (x) => (typeof x === "number" ? native(x) : isTracedOrTensor(x) ? traced(x) : native(x));
  return (a, b) => (isTracedOrTensor(a) || isTracedOrTensor(b) ? traced(coerced(a), coerced(b)) : native(a, b));
}

function isTracedOrTensor(value: unknown): value is TracedNumber | Tensor {
  return value instanceof TracedNumber || value instanceof Tensor;
}

function coerced(value: unknown): Value {
  // The unary plus, unlike Number(), refuses a BigInt, as Math does.
  return isTracedOrTensor(value) ? value : +(value as string);
}
