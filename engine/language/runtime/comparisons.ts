import { recording, type Comparison } from "../../tape/recording.ts";
import { Tensor, TracedNumber, type Value } from "../../tape/tensor.ts";
import { isDifferentiable, isObject, onlyElement, primal, toPrimitive } from "./primals.ts";
import type { Runtime } from "./runtime.ts";

/** Notes an outcome that hangs on a traced value: two runs with the same outcomes took the same path. */
export function noteBranch(site: number, outcome: number): void {
  if (!recording.on) return;
  const tape = recording.tape;
  tape.branches.add(site, tape.length, outcome);
}

function noted(site: number, comparison: Comparison, a: Value, b: Value, outcome: boolean): boolean {
  if (recording.on) recording.watcher?.compared(comparison, a, b);
  return notedOutcome(site, outcome);
}

function notedOutcome(site: number, outcome: boolean): boolean {
  noteBranch(site, outcome ? 1 : 0);
  return outcome;
}

/** What a traced number holds, where the outcome of a comparison with it is noted instead. */
function held(traced: TracedNumber): number {
  return traced.primal;
}

export const less: Runtime["less"] = (site, a, b) => {
  if (typeof a === "number") {
    if (typeof b === "number") return a < b;
    if (b instanceof TracedNumber) return noted(site, "less", a, b, a < held(b));
  } else if (a instanceof TracedNumber) {
    if (typeof b === "number") return noted(site, "less", a, b, held(a) < b);
    if (b instanceof TracedNumber) return noted(site, "less", a, b, held(a) < held(b));
  }
  return ordered(site, a, b, (x, y) => x < y);
};

export const lessEqual: Runtime["lessEqual"] = (site, a, b) => {
  if (typeof a === "number") {
    if (typeof b === "number") return a <= b;
    if (b instanceof TracedNumber) return noted(site, "lessEqual", a, b, a <= held(b));
  } else if (a instanceof TracedNumber) {
    if (typeof b === "number") return noted(site, "lessEqual", a, b, held(a) <= b);
    if (b instanceof TracedNumber) return noted(site, "lessEqual", a, b, held(a) <= held(b));
  }
  return ordered(site, a, b, (x, y) => x <= y);
};

export const greater: Runtime["greater"] = (site, a, b) => {
  if (typeof a === "number") {
    if (typeof b === "number") return a > b;
    if (b instanceof TracedNumber) return noted(site, "greater", a, b, a > held(b));
  } else if (a instanceof TracedNumber) {
    if (typeof b === "number") return noted(site, "greater", a, b, held(a) > b);
    if (b instanceof TracedNumber) return noted(site, "greater", a, b, held(a) > held(b));
  }
  return ordered(site, a, b, (x, y) => x > y);
};

export const greaterEqual: Runtime["greaterEqual"] = (site, a, b) => {
  if (typeof a === "number") {
    if (typeof b === "number") return a >= b;
    if (b instanceof TracedNumber) return noted(site, "greaterEqual", a, b, a >= held(b));
  } else if (a instanceof TracedNumber) {
    if (typeof b === "number") return noted(site, "greaterEqual", a, b, held(a) >= b);
    if (b instanceof TracedNumber) return noted(site, "greaterEqual", a, b, held(a) >= held(b));
  }
  return ordered(site, a, b, (x, y) => x >= y);
};

/** Both sides are converted from left to right, also for `>` and `<=` (ECMA-262 §13.10.1). */
function ordered(site: number, a: unknown, b: unknown, native: (a: never, b: never) => boolean): boolean {
  const left = toPrimitive(a, "number");
  const right = toPrimitive(b, "number");
  const outcome = native(comparable(left) as never, comparable(right) as never);
  return isDifferentiable(left) || isDifferentiable(right) ? notedOutcome(site, outcome) : outcome;
}

function comparable(value: unknown): unknown {
  if (Tensor.is(value)) return onlyElement(value, "to compare by");
  return primal(value);
}

export const strictEqual: Runtime["strictEqual"] = (site, a, b) => {
  if (TracedNumber.is(a)) {
    if (TracedNumber.is(b)) return noted(site, "equal", a, b, held(a) === held(b));
    return typeof b === "number" && noted(site, "equal", a, b, held(a) === b);
  }
  if (TracedNumber.is(b)) return typeof a === "number" && noted(site, "equal", a, b, a === held(b));
  return a === b;
};

export const looseEqual: Runtime["looseEqual"] = (site, a, b) => {
  // Nothing equals only nothing, two objects are compared by identity: none of them is converted.
  if (a === undefined || a === null || b === undefined || b === null) return a == b;
  if (isPlainObject(a) && isPlainObject(b)) return a === b;
  const left = toPrimitive(a, "default");
  const right = toPrimitive(b, "default");
  if (Tensor.is(left) && Tensor.is(right)) return left === right;
  if (!isDifferentiable(left) && !isDifferentiable(right)) return left == right;
  return notedOutcome(site, comparable(left) == comparable(right));
};

function isPlainObject(value: unknown): boolean {
  return isObject(value) && !isDifferentiable(value);
}

export const truth: Runtime["truth"] = (site, a) => {
  if (TracedNumber.is(a)) return noted(site, "notEqual", a, 0, isTrue(held(a)));
  if (Tensor.is(a)) return notedOutcome(site, isTrue(onlyElement(a, "to decide by")));
  return isTrue(a);
};

/** ToBoolean. The global Boolean comes back here. */
function isTrue(value: unknown): boolean {
  return value ? true : false;
}

export const typeOf: Runtime["typeOf"] = (a) => (TracedNumber.is(a) ? "number" : typeof a);
