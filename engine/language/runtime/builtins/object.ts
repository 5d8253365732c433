import { recording } from "../../../tape/recording.ts";
import { TracedNumber } from "../../../tape/tensor.ts";
import { noteBranch } from "../comparisons.ts";
import { parts } from "../members.ts";
import { primal } from "../primals.ts";
import { replaceMethods, takingPrimals, type Callable } from "./replace.ts";
import { mayBeTraced, readElement } from "../typedArrays.ts";
import { OwnWeakSet, apply, getProperty, isArray } from "../intrinsics.ts";

/** Arrays that the program gave elements with getters. */
export const arraysWithGetters = new OwnWeakSet<object>();

/** To the functions that look at values as objects, a traced number is the number that it holds. */
export function installObjects(): void {
  replaceMethods(Object, (native) => {
    const { is, values, entries, assign } = {
      is: native("is"),
      values: native("values"),
      entries: native("entries"),
      assign: native("assign"),
    };
    return {
      ...takingPrimals(native, [
        "keys",
        "getOwnPropertyNames",
        "getOwnPropertySymbols",
        "getOwnPropertyDescriptors",
        "getPrototypeOf",
        "isFrozen",
        "isSealed",
        "isExtensible",
      ]),
      is(a: unknown, b: unknown) {
        const outcome = is(primal(a), primal(b));
        if (TracedNumber.is(a) || TracedNumber.is(b)) noteBranch(recording.site, outcome ? 1 : 0);
        return outcome;
      },
      values: (object: unknown) => tracedEntries(object)?.map(([, value]) => value) ?? values(primal(object)),
      entries: (object: unknown) => tracedEntries(object) ?? entries(primal(object)),
      assign(...values: unknown[]) {
        for (let k = 1; k < values.length; k++) values[k] = parts(primal(values[k]));
        return apply(assign, undefined, values);
      },
    };
  });
  for (const owner of [Object, Reflect]) replaceMethods(owner, (native) => noticingGetters(native));
  // For Object.prototype.toString, which stays native: V8 asks whether it is when it words its errors.
  Object.defineProperty(TracedNumber.prototype, Symbol.toStringTag, { value: "Number", configurable: true });
  for (const constructor of [Number, Object]) keepOutOfInstances(constructor);
}

function noticingGetters(native: (name: PropertyKey) => Callable): object {
  const [defineProperty, defineProperties] = [native("defineProperty"), native("defineProperties")];
  return {
    defineProperty(target: unknown, key: unknown, descriptor: unknown) {
      if (isArray(target)) arraysWithGetters.add(target);
      return defineProperty(target, key, descriptor);
    },
    defineProperties(target: unknown, descriptors: unknown) {
      if (isArray(target)) arraysWithGetters.add(target);
      return defineProperties(target, descriptors);
    },
  };
}

function tracedEntries(object: unknown): [string, unknown][] | undefined {
  if (!mayBeTraced(object)) return undefined;
  return Object.keys(object).map((key) => {
    const index = Number(key);
    return [key, Number.isInteger(index) ? readElement(object, index) : getProperty(object, key)];
  });
}

/** A number is no instance of anything. */
function keepOutOfInstances(constructor: object): void {
  const ordinary = Function.prototype[Symbol.hasInstance];
  Object.defineProperty(constructor, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      return !TracedNumber.is(value) && (apply(ordinary as Callable, this, [value]) as boolean);
    },
    configurable: true,
  });
}
