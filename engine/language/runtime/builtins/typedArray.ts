import { types } from "node:util";
import { recording } from "../../../tape/recording.ts";
import { TracedNumber, untraced } from "../../../tape/tensor.ts";
import { plainOrder } from "./array.ts";
import { arraysWithGetters } from "./object.ts";
import { nodesFor, roundedNodes } from "./floatArray.ts";
import { elementIterators, elementVisitors, madeBy, store } from "./elements.ts";
import { noteBranch } from "../comparisons.ts";
import { refuseHeld } from "../heldData.ts";
import { primal, toElement, toNumber } from "../primals.ts";
import { primals, replaceMethods, takingPrimals, type Callable, type Constructor } from "./replace.ts";
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
import { apply, arrayFrom, is, isArray, isView, max, min, nativeProxy, trunc } from "../intrinsics.ts";

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
  if (recording.on && recording.tape.tensors.length > 0 && isView(array)) refuseHeld(array);
}

/** A position as methods take it: counted from the end where negative, kept within the array. */
function position(value: unknown, length: number, standard: number): number {
  if (value === undefined) return standard;
  const relative = trunc(+(primal(value) as string)) || 0;
  return relative < 0 ? max(length + relative, 0) : min(relative, length);
}

/** Methods that copy elements from one place to another. */
function copying(native: Native): object {
  const [at, copyWithin, reverse, slice, toReversed] = ["at", "copyWithin", "reverse", "slice", "toReversed"].map(
    native,
  );
  return {
    at(this: unknown, index: unknown) {
      if (!mayBeTraced(this)) return apply(at!, this, [primal(index)]);
      const length = lengthOf(this);
      const relative = trunc(+(primal(index) as string)) || 0;
      const k = relative < 0 ? relative + length : relative;
      return k >= 0 && k < length ? readElement(this, k) : undefined;
    },
    copyWithin(this: unknown, ...positions: unknown[]) {
      refuseHeldArray(this);
      if (!mayBeTraced(this)) return apply(copyWithin!, this, primals(positions));
      const length = lengthOf(this);
      const to = position(positions[0], length, 0);
      const from = position(positions[1], length, 0);
      const count = max(0, min(position(positions[2], length, length) - from, length - to));
      const nodes = elementNodes(this, from, count);
      apply(copyWithin!, this, primals(positions));
      noteElements(this, to, nodes);
      return this;
    },
    reverse(this: unknown) {
      refuseHeldArray(this);
      const nodes = mayBeTraced(this) ? elementNodes(this, 0, lengthOf(this))?.reverse() : undefined;
      apply(reverse!, this, []);
      noteElements(this as FloatArray, 0, nodes);
      return this;
    },
    toReversed(this: unknown) {
      const copy = apply(toReversed!, this, []) as FloatArray;
      if (mayBeTraced(this)) noteElements(copy, 0, elementNodes(this, 0, lengthOf(this))?.reverse());
      return copy;
    },
    slice(this: unknown, ...positions: unknown[]) {
      if (!mayBeTraced(this)) return apply(slice!, this, primals(positions));
      const length = lengthOf(this);
      const start = position(positions[0], length, 0);
      const end = position(positions[1], length, length);
      const nodes = elementNodes(this, start, max(0, end - start))!;
      const copy = apply(slice!, this, primals(positions));
      if (isFloatArray(copy)) noteElements(copy, 0, roundedNodes(copy, nodes, this));
      return copy;
    },
  };
}

/** Methods that store values they are given. */
function filling(native: Native): object {
  const [fill, set, withElement] = ["fill", "set", "with"].map(native);
  return {
    fill(this: unknown, ...values: unknown[]) {
      // Whether an empty one may be filled at all is for the native method to say.
      if (!isFloatArray(this) || lengthOf(this) === 0) {
        refuseHeldArray(this);
        return apply(fill!, this, primals(values, 1));
      }
      const element = rounded(this, toElement(values[0]));
      refuseHeldArray(this);
      values[0] = primal(element);
      apply(fill!, this, primals(values, 1));
      const length = lengthOf(this);
      const end = position(values[2], length, length);
      const node = TracedNumber.is(element) ? element.node : untraced;
      if (node === untraced && !mayBeTraced(this)) return this;
      for (let k = position(values[1], length, 0); k < end; k++) noteElement(this, k, node);
      return this;
    },
    set(this: unknown, source: unknown, offset?: unknown) {
      const start = primal(offset);
      refuseHeldArray(this);
      if (!isFloatArray(this) || !recording.on || typeof source !== "object" || source === null)
        return apply(set!, this, [source, start]);
      if (isView(source)) {
        const nodes = mayBeTraced(source) ? elementNodes(source, 0, lengthOf(source))! : undefined;
        apply(set!, this, [source, start]);
        if (nodes !== undefined)
          noteElements(this, +((start ?? 0) as string), roundedNodes(this, nodes, source as FloatArray));
        return undefined;
      }
      const elements: unknown[] = [];
      apply(set!, this, [
        isPlainList(source) && !isResizable(this) ? allAtOnce(source, elements) : oneByOne(source, elements),
        start,
      ]);
      if (mayBeTraced(this) || elements.some((element) => TracedNumber.is(element)))
        noteElements(this, trunc(+((start ?? 0) as string)) || 0, nodesFor(this, elements));
      return undefined;
    },
    with(this: unknown, index: unknown, value: unknown) {
      if (!isFloatArray(this)) return apply(withElement!, this, [primal(index), value]);
      const element = rounded(this, toElement(value));
      const copy = apply(withElement!, this, [primal(index), primal(element)]) as FloatArray;
      noteElements(copy, 0, elementNodes(this, 0, lengthOf(this)));
      const relative = trunc(+(primal(index) as string)) || 0;
      const node = TracedNumber.is(element) ? element.node : untraced;
      noteElement(copy, relative < 0 ? relative + lengthOf(this) : relative, node);
      return copy;
    },
  };
}

