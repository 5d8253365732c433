import * as primitives from "../../primitives/arithmetic.ts";
import { recording } from "../../tape/recording.ts";
import { Tensor, TracedNumber, type Value } from "../../tape/tensor.ts";
import { isMadeNaN, noteNoNumber } from "./noNumbers.ts";
import { numberFromText } from "./numberTexts.ts";
import { isDifferentiable, isObject, primal, toNumeric, toPrimitive } from "./primals.ts";
import type { Runtime } from "./runtime.ts";
import { textOf } from "./text.ts";
import { isArray, isView } from "./intrinsics.ts";

// The first lines of each operator are the tracer's hot path; they are written out, because an operator shared by all
// would make every call in it megamorphic. What they leave over are conversions, BigInt, text and tensors.

export const add: Runtime["add"] = (site, a, b) => {
  if (typeof a === "number") {
    if (typeof b === "number") return a + b;
    if (b instanceof TracedNumber) {
      recording.site = site;
      return primitives.add(a, b);
    }
  } else if (a instanceof TracedNumber && (typeof b === "number" || b instanceof TracedNumber)) {
    recording.site = site;
    return primitives.add(a, b);
  }
  return addOrConcatenate(site, a, b);
};

export const sub: Runtime["sub"] = (site, a, b) => {
  if (typeof a === "number") {
    if (typeof b === "number") return a - b;
    if (b instanceof TracedNumber) {
      recording.site = site;
      return primitives.sub(a, b);
    }
  } else if (a instanceof TracedNumber && (typeof b === "number" || b instanceof TracedNumber)) {
    recording.site = site;
    return primitives.sub(a, b);
  }
  return converted(site, a, b, primitives.sub, (x, y) => x - y);
};

export const mul: Runtime["mul"] = (site, a, b) => {
  if (typeof a === "number") {
    if (typeof b === "number") return a * b;
    if (b instanceof TracedNumber) {
      recording.site = site;
      return primitives.mul(a, b);
    }
  } else if (a instanceof TracedNumber && (typeof b === "number" || b instanceof TracedNumber)) {
    recording.site = site;
    return primitives.mul(a, b);
  }
  return converted(site, a, b, primitives.mul, (x, y) => x * y);
};

export const div: Runtime["div"] = (site, a, b) => {
  if (typeof a === "number") {
    if (typeof b === "number") return a / b;
    if (b instanceof TracedNumber) {
      recording.site = site;
      return primitives.div(a, b);
    }
  } else if (a instanceof TracedNumber && (typeof b === "number" || b instanceof TracedNumber)) {
    recording.site = site;
    return primitives.div(a, b);
  }
  return converted(site, a, b, primitives.div, (x, y) => x / y);
};

export const mod: Runtime["mod"] = (site, a, b) => {
  if (typeof a === "number") {
    if (typeof b === "number") return a % b;
    if (b instanceof TracedNumber) {
      recording.site = site;
      return primitives.mod(a, b);
    }
  } else if (a instanceof TracedNumber && (typeof b === "number" || b instanceof TracedNumber)) {
    recording.site = site;
    return primitives.mod(a, b);
  }
  return converted(site, a, b, primitives.mod, (x, y) => x % y);
};

export const pow: Runtime["pow"] = (site, a, b) => {
  if (typeof a === "number") {
    if (typeof b === "number") return a ** b;
    if (b instanceof TracedNumber) {
      recording.site = site;
      return primitives.pow(a, b);
    }
  } else if (a instanceof TracedNumber && (typeof b === "number" || b instanceof TracedNumber)) {
    recording.site = site;
    return primitives.pow(a, b);
  }
  return converted(site, a, b, primitives.pow, (x, y) => x ** y);
};

export const neg: Runtime["neg"] = (site, a) => {
  if (typeof a === "number") return -a;
  if (a instanceof TracedNumber) {
    recording.site = site;
    return primitives.neg(a);
  }
  const operand = toNumeric(a);
  if (isMadeNaN(a, operand)) noteNoNumber(site, a, 0, "operand");
  if (!isDifferentiable(operand)) return -operand;
  recording.site = site;
  return primitives.neg(operand);
};

export const plus: Runtime["plus"] = (site, a) => {
  if (typeof a === "number") return a;
  const primitive = toPrimitive(a, "number");
  if (isDifferentiable(primitive)) return primitive;
  recording.site = site;
  return numberFromText(primitive);
};

export const numeric: Runtime["numeric"] = toNumeric;

export const increment: Runtime["increment"] = (site, a) => {
  if (typeof a === "number") return a + 1;
  const operand = toNumeric(a);
  return typeof operand === "bigint" ? operand + 1n : add(site, operand, 1);
};

export const decrement: Runtime["decrement"] = (site, a) => {
  if (typeof a === "number") return a - 1;
  const operand = toNumeric(a);
  return typeof operand === "bigint" ? operand - 1n : sub(site, operand, 1);
};

type Binary = (a: Value, b: Value) => Value;
type Native = (a: number, b: number) => number;

/** ApplyStringOrNumericBinaryOperator (ECMA-262 §13.15.3) for `+`. */
function addOrConcatenate(site: number, a: unknown, b: unknown): unknown {
  if (!isObject(a) && !isObject(b)) {
    const sum = (a as number) + (b as number);
    if (isMadeNaN(a, sum)) noteNoNumber(site, a, 0, "side");
    if (isMadeNaN(b, sum)) noteNoNumber(site, b, 1, "side");
    return sum;
  }
  refuseArrays(a, b);
  const left = toPrimitive(a, "default");
  const right = toPrimitive(b, "default");
  if (typeof left === "string" || typeof right === "string")
    return (textOf(left) as string) + (textOf(right) as string);
  return converted(site, left, right, primitives.add, (x, y) => x + y);
}

/** The same for the other operators: operands are converted from left to right; BigInt does not mix with numbers. */
function converted(site: number, a: unknown, b: unknown, primitive: Binary, native: Native): unknown {
  refuseArrays(a, b);
  recording.site = site;
  const left = toNumeric(a);
  const right = toNumeric(b);
  if (isMadeNaN(a, left)) noteNoNumber(site, a, 0, "side");
  if (isMadeNaN(b, right)) noteNoNumber(site, b, 1, "side");
  if (!isDifferentiable(left) && !isDifferentiable(right)) return native(left as number, right as number);
  if (typeof left === "bigint" || typeof right === "bigint") {
    const mixed = [left, right].map((operand) => (Tensor.is(operand) ? 0 : primal(operand)));
    return native(mixed[0] as number, mixed[1] as number);
  }
  return primitive(left, right);
}

/** To the language an array among operands is text; beside a tensor that can only be a mistake. */
function refuseArrays(a: unknown, b: unknown): void {
  const array = Tensor.is(a) ? b : Tensor.is(b) ? a : undefined;
  if (isArray(array) || isView(array))
    throw new TypeError(
      "an operator has a tensor on one side and a plain array on the other: wrap the array in tensor(…)",
    );
}
