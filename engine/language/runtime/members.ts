import { Tensor, TracedNumber } from "../../tape/tensor.ts";
import { recording } from "../../tape/recording.ts";
import type { Findings } from "./findings.ts";
import { refuseHeld } from "./heldData.ts";
import { isObject, numberOf, primal, toElement, toPrimitive } from "./primals.ts";
import type { Runtime } from "./runtime.ts";
import {
  hasShadows,
  isFloatArray,
  mayBeTraced,
  readsTracedBytes,
  tracedElement,
  writeElement,
  type FloatArray,
} from "./typedArrays.ts";
import { getProperty, isArray, isView, nativeProxy } from "./intrinsics.ts";

type Members = Pick<Runtime, "key" | "propertyKey" | "get" | "parts" | "set" | "target">;
type Keyed = Record<PropertyKey, unknown>;

/** Assignment as code that is not strict does it: what cannot be assigned is passed over in silence. */
// eslint-disable-next-line @typescript-eslint/no-implied-eval -- modules are strict; a function made from text is not
const assignSloppily = new Function("object", "key", "value", "object[key] = value") as (
  object: unknown,
  key: unknown,
  value: unknown,
) => void;

/** Reading and assigning members with computed keys. */
export function memberAccess(findings: Findings): Members {
  const assign = (object: unknown, key: unknown, value: unknown, strict: boolean): void => {
    if (strict) (object as Keyed)[key as PropertyKey] = value;
    else assignSloppily(object, key, value);
  };

  const set: Runtime["set"] = (site, object, key, value, strict) => {
    const k = TracedNumber.is(key) ? numberOf(key) : key;
    if (typeof k === "object" && (isArray(object) || isView(object))) refuseTensor(k);
    if (isArray(object)) {
      assign(object, k, k === "length" ? primal(value) : value, strict);
    } else if (isView(object)) {
      setElement(site, object, k, value, strict);
    } else {
      assign(object, k, value, strict);
    }
    return value;
  };

  const setElement = (site: number, view: ArrayBufferView, key: unknown, value: unknown, strict: boolean): void => {
    const index = elementIndex(view, key);
    if (index === undefined) {
      assign(view, key, value, strict);
      return;
    }
    if (!isFloatArray(view)) {
      const element = isObject(value) ? toPrimitive(value, "number") : value;
      if (TracedNumber.is(element)) reportIntegerArray(findings, site, view);
      if (recording.on && recording.tape.tensors.length > 0) refuseHeld(view, index, primal(element));
      assign(view, index, primal(element), strict);
      return;
    }
    const element = toElement(value);
    // Conversion may have run the program's code and shrunk the array.
    if (!(index in view)) return;
    recording.site = site;
    if (recording.tape.tensors.length > 0) refuseHeld(view, index, primal(element));
    writeElement(view, index, element);
  };

  class Target {
    readonly #site: number;
    readonly #object: unknown;
    readonly #key: unknown;
    readonly #strict: boolean;
    constructor(site: number, object: unknown, key: unknown, strict: boolean) {
      this.#site = site;
      this.#object = object;
      this.#key = key;
      this.#strict = strict;
    }
    set value(value: unknown) {
      set(this.#site, this.#object, this.#key, value, this.#strict);
    }
  }

  return {
    key: primal,

    propertyKey(k, ...target) {
      if (typeof k === "string" || typeof k === "symbol" || typeof k === "number") return k;
      if (target.length > 0 && (target[0] === undefined || target[0] === null))
        return (target[0] as never as Keyed)[k as never];
      const primitive = primal(toPrimitive(k, "string"));
      return typeof primitive === "symbol" ? primitive : primitive;
    },

    get(site, object, key) {
      const k = TracedNumber.is(key) ? numberOf(key) : key;
      // Three places that read, so that each sees few kinds of objects.
      if (isArray(object)) return object[(typeof k === "object" ? refuseTensor(k) : k) as number];
      if (!isView(object)) {
        const member = (object as Keyed)[k as PropertyKey];
        if (member === undefined && Tensor.is(object)) refuseIndex(object, k);
        return member;
      }
      const value = (object as unknown as Keyed)[(typeof k === "object" ? refuseTensor(k) : k) as PropertyKey];
      if (typeof value !== "number" || !hasShadows()) return value;
      const index = elementIndex(object, k);
      if (index === undefined) return value;
      if (isFloatArray(object)) return tracedElement(object, index, value);
      if (readsTracedBytes(object, index)) reportBytes(findings, site);
      return value;
    },

    parts,

    set,

    target: (site, object, key, strict) => new Target(site, object, key, strict),
  };
}

/** As a key, a tensor would be its text, which no array has. */
function refuseTensor(key: unknown): unknown {
  if (!Tensor.is(key)) return key;
  throw new TypeError(
    `a tensor of shape [${key.shape.join(", ")}] is no index of an array: ` +
      "make the array a tensor and take the elements with gather, or index with a number",
  );
}

/** An element of a tensor read as one of an array would be undefined, and all that is computed from it NaN. */
function refuseIndex(x: Tensor, key: unknown): void {
  const isIndex = typeof key === "number" || (typeof key === "string" && /^-?\d+$/.test(key));
  if (!isIndex) return;
  throw new TypeError(
    `a tensor of shape [${x.shape.join(", ")}] has no elements to read by [${key}]: use x.at(${key}), or slice(x, [${key}])`,
  );
}

/** What is read of it property by property: a typed array gives its elements traced. */
export function parts(object: unknown): unknown {
  return mayBeTraced(object) ? new nativeProxy(object, tracedParts) : object;
}

const tracedParts: ProxyHandler<FloatArray> = {
  get(view, key) {
    const value: unknown = getProperty(view, key);
    const index = typeof key === "string" ? elementIndex(view, key) : undefined;
    return index === undefined ? value : tracedElement(view, index, value as number);
  },
};

/** The element that a key stands for; undefined for the names of properties. Out of range counts as a property. */
function elementIndex(view: ArrayBufferView, key: unknown): number | undefined {
  const index = typeof key === "string" ? +key : key;
  if (typeof index !== "number") return undefined;
  // Not by its length: a program may put something else in the place of that.
  if (index >>> 0 !== index || !(index in view)) return undefined;
  return typeof key !== "string" || `${index}` === key ? index : undefined;
}

export function reportBytes(findings: Findings, site: number): void {
  if (findings.has("value-left-trace", site)) return;
  findings.add({
    code: "value-left-trace",
    severity: "information",
    message:
      "The number read here is a constant: it is made of the bytes of a traced value, and no gradient flows through bytes; " +
      "where more than a branch hangs on it, compute with the value itself.",
    site,
  });
}

export function reportIntegerArray(findings: Findings, site: number, array: object): void {
  if (findings.has("gradient-ended-at-integer-array", site)) return;
  findings.add({
    code: "gradient-ended-at-integer-array",
    severity: "warning",
    message: `${array.constructor.name} stores whole numbers, so the gradient ends here; use a Float64Array to keep it.`,
    site,
  });
}
