import { ValueError } from "../primitives/argumentErrors.ts";
import { recording } from "../tape/recording.ts";
import { drawnTensors, Tensor as DrawnTensor, TracedNumber, type Value } from "../tape/tensor.ts";
import { constant, describe, fixed } from "./values.ts";
import type { Shape, Shaped, Tensor } from "./types.ts";
import * as arithmetic from "../primitives/arithmetic.ts";
import { native } from "../primitives/native.ts";

type One<S extends Shape | number> = S extends number ? readonly [S] : S extends Shape ? S : never;

let nextOf: (random: Random) => number;
let stateOf: (random: Random) => State;
let setState: (random: Random, state: State) => void;

interface State {
  readonly words: Uint32Array;
  readonly spare: number | undefined;
}

/** The generators that were drawn from since someone began to note it, as they were before the first draw. */
let drawnFrom: Map<Random, State> | undefined;

/**
 * Runs `body`, and gives a function that runs something again on the random numbers that `body` drew: the generators are
 * set back for it, and afterwards to where they were.
 */
export function withSameDraws<T>(body: () => T): {
  readonly result: T;
  readonly again: <U>(body: () => U) => U;
  /** Whether `body` drew any. */
  readonly drew: boolean;
} {
  const outer = drawnFrom;
  const drawn = new Map<Random, State>();
  drawnFrom = drawn;
  let result: T;
  try {
    result = body();
  } finally {
    drawnFrom = outer;
    if (outer !== undefined) for (const [random, state] of drawn) if (!outer.has(random)) outer.set(random, state);
  }
  return {
    result,
    drew: drawn.size > 0,
    again(repeated) {
      const now = [...drawn.keys()].map((random) => [random, stateOf(random)] as const);
      const outside = drawnFrom;
      drawnFrom = undefined;
      for (const [random, state] of drawn) setState(random, state);
      try {
        return repeated();
      } finally {
        drawnFrom = outside;
        for (const [random, state] of now) setState(random, state);
      }
    },
  };
}

/**
 * A stream of random numbers that is the same for the same seed, on every machine. The draws are constants; gradients flow
 * into a traced `mean`, `scale`, `low` and `high`.
 *
 * The generator is xoshiro128** (Blackman and Vigna 2018; period 2¹²⁸ − 1), its state filled from the seed by
 * splitmix32. Not for secrets.
 */
