import { recording } from "../../tape/recording.ts";
import { TracedNumber } from "../../tape/tensor.ts";
import type { Findings } from "./findings.ts";
import { reportIntegerArray } from "./members.ts";
import { primal } from "./primals.ts";
import type { Runtime } from "./runtime.ts";

type Constructor = new (...values: unknown[]) => object;

const integerArrays: ReadonlySet<unknown> = new Set([
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
]);

/** Constructors whose numeric arguments are lengths, offsets and times: the primal is all they ask for. */
const ofPrimals: ReadonlySet<unknown> = new Set([
  Array,
  ArrayBuffer,
  SharedArrayBuffer,
  BigInt64Array,
  BigUint64Array,
  DataView,
  Date,
  ...integerArrays,
]);

/** `new callee(...values)`. Constructors of the language that keep what they are given have been replaced themselves. */
export function construction(findings: Findings): Runtime["construct"] {
  return (site, callee, ...values) => {
    recording.site = site;
    if (!ofPrimals.has(callee)) return new (callee as Constructor)(...values);
    if (callee === Array && values.length > 1) return Array.of(...values);
    if (!integerArrays.has(callee)) return new (callee as Constructor)(...values.map(primal));
    const [first, ...others] = values.map(primal);
    const elements = numbersOf(first);
    const array = new (callee as Constructor)(elements ?? first, ...others);
    if (elements !== undefined) reportIntegerArray(findings, site, array);
    return array;
  };
}

/** The primals of an array that has traced numbers in it; undefined of anything else. */
function numbersOf(values: unknown): unknown[] | undefined {
  if (!Array.isArray(values) || !values.some((value) => value instanceof TracedNumber)) return undefined;
  return values.map(primal);
}
