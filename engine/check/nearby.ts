import { reverse } from "../differentiate/reverse.ts";
import { heldValues } from "../primitives/held.ts";
import { Tensor } from "../tape/tensor.ts";
import type { Adjoints } from "../differentiate/reverse.ts";
import { findCulprits, type Places } from "./culprits.ts";
import { randomDirection, sizeOfPrimal } from "./elements.ts";
import { from, settled, type Evaluate, type Evaluation, type Move } from "./evaluation.ts";
import type { Culprit, NearbyCheck } from "./report.ts";
import { generator, unlike } from "./survey.ts";
import { Ballot } from "./votes.ts";

/** Points besides the function's own, and how far away, as a share of the size of each input. */
const distances = [0.02, 0.1];
const culpritMs = 2000;

export interface Nearby {
  readonly points: readonly NearbyCheck[];
  readonly culprits: readonly Culprit[];
}

/**
 * The gradient at points drawn by chance near the function's own, each along one direction: a rule may be right at the one
 * point only. Inputs that the result does not hang on stay where they are; points without a value tell nothing.
 */
export async function checkNearby(
  evaluate: Evaluate,
  at: Evaluation,
  adjoints: Adjoints,
  places: Places,
  end: number,
): Promise<Nearby> {
  const points: NearbyCheck[] = [];
  const random = generator(42);
  for (const distance of distances) {
    if (performance.now() > end) break;
    const there = from(evaluate, moved(at, adjoints, distance, random));
    heldValues.keep();
    const base = await there();
    if (base === undefined || base.output < 0 || !Number.isFinite(base.value)) continue;
    const local = reverse(base.tape, base.output);
    const along = randomDirection(base, local, () => unlike(random));
    if (along === undefined || !Number.isFinite(along.reverse)) continue;
    const again: Evaluate = (move) => {
      heldValues.repeat();
      return there(move);
    };
    const ballot = new Ballot(again, base, local, places.placeOf);
    const votes = await ballot.votes(along.direction, along.reverse);
    points.push({ ...votes, distance, value: base.value });
    if (votes.verdict !== "wrong") continue;
    heldValues.release();
    return { points, culprits: await findCulprits(base, local, places, "all", culpritMs) };
  }
  return { points, culprits: [] };
}

function moved({ tape, output }: Evaluation, adjoints: Adjoints, distance: number, random: () => number): Move {
  return settled((input, primal) => {
    const node = tape.inputs[input];
    if (node === undefined || node > output || !adjoints.reached(node)) return primal;
    const size = sizeOfPrimal(primal);
    const move = (x: number): number => x + distance * size * (2 * random() - 1);
    return typeof primal === "number" ? move(primal) : new Tensor(primal.shape, primal.data.map(move));
  });
}
