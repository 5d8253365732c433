import { operationName } from "../primitives/names.ts";
import type { Tape } from "../tape/tape.ts";
import type { Chain } from "./chain.ts";
import { isSigmoid } from "./traits.ts";
import { multiplierOf } from "./weights.ts";

/**
 * Whether a recurrence is a filter, y ← a·y + x: one number that each step is multiplied and has something new added. A
 * moving average, a discounted sum of rewards and Horner's rule forget what came in early at the pace that a says; that
 * is what they are for. Where state and input have a weight each, h ← w·h + u·x, it is a recurrent network.
 *
 * @param steps the nodes on the way to each station but the first
 */
export function isFilter(
  tape: Tape,
  { stations }: Chain,
  steps: readonly (readonly number[])[],
  weights: Int32Array,
): boolean {
  if (stations.some((station) => station.length !== 1 || tape.isTensor(station[0]!))) return false;
  const middle = steps.length >> 1;
  const turns = [middle - 1, middle, middle + 1].map((k) => turnOf(tape, stations[k]?.[0], steps[k] ?? [], weights));
  const [a, b, c] = turns;
  if (a === undefined || b === undefined || c === undefined || b.isNetwork) return false;
  return a.added !== b.added || b.added !== c.added;
}

interface Turn {
  /** What was added, as a text. */
  readonly added: string;
  readonly isNetwork: boolean;
}

/** One step, if it is linear in the state. */
function turnOf(
  tape: Tape,
  state: number | undefined,
  nodes: readonly number[],
  weights: Int32Array,
): Turn | undefined {
  if (state === undefined) return undefined;
  const way = new Set([state, ...nodes]);
  const own = new Set<number>();
  const others = new Set<number>();
  const added: number[] = [];
  for (const node of nodes) {
    const [a, b] = [tape.input0[node]!, tape.input1[node]!];
    const primals = tape.inputPrimals(node);
    switch (operationName(tape.operation[node]!)) {
      case "neg":
      case "fround":
        break;
      case "add":
      case "sub":
        for (const [k, word] of [a, b].entries()) {
          if (way.has(word)) continue;
          added.push(primals[k] as number);
          if (word >= 0) for (const weight of weightsIn(tape, weights, word)) others.add(weight);
        }
        break;
      case "mul": {
        if (way.has(a) && way.has(b)) return undefined;
        // A gate of its own for each step.
        if ([a, b].some((factor) => factor > state && !way.has(factor) && isSigmoid(tape, factor))) return undefined;
        const multiplier = multiplierOf(tape, weights, node);
        if (multiplier >= 0) own.add(weights[multiplier]!);
        break;
      }
      case "div":
        if (way.has(b)) return undefined;
        break;
      default:
        return undefined;
    }
  }
  const isNetwork = own.size > 0 && [...others].some((weight) => !own.has(weight));
  return { added: added.join(" "), isNetwork };
}

/** The weights that the terms of a sum are products with. */
function weightsIn(tape: Tape, weights: Int32Array, sum: number): number[] {
  const name = operationName(tape.operation[sum]!);
  if (name === "add" || name === "sub") return tape.inputsOf(sum).flatMap((term) => weightsIn(tape, weights, term));
  if (name !== "mul" && name !== "matmul") return [];
  return tape.inputsOf(sum).flatMap((factor) => (weights[factor]! >= 0 ? [weights[factor]!] : []));
}
