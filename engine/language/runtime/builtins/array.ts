import { recording } from "../../../tape/recording.ts";
import { TracedNumber } from "../../../tape/tensor.ts";
import { noteBranch, truth } from "../comparisons.ts";
import { isObject, primal, toNumber } from "../primals.ts";
import { replaceMethods, takingPrimals, type Callable } from "./replace.ts";
import { mayBeTraced, readElement } from "../typedArrays.ts";

const slice = Array.prototype.slice as Callable;

type Native = (name: PropertyKey) => Callable;

/**
 * Arrays hold traced numbers as they hold anything else, so most methods need nothing. The rest ask for a number or a
 * truth value (positions, comparators, predicates), compare elements, or are applied to typed arrays.
 */
export function installArrays(): void {
  replaceMethods(Array.prototype, (native) => ({
    ...takingPositions(native),
    ...takingCallbacks(native),
    ...searching(native),
    ...sorting(native),
  }));
  replaceMethods(Array, (native) => {
    const from = native("from");
    return {
      from(this: unknown, items: unknown, ...rest: unknown[]) {
        return from.call(this, withPlainLength(items), ...rest);
      },
    };
  });
}

/** An array-like whose length is traced gets its length's primal; iterables are not asked for their length. */
function withPlainLength(items: unknown): unknown {
  if (typeof items !== "object" || items === null || Array.isArray(items) || Symbol.iterator in items) return items;
  const length: unknown = Object.getOwnPropertyDescriptor(items, "length")?.value;
  return length instanceof TracedNumber ? Object.create(items, { length: { value: primal(length) } }) : items;
}

/** Methods with positions, counts and depths among their arguments. */
function takingPositions(native: Native): object {
  const [fill, slice, splice, toSpliced, withElement] = ["fill", "slice", "splice", "toSpliced", "with"].map(native);
  return {
    ...takingPrimals(native, ["at", "copyWithin", "flat"]),
    slice(this: unknown, ...positions: unknown[]) {
      return slice!.call(elementsOf(this), ...positions.map(primal));
    },
    splice(this: unknown, ...values: unknown[]) {
      return splice!.call(this, ...values.map((value, k) => (k < 2 ? primal(value) : value)));
    },
    toSpliced(this: unknown, ...values: unknown[]) {
      return toSpliced!.call(this, ...values.map((value, k) => (k < 2 ? primal(value) : value)));
    },
    fill(this: unknown, value: unknown, ...positions: unknown[]) {
      return fill!.call(this, value, ...positions.map(primal));
    },
    with(this: unknown, position: unknown, value: unknown) {
      return withElement!.call(this, primal(position), value);
    },
  };
}

/** A typed array's elements, traced where they are; anything else as it is. */
function elementsOf(self: unknown): unknown {
  if (Array.isArray(self) || !mayBeTraced(self)) return self;
  return Array.from({ length: self.length }, (_, k) => readElement(self, k));
}

/** `callback` with `array` as the array that it is told of. */
function visiting(array: unknown, callback: Callable): Callable {
  return function (element, index) {
    return callback.call(this, element, index, array);
  };
}

function deciding(predicate: Callable): Callable {
  const { site } = recording;
  return function (element, index, array) {
    return truth(site, predicate.call(this, element, index, array));
  };
}

const predicates = ["every", "filter", "find", "findIndex", "findLast", "findLastIndex", "some"];
const visitors = ["flatMap", "forEach", "map"];
const reducers = ["reduce", "reduceRight"];

function takingCallbacks(native: Native): object {
  const replacements: [string, Callable][] = [];
  for (const name of predicates) {
    const method = native(name);
    const replacement = {
      [name](this: unknown, predicate: unknown, ...self: unknown[]) {
        if (!recording.on || typeof predicate !== "function") return method.call(this, predicate, ...self);
        const elements = elementsOf(this);
        const visit = elements === this ? (predicate as Callable) : visiting(this, predicate as Callable);
        return method.call(elements, deciding(visit), ...self);
      },
    }[name]!;
    replacements.push([name, replacement]);
  }
  for (const name of visitors) {
    const method = native(name);
    const replacement = {
      [name](this: unknown, visit: unknown, ...self: unknown[]) {
        const elements = elementsOf(this);
        if (elements === this || typeof visit !== "function") return method.call(this, visit, ...self);
        return method.call(elements, visiting(this, visit as Callable), ...self);
      },
    }[name]!;
    replacements.push([name, replacement]);
  }
  for (const name of reducers) {
    const method = native(name);
    const replacement = {
      [name](this: unknown, ...values: unknown[]) {
        return method.call(elementsOf(this), ...values);
      },
    }[name]!;
    replacements.push([name, replacement]);
  }
  return Object.fromEntries(replacements);
}

