import { f16round, fround } from "../../primitives/rounding.ts";
import { recording } from "../../tape/recording.ts";
import { NestedTape } from "../../tape/nestedTape.ts";
import type { Tape } from "../../tape/tape.ts";
import { TracedNumber, untraced, type Value } from "../../tape/tensor.ts";
import { OwnMap, OwnWeakMap, apply, is, isView, trunc } from "./intrinsics.ts";

/**
 * Typed arrays hold primals, so that everything native works on them. The nodes of their elements stand in a shadow
 * beside the underlying buffer, where all views of it find them. An element is traced while the primal that the array
 * holds is still the node's: whatever wrote there unseen has then ended the trace.
 */
interface Shadow {
  tape: Tape;
  /** node + 1 for each element of the buffer; absent until something traced is stored. */
  nodes: Int32Array | undefined;
}

/** Typed arrays whose elements can be traced. */
export type FloatArray = Float64Array | Float32Array;

/** TypeScript's libraries do not have it yet. */
const Float16Array = (globalThis as unknown as { Float16Array?: Float32ArrayConstructor }).Float16Array;

export const floatArrayConstructors = [Float64Array, Float32Array, ...(Float16Array ? [Float16Array] : [])] as const;

export function isFloatArray(value: unknown): value is FloatArray {
  if (!isView(value)) return false;
  return (
    value instanceof Float64Array ||
    value instanceof Float32Array ||
    (Float16Array !== undefined && value instanceof Float16Array)
  );
}

const lengthGetter = Reflect.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Float64Array.prototype) as object,
  "length",
)!.get as (this: ArrayBufferView) => number;

/** The number of elements, also where the program has put something else in the place of `length`. */
export function lengthOf(view: FloatArray): number {
  return apply(lengthGetter as never, view, []) as number;
}

/** The language's own constructor of arrays like `view`. */
export function intrinsicConstructor(view: FloatArray): (typeof floatArrayConstructors)[number] {
  return floatArrayConstructors.find((constructor) => constructor.name === view[Symbol.toStringTag])!;
}

/** By bytes per element: views of different widths see different numbers in the same bytes. */
const shadows = new OwnMap([8, 4, 2].map((width) => [width, new OwnWeakMap<ArrayBufferLike, Shadow>()]));

function shadowOf(buffer: ArrayBufferLike, width: number): Shadow {
  const byBuffer = shadows.get(width)!;
  let shadow = byBuffer.get(buffer);
  if (shadow === undefined) byBuffer.set(buffer, (shadow = { tape: recording.tape, nodes: undefined }));
  return shadow;
}

/** Whether any element of any array was ever traced: until then reading needs no look at shadows. */
let anyShadow = false;

/** Lets a class stamp a private field on an object that it did not make: a look-up without a hash table. */
const Stampable = function (object: object) {
  return object;
} as unknown as new (object: object) => object;

/** What is remembered at a view: the shadow of its buffer, and where in it the view begins. */
class Stamp extends Stampable {
  #shadow: Shadow;
  #offset: number;

  private constructor(view: FloatArray) {
    super(view);
    this.#shadow = shadowOf(view.buffer, view.BYTES_PER_ELEMENT);
    this.#offset = view.byteOffset / view.BYTES_PER_ELEMENT;
  }

