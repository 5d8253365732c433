import type { Factor } from "./chain.ts";
import { chanceLimit } from "./chance.ts";
import { isPassing } from "./levels.ts";
import { boundsOf, linearLayer, sumOf } from "./logChiSquare.ts";
import { operationOf, type Subject } from "./subject.ts";
import type { Traits } from "./traits.ts";
import { decades } from "./verdict.ts";
import type { Gain } from "./weights.ts";

const products: ReadonlySet<string> = new Set(["mul", "matmul", "conv", "convTranspose"]);

/** ½ ln 2: what a smooth rectifier may take or give more than relu. */
const smoothRate = Math.LN2 / 2;

/**
 * In a narrow network chance does much to one cotangent: which units are on, and how it lies to the weights. Whether the
 * network is amiss all the same is told by what does not depend on that: by how much its weights stretch a cotangent of
 * random direction, ‖W‖/√n or half of that squared behind a relu, whose logarithm varies far less (as ½ ln χ² of n² degrees
 * instead of n), and by how much its saturating units take, which is no matter of chance at all. Both added up, and beyond
 * the bounds for the one and a decade for both: −1 where the adjoint vanishes, 1 where it explodes, 0 where nothing is told.
 */
export function systematicOf(
  subject: Subject,
  gains: readonly (Gain | undefined)[],
  traits: Traits,
  factors: readonly Factor[],
): number {
  if (gains.length === 0 || gains.some((gain) => gain === undefined)) return 0;
  const layers = gains as readonly Gain[];
  const halved = traits.rectified ? (Math.LN2 / 2) * layers.length : 0;
  const stretched = layers.reduce((sum, { nats }) => sum + nats, 0) - halved;
  const fading = traits.tanh ? Math.log(layers.length + 1) : 0;
  const taken = !traits.saturating ? 0 : takenByUnits(subject, factors) + fading;
  const total = stretched + Math.min(0, taken);
  const limit = Math.LN10 * decades.layers;
  if (!(Math.abs(total) >= limit)) return 0;
  if (total < 0 && taken <= -limit) return -1;
  const further = traits.smooth ? smoothRate * layers.length : 0;
  const drawn = layers.filter(({ alike }) => !alike);
  const { low, high } =
    drawn.length === 0
      ? { low: 0, high: 0 }
      : boundsOf(sumOf(drawn.map(({ weights }) => ({ times: 1, of: linearLayer(weights) }))), chanceLimit);
  return total < low - further ? -1 : total > high + further ? 1 : 0;
}

function takenByUnits(subject: Subject, factors: readonly Factor[]): number {
  const { operation } = subject.tape;
  return factors
    .filter(({ node }) => !isPassing(operation[node]!) && !products.has(operationOf(subject, node)))
    .reduce((sum, { nats }) => sum + nats, 0);
}
