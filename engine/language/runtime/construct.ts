import { recording } from "../../tape/recording.ts";
import { TracedNumber } from "../../tape/tensor.ts";
import type { Findings } from "./findings.ts";
import { reportIntegerArray } from "./members.ts";
import { primals } from "./builtins/replace.ts";
import { primal } from "./primals.ts";
import type { Runtime } from "./runtime.ts";
import { OwnSet, construct, isArray, nativeProxy } from "./intrinsics.ts";

const array = Array as unknown as Constructor;

type Constructor = new (...values: unknown[]) => object;

const integerArrays: ReadonlySet<unknown> = new OwnSet([
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
]);

/** Constructors whose numeric arguments are lengths, offsets and times: the primal is all they ask for. */
const ofPrimals: ReadonlySet<unknown> = new OwnSet([
  Array,
  ArrayBuffer,
  SharedArrayBuffer,
  BigInt64Array,
  BigUint64Array,
  DataView,
  Date,
  ...integerArrays,
]);

/** The text at a site, for what V8 says of an expression when it is not what it should be. Whoever loads programs knows it. */
export const siteTexts: { at(site: number): string | undefined } = { at: () => undefined };

const nothing = {};
/** Constructs nothing: what it is asked for may be any constructor, of which it reads no prototype. */
const anything = new nativeProxy(Object, { construct: () => nothing });

function isConstructor(value: unknown): boolean {
  try {
    construct(anything as never, [], value as never);
    return true;
  } catch {
    return false;
  }
}

/** V8 would quote the function as it runs, not as it was written. */
function refusedCallee(site: number, callee: unknown): TypeError {
  const text = siteTexts.at(site)?.replace(/\[["'](\w+)["']\]/g, ".$1") ?? "";
  const written = /^new\s+([\w$.#]+(?:\[[\w.]+\])*)\s*(?:[(<]|$)/.exec(text)?.[1];
  const name = typeof callee === "function" && callee.name !== "" ? callee.name : "(intermediate value)";
  return new TypeError(`${written ?? name} is not a constructor`);
}

/** `new callee(...values)`. Constructors of the language that keep what they are given have been replaced themselves. */
export function construction(findings: Findings): Runtime["construct"] {
  return (site, callee, ...values) => {
    recording.site = site;
    if (!ofPrimals.has(callee)) {
      try {
        return construct(callee as never, values);
      } catch (error) {
        throw isConstructor(callee) ? error : refusedCallee(site, callee);
      }
    }
    if (callee === array && values.length > 1) return construct(array as never, values);
    if (!integerArrays.has(callee)) return construct(callee as never, primals(values));
    const elements = numbersOf(primals(values)[0]);
    if (elements !== undefined) values[0] = elements;
    const made = construct(callee as never, values);
    if (elements !== undefined) reportIntegerArray(findings, site, made);
    return made;
  };
}

/** The primals of an array that has traced numbers in it; undefined of anything else. */
function numbersOf(values: unknown): unknown[] | undefined {
  if (!isArray(values) || !values.some((value) => TracedNumber.is(value))) return undefined;
  return values.map(primal);
}
