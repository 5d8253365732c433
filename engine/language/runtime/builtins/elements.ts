import { recording } from "../../../tape/recording.ts";
import { TracedNumber } from "../../../tape/tensor.ts";
import { truth } from "../comparisons.ts";
import { isObject, toElement } from "../primals.ts";
import type { Callable, Constructor } from "./replace.ts";
import {
  intrinsicConstructor,
  isFloatArray,
  lengthOf,
  noteElement,
  readElement,
  writeElement,
  type FloatArray,
} from "../typedArrays.ts";
import { apply, isView, setProperty } from "../intrinsics.ts";

type Native = (name: PropertyKey) => Callable;
type Visit = (element: unknown, index: number) => unknown;

/** Stores a value as assigning to `array[index]` does. */
export function store(array: object, index: number, value: unknown): void {
  if (isFloatArray(array)) writeElement(array, index, toElement(value));
  else setProperty(array, index, value);
}

/** An array that a constructor of the program makes (ECMA-262 §23.2.4.2, TypedArrayCreateFromCtor). */
export function madeBy(constructor: Constructor, length: number): object {
  const made = new constructor(length);
  if (!isView(made) || made instanceof DataView) throw new TypeError("this is not a typed array.");
  if (lengthOf(made as FloatArray) < length)
    throw new TypeError("Derived TypedArray constructor created an array which was too small");
  return made;
}

/** A new array of the kind that `view` makes others of (ECMA-262 §23.2.4.1, TypedArraySpeciesCreate). */
function alike(view: FloatArray, length: number): object {
  const { constructor } = view as unknown as { constructor: { [Symbol.species]?: Constructor | null } | undefined };
  if (constructor !== undefined && !isObject(constructor))
    throw new TypeError("The .constructor property of a typed array is not an object");
  const species = constructor?.[Symbol.species];
  return madeBy(species ?? (intrinsicConstructor(view) as unknown as Constructor), length);
}

type Visiting = (view: FloatArray, visit: Visit, length: number) => unknown;

/** What each method makes of the visits to its elements. */
const visitings: Record<string, Visiting> = {
  every(view, visit, length) {
    for (let k = 0; k < length; k++) if (!truth(recording.site, visit(readElement(view, k), k))) return false;
    return true;
  },
  some(view, visit, length) {
    for (let k = 0; k < length; k++) if (truth(recording.site, visit(readElement(view, k), k))) return true;
    return false;
  },
  find: (view, visit, length) => first(view, visit, 0, length, 1)?.element,
  findIndex: (view, visit, length) => first(view, visit, 0, length, 1)?.index ?? -1,
  findLast: (view, visit, length) => first(view, visit, length - 1, -1, -1)?.element,
  findLastIndex: (view, visit, length) => first(view, visit, length - 1, -1, -1)?.index ?? -1,
  forEach(view, visit, length) {
    for (let k = 0; k < length; k++) visit(readElement(view, k), k);
  },
  map(view, visit, length) {
    const target = alike(view, length);
    for (let k = 0; k < length; k++) store(target, k, visit(readElement(view, k), k));
    return target;
  },
  filter(view, visit, length) {
    const kept: (number | TracedNumber)[] = [];
    for (let k = 0; k < length; k++) {
      const element = readElement(view, k);
      if (truth(recording.site, visit(element, k))) kept.push(element);
    }
    const target = alike(view, kept.length);
    kept.forEach((element, k) => {
      keep(view, target, k, element);
    });
    return target;
  },
};

function first(
  view: FloatArray,
  visit: Visit,
  from: number,
  to: number,
  step: number,
): { element: unknown; index: number } | undefined {
  for (let k = from; k !== to; k += step) {
    const element = readElement(view, k);
    if (truth(recording.site, visit(element, k))) return { element, index: k };
  }
  return undefined;
}

