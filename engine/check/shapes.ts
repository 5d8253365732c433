/** The same inputs with more elements: as another batch would give them. */
import type { Primal } from "../primitives/rule.ts";
import { sizeOf, stridesOf } from "../tape/shape.ts";
import { Tensor } from "../tape/tensor.ts";

/** Axes of so many elements are made longer at most. */
const mostSizes = 3;
const largestInput = 1e5;

/** Each time all axes of one length become longer by one, in all inputs: those that go together stay together. */
export function* larger(inputs: readonly Primal[]): Generator<readonly Primal[]> {
  const sizes = new Set(inputs.flatMap((input) => (typeof input === "number" ? [] : input.shape)));
  for (const size of [...sizes].slice(0, mostSizes)) {
    const grown = inputs.map((input) => (typeof input === "number" ? input : lengthened(input, size)));
    if (grown.every((input) => typeof input === "number" || input.data.length <= largestInput)) yield grown;
  }
}

/** What is added along an axis repeats its first element, a little changed. */
function lengthened({ shape, data }: Tensor, size: number): Tensor {
  const longer = shape.map((extent) => (extent === size ? extent + 1 : extent));
  const strides = stridesOf(shape);
  const longerStrides = stridesOf(longer);
  const grown = new Float64Array(sizeOf(longer));
  for (let k = 0; k < grown.length; k++) {
    let rest = k;
    let from = 0;
    let added = false;
    for (let axis = 0; axis < shape.length; axis++) {
      const place = Math.floor(rest / longerStrides[axis]!);
      rest -= place * longerStrides[axis]!;
      if (place < shape[axis]!) from += place * strides[axis]!;
      else added = true;
    }
    grown[k] = data[from]! * (added ? 1.1 : 1);
  }
  return new Tensor(longer, grown);
}
