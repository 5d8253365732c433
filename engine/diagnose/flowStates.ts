import type { Adjoints } from "../differentiate/reverse.ts";
import { dataOf } from "../primitives/rule.ts";
import type { Tape } from "../tape/tape.ts";
import { logNorm, type Chain, type Station } from "./chain.ts";
import { median } from "./verdict.ts";

/** The relative change of a step by which an iteration has settled, against that of its beginning. */
const settledShare = 1e-2;

/**
 * Whether the values of a recurrence come to rest at a point other than zero, as those of Newton's method and of gradient
 * descent do, or go to and fro between two such. Such a point depends on where it began no more; that derivatives with
 * respect to the beginning vanish is what convergence means. What counts is the median of the last quarter of all changes:
 * at the very end fewer elements of a state lead to the result.
 */
export function converges(tape: Tape, { stations }: Chain): boolean {
  const states = stations.map((station) => station.flatMap((node) => [...dataOf(tape.primalOf(node))]));
  return [1, 2].some((lag) => {
    const changes: number[] = [];
    for (let k = lag; k < states.length; k++) {
      const [before, values] = [states[k - lag]!, states[k]!];
      if (before.length !== values.length) continue;
      changes.push(norm(values.map((x, at) => x - before[at]!)) / (norm(values) || 1));
    }
    if (changes.length < 2) return false;
    const quarter = Math.ceil(changes.length / 4);
    const first = changes.slice(0, quarter).reduce((a, b) => Math.max(a, b));
    return median(changes.slice(-quarter)) <= settledShare * first;
  });
}

/** Scaled by the largest, so that squares do not vanish. */
function norm(values: Iterable<number>): number {
  let largest = 0;
  for (const x of values) largest = Math.max(largest, Math.abs(x));
  if (largest === 0) return 0;
  let sum = 0;
  for (const x of values) sum += (x / largest) ** 2;
  return largest * Math.sqrt(sum);
}

/** States of more elements are not told apart. */
const mostElements = 64;

/**
 * ln |adjoint| of each element of the state, station by station: of a tensor along its last axis, of an array the nodes
 * in order. Empty where states differ in number or where there is but one element.
 */
export function elementNorms(tape: Tape, adjoints: Adjoints, { stations }: Chain): number[][] {
  const counts = stations.map((station) => elementsOf(tape, station));
  const count = counts.at(-1)!;
  if (count < 2 || count > mostElements || counts.some((each) => each !== count)) return [];
  return Array.from({ length: count }, (_, element) =>
    stations.map((station) => {
      const [node] = station as readonly [number];
      if (station.length > 1) return logNorm(tape, adjoints, [station[element]!]);
      const data = adjoints.tensor(node)?.data ?? new Float64Array(0);
      const own = data.filter((__, at) => at % count === element);
      return Math.log(norm(own));
    }),
  );
}

function elementsOf(tape: Tape, station: Station): number {
  const [node] = station;
  if (node === undefined) return 0;
  if (station.length > 1) return station.some((each) => tape.isTensor(each)) ? 0 : station.length;
  return tape.isTensor(node) ? tape.shapeOf(node).at(-1)! : 1;
}
