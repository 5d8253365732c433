import { recording } from "../../../tape/recording.ts";
import { TracedNumber } from "../../../tape/tensor.ts";
import { primal } from "../primals.ts";
import { replaceMethods, type Callable } from "./replace.ts";
import { OwnMap, OwnWeakMap, apply, is } from "../intrinsics.ts";

type Native = (name: PropertyKey) => Callable;
type Collection = Map<unknown, unknown> | Set<unknown>;

/**
 * Maps and sets tell their keys apart by primal. Natively the key is the primal; which traced number it first came as
 * stands here, and whoever walks through the collection gets that one back.
 */
const tracedKeys = new OwnWeakMap<object, Map<number, TracedNumber>>();

/** The native key of `key`, remembered as traced where it is new in the collection. */
function enter(collection: Collection, key: TracedNumber, has: Callable): unknown {
  const held = primal(key) as number;
  // −0 becomes 0 as a key, which a traced −0 is not.
  if (apply(has, collection, [held]) === true || is(held, -0) || !recording.on) return held;
  let keys = tracedKeys.get(collection);
  if (keys === undefined) tracedKeys.set(collection, (keys = new OwnMap<number, TracedNumber>()));
  keys.set(held, key);
  return held;
}

/** The key that a collection was given, from the one that it natively has. */
function given(keys: Map<number, TracedNumber> | undefined, key: unknown): unknown {
  return (typeof key === "number" ? keys?.get(key) : undefined) ?? key;
}

export function installCollections(): void {
  replaceMethods(Map.prototype, (native) => {
    const [has, set] = [native("has"), native("set")];
    return {
      ...lookUps(native, ["get", "has"]),
      ...removals(native),
      ...walks(native, true),
      set(this: Collection, key: unknown, value: unknown) {
        return apply(set, this, [TracedNumber.is(key) ? enter(this, key, has) : key, value]);
      },
    };
  });
  replaceMethods(Set.prototype, (native) => {
    const [has, add] = [native("has"), native("add")];
    return {
      ...lookUps(native, ["has"]),
      ...removals(native),
      ...walks(native, false),
      ...combinations(native),
      add(this: Collection, key: unknown) {
        return apply(add, this, [TracedNumber.is(key) ? enter(this, key, has) : key]);
      },
    };
  });
  replaceMethods(Map, (native) => {
    const groupBy = native("groupBy");
    return {
      groupBy(this: unknown, items: unknown, keyOf: unknown) {
        if (typeof keyOf !== "function") return apply(groupBy, this, [items, keyOf]);
        const firsts = new OwnMap<number, TracedNumber>();
        const groups = groupBy.call(this, items, (item: unknown, index: number) => {
          const key: unknown = (keyOf as Callable)(item, index);
          if (!TracedNumber.is(key)) return key;
          const held = primal(key) as number;
          if (!firsts.has(held)) firsts.set(held, key);
          return held;
        });
        if (firsts.size > 0) tracedKeys.set(groups as object, firsts);
        return groups;
      },
    };
  });
}

function lookUps(native: Native, names: readonly string[]): object {
  const methods = names.map((name) => {
    const method = native(name);
    const replacement = {
      [name](this: unknown, key: unknown) {
        return apply(method, this, [TracedNumber.is(key) ? primal(key) : key]);
      },
    };
    return [name, replacement[name]] as const;
  });
  return Object.fromEntries(methods);
}

function removals(native: Native): object {
  const [remove, clear] = [native("delete"), native("clear")];
  return {
    delete(this: Collection, key: unknown) {
      const held = primal(key);
      tracedKeys.get(this)?.delete(held as number);
      return apply(remove, this, [held]);
    },
    clear(this: Collection) {
      tracedKeys.delete(this);
      return apply(clear, this, []);
    },
  };
}

/** Iteration gives keys back as they were first given. */
function walks(native: Native, isMap: boolean): object {
  const replacements: [PropertyKey, Callable][] = [];
  for (const name of ["entries", "keys", "values"]) {
    // A map's values are what they are; `keys` and `values` of a set are one function.
    if ((isMap && name === "values") || (!isMap && name === "keys")) continue;
    const method = native(name);
    const replacement = {
      [name](this: Collection): unknown {
        const iterator = apply(method, this, []) as Iterator<unknown>;
        const keys = tracedKeys.get(this);
        return keys === undefined ? iterator : new GivenKeys(iterator, keys, name === "entries", !isMap);
      },
    };
    replacements.push([name, replacement[name] as Callable]);
  }
  const forEach = native("forEach");
  return {
    ...Object.fromEntries(replacements),
    forEach(this: Collection, ...values: unknown[]) {
      const visit = values[0];
      const keys = tracedKeys.get(this);
      if (keys === undefined || typeof visit !== "function") return apply(forEach, this, values);
      const visitor = function (this: unknown, value: unknown, key: unknown, collection: unknown): void {
        apply(visit as Callable, this, [isMap ? value : given(keys, value), given(keys, key), collection]);
      };
      values[0] = visitor;
      return apply(forEach, this, values);
    },
  };
}

const IteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) as object;

/** Walks a collection's own iterator and puts traced keys in their places. */
class GivenKeys {
  readonly #iterator: Iterator<unknown>;
  readonly #keys: Map<number, TracedNumber>;
  readonly #pairs: boolean;
  /** In a set's entries the value is the key again. */
  readonly #both: boolean;

  constructor(iterator: Iterator<unknown>, keys: Map<number, TracedNumber>, pairs: boolean, both: boolean) {
    this.#iterator = iterator;
    this.#keys = keys;
    this.#pairs = pairs;
    this.#both = both;
  }

  next(): IteratorResult<unknown> {
    const step = this.#iterator.next();
    if (step.done === true) return step;
    if (!this.#pairs) return { value: given(this.#keys, step.value), done: false };
    const [key, value] = step.value as [unknown, unknown];
    const first = given(this.#keys, key);
    return { value: [first, this.#both ? first : value], done: false };
  }
}
Object.setPrototypeOf(GivenKeys.prototype, IteratorPrototype);

/** What set algebra sees of another collection: its native keys. */
function nativeView(other: unknown): unknown {
  if (typeof other !== "object" || other === null || !tracedKeys.has(other)) return other;
  const keys = tracedKeys.get(other);
  tracedKeys.delete(other);
  const copy = new Set((other as Collection).keys());
  tracedKeys.set(other, keys!);
  return copy;
}

/** Set algebra works on native keys; traced ones go along with those that stay. */
function combinations(native: Native): object {
  const questions = ["isDisjointFrom", "isSubsetOf", "isSupersetOf"].map((name) => {
    const method = native(name);
    const replacement = {
      [name](this: Collection, other: unknown) {
        return apply(method, this, [nativeView(other)]);
      },
    };
    return [name, replacement[name]] as const;
  });
  const methods = ["difference", "intersection", "symmetricDifference", "union"].map((name) => {
    const method = native(name);
    const replacement = {
      [name](this: Collection, other: Collection) {
        const result = apply(method, this, [nativeView(other)]) as Set<unknown>;
        for (const source of [other, this]) {
          for (const [held, key] of tracedKeys.get(source) ?? []) {
            if (!result.has(held)) continue;
            let keys = tracedKeys.get(result);
            if (keys === undefined) tracedKeys.set(result, (keys = new OwnMap<number, TracedNumber>()));
            keys.set(held, key);
          }
        }
        return result;
      },
    };
    return [name, replacement[name]] as const;
  });
  return Object.fromEntries([...questions, ...methods]);
}
