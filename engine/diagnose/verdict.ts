import type { Chance } from "./chance.ts";

/** Which way the adjoint goes from the last station to the first, if it goes out of bounds. */
export type Direction = "vanishing" | "exploding";

/**
 * A factor that the steps to come cannot make good, in decades. Layers with weights of their own are judged at one
 * decade beyond chance: with one learning rate for all, the first layers then learn ten times slower or faster than the
 * last. Steps without weights, or with the same weights over and over, at three: SGD's useful learning rates span about
 * three decades (Bengio 2012, Practical Recommendations, §3.1.1). Steps with an identity path, x + f(x), at six: such
 * nets grow by √2 a block and more as they are initialised, and learn (Zhang et al. 2019, Fixup), and a simulation's
 * state fades at the pace of what is simulated; but sums of what differs by more no float32 can hold.
 */
export const decades = { layers: 1, steps: 3, identity: 6 } as const;

/**
 * A cell of gain 1 takes a half a step where its tanhs are in use, and is as good at short sequences as its kind can be:
 * what comes from further back is lost where it is below what float32 keeps of what comes from nearby.
 */
const cell = { rate: Math.log(0.4), decades: 5 } as const;
/** Growth that the state shares, of epidemics and savings, is what is computed: see `growsWithState`. */
const sharedGrowth = 8;

function limitOf({ kind, identity, cell: isCell, shared, element }: Circumstances, rate: number): number {
  if (rate > 0 && shared) return sharedGrowth;
  if (isCell && rate < 0 && (rate > cell.rate || element)) return cell.decades;
  return decades[identity ? "identity" : kind];
}

/**
 * A forget gate is made to forget: σ(1) = 0.73 a step, with the bias 1 that Gers et al. (2000) and Jozefowicz et al.
 * (2015) recommend, is what it is meant to do, σ(0) = 0.5 is not.
 */
const gatedRate = Math.log(0.65);

/** Each half of the way has to do at least this share of the whole: what happens in one place is no compound effect. */
const halfShare = 0.2;

export interface Circumstances {
  readonly kind: "layers" | "steps";
  readonly identity: boolean;
  /** A product with a sigmoid lies on the way: a gate. */
  readonly gated: boolean;
  /** A recurrent network without gates, and without a path around its units. */
  readonly cell: boolean;
  /** The state itself grows as the adjoint does, by what is added to it or by a factor that has been computed. */
  readonly shared: boolean;
  /** One element of the state is followed, not all of it. */
  readonly element: boolean;
  /** Steps that one turn of a recurrence makes: see `LevelWeights.period`. */
  readonly period: number;
  /** A rectifier lies on the way. */
  readonly rectified: boolean;
  /** Layers are standardised: what size their weights have makes no difference. */
  readonly standardised: boolean;
  readonly chance: Chance | undefined;
}

/**
 * Judges ln-norms of adjoints at the stations of a chain, from the input's end to the result's. Vanishing or exploding is
 * a rate per step, the same all along (exponential), that adds up to much: power laws, as of tanh nets of gain 1, and
 * single places fail the comparison of the median step and of the two halves with the whole. The norms' differences do
 * not change when the loss is multiplied by a number, so nor does the verdict.
 *
 * @param systematic the sign of what is beyond chance although the total is not: see `systematicOf`
 */
export function judge(
  logNorms: readonly number[],
  circumstances: Circumstances,
  systematic: () => number = () => 0,
): Direction | undefined {
  const steps = stepsOf(logNorms);
  if (steps.length === 0) return undefined;
  const total = steps.reduce((sum, step) => sum + step, 0);
  const { gated, chance } = circumstances;
  const limit = Math.LN10 * limitOf(circumstances, total / steps.length);
  if (!(Math.abs(total) >= limit)) return undefined;
  const explained = chance !== undefined && total >= chance.low && total <= chance.high;
  if (explained && !(Math.sign(systematic()) === Math.sign(total))) return undefined;
  const middle = steps.length >> 1;
  const first = steps.slice(0, middle).reduce((sum, step) => sum + step, 0);
  if (Math.min(first / total, 1 - first / total) < halfShare) return undefined;
  const rate = median(steps);
  if (Math.sign(rate) !== Math.sign(total) || Math.abs(rate) * steps.length < limit / 2) return undefined;
  if (total > 0) return "exploding";
  const perTurn = Math.max(rate, total / steps.length) * circumstances.period;
  return gated && perTurn > gatedRate ? undefined : "vanishing";
}

/**
 * Whether random cotangents go the same way, beyond what chance does to them, or as far as layers are judged by where it is
 * systematic: `total` is their ln-ratio, in the mean.
 */
export function confirms(
  direction: Direction,
  total: number,
  { low, high }: Chance,
  systematic: () => number = () => 0,
): boolean {
  const sign = direction === "exploding" ? 1 : -1;
  if (direction === "exploding" ? total > high : total < low) return true;
  return sign * total >= Math.LN10 * decades.layers && systematic() === sign;
}

/** From each station to the one before: negative where the adjoint shrinks on its way back. */
export function stepsOf(logNorms: readonly number[]): number[] {
  return logNorms.slice(1).map((above, k) => logNorms[k]! - above);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The stations from the result's end on whose adjoints are neither zero nor infinite. */
export function finiteFrom(logNorms: readonly number[]): number {
  let from = logNorms.length;
  while (from > 0 && Number.isFinite(logNorms[from - 1])) from--;
  return from;
}
