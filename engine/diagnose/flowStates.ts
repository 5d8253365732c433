import type { Adjoints } from "../differentiate/reverse.ts";
import { dataOf } from "../primitives/rule.ts";
import { operationName } from "../primitives/names.ts";
import { constantOperation, inputOperation, type Tape } from "../tape/tape.ts";
import { logNorm, type Chain, type Station } from "./chain.ts";
import { isPassing } from "./levels.ts";
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
  const states = stations.map((station) => stateOf(tape, station));
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

/** The elements of all values of a station, one after another. */
function stateOf(tape: Tape, station: Station): number[] {
  return station.flatMap((node) => [...dataOf(tape.primalOf(node))]);
}

/** Of its steps forward, as ln of the norm. */
const sharedShare = 0.8;

/**
 * Whether the state of a recurrence grows as its adjoint does on the way back, and steadily: an epidemic or savings, whose
 * end depends so much on the beginning because there is so much more of it. A time step that is too long makes states grow
 * as well, but to and fro.
 *
 * @param total ln of the adjoint's growth
 */
export function growsWithState(tape: Tape, { stations }: Chain, total: number): boolean {
  if (!(total > 0)) return false;
  const sizes = stations.map((station) => norm(stateOf(tape, station)));
  const first = sizes.find((size) => size > 0);
  if (first === undefined || !(Math.log(sizes.at(-1)!) - Math.log(first) >= sharedShare * total)) return false;
  let [turned, kept] = [0, 0];
  // Three states at a time: all of them may be more than memory holds.
  let a: readonly number[] = [];
  let b: readonly number[] = [];
  for (const station of stations) {
    const c = stateOf(tape, station);
    if (a.length === b.length && b.length === c.length)
      for (let at = 0; at < c.length; at++) {
        const turn = (c[at]! - b[at]!) * (b[at]! - a[at]!);
        if (turn < 0) turned++;
        else if (turn > 0) kept++;
      }
    [a, b] = [b, c];
  }
  return turned * 2 < kept;
}

/** Sums and products of the last state are followed so far. */
const furthest = 64;

/**
 * Whether a state that shrinks or grows as its adjoint does ends in a logarithm, as a likelihood does that is a product of
 * probabilities: what its elements add to the result, and to the gradient, is the same at every step.
 *
 * @param total ln of the adjoint's growth on its way back
 */
export function isRelative(tape: Tape, { stations, last }: Chain, total: number): boolean {
  const [first, end] = [stations.find((station) => station.length > 0) ?? [], stations.at(-1)!];
  const sizeOf = (station: Station): number => norm(stateOf(tape, station));
  const growth = Math.log(sizeOf(end)) - Math.log(sizeOf(first));
  if (!(growth / total >= sharedShare)) return false;
  const made = new Set(end);
  for (let node = last + 1; node < Math.min(tape.length, last + furthest); node++) {
    if (!tape.inputsOf(node).some((input) => made.has(input))) continue;
    const operation = operationName(tape.operation[node]!);
    if (operation === "log") return true;
    if (isPassing(tape.operation[node]!) || operation === "mul") made.add(node);
  }
  return false;
}

/** Whether steps multiply with what is computed, as 1 + rate, not with a number of the program. */
export function hasComputedFactor(tape: Tape, steps: readonly (readonly number[])[]): boolean {
  const middle = steps[steps.length >> 1] ?? [];
  const isComputed = (node: number): boolean =>
    tape.operation[node] !== inputOperation && tape.operation[node] !== constantOperation;
  return middle.some((node) => {
    const factors = operationName(tape.operation[node]!) === "mul" ? tape.inputsOf(node) : [];
    return factors.length === 2 && factors.every(isComputed);
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
