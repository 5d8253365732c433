/** A factor at which an excess becomes 0, found with few trials. */

export interface Tried {
  readonly factor: number;
  /** NaN where the trial gave none. */
  readonly excess: number;
  /** Nothing else went wrong. What does, does so at factors further from 1 as well. */
  readonly sound: boolean;
}

export interface FactorSearch<T extends Tried> {
  /** At factor 1. */
  readonly excess: number;
  readonly first: number;
  readonly digits: number;
  /** Undefined where there is no time for one more. */
  readonly trial: (factor: number) => Promise<T | undefined>;
  /** Whether to be content with a trial, the `count`-th. */
  readonly isGood: (tried: T, count: number) => boolean;
}

/** Each trial costs a run of the model. */
const mostTrials = 6;
/** From one trial to the next the factor changes by no more than this; a secant may point anywhere. */
const longestStep = Math.log(30);
/** A sound factor this near to one that is not is as far as it goes. */
const nearEnough = Math.log(1.15);

interface Point {
  /** ln of the factor. */
  readonly x: number;
  readonly y: number;
}

/**
 * Tries factors until one is good enough. Between two of them with excesses of different signs lies the next by regula
 * falsi (with the Illinois rule of Dowell and Jarratt, 1971, so that neither end stays for ever), else beyond them by
 * the secant, both over ln of the factor; but never as far as one at which something else went wrong.
 */
export async function findFactor<T extends Tried>(search: FactorSearch<T>): Promise<T[]> {
  const all: T[] = [];
  const known = new Set([1]);
  let last: Point = { x: 0, y: search.excess };
  let other = last;
  /** The furthest from 1 that is sound, and the nearest that is not, on each side. */
  const sound = { up: 0, down: 0 };
  const unsound = { up: Infinity, down: -Infinity };
  let x = Math.log(search.first);
  while (all.length < mostTrials) {
    if (x >= unsound.up || x <= unsound.down) {
      const side = x > 0 ? "up" : "down";
      if (Math.abs(unsound[side] - sound[side]) < nearEnough) break;
      x = (sound[side] + unsound[side]) / 2;
    }
    const factor = Number(Math.exp(x).toPrecision(search.digits));
    if (known.has(factor) || !(factor > 0 && Number.isFinite(factor))) break;
    known.add(factor);
    const found = await search.trial(factor);
    if (found === undefined) break;
    all.push(found);
    if (search.isGood(found, all.length)) break;
    const side = x > 0 ? "up" : "down";
    if (!found.sound) unsound[side] = x;
    else if (Math.abs(x) > Math.abs(sound[side])) sound[side] = x;
    if (!Number.isFinite(found.excess)) continue;
    const point = { x, y: found.excess };
    const brackets = Math.sign(other.y) !== Math.sign(last.y);
    if (Math.sign(point.y) !== Math.sign(last.y) || !brackets) other = last;
    else other = { x: other.x, y: other.y / 2 };
    last = point;
    if (other.y === last.y) break;
    x = last.x - (last.y * (last.x - other.x)) / (last.y - other.y);
    x = Math.min(Math.max(x, last.x - longestStep), last.x + longestStep);
  }
  return all;
}
