/** Rows of numbers in double or single precision. */
export type Numbers = Float64Array | Float32Array;

/**
 * Copies the elements under each window out of `channels` planes, so that a convolution becomes a matrix product
 * ("im2col"): to[channel, element of the window, position]. Padding is 0.
 */
export function unfold(
  from: Numbers,
  start: number,
  channels: number,
  plane: number,
  places: Int32Array,
  to: Numbers,
): void {
  let at = 0;
  for (let c = 0; c < channels; c++) {
    const base = start + c * plane;
    for (const place of places) {
      to[at++] = place < 0 ? 0 : from[base + place]!;
    }
  }
}

/** The transpose of `unfold`: adds what stands for each window to the elements under it. */
export function fold(
  from: Numbers,
  start: number,
  channels: number,
  plane: number,
  places: Int32Array,
  to: Numbers,
): void {
  let at = 0;
  for (let c = 0; c < channels; c++) {
    const base = start + c * plane;
    for (let k = 0; k < places.length; k++, at++) {
      const place = places[k]!;
      if (place >= 0) to[base + place]! += from[at]!;
    }
  }
}

/** Whether unfolding would only copy: windows of one element that lie over all of the input, in order. */
export function isWhole(places: Int32Array, plane: number): boolean {
  return places.length === plane && places.every((place, k) => place === k);
}

/** The transpose of a row-major matrix. */
export function turned(from: Numbers, rows: number, columns: number, to: Numbers): void {
  for (let r = 0, at = 0; r < rows; r++)
    for (let c = 0, into = r; c < columns; c++, into += rows) to[into] = from[at++]!;
}
