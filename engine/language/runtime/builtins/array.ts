import { recording } from "../../../tape/recording.ts";
import { TracedNumber } from "../../../tape/tensor.ts";
import { noteBranch, truth } from "../comparisons.ts";
import { isObject, primal, toNumber } from "../primals.ts";
import { primals, replaceMethods, takingPrimals, type Callable } from "./replace.ts";
import { lengthOf, mayBeTraced, readElement } from "../typedArrays.ts";
import { apply, arrayFrom, isArray, isView, iterator, max, min, sign, trunc } from "../intrinsics.ts";

const slice = Array.prototype.slice as Callable;

/** ToIntegerOrInfinity (ECMA-262 §7.1.5). */
function integerOf(value: unknown): number {
  return trunc(+(primal(value) as string)) || 0;
}

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
      from(this: unknown, ...values: unknown[]) {
        if (values.length > 0) values[0] = withPlainLength(values[0]);
        return apply(from, this, values);
      },
    };
  });
}

/** An array-like whose length is traced gets its length's primal; iterables are not asked for their length. */
function withPlainLength(items: unknown): unknown {
  if (typeof items !== "object" || items === null || isArray(items) || iterator in items) return items;
  const length: unknown = Object.getOwnPropertyDescriptor(items, "length")?.value;
  return TracedNumber.is(length) ? Object.create(items, { length: { value: primal(length) } }) : items;
}

/** Methods with positions, counts and depths among their arguments. */
function takingPositions(native: Native): object {
  const [fill, slice, splice, toSpliced, withElement] = ["fill", "slice", "splice", "toSpliced", "with"].map(native);
  return {
    ...takingPrimals(native, ["at", "copyWithin", "flat"]),
    slice(this: unknown, ...positions: unknown[]) {
      return apply(slice!, elementsOf(this), primals(positions));
    },
    splice(this: unknown, ...values: unknown[]) {
      return apply(splice!, this, withPlainPositions(values));
    },
    toSpliced(this: unknown, ...values: unknown[]) {
      return apply(toSpliced!, this, withPlainPositions(values));
    },
    fill(this: unknown, ...values: unknown[]) {
      return apply(fill!, this, primals(values, 1));
    },
    with(this: unknown, position: unknown, value: unknown) {
      return apply(withElement!, this, [primal(position), value]);
    },
  };
}

/** Of `splice`: two positions, then elements. */
function withPlainPositions(values: unknown[]): unknown[] {
  for (let k = 0; k < 2 && k < values.length; k++) values[k] = primal(values[k]);
  return values;
}

/** A typed array's elements, traced where they are; anything else as it is. */
function elementsOf(self: unknown): unknown {
  if (isArray(self) || !mayBeTraced(self)) return self;
  return arrayFrom({ length: lengthOf(self) }, (_, k) => readElement(self, k));
}

/** `callback` with `array` as the array that it is told of. */
function visiting(array: unknown, callback: Callable): Callable {
  return function (element, index) {
    return apply(callback, this, [element, index, array]);
  };
}

function deciding(predicate: Callable): Callable {
  const { site } = recording;
  return function (element, index, array) {
    return truth(site, apply(predicate, this, [element, index, array]));
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
      [name](this: unknown, ...values: unknown[]) {
        const predicate = values[0];
        if (!recording.on || typeof predicate !== "function") return apply(method, this, values);
        const elements = elementsOf(this);
        const visit = elements === this ? (predicate as Callable) : visiting(this, predicate as Callable);
        values[0] = deciding(visit);
        return apply(method, elements, values);
      },
    }[name]!;
    replacements.push([name, replacement]);
  }
  for (const name of visitors) {
    const method = native(name);
    const replacement = {
      [name](this: unknown, ...values: unknown[]) {
        const elements = elementsOf(this);
        const visit = values[0];
        if (elements === this || typeof visit !== "function") return apply(method, this, values);
        values[0] = visiting(this, visit as Callable);
        return apply(method, elements, values);
      },
    }[name]!;
    replacements.push([name, replacement]);
  }
  for (const name of reducers) {
    const method = native(name);
    const replacement = {
      [name](this: unknown, ...values: unknown[]) {
        return apply(method, elementsOf(this), values);
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
      [search.name](this: unknown, ...values: unknown[]) {
        const item = values[0];
        const sought = primal(item);
        // Typed arrays hold primals.
        if (!recording.on || typeof sought !== "number" || !isObject(this) || isView(this))
          return apply(method, this, primals(values));
        const length = lengthOfArrayLike(this);
        if (length > longestDense) return apply(method, sparsePrimals(this), primals(values));
        return searchIn(this as ArrayLike<unknown>, length, sought, values, search, sought !== item);
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
  values: readonly unknown[],
  { index, backwards }: Search,
  isTraced: boolean,
): unknown {
  let hangs = isTraced;
  let found = -1;
  const none = backwards ? -1 : 0;
  const first = length === 0 ? none : firstPosition(values, length, backwards === true);
  for (let k = first; backwards ? k >= 0 : k < length; k += backwards ? -1 : 1) {
    if (index && !(k in array)) continue;
    const element = array[k];
    hangs ||= TracedNumber.is(element);
    const held = primal(element);
    if (held !== sought && (index || sought === sought || held === held)) continue;
    found = k;
    break;
  }
  const result = index ? found : found >= 0;
  if (hangs) noteBranch(recording.site, index ? found : found >= 0 ? 1 : 0);
  return result;
}

/** Where a search begins (ECMA-262 §23.1.3.17). */
function firstPosition(values: readonly unknown[], length: number, backwards: boolean): number {
  const standard = backwards ? length - 1 : 0;
  const relative = values.length < 2 ? standard : integerOf(values[1]);
  if (backwards) return relative < 0 ? length + relative : min(relative, length - 1);
  return relative < 0 ? max(length + relative, 0) : relative;
}

/** Arrays that are longer may have more holes than anyone can count. */
const longestDense = 1 << 22;

function lengthOfArrayLike(array: object): number {
  const length = integerOf((array as ArrayLike<unknown>).length);
  return min(max(length, 0), 2 ** 53 - 1);
}

/** An array with holes, or where traced numbers are in it a copy with what they hold. */
function sparsePrimals(array: object): unknown {
  const traced = Object.entries(array).filter(([, element]) => TracedNumber.is(element));
  if (traced.length === 0) return array;
  const copy = apply(slice, array, []) as unknown[];
  for (const [key, element] of traced) copy[Number(key)] = primal(element);
  return copy;
}

function sorting(native: Native): object {
  const methods = ["sort", "toSorted"].map((name) => {
    const method = native(name);
    const replacement = {
      [name](this: unknown, comparator: unknown) {
        return apply(method, this, [
          typeof comparator === "function" ? plainOrder(comparator as Callable) : primal(comparator),
        ]);
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
    if (!TracedNumber.is(number)) return number;
    const held = primal(number) as number;
    noteBranch(site, sign(held) || 0);
    return held;
  };
}
