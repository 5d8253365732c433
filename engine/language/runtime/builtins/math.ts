import { pow } from "../../../primitives/arithmetic.ts";
import * as rounding from "../../../primitives/rounding.ts";
import * as selection from "../../../primitives/selection.ts";
import * as transcendental from "../../../primitives/transcendental.ts";
import { recording } from "../../../tape/recording.ts";
import { TracedNumber, type Value } from "../../../tape/tensor.ts";
import { isMadeNaN, noteNoNumber } from "../noNumbers.ts";
import { isDifferentiable, toNumber } from "../primals.ts";
import type { Runtime } from "../runtime.ts";
import { installRandom } from "./random.ts";
import { replaceMethods, type Callable } from "./replace.ts";
import { apply } from "../intrinsics.ts";

type Table = Record<string, Callable>;

/** Functions that take any number of values. */
const variadic = new Set(["max", "min", "hypot"]);

const traced = Object.fromEntries(
  Object.entries({ ...transcendental, ...rounding, ...selection, pow }).filter(([name]) => name in Math),
) as unknown as Record<string, (...values: Value[]) => Value>;

/**
 * One function of `Math` in two forms: by site, for calls that name it, and as the value of `Math.f`. Each is compiled
 * for itself, since functions made from one literal share what the compiler learns about their callees.
 */
const sources = {
  unary: `
    const bySite = function (site, x) {
      if (Math.NAME !== plain) return Math.NAME(x);
      if (typeof x === "number") return native(x);
      recording.site = site;
      return x instanceof TracedNumber ? traced(x) : general(x);
    };
    const plain = { NAME(x) {
      return typeof x === "number" ? native(x) : x instanceof TracedNumber ? traced(x) : general(x);
    } }.NAME;
    return { bySite, plain };`,
  binary: `
    const bySite = function (site, a, b) {
      if (Math.NAME !== plain) return Math.NAME(a, b);
      if (typeof a === "number" && typeof b === "number") return native(a, b);
      recording.site = site;
      return general(a, b);
    };
    const plain = { NAME(a, b) {
      return typeof a === "number" && typeof b === "number" ? native(a, b) : general(a, b);
    } }.NAME;
    return { bySite, plain };`,
  variadic: `
    const bySite = function (site, ...values) {
      if (Math.NAME !== plain) return apply(Math.NAME, Math, values);
      if (values.length === 2 && typeof values[0] === "number" && typeof values[1] === "number")
        return native(values[0], values[1]);
      recording.site = site;
      return apply(general, undefined, values);
    };
    const plain = { NAME(...values) { return apply(general, undefined, values); } }.NAME;
    return { bySite, plain };`,
};

/** Replaces the functions of `Math` and gives the table that calls by name go through. */
export function installMath(): Runtime["math"] {
  const table: Record<string, (site: number, ...values: unknown[]) => unknown> = {};
  for (const [name, primitive] of Object.entries(traced)) {
    const native = (Math as unknown as Table)[name]!;
    const arity = variadic.has(name) ? "variadic" : native.length === 2 ? "binary" : "unary";
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the text is a constant of this file
    const make = new Function(
      "native",
      "traced",
      "general",
      "recording",
      "TracedNumber",
      "apply",
      sources[arity].replaceAll("NAME", name),
    ) as (...values: unknown[]) => { bySite: Callable; plain: Callable };
    const general = arity === "variadic" ? generalOf(native, primitive) : generalOf(native, primitive, native.length);
    const { bySite, plain } = make(native, primitive, general, recording, TracedNumber, apply);
    table[name] = bySite;
    replaceMethods(Math, () => ({ [name]: plain }));
  }
  installRandom();
  table["random"] = (_, ...values) => apply(Math.random, Math, values);
  return table;
}

/** Converts arguments as the native function would, from left to right and no more than it looks at. */
function generalOf(native: Callable, primitive: (...values: Value[]) => Value, arity = Infinity): Callable {
  return (...values) => {
    if (values.length > arity) values.length = arity;
    let differentiable = false;
    for (let k = 0; k < values.length; k++) {
      const value = values[k];
      const converted = (values[k] = toNumber(value));
      if (isMadeNaN(value, converted))
        noteNoNumber(recording.site, value, k, arity === Infinity ? "spreadable argument" : "argument");
      differentiable ||= isDifferentiable(converted);
    }
    if (!differentiable) return apply(native, undefined, values);
    while (arity !== Infinity && values.length < arity) values[values.length] = NaN;
    return apply(primitive as Callable, undefined, values);
  };
}