/** Stores an element that came out of `view`: where the target is no narrower, it needs no rounding again. */
function keep(view: FloatArray, target: object, index: number, element: number | TracedNumber): void {
  const narrower = !isFloatArray(target) || target.BYTES_PER_ELEMENT < view.BYTES_PER_ELEMENT;
  // Where the program shrank the buffer meanwhile, the element is undefined.
  if (!TracedNumber.is(element) || narrower) {
    store(target, index, element);
    return;
  }
  target[index] = element.primal;
  noteElement(target, index, element.node);
}

function visitor(view: FloatArray, callback: Callable, self: unknown): Visit {
  return (element, k) => apply(callback, self, [element, k, view]);
}

/** Methods that call a function for each element. */
export function elementVisitors(native: Native): object {
  const visitors = Object.entries(visitings).map(([name, visiting]) => {
    const method = native(name);
    const replacement = {
      [name](this: unknown, callback: unknown, ...self: unknown[]) {
        const length = recording.on && isFloatArray(this) ? lengthOf(this) : 0;
        // Whether an empty one may be asked at all is for the native method to say.
        if (length === 0 || typeof callback !== "function") return apply(method, this, [callback, ...self]);
        return visiting(this as FloatArray, visitor(this as FloatArray, callback as Callable, self[0]), length);
      },
    };
    return [name, replacement[name]] as const;
  });
  const reducers = ["reduce", "reduceRight"].map((name) => {
    const method = native(name);
    const replacement = {
      [name](this: unknown, callback: unknown, ...initial: unknown[]) {
        const length = recording.on && isFloatArray(this) ? lengthOf(this) : 0;
        if (length === 0 || typeof callback !== "function") return apply(method, this, [callback, ...initial]);
        return reduce(this as FloatArray, callback as Callable, initial, name === "reduceRight");
      },
    };
    return [name, replacement[name]] as const;
  });
  return Object.fromEntries([...visitors, ...reducers]);
}

function reduce(view: FloatArray, callback: Callable, initial: unknown[], backwards: boolean): unknown {
  const length = lengthOf(view);
  const at = (turn: number): number => (backwards ? length - 1 - turn : turn);
  let turn = 0;
  let result: unknown = initial.length > 0 ? initial[0] : readElement(view, at(turn++));
  for (; turn < length; turn++) {
    const k = at(turn);
    result = apply(callback, undefined, [result, readElement(view, k), k, view]);
  }
  return result;
}

const ArrayIteratorPrototype = Object.getPrototypeOf([][Symbol.iterator]()) as object;

/** As the language's own array iterator, but over elements that may be traced. */
class ElementIterator {
  #view: FloatArray | undefined;
  #next = 0;
  readonly #pairs: boolean;
  /** Makes a native iterator: refuses arrays of which a buffer that shrank left nothing. */
  readonly #validate: Callable;

  constructor(view: FloatArray, pairs: boolean, validate: Callable) {
    this.#view = view;
    this.#pairs = pairs;
    this.#validate = validate;
  }

  next(): { value: unknown; done: boolean } {
    const view = this.#view;
    const k = this.#next++;
    if (view === undefined || k >= lengthOf(view)) {
      if (view !== undefined) apply(this.#validate, view, []);
      this.#view = undefined;
      return { value: undefined, done: true };
    }
    const element = readElement(view, k);
    return { value: this.#pairs ? [k, element] : element, done: false };
  }
}
Object.setPrototypeOf(ElementIterator.prototype, ArrayIteratorPrototype);
Reflect.deleteProperty(ElementIterator.prototype, "constructor");

export function elementIterators(native: Native): object {
  const values = native("values");
  const entries = native("entries");
  return {
    values(this: unknown) {
      return recording.on && isFloatArray(this) && lengthOf(this) > 0
        ? new ElementIterator(this, false, values)
        : apply(values, this, []);
    },
    entries(this: unknown) {
      return recording.on && isFloatArray(this) && lengthOf(this) > 0
        ? new ElementIterator(this, true, values)
        : apply(entries, this, []);
    },
  };
}
