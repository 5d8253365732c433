import { typedArrayElements } from "../../library/values.ts";
import { hasShadows, isFloatArray, readElement } from "./typedArrays.ts";

/** Lets the library's functions see the traced elements of typed arrays: `sum(new Float64Array([x, y]))`. */
export function shareTypedArrays(): void {
  const plain = typedArrayElements.read;
  typedArrayElements.read = (array) =>
    isFloatArray(array) && hasShadows()
      ? Array.from({ length: array.length }, (_, index) => readElement(array, index))
      : plain(array);
}
