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
    if (index === this.array.length) this.array = enlarged(this.array, index * 2);
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

/** A copy with room for `capacity` elements. */
export function enlarged<T extends Uint8Array | Float64Array | Int32Array>(array: T, capacity: number): T {
  const larger = new (array.constructor as new (length: number) => T)(capacity);
  Reflect.apply(copyInto, larger, [array]);
  return larger;
}
