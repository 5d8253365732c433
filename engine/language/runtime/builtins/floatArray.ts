import { recording } from "../../../tape/recording.ts";
import { TracedNumber, untraced } from "../../../tape/tensor.ts";
import { primal, toElement } from "../primals.ts";
import { primals, replaceConstructor, type Constructor } from "./replace.ts";
import {
  elementNodes,
  floatArrayConstructors,
  mayBeTraced,
  noteElements,
  rounded,
  type FloatArray,
} from "../typedArrays.ts";
import { apply, arrayFrom, construct, isView } from "../intrinsics.ts";

/** `new Float64Array(…)` and its narrower kin, also by `super(…)`: elements that are traced keep their nodes. */
export function installFloatArrays(): void {
  for (const { name } of floatArrayConstructors) {
    replaceConstructor(name, (native) => ({
      call: (values) => apply(native, undefined, values),
      construct(values, target) {
        if (!recording.on || typeof values[0] !== "object" || values[0] === null || isBuffer(values[0]))
          return target === native && typeof values[0] === "number"
            ? new native(values[0])
            : plain(native, values, target);
        return fromElements(native, values[0], target);
      },
    }));
  }
}

function plain(native: Constructor, values: unknown[], target: Constructor): object {
  return construct(native, primals(values), target);
}

function isBuffer(value: object): boolean {
  return value instanceof ArrayBuffer || value instanceof SharedArrayBuffer;
}

function fromElements(native: Constructor, source: object, target: Constructor): object {
  if (TracedNumber.is(source)) return plain(native, [source], target);
  if (isView(source)) {
    const copy = construct(native, [source], target) as FloatArray;
    if (mayBeTraced(source)) noteElements(copy, 0, roundedNodes(copy, elementNodes(source, 0, source.length)!, source));
    return copy;
  }
  // All of them are taken before the first is converted, which may change the source.
  const elements = arrayFrom(source as Iterable<unknown>);
  for (let k = 0; k < elements.length; k++) elements[k] = toElement(elements[k]);
  const array = construct(native, [elements.length], target) as FloatArray;
  for (let k = 0; k < elements.length; k++) array[k] = primal(elements[k]) as number;
  if (elements.some((element) => TracedNumber.is(element))) noteElements(array, 0, nodesFor(array, elements));
  return array;
}

/** The nodes of values stored in an array, rounded to its precision. */
export function nodesFor(array: FloatArray, elements: readonly unknown[]): number[] {
  return elements.map((element) => {
    if (!TracedNumber.is(element)) return untraced;
    const kept = rounded(array, element);
    return TracedNumber.is(kept) ? kept.node : untraced;
  });
}

/** Nodes of another array's elements as they arrive in `array`: rounded where it is narrower. */
export function roundedNodes(array: FloatArray, nodes: Int32Array, source: FloatArray): ArrayLike<number> {
  if (array.BYTES_PER_ELEMENT >= source.BYTES_PER_ELEMENT) return nodes;
  return nodesFor(
    array,
    Array.from(nodes, (node) => (node === untraced ? 0 : new TracedNumber(node, recording.tape))),
  );
}
