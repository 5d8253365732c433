import { recording } from "../../tape/recording.ts";
import { Tensor, TracedNumber } from "../../tape/tensor.ts";
import { numberFromText } from "./numberTexts.ts";
import { apply, getProperty, toPrimitiveSymbol } from "./intrinsics.ts";

/** A value that stands on the tape, or a tensor: what the primitives compute on besides plain numbers. */
export type Differentiable = TracedNumber | Tensor;

export function isDifferentiable(value: unknown): value is Differentiable {
  return TracedNumber.is(value) || Tensor.is(value);
}

/** The number that a traced number holds. */
export function numberOf(traced: TracedNumber): number {
  recording.watcher?.read(traced);
  return traced.primal;
}

/** A traced number's number; every other value unchanged. */
export function primal(value: unknown): unknown {
  return TracedNumber.is(value) ? numberOf(value) : value;
}

export function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

type Hint = "default" | "number" | "string";

/**
 * ToPrimitive (ECMA-262 §7.1.1), except that traced numbers and tensors count as primitive values. The language's own
 * conversion would refuse them as the result of a `valueOf`.
 */
export function toPrimitive(value: unknown, hint: Hint): unknown {
  if (!isObject(value) || isDifferentiable(value)) return value;
  const exotic = (value as { [toPrimitiveSymbol]?: unknown })[toPrimitiveSymbol];
  if (exotic !== undefined && exotic !== null) {
    if (typeof exotic !== "function") throw new TypeError(`${typeof exotic} is not a function`);
    const result: unknown = apply(exotic as never, value, [hint]);
    if (!isObject(result) || isDifferentiable(result)) return result;
    throw new TypeError("Cannot convert object to primitive value");
  }
  for (const name of hint === "string" ? (["toString", "valueOf"] as const) : (["valueOf", "toString"] as const)) {
    const method: unknown = getProperty(value, name);
    if (typeof method !== "function") continue;
    const result: unknown = apply(method as never, value, []);
    if (!isObject(result) || isDifferentiable(result)) return result;
  }
  throw new TypeError("Cannot convert object to primitive value");
}

/** ToNumeric (ECMA-262 §7.1.3), with traced numbers and tensors as they are. */
export function toNumeric(value: unknown): number | bigint | Differentiable {
  if (typeof value === "number" || typeof value === "bigint") return value;
  const primitive = toPrimitive(value, "number");
  if (typeof primitive === "bigint" || isDifferentiable(primitive)) return primitive;
  return numberFromText(primitive);
}

/** ToNumber (ECMA-262 §7.1.4): a BigInt is refused. */
export function toNumber(value: unknown): number | Differentiable {
  if (typeof value === "number") return value;
  const primitive = toPrimitive(value, "number");
  return isDifferentiable(primitive) ? primitive : numberFromText(primitive);
}

/** What an element of a typed array is made from. A tensor is refused. */
export function toElement(value: unknown): number | TracedNumber {
  const number = toNumber(value);
  if (!Tensor.is(number)) return number;
  throw new TypeError(
    `a tensor of shape [${number.shape.join(", ")}] does not fit into one element of a typed array; ` +
      "keep it in a plain array, or take its elements first",
  );
}

/** A one-element tensor's element; a clear refusal for larger ones, where the language asks for one value. */
export function onlyElement(tensor: Tensor, purpose: string): number {
  if (tensor.data.length === 1) {
    recording.watcher?.read(tensor);
    return tensor.data[0]!;
  }
  throw new TypeError(
    `a tensor of shape [${tensor.shape.join(", ")}] has no single value ${purpose}; ` +
      "compare with greater(), less() or equal() and choose with where() element by element",
  );
}