export class Random {
  static {
    nextOf = (random) => random.#unit();
    stateOf = (random) => ({ words: random.#state.slice(), spare: random.#spare });
    setState = (random, { words, spare }) => {
      random.#state.set(words);
      random.#spare = spare;
    };
  }

  readonly #state: Uint32Array;
  #spare: number | undefined;

  /** @param seed a whole number; equal seeds give equal streams. */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed)) throw new ValueError(`random: the seed is ${seed}; give a whole number`);
    // Both halves of the seed count, so that seeds beyond 2³² differ.
    let z = (seed ^ native.imul(native.floor(seed / 2 ** 32), 0x85ebca6b)) >>> 0;
    this.#state = Uint32Array.from({ length: 4 }, () => {
      z = (z + 0x9e3779b9) >>> 0;
      let mixed = native.imul(z ^ (z >>> 16), 0x21f0aaad);
      mixed = native.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
      return mixed ^ (mixed >>> 15);
    });
  }

  /** A stream of its own that does not depend on how many numbers are later drawn from this one. */
  split(): Random {
    return new Random(this.#bits() * 2 ** 20 + (this.#bits() >>> 12));
  }

  /** Numbers drawn evenly from [low, high): a tensor of `shape`, or a single number without one. */
  uniform(): number;
  uniform<const S extends Shape | number>(
    shape: S,
    options?: { readonly low?: number; readonly high?: number },
  ): Shaped<One<S>>;
  uniform(shape: Shape | number = [], options: { readonly low?: number; readonly high?: number } = {}): unknown {
    const { low = 0, high = 1 } = options;
    return moved(
      this.#filled("uniform", shape, () => this.#unit()),
      low,
      arithmetic.sub(high, low),
    );
  }

  /** Normally distributed numbers: a tensor of `shape`, or a single number without one. `scale` is the standard deviation. */
  normal(): number;
  normal<const S extends Shape | number>(
    shape: S,
    options?: { readonly mean?: number; readonly scale?: number },
  ): Shaped<One<S>>;
  normal(shape: Shape | number = [], options: { readonly mean?: number; readonly scale?: number } = {}): unknown {
    const { mean = 0, scale = 1 } = options;
    return moved(
      this.#filled("normal", shape, () => this.#standardNormal()),
      mean,
      scale,
    );
  }

  /** Waiting times of density rate·e^(−rate·x): a tensor of `shape`. Gradients flow into the rate, 1 when left out. */
  exponential<const S extends Shape | number>(shape: S, rate = 1): Shaped<One<S>> {
    const drawn = this.#filled("exponential", shape, () => -native.log1p(-this.#unit()));
    return arithmetic.div(drawn, rate) as Shaped<One<S>>;
  }

  /** Laplace's distribution: the difference of two waiting times. Gradients flow into the mean and the scale. */
  laplace<const S extends Shape | number>(
    shape: S,
    options: { readonly mean?: number; readonly scale?: number } = {},
  ): Shaped<One<S>> {
    const { mean = 0, scale = 1 } = options;
    const draw = (): number => native.log1p(-this.#unit()) - native.log1p(-this.#unit());
    return moved(this.#filled("laplace", shape, draw), mean, scale) as Shaped<One<S>>;
  }

  /** Gumbel's distribution: −ln(−ln u). Added to logits, the largest is a draw from their softmax. */
  gumbel<const S extends Shape | number>(shape: S): Shaped<One<S>> {
    const draw = (): number => -native.log(-native.log1p(-this.#unit()));
    return this.#filled("gumbel", shape, draw) as Shaped<One<S>>;
  }

  /**
   * The gamma distribution of this shape parameter, a plain positive number, by the method of Marsaglia and Tsang (2000). Gradients
   * flow into the rate, 1 when left out: one by the scale, as in `gammaLogPdf`.
   */
  gamma<const S extends Shape | number>(shape: S, alpha: number, rate = 1): Shaped<One<S>> {
    const a = positive("gamma", "the shape parameter", alpha);
    const drawn = this.#filled("gamma", shape, () => this.#standardGamma(a));
    return arithmetic.div(drawn, rate) as Shaped<One<S>>;
  }

  /** The beta distribution of two plain positive numbers. */
  beta<const S extends Shape | number>(shape: S, a: number, b: number): Shaped<One<S>> {
    const [first, second] = [positive("beta", "a", a), positive("beta", "b", b)];
    const draw = (): number => {
      // A share x/(x + y) of two gamma draws, by their logarithms, since of small parameters both underflow.
      const [x, y] = [this.#logStandardGamma(first), this.#logStandardGamma(second)];
      if (x === -Infinity && y === x) return this.#unit() * (first + second) < first ? 1 : 0;
      return 1 / (1 + native.exp(y - x));
    };
    return this.#filled("beta", shape, draw) as Shaped<One<S>>;
  }

  /** Counts of this mean, a plain number from 0 on: how many waiting times of mean 1 fit into it. */
  poisson<const S extends Shape | number>(shape: S, mean: number): Shaped<One<S>> {
    const rate = mean === 0 ? 0 : positive("poisson", "the mean", mean);
    const draw = (): number => {
      let [rest, count] = [rate, 0];
      // A gamma draw of shape m is the time of the m-th event (Ahrens and Dieter 1974): the rest is below it, or a share of it.
      while (rest > 30) {
        const m = native.floor((7 * rest) / 8);
        const time = this.#standardGamma(m);
        if (time > rest) return count + this.#binomial(m - 1, rest / time);
        count += m;
        rest -= time;
      }
      for (let time = -native.log1p(-this.#unit()); time <= rest; time -= native.log1p(-this.#unit())) count++;
      return count;
    };
    return this.#filled("poisson", shape, draw) as Shaped<One<S>>;
  }

  /** Classes 0, 1, … drawn with these probabilities, plain numbers, which need not add up to 1. */
  categorical<const S extends Shape | number>(shape: S, probabilities: readonly number[]): Shaped<One<S>> {
    const weights: readonly unknown[] = Array.isArray(probabilities) ? probabilities : [];
    let total = 0;
    const upTo = weights.map((weight) => {
      if (!(typeof weight === "number" && weight >= 0 && weight < Infinity)) return NaN;
      return (total += weight);
    });
    if (!(total > 0) || upTo.some((sum) => sum !== sum))
      throw new ValueError("random.categorical: give probabilities in an array: numbers from 0 on, not all of them 0");
    const draw = (): number => {
      const at = this.#unit() * total;
      return upTo.findIndex((sum) => at < sum);
    };
    return this.#filled("categorical", shape, draw) as Shaped<One<S>>;
  }

  /** Whole numbers drawn evenly from low, …, high − 1. */
  integers<const S extends Shape | number>(shape: S, low: number, high: number): Shaped<One<S>> {
    if (!(Number.isInteger(low) && Number.isInteger(high) && low < high))
      throw new ValueError(`random.integers: there is no whole number from ${low} up to, but not including, ${high}`);
    return this.#filled("integers", shape, () => low + native.floor((high - low) * this.#unit())) as Shaped<One<S>>;
  }

  /** 1 with this probability, else 0. */
  bernoulli<const S extends Shape | number>(shape: S, probability: number): Shaped<One<S>> {
    return this.#filled("bernoulli", shape, () => (this.#unit() < probability ? 1 : 0)) as Shaped<One<S>>;
  }

  /** The whole numbers 0, …, count − 1 in random order. */
  permutation<const N extends number>(count: N): Tensor<readonly [N]> {
    const order = constant("permutation", [count], (data) => {
      for (let i = 0; i < data.length; i++) {
        const j = native.floor(this.#unit() * (i + 1));
        data[i] = data[j]!;
        data[j] = i;
      }
    });
    return order as unknown as Tensor<readonly [N]>;
  }

  #filled(name: string, shape: Shape | number, draw: () => number): Value {
    const drawn = constant(`random.${name}`, shape, (data) => {
      for (let i = 0; i < data.length; i++) data[i] = draw();
    });
    if (recording.on && drawn instanceof DrawnTensor) drawnTensors.add(drawn);
    return drawn;
  }

  #logStandardGamma(alpha: number): number {
    // Of a smaller parameter, the draw of one more times u^(1/α).
    if (alpha < 1) return native.log(this.#standardGamma(alpha + 1)) + native.log1p(-this.#unit()) / alpha;
    return native.log(this.#standardGamma(alpha));
  }

  #standardGamma(alpha: number): number {
    if (alpha < 1) return native.exp(this.#logStandardGamma(alpha));
    const d = alpha - 1 / 3;
    const c = 1 / native.sqrt(9 * d);
    for (;;) {
      const x = this.#standardNormal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && native.log1p(-this.#unit()) < 0.5 * x * x + d * (1 - v + native.log(v))) return d * v;
    }
  }

  /** How many of n draws succeed: by the median of the draws (Relles 1972), which halves n. */
  #binomial(n: number, p: number): number {
    let [rest, share, count] = [n, p, 0];
    while (rest > 30) {
      const i = native.floor(rest / 2) + 1;
      const [x, y] = [this.#standardGamma(i), this.#standardGamma(rest + 1 - i)];
      const median = x / (x + y);
      if (median <= share) {
        count += i;
        rest -= i;
        share = (share - median) / (1 - median);
      } else {
        rest = i - 1;
        share /= median;
      }
    }
    for (let k = 0; k < rest; k++) if (this.#unit() < share) count++;
    return count;
  }

  /** The polar method of Marsaglia: two normal numbers at a time. */
  #standardNormal(): number {
    if (drawnFrom !== undefined) this.#noteDraw(drawnFrom);
    const spare = this.#spare;
    if (spare !== undefined) {
      this.#spare = undefined;
      return spare;
    }
    for (;;) {
      const x = 2 * this.#unit() - 1;
      const y = 2 * this.#unit() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const factor = native.sqrt((-2 * native.log(square)) / square);
      this.#spare = y * factor;
      return x * factor;
    }
  }

  /** 53 random bits as a number in [0, 1). */
  #unit(): number {
    return ((this.#bits() >>> 5) * 2 ** 26 + (this.#bits() >>> 6)) / 2 ** 53;
  }

  #noteDraw(drawn: Map<Random, State>): void {
    if (!drawn.has(this)) drawn.set(this, stateOf(this));
  }

  #bits(): number {
    if (drawnFrom !== undefined) this.#noteDraw(drawnFrom);
    const s = this.#state;
    const result = native.imul(rotated(native.imul(s[1]!, 5), 7), 9) >>> 0;
    const shifted = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= shifted;
    s[3] = rotated(s[3]!, 11);
    return result;
  }
}

/** Plain numbers drawn evenly from [0, 1), for what stands in for `Math.random`. */
export function uniformNumbers(seed: number): () => number {
  const random = new Random(seed);
  return () => nextOf(random);
}

/** `x` if it is a plain positive number: no gradient flows through it, and a traced one would lose it. */
function positive(name: string, what: string, x: unknown): number {
  if (typeof x === "number" && x > 0 && x < Infinity) return x;
  const given = x instanceof TracedNumber ? "a traced number, through which no gradient would flow" : describe(x);
  throw new ValueError(`random.${name}: ${what} is ${given}; give a plain positive number`);
}

/** from + scale · x: gradients flow into a traced scale and a traced place, as in reparametrised sampling. */
function moved(x: Value, from: Value, scale: Value): Value {
  return arithmetic.add(from, arithmetic.mul(scale, x));
}

function rotated(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}

/**
 * A stream of random numbers that is the same for the same seed.
 *
 * @example const rng = random(42); rng.normal([64, 32], { scale: 0.1 }); rng.uniform([3]); rng.permutation(100)
 */
export function random(seed: number): Random {
  return new Random(fixed(seed));
}