/** Whether reading and converting its elements runs none of the program's own code, so that nobody can tell the order. */
function isPlainList(source: object): source is (number | TracedNumber)[] {
  if (!isArray(source) || types.isProxy(source) || arraysWithGetters.has(source)) return false;
  const { length } = source;
  for (let k = 0; k < length; k++) if (typeof source[k] !== "number" && !TracedNumber.is(source[k])) return false;
  return true;
}

/** The elements of an array into `elements`; what those hold. */
function allAtOnce(source: readonly (number | TracedNumber)[], elements: unknown[]): unknown[] {
  return arrayFrom({ length: source.length }, (_, k) => primal((elements[k] = source[k])));
}

/** The same of an array-like, of which each element is asked for and converted when its turn comes. */
function oneByOne(source: object, elements: unknown[]): object {
  return new nativeProxy(
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
  if (a === 0 && b === 0) return is(a, b) ? 0 : is(a, -0) ? -1 : 1;
  return (a !== a ? 1 : 0) - (b !== b ? 1 : 0);
}

function sorting(native: Native): object {
  const [sort, toSorted, toReversed] = ["sort", "toSorted", "toReversed"].map(native);
  const comparatorOf = (comparator: unknown): unknown =>
    typeof comparator === "function" ? plainOrder(comparator as Callable) : primal(comparator);
  const sortInto = (target: FloatArray, source: FloatArray, comparator: unknown): FloatArray => {
    const elements = arrayFrom({ length: lengthOf(source) }, (_, k) => ({ k, value: readElement(source, k) }));
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
      if (!sortable(this, comparator)) return apply(sort!, this, [comparatorOf(comparator)]);
      return sortInto(this, this, comparator);
    },
    toSorted(this: unknown, comparator: unknown) {
      if (!sortable(this, comparator)) return apply(toSorted!, this, [comparatorOf(comparator)]);
      return sortInto(apply(toReversed!, this, []) as FloatArray, this, comparator);
    },
  };
}

/** `Float64Array.from` and `of`. */
function making(native: Native): object {
  const [from, of] = ["from", "of"].map(native);
  return {
    from(this: unknown, ...values: unknown[]) {
      const source = values[0];
      const map = values[1];
      const left = !recording.on || typeof this !== "function" || source === undefined || source === null;
      if (left || (map !== undefined && typeof map !== "function")) return apply(from!, this, values);
      const elements: unknown[] = arrayFrom(source as Iterable<unknown>);
      const target = madeBy(this as Constructor, elements.length);
      elements.forEach((element, k) => {
        store(target, k, typeof map === "function" ? apply(map as Callable, values[2], [element, k]) : element);
      });
      return target;
    },
    of(this: unknown, ...items: unknown[]) {
      if (!recording.on || typeof this !== "function") return apply(of!, this, items);
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
      const copy = apply(method, this, primals(lengths)) as ArrayBuffer;
      copyShadow(this, 0, copy);
      return copy;
    },
  });
  return {
    slice(this: ArrayBuffer, ...positions: unknown[]) {
      // Converted once, where the language does it.
      const numbers = positions.map((value, k) => (value === undefined && k > 0 ? value : Number(primal(value))));
      const copy = apply(slice!, this, numbers) as ArrayBuffer;
      copyShadow(this, position(numbers[0], this.byteLength, 0), copy);
      return copy;
    },
    ...moved("transfer", transfer!),
    ...moved("transferToFixedLength", transferToFixedLength!),
  };
}
