import { boundsOf, linearLayer, rectifiedLayer, sumOf, type Distribution } from "./logChiSquare.ts";

/** What random initial weights do to the adjoint of a healthy network, to ln ‖δ_first‖/‖δ_last‖. */
export interface Chance {
  readonly mean: number;
  readonly deviation: number;
  /** Below and above is what chance does not explain. */
  readonly low: number;
  readonly high: number;
}

/** Beyond so many standard deviations of a normal number it is not chance: 1 healthy network in 370. */
export const chanceLimit = 3;

/** See below: of a batch of 16. */
const standardisedRate = Math.log(4 / 3);
/** ½ ln 2, see below. */
const smoothRate = Math.LN2 / 2;

/**
 * For a layer of `n` inputs with independent normal weights of critical variance, ‖Wᵀδ‖² is a χ² of n degrees; behind a
 * ReLU it is one of as many degrees as units are on, half of them (Hanin and Rolnick, How to Start Training, 2018; Hanin,
 * Which Neural Net Architectures Give Rise to Exploding and Vanishing Gradients, 2018). Layers are independent, so their
 * logarithms add up; of what comes of that, the bounds are quantiles. Of wide layers they are those of a normal number: for
 * L layers of width n mean −L/2n and variance L/2n, with ReLUs −5L/4n and 5L/4n. Of narrow ones they reach much further down.
 *
 * A net of tanhs of gain 1 is critical too, but its squared signals fade as 1/2l with the depth l, which makes the adjoint's
 * norm fade as 1/√L (Schoenholz et al., Deep Information Propagation, 2017). Twice that, ln L, is taken from the mean: it
 * covers the first layers, whose signals are larger than that.
 *
 * Weights of variance 2/n are right for a mean squared slope of ½, as that of relu. Of gelu, silu, elu and their like it
 * goes from ¼ (gelu and silu about 0) to 1 (elu there), as signals shrink or grow from layer to layer, which takes or
 * gives √½ to √2 a layer. People use those weights all the same, so the limits are wider by as much.
 *
 * Layers that are standardised over a batch let the adjoint grow by √(π/(π − 1)) = 1.21 each behind a relu, by more in small
 * batches, whatever their weights (Yang et al., A Mean Field Theory of Batch Normalization, 2019).
 *
 * @param lost at the edges of what is convolved, in nats: see `LevelWeights.edges`
 */
export function chance(
  widths: readonly number[],
  kind: "linear" | "rectified" | "smooth" | "tanh",
  { lost = 0, standardised = false }: { readonly lost?: number; readonly standardised?: boolean } = {},
): Chance {
  const times = new Map<number, number>();
  for (const n of widths) if (n > 0) times.set(n, (times.get(n) ?? 0) + 1);
  const layer = kind === "rectified" || kind === "smooth" ? rectifiedLayer : linearLayer;
  const parts = [...times].map(([n, count]): { times: number; of: Distribution } => ({ times: count, of: layer(n) }));
  if (parts.length === 0) return { mean: 0, deviation: 0, low: lost, high: 0 };
  const distribution = sumOf(parts);
  const { first, second } = distribution.at(0);
  const { low, high } = boundsOf(distribution, chanceLimit);
  const layers = parts.reduce((sum, part) => sum + part.times, 0);
  const further = kind === "smooth" ? smoothRate * layers : 0;
  const fading = kind === "tanh" ? Math.log(widths.length) : 0;
  return {
    mean: first - fading,
    deviation: Math.sqrt(second),
    low: low - fading - further + lost,
    high: high - fading + further + (standardised ? standardisedRate * layers : 0),
  };
}
