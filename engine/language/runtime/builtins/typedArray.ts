import { recording } from "../../../tape/recording.ts";
import { TracedNumber, untraced } from "../../../tape/tensor.ts";
import { plainOrder } from "./array.ts";
import { nodesFor, roundedNodes } from "./floatArray.ts";
import { elementIterators, elementVisitors, madeBy, store } from "./elements.ts";
import { noteBranch } from "../comparisons.ts";
import { refuseHeld } from "../heldData.ts";
import { primal, toElement, toNumber } from "../primals.ts";
import { replaceMethods, takingPrimals, type Callable, type Constructor } from "./replace.ts";
import {
  copyShadow,
  elementNodes,
  isFloatArray,
  lengthOf,
  mayBeTraced,
  noteElement,
  noteElements,
  readElement,
  rounded,
  type FloatArray,
} from "../typedArrays.ts";

type Native = (name: PropertyKey) => Callable;

const TypedArray = Object.getPrototypeOf(Float64Array) as { prototype: object };

/** The methods of typed arrays. Those that only move bytes do so natively, and the nodes are moved after them. */
export function installTypedArrays(): void {
  replaceMethods(TypedArray.prototype, (native) => ({
    ...takingPrimals(native, ["subarray", "includes", "indexOf", "lastIndexOf"]),
    ...copying(native),
    ...filling(native),
    ...sorting(native),
    ...elementVisitors(native),
    ...elementIterators(native),
  }));
  replaceMethods(TypedArray, making);
  replaceMethods(ArrayBuffer.prototype, copyingBuffers);
}

/** The engine's own arrays come here, too: only once there are tensors is it worth a look. */
function refuseHeldArray(array: unknown): void {
  if (recording.on && recording.tape.tensors.length > 0 && ArrayBuffer.isView(array)) refuseHeld(array);
}

/** A position as methods take it: counted from the end where negative, kept within the array. */
function position(value: unknown, length: number, standard: number): number {
  if (value === undefined) return standard;
  const relative = Math.trunc(Number(primal(value))) || 0;
  return relative < 0 ? Math.max(length + relative, 0) : Math.min(relative, length);
}

/** Methods that copy elements from one place to another. */
function copying(native: Native): object {
  const [at, copyWithin, reverse, slice, toReversed] = ["at", "copyWithin", "reverse", "slice", "toReversed"].map(
    native,
  );
  return {
    at(this: unknown, index: unknown) {
      if (!mayBeTraced(this)) return at!.call(this, primal(index));
      const length = lengthOf(this);
      const relative = Math.trunc(Number(primal(index))) || 0;
      const k = relative < 0 ? relative + length : relative;
      return k >= 0 && k < length ? readElement(this, k) : undefined;
    },
    copyWithin(this: unknown, ...positions: unknown[]) {
      refuseHeldArray(this);
      if (!mayBeTraced(this)) return copyWithin!.call(this, ...positions.map(primal));
      const length = lengthOf(this);
      const to = position(positions[0], length, 0);
      const from = position(positions[1], length, 0);
      const count = Math.max(0, Math.min(position(positions[2], length, length) - from, length - to));
      const nodes = elementNodes(this, from, count);
      copyWithin!.call(this, ...positions.map(primal));
      noteElements(this, to, nodes);
      return this;
    },
    reverse(this: unknown) {
      refuseHeldArray(this);
      const nodes = mayBeTraced(this) ? elementNodes(this, 0, lengthOf(this))?.reverse() : undefined;
      reverse!.call(this);
      noteElements(this as FloatArray, 0, nodes);
      return this;
    },
    toReversed(this: unknown) {
      const copy = toReversed!.call(this) as FloatArray;
      if (mayBeTraced(this)) noteElements(copy, 0, elementNodes(this, 0, lengthOf(this))?.reverse());
      return copy;
    },
    slice(this: unknown, ...positions: unknown[]) {
      if (!mayBeTraced(this)) return slice!.call(this, ...positions.map(primal));
      const length = lengthOf(this);
      const start = position(positions[0], length, 0);
      const end = position(positions[1], length, length);
      const nodes = elementNodes(this, start, Math.max(0, end - start))!;
      const copy = slice!.call(this, ...positions.map(primal));
      if (isFloatArray(copy)) noteElements(copy, 0, roundedNodes(copy, nodes, this));
      return copy;
    },
  };
}

/** Methods that store values they are given. */
function filling(native: Native): object {
  const [fill, set, withElement] = ["fill", "set", "with"].map(native);
  return {
    fill(this: unknown, value: unknown, ...positions: unknown[]) {
      if (!isFloatArray(this)) {
        refuseHeldArray(this);
        return fill!.call(this, value, ...positions.map(primal));
      }
      const element = rounded(this, toElement(value));
      refuseHeldArray(this);
      fill!.call(this, primal(element), ...positions.map(primal));
      const length = lengthOf(this);
      const end = position(positions[1], length, length);
      const node = element instanceof TracedNumber ? element.node : untraced;
      if (node === untraced && !mayBeTraced(this)) return this;
      for (let k = position(positions[0], length, 0); k < end; k++) noteElement(this, k, node);
      return this;
    },
    set(this: unknown, source: unknown, offset?: unknown) {
      const start = primal(offset);
      refuseHeldArray(this);
      if (!isFloatArray(this) || !recording.on || typeof source !== "object" || source === null)
        return set!.call(this, source, start);
      if (ArrayBuffer.isView(source)) {
        const nodes = mayBeTraced(source) ? elementNodes(source, 0, lengthOf(source))! : undefined;
        set!.call(this, source, start);
        if (nodes !== undefined)
          noteElements(this, Number(start ?? 0), roundedNodes(this, nodes, source as FloatArray));
        return undefined;
      }
      const elements: unknown[] = [];
      set!.call(this, isResizable(this) ? oneByOne(source, elements) : allAtOnce(source, elements), start);
      if (mayBeTraced(this) || elements.some((element) => element instanceof TracedNumber))
        noteElements(this, Math.trunc(Number(start ?? 0)) || 0, nodesFor(this, elements));
      return undefined;
    },
    with(this: unknown, index: unknown, value: unknown) {
      if (!isFloatArray(this)) return withElement!.call(this, primal(index), value);
      const element = rounded(this, toElement(value));
      const copy = withElement!.call(this, primal(index), primal(element)) as FloatArray;
      noteElements(copy, 0, elementNodes(this, 0, lengthOf(this)));
      const relative = Math.trunc(Number(primal(index))) || 0;
      const node = element instanceof TracedNumber ? element.node : untraced;
      noteElement(copy, relative < 0 ? relative + lengthOf(this) : relative, node);
      return copy;
    },
  };
}

