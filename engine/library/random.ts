import { ValueError } from "../primitives/argumentErrors.ts";
import { recording } from "../tape/recording.ts";
import { drawnTensors, Tensor as DrawnTensor, type Value } from "../tape/tensor.ts";
import { constant, fixed } from "./values.ts";
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
