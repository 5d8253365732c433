/** The axis of a plot of bytes: from nothing to a round number of them. */

interface ByteAxis {
  readonly high: number;
  readonly ticks: readonly number[];
}

/** From 0 to a little over `bytes`, with at most `most` steps of 1, 2 or 5 times a power of ten. */
export function byteAxis(bytes: number, most: number): ByteAxis {
  const least = Math.max(bytes, 1) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(least));
  const step = Math.max(1, [1, 2, 5].map((each) => each * power).find((each) => each >= least) ?? 10 * power);
  const high = Math.max(bytes * 1.04, step);
  const ticks = Array.from({ length: Math.floor(high / step) + 1 }, (_, k) => k * step);
  return { high, ticks };
}