/** The elements of an array-like, converted into `elements`; what those hold. */
function allAtOnce(source: object, elements: unknown[]): unknown[] {
  const length = primal((source as ArrayLike<unknown>).length) as number;
  return Array.from({ length }, (_, k) => primal((elements[k] = toNumber((source as ArrayLike<unknown>)[k]))));
}

/** The same for an array that may change its size while its source is asked, which then shows. */
function oneByOne(source: object, elements: unknown[]): object {
  return new Proxy(
    {},
    {
      get: (_, key) =>
        key === "length"
          ? primal(Reflect.get(source, key))
          : primal((elements[Number(key)] = toNumber(Reflect.get(source, key)))),
    },
  );
}

function isResizable({ buffer }: FloatArray): boolean {
  return buffer instanceof ArrayBuffer ? buffer.resizable : buffer.growable;
}

/** Numbers in ascending order, −0 before 0 and NaN last, as typed arrays sort them. */
function ascending(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a === 0 && b === 0) return Object.is(a, b) ? 0 : Object.is(a, -0) ? -1 : 1;
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}

function sorting(native: Native): object {
  const [sort, toSorted, toReversed] = ["sort", "toSorted", "toReversed"].map(native);
  const comparatorOf = (comparator: unknown): unknown =>
    typeof comparator === "function" ? plainOrder(comparator as Callable) : primal(comparator);
  const sortInto = (target: FloatArray, source: FloatArray, comparator: unknown): FloatArray => {
    const elements = Array.from({ length: lengthOf(source) }, (_, k) => ({ k, value: readElement(source, k) }));
    const nodes = elementNodes(source, 0, lengthOf(source));
    const order = comparatorOf(comparator) as ((a: unknown, b: unknown) => number) | undefined;
    elements.sort((a, b) => order?.(a.value, b.value) ?? ascending(source[a.k]!, source[b.k]!));
    const primals = elements.map(({ value }) => primal(value) as number);
    elements.forEach(({ k }, place) => {
      target[place] = primals[place]!;
      noteBranch(recording.site, k);
    });
    noteElements(
      target,
      0,
      elements.map(({ k }) => nodes?.[k] ?? untraced),
    );
    return target;
  };
  const sortable = (self: unknown, comparator: unknown): self is FloatArray =>
    mayBeTraced(self) && (comparator === undefined || typeof comparator === "function");
  return {
    sort(this: unknown, comparator: unknown) {
      refuseHeldArray(this);
      if (!sortable(this, comparator)) return sort!.call(this, comparatorOf(comparator));
      return sortInto(this, this, comparator);
    },
    toSorted(this: unknown, comparator: unknown) {
      if (!sortable(this, comparator)) return toSorted!.call(this, comparatorOf(comparator));
      return sortInto(toReversed!.call(this) as FloatArray, this, comparator);
    },
  };
}

/** `Float64Array.from` and `of`. */
function making(native: Native): object {
  const [from, of] = ["from", "of"].map(native);
  return {
    from(this: unknown, source: unknown, map: unknown, ...self: unknown[]) {
      const left = !recording.on || typeof this !== "function" || source === undefined || source === null;
      if (left || (map !== undefined && typeof map !== "function")) return from!.call(this, source, map, ...self);
      const elements: unknown[] = Array.from(source as Iterable<unknown>);
      const target = madeBy(this as Constructor, elements.length);
      elements.forEach((element, k) => {
        store(target, k, typeof map === "function" ? (map as Callable).call(self[0], element, k) : element);
      });
      return target;
    },
    of(this: unknown, ...items: unknown[]) {
      if (!recording.on || typeof this !== "function") return of!.call(this, ...items);
      const target = madeBy(this as Constructor, items.length);
      items.forEach((item, k) => {
        store(target, k, item);
      });
      return target;
    },
  };
}

function copyingBuffers(native: Native): object {
  const [slice, transfer, transferToFixedLength] = ["slice", "transfer", "transferToFixedLength"].map(native);
  const moved = (name: string, method: Callable): object => ({
    [name](this: ArrayBuffer, ...lengths: unknown[]): unknown {
      const copy = method.call(this, ...lengths.map(primal)) as ArrayBuffer;
      copyShadow(this, 0, copy);
      return copy;
    },
  });
  return {
    slice(this: ArrayBuffer, ...positions: unknown[]) {
      // Converted once, where the language does it.
      const numbers = positions.map((value, k) => (value === undefined && k > 0 ? value : Number(primal(value))));
      const copy = slice!.call(this, ...numbers) as ArrayBuffer;
      copyShadow(this, position(numbers[0], this.byteLength, 0), copy);
      return copy;
    },
    ...moved("transfer", transfer!),
    ...moved("transferToFixedLength", transferToFixedLength!),
  };
}
