import { recording } from "../../../tape/recording.ts";
import { TracedNumber } from "../../../tape/tensor.ts";
import { truth } from "../comparisons.ts";
import type { Findings } from "../findings.ts";
import { noteText, numberFromText } from "../numberTexts.ts";
import { numberOf, primal, toNumeric, toPrimitive } from "../primals.ts";
import { primals, replaceConstructor, replaceMethods, type Callable } from "./replace.ts";
import type { Runtime } from "../runtime.ts";
import { textOf } from "../text.ts";
import { OwnWeakMap, apply, construct, is } from "../intrinsics.ts";

/** Kept from before it is replaced. */
const nativeNumber = Number;

/** `new Number(x)` of a traced x: the wrapper object holds the primal, and the traced number is found here. */
const wrapped = new OwnWeakMap<object, TracedNumber>();

/** Number, Boolean and the global functions of numbers; the methods of traced numbers; calls of globals by name. */
export function installNumbers(findings: Findings): Runtime["globals"] {
  replaceConstructor("Number", (native) => ({
    call: (values) => (values.length === 0 ? 0 : toNumberFrom(values[0])),
    construct(values, target) {
      const value = values.length === 0 ? 0 : toNumberFrom(values[0]);
      const wrapper = construct(native, [primal(value)], target);
      if (TracedNumber.is(value)) wrapped.set(wrapper, value);
      return wrapper;
    },
  }));
  replaceConstructor("Boolean", (native) => ({
    call: (values) => truth(recording.site, values[0]),
    construct: (values, target) => construct(native, [truth(recording.site, values[0])], target),
  }));
  installNumberPrototype();
  installGlobalFunctions(findings);
  return globalCalls(findings);
}

/** `Number(value)`: a BigInt becomes a number, a traced number stays what it is. */
function toNumberFrom(value: unknown): unknown {
  const numeric = toNumeric(value);
  return typeof numeric === "bigint" ? nativeNumber(numeric) : numeric;
}

function installNumberPrototype(): void {
  const { prototype } = Number;
  // A traced number finds what the program itself adds to Number.prototype, too.
  Object.setPrototypeOf(TracedNumber.prototype, prototype);
  Object.defineProperty(TracedNumber.prototype, "constructor", { value: Number, enumerable: false });
  replaceMethods(prototype, (native) => ({
    ...writing(native, ["toExponential", "toFixed", "toLocaleString", "toPrecision", "toString"]),
    valueOf(this: unknown): unknown {
      if (TracedNumber.is(this)) return this;
      return wrapped.get(this as object) ?? apply(native("valueOf"), this, []);
    },
  }));
}

/** Methods that give a number's text. */
function writing(native: (name: PropertyKey) => Callable, names: readonly string[]): object {
  const methods = names.map((name) => {
    const method = native(name);
    const replacement = {
      [name](this: unknown, ...values: unknown[]): unknown {
        const text = apply(method, primal(this), primals(values));
        return TracedNumber.is(this) ? noteText(text as string) : text;
      },
    };
    return [name, replacement[name]] as const;
  });
  return Object.fromEntries(methods);
}

function installGlobalFunctions(findings: Findings): void {
  replaceMethods(Number, (native) =>
    Object.fromEntries(
      ["isFinite", "isInteger", "isNaN", "isSafeInteger"].map((name) => {
        const method = native(name);
        return [name, (value: unknown) => method(primal(value))];
      }),
    ),
  );
  const { parseFloat, parseInt, isNaN, isFinite } = globalThis as unknown as Record<string, Callable>;
  replaceMethods(globalThis, () => ({
    isNaN: (value: unknown) => isNaN!(primal(toPrimitive(value, "number"))),
    isFinite: (value: unknown) => isFinite!(primal(toPrimitive(value, "number"))),
    parseFloat(value: unknown) {
      const number = numberFromText(value, parseFloat as (text: unknown) => number);
      // Reading a number's own text gives that number again, but for −0.
      if (TracedNumber.is(value) && is(number, numberOf(value))) return value;
      return number;
    },
    parseInt(value: unknown, radix: unknown) {
      if (TracedNumber.is(value)) reportText(findings, "parseInt()");
      return numberFromText(value, (text) => parseInt!(text, primal(radix)) as number);
    },
  }));
  // Number.parseFloat and the global function are one.
  for (const name of ["parseFloat", "parseInt"])
    Object.defineProperty(Number, name, { value: Reflect.get(globalThis, name) as unknown });
}

function reportText(findings: Findings, name: string): void {
  if (!recording.on || findings.has("value-left-trace", recording.site)) return;
  findings.add({
    code: "value-left-trace",
    severity: "warning",
    message: `${name} gives a constant, so the gradient ends here; write Math.trunc() or Math.floor() where rounding is meant.`,
    site: recording.site,
  });
}

/** Calls of global functions by name. They go through the global object, for programs that replace them. */
function globalCalls(findings: Findings): Runtime["globals"] {
  const globals = globalThis as unknown as Record<string, Callable>;
  const table: Record<string, (site: number, ...values: unknown[]) => unknown> = {
    Array: (_, ...values) => apply(globals["Array"]!, undefined, values.length === 1 ? primals(values) : values),
    Object: (_, ...values) => {
      const value = values[0];
      return TracedNumber.is(value) ? new globalThis.Number(value) : apply(globals["Object"]!, undefined, values);
    },
    BigInt: (site, ...values) => {
      recording.site = site;
      if (values[0] instanceof TracedNumber) reportText(findings, "BigInt()");
      return apply(globals["BigInt"]!, undefined, primals(values));
    },
    String(_, ...values) {
      for (let k = 0; k < values.length; k++) values[k] = textOf(values[k]);
      return apply(globals["String"]!, undefined, values);
    },
  };
  for (const name of ["Number", "Boolean", "parseInt", "parseFloat", "isNaN", "isFinite"])
    table[name] = (site, ...values) => {
      recording.site = site;
      return apply(globals[name]!, undefined, values);
    };
  return table;
}