  static #of(view: FloatArray): Stamp {
    return #shadow in view ? view : new Stamp(view);
  }

  /** The node of element `index`, or `untraced`. */
  static node(view: FloatArray, index: number, primal: number): number {
    const stamp = Stamp.#of(view);
    const { nodes, tape } = stamp.#shadow;
    if (nodes === undefined) return untraced;
    const node = (nodes[stamp.#offset + index] ?? 0) - 1;
    if (node === untraced || !is(tape.primal[node], primal)) return untraced;
    if (tape === recording.tape) return node;
    // A recording within another one knows what stands on the tape around it.
    const outer = new TracedNumber(node, tape);
    return recording.tape.holds(outer) ? recording.tape.word(outer) : untraced;
  }

  /** Whether any element of the view's buffer may be traced. */
  static traced(view: FloatArray): boolean {
    const { nodes, tape } = Stamp.#of(view).#shadow;
    return nodes !== undefined && (tape === recording.tape || recording.tape instanceof NestedTape);
  }

  /** Notes the node of element `index`; the array already holds its primal. */
  static note(view: FloatArray, index: number, node: number): void {
    const stamp = Stamp.#of(view);
    const shadow = stamp.#shadow;
    const slot = stamp.#offset + index;
    if (shadow.nodes === undefined || shadow.tape !== recording.tape || slot >= shadow.nodes.length) {
      if (node === untraced) return;
      const larger = new Int32Array(view.buffer.byteLength / view.BYTES_PER_ELEMENT);
      if (shadow.nodes !== undefined && shadow.tape === recording.tape) larger.set(shadow.nodes);
      shadow.tape = recording.tape;
      shadow.nodes = larger;
      anyShadow = true;
    }
    shadow.nodes[slot] = node + 1;
  }
}

type IntegerArray = Uint8Array | Int8Array | Uint8ClampedArray | Uint16Array | Int16Array | Uint32Array | Int32Array;

/** What is remembered at a view of whole numbers: the shadows of its buffer. */
class ByteStamp extends Stampable {
  #doubles: Shadow;
  #singles: Shadow;

  private constructor(view: IntegerArray) {
    super(view);
    this.#doubles = shadowOf(view.buffer, 8);
    this.#singles = shadowOf(view.buffer, 4);
  }

  /** Whether element `index` is part of the bytes of a traced number. */
  static isTraced(view: IntegerArray, index: number): boolean {
    const stamp = #doubles in view ? (view as unknown as ByteStamp) : new ByteStamp(view);
    if (stamp.#doubles.nodes === undefined && stamp.#singles.nodes === undefined) return false;
    const place = view.byteOffset + index * view.BYTES_PER_ELEMENT;
    return holdsTraced(view.buffer, Float64Array, place) || holdsTraced(view.buffer, Float32Array, place);
  }
}

/** Whether the number that the byte at `place` is part of is traced, seen through arrays of this kind. */
function holdsTraced(
  buffer: ArrayBufferLike,
  constructor: Float64ArrayConstructor | Float32ArrayConstructor,
  place: number,
): boolean {
  const width = constructor.BYTES_PER_ELEMENT;
  const start = place - (place % width);
  return start + width <= buffer.byteLength && nodeAt(new constructor(buffer as ArrayBuffer, start, 1), 0) !== untraced;
}

/** Whether an element of an array of whole numbers is part of the bytes of a traced number. */
export function readsTracedBytes(view: ArrayBufferView, index: number): boolean {
  return anyShadow && ByteStamp.isTraced(view as IntegerArray, index);
}

/** The node of an element, or `untraced`. */
export function nodeAt(view: FloatArray, index: number): number {
  return anyShadow ? Stamp.node(view, index, view[index]!) : untraced;
}

/** An element that was read as `primal`: traced where it is. */
export function tracedElement(view: FloatArray, index: number, primal: number): number | TracedNumber {
  if (!anyShadow) return primal;
  const node = Stamp.node(view, index, primal);
  return node === untraced ? primal : new TracedNumber(node, recording.tape);
}

export function readElement(view: FloatArray, index: number): number | TracedNumber {
  return tracedElement(view, index, view[index]!);
}

/** Notes what element `index` came from, once the array holds its primal. */
export function noteElement(view: FloatArray, index: number, node: number): void {
  if (node !== untraced || anyShadow) Stamp.note(view, index, node);
}

/** Whether elements of any array may be traced at all. */
export function hasShadows(): boolean {
  return anyShadow;
}

/** What an array of this kind keeps of a value: the value, or the node that rounds it. Constants become plain numbers. */
export function rounded(view: FloatArray, value: number | TracedNumber): Value {
  if (typeof value === "number") return value;
  if (!recording.on || value.tape !== recording.tape) return value.primal;
  if (view.BYTES_PER_ELEMENT === 8) return value;
  return view.BYTES_PER_ELEMENT === 4 ? fround(value) : f16round(value);
}

/** Stores a number or traced number at a valid index. */
export function writeElement(view: FloatArray, index: number, value: number | TracedNumber): void {
  if (typeof value === "number") {
    view[index] = value;
    noteElement(view, index, untraced);
    return;
  }
  const kept = rounded(view, value);
  if (TracedNumber.is(kept)) {
    view[index] = kept.primal;
    Stamp.note(view, index, kept.node);
  } else {
    view[index] = kept as number;
    noteElement(view, index, untraced);
  }
}

/** Whether it is an array of which elements may be traced. */
export function mayBeTraced(value: unknown): value is FloatArray {
  return anyShadow && isFloatArray(value) && Stamp.traced(value);
}

/** The nodes of `count` elements from `start`; undefined where certainly none is traced. */
export function elementNodes(view: FloatArray, start: number, count: number): Int32Array | undefined {
  if (!mayBeTraced(view)) return undefined;
  const nodes = new Int32Array(count);
  for (let k = 0; k < count; k++) nodes[k] = nodeAt(view, start + k);
  return nodes;
}

/** Notes the nodes of elements from `start` on, once the array holds their primals. */
export function noteElements(view: FloatArray, start: number, nodes: ArrayLike<number> | undefined): void {
  if (nodes === undefined) return;
  for (let k = 0; k < nodes.length; k++) noteElement(view, start + k, nodes[k]!);
}

/** Passes the nodes on where the bytes of a buffer from `start` on were copied to the beginning of another. */
export function copyShadow(from: ArrayBufferLike, start: number, to: ArrayBufferLike): void {
  for (const [width, byBuffer] of shadows) {
    const shadow = byBuffer.get(from);
    if (shadow?.nodes === undefined || start % width !== 0) continue;
    const nodes = new Int32Array(trunc(to.byteLength / width));
    nodes.set(shadow.nodes.subarray(start / width, start / width + nodes.length));
    byBuffer.set(to, { tape: shadow.tape, nodes });
  }
}
