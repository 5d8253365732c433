/** Copies without the array's own methods, which in a program's process look for traced elements. */
type Floats = Float32Array | Float64Array;

/** Fills `to` with elements of `from`, from `offset` on. */
export function copyInto(to: Floats, from: Floats, offset = 0): void {
  for (let k = 0; k < to.length; k++) to[k] = from[offset + k]!;
}

export function copyOf(from: Float32Array, offset: number, size: number): Float32Array {
  const copy = new Float32Array(size);
  copyInto(copy, from, offset);
  return copy;
}

export function allFinite(data: Floats, offset: number, size: number): boolean {
  // What is infinite or NaN is NaN when it is taken from itself, and so is every sum with it.
  let sum = 0;
  for (let k = offset; k < offset + size; k++) sum += data[k]! - data[k]!;
  return sum === 0;
}