/** Elements are compared by what they hold; each is read once, as natively. */
function searching(native: Native): object {
  const methods = searches.map((search) => {
    const method = native(search.name);
    const replacement = {
      [search.name](this: unknown, item: unknown, ...from: unknown[]) {
        const sought = primal(item);
        // Typed arrays hold primals.
        if (!recording.on || typeof sought !== "number" || !isObject(this) || ArrayBuffer.isView(this))
          return method.call(this, sought, ...from.map(primal));
        const length = lengthOf(this);
        if (length > longestDense) return method.call(sparsePrimals(this), sought, ...from.map(primal));
        return searchIn(this as ArrayLike<unknown>, length, sought, from, search, sought !== item);
      },
    };
    return [search.name, replacement[search.name]] as const;
  });
  return Object.fromEntries(methods);
}

interface Search {
  readonly name: string;
  readonly backwards?: true;
  /** What is found is told by its index; otherwise that it is there. */
  readonly index?: true;
}

const searches: readonly Search[] = [
  { name: "includes" },
  { name: "indexOf", index: true },
  { name: "lastIndexOf", index: true, backwards: true },
];

function searchIn(
  array: ArrayLike<unknown>,
  length: number,
  sought: number,
  from: readonly unknown[],
  { index, backwards }: Search,
  isTraced: boolean,
): unknown {
  let hangs = isTraced;
  let found = -1;
  const none = backwards ? -1 : 0;
  const first = length === 0 ? none : firstPosition(from, length, backwards === true);
  for (let k = first; backwards ? k >= 0 : k < length; k += backwards ? -1 : 1) {
    if (index && !(k in array)) continue;
    const element = array[k];
    hangs ||= element instanceof TracedNumber;
    const held = primal(element);
    if (held !== sought && (index || !Number.isNaN(sought) || !Number.isNaN(held))) continue;
    found = k;
    break;
  }
  const result = index ? found : found >= 0;
  if (hangs) noteBranch(recording.site, Number(result));
  return result;
}

/** Where a search begins (ECMA-262 §23.1.3.17). */
function firstPosition(from: readonly unknown[], length: number, backwards: boolean): number {
  const standard = backwards ? length - 1 : 0;
  const relative = from.length === 0 ? standard : Math.trunc(Number(primal(from[0]))) || 0;
  if (backwards) return relative < 0 ? length + relative : Math.min(relative, length - 1);
  return relative < 0 ? Math.max(length + relative, 0) : relative;
}

/** Arrays that are longer may have more holes than anyone can count. */
const longestDense = 1 << 22;

function lengthOf(array: object): number {
  const length = Math.trunc(Number(primal((array as ArrayLike<unknown>).length))) || 0;
  return Math.min(Math.max(length, 0), Number.MAX_SAFE_INTEGER);
}

/** An array with holes, or where traced numbers are in it a copy with what they hold. */
function sparsePrimals(array: object): unknown {
  const traced = Object.entries(array).filter(([, element]) => element instanceof TracedNumber);
  if (traced.length === 0) return array;
  const copy = slice.call(array) as unknown[];
  for (const [key, element] of traced) copy[Number(key)] = primal(element);
  return copy;
}

function sorting(native: Native): object {
  const methods = ["sort", "toSorted"].map((name) => {
    const method = native(name);
    const replacement = {
      [name](this: unknown, comparator: unknown) {
        return method.call(
          this,
          typeof comparator === "function" ? plainOrder(comparator as Callable) : primal(comparator),
        );
      },
    };
    return [name, replacement[name]] as const;
  });
  return Object.fromEntries(methods);
}

/** A comparator whose traced results count by what they hold. */
export function plainOrder(comparator: Callable): (a: unknown, b: unknown) => unknown {
  const { site } = recording;
  return (a, b) => {
    const order = comparator(a, b);
    if (!isObject(order)) return order;
    const number = toNumber(order);
    if (!(number instanceof TracedNumber)) return number;
    const held = primal(number) as number;
    noteBranch(site, Math.sign(held) || 0);
    return held;
  };
}
