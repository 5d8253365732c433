import { typedArrayElements } from "../../library/tracedArrays.ts";
import { slice } from "../../primitives/indexing.ts";
import { isTraced } from "../../primitives/rule.ts";
import type { TracedNumber } from "../../tape/tensor.ts";
import { hasShadows, intrinsicConstructor, isFloatArray, readElement, writeElement } from "./typedArrays.ts";

/** Lets the library's functions see the traced elements of typed arrays, and make some: `sum(new Float64Array([x, y]))`. */
export function shareTypedArrays(): void {
  const plain = typedArrayElements.read;
  typedArrayElements.read = (array) =>
    isFloatArray(array) && hasShadows()
      ? Array.from({ length: array.length }, (_, index) => readElement(array, index))
      : plain(array);
  const { make } = typedArrayElements;
  typedArrayElements.make = (like, whole) => {
    if (!isFloatArray(like) || !isTraced(whole)) return make(like, whole);
    const array = new (intrinsicConstructor(like))(like.length);
    for (let k = 0; k < like.length; k++) writeElement(array, k, slice(whole, [k]) as number | TracedNumber);
    return array;
  };
}
