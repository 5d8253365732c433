/** A growing typed array. */
export class Numbers<T extends Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer>> {
  length = 0;
  array: T;

  constructor(constructor: new (length: number) => T) {
    this.array = new constructor(64);
  }

  /** Appends `value` and returns its index. */
  push(value: number): number {
    const index = this.length;
    if (index === this.array.length) this.array = enlarged(this.array);
    this.array[index] = value;
    this.length = index + 1;
    return index;
  }

  get(index: number): number {
    return this.array[index]!;
  }

  get bytes(): number {
    return this.length * this.array.BYTES_PER_ELEMENT;
  }
}

/** The native method, from before a program's process replaces it with one that looks for traced elements. */
const copyInto = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), "set")!.value as (
  source: ArrayLike<number>,
) => void;

/**
 * Arrays become so many times longer. Room that is not used yet costs nothing, but what was copied before was written in
 * vain, to memory that is new each time: with 2 that is as much as the data, with 4 a third of it.
 */
export const growth = 4;

/** A copy with room for more elements, zeros at the end. */
export function enlarged<T extends Uint8Array | Float64Array | Int32Array>(
  array: T,
  capacity = array.length * growth,
): T {
  const larger = new (array.constructor as new (length: number) => T)(capacity);
  Reflect.apply(copyInto, larger, [array]);
  return larger;
}
