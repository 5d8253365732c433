/** Axes of the flow plot. */

/** A healthy network's line is flat: less than this many decades are not blown up to look like more. */
const fewestDecades = 2;
const decadeSteps = [1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 300];

export interface Axis {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
}

/** For powers of ten: whole ones at both ends, and at most `most` of them between, evenly. */
export function decadeAxis(exponents: readonly number[], most: number): Axis {
  const finite = exponents.filter(Number.isFinite);
  let low = finite.reduce((a, b) => Math.min(a, b), Infinity);
  let high = finite.reduce((a, b) => Math.max(a, b), -Infinity);
  if (finite.length === 0) [low, high] = [-1, 1];
  const lacking = fewestDecades - (high - low);
  if (lacking > 0) [low, high] = [low - lacking / 2, high + lacking / 2];
  const margin = (high - low) * 0.03;
  [low, high] = [low - margin, high + margin];
  const step = decadeSteps.find((each) => Math.floor(high / each) - Math.ceil(low / each) < most) ?? 1000;
  return { low, high, ticks: multiples(low, high, step) };
}

/** For whole numbers from `first` to `last`, both of which are marked. */
export function countAxis(first: number, last: number, most: number): number[] {
  const span = last - first;
  if (span === 0) return [first];
  const raw = span / Math.max(1, most - 1);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = Math.max(1, [1, 2, 5, 10].map((each) => each * power).find((each) => each >= raw) ?? raw);
  const inner = multiples(first, last, step).filter((x) => x - first > step * 0.4 && last - x > step * 0.4);
  return [first, ...inner, last];
}

function multiples(low: number, high: number, step: number): number[] {
  const ticks: number[] = [];
  for (let k = Math.ceil(low / step); k * step <= high; k++) ticks.push(k * step);
  return ticks;
}

/** "1e-12", "1" */
export function powerText(exponent: number): string {
  return exponent === 0 ? "1" : `1e${String(exponent)}`;
}
