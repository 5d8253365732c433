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

/** The native methods, from before a program's process replaces them with ones that look for traced elements. */
const { set: copyInto, fill } = Object.getPrototypeOf(Uint8Array.prototype) as {
  readonly set: (source: ArrayLike<number>) => void;
  readonly fill: (value: number) => void;
};

/** Kept for the same reason. */
const { apply } = Reflect;

/**
 * Arrays become so many times longer. Room that is not used yet costs nothing, but what was copied before was written in
 * vain, to memory that is new each time: with 2 that is as much as the data, with 4 a third of it.
 */
export const growth = 4;

/** Makes memory that is read before it is written the array's own at once: else each page is mapped twice. */
export function touched<T extends Uint8Array | Float64Array>(array: T): T {
  apply(fill, array, [0]);
  return array;
}

/** A copy with room for more elements, zeros at the end. */
export function enlarged<T extends Uint8Array | Float64Array | Int32Array>(
  array: T,
  capacity = array.length * growth,
): T {
  const larger = new (array.constructor as new (length: number) => T)(capacity);
  apply(copyInto, larger, [array]);
  return larger;
}
