import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { random } from "../../../engine/library/index.ts";
import { gammainc } from "../../../engine/primitives/incompleteGamma.ts";
import { betainc } from "../../../engine/primitives/incompleteBeta.ts";
import { mul } from "../../../engine/primitives/arithmetic.ts";
import { near, vjp } from "../primitives/checkDerivatives.ts";
import { plain } from "./calls.ts";

const count = 4000;
const rng = random(12);

/** The largest distance of the share of draws below x from the distribution function: Kolmogorov and Smirnov. */
function distance(draws: readonly number[], distribution: (x: number) => number): number {
  const sorted = [...draws].sort((a, b) => a - b);
  return Math.max(...sorted.map((x, k) => Math.abs(distribution(x) - (k + 0.5) / sorted.length)));
}

describe("draws have their distribution:", () => {
  // The seed is fixed, and so are the distances; by chance one in ten thousand is beyond 2.2/√n.
  const bound = 2.2 / Math.sqrt(count);
  const cases: Readonly<Record<string, readonly [unknown, (x: number) => number]>> = {
    exponential: [rng.exponential(count, 2), (x) => 1 - Math.exp(-2 * x)],
    laplace: [
      rng.laplace(count, { mean: 1, scale: 2 }),
      (x) => (x < 1 ? Math.exp((x - 1) / 2) / 2 : 1 - Math.exp((1 - x) / 2) / 2),
    ],
    gumbel: [rng.gumbel(count), (x) => Math.exp(-Math.exp(-x))],
    "gamma of 2.5": [rng.gamma(count, 2.5, 3), (x) => gammainc(2.5, 3 * x)],
    "gamma of 0.3": [rng.gamma(count, 0.3), (x) => gammainc(0.3, x)],
    beta: [rng.beta(count, 0.7, 2), (x) => betainc(0.7, 2, x)],
  };
  for (const [name, [draws, distribution]] of Object.entries(cases))
    test(name, () => assert.ok(distance(plain(draws), distribution) < bound, name));
});

test("beta draws of tiny parameters are 0 or 1 in their proportion", () => {
  for (const scale of [1e-3, 1e-300, 1e-320]) {
    const draws = plain(rng.beta(count, scale, 3 * scale));
    assert.ok(draws.every((x) => x >= 0 && x <= 1));
    near(draws.filter((x) => x > 0.5).length / count, 0.25, 0.04);
  }
});

test("counts have their probabilities", () => {
  for (const mean of [0.5, 20, 400]) {
    const draws = plain(rng.poisson(count, mean));
    const [average, spread] = [
      draws.reduce((a, b) => a + b) / count,
      draws.reduce((a, b) => a + (b - mean) ** 2, 0) / count,
    ];
    near(average / mean, 1, 5 / Math.sqrt(count * mean));
    near(spread / mean, 1, 0.15);
    assert.ok(draws.every((k) => Number.isInteger(k) && k >= 0));
  }
  assert.deepEqual(plain(rng.poisson(3, 0)), [0, 0, 0]);
  const classes = plain(rng.categorical(count, [1, 0, 3]));
  near(classes.filter((k) => k === 0).length / count, 0.25, 0.04);
  assert.ok(!classes.includes(1));
});

test("the same seed gives the same draws, and a gradient flows where it is told to", () => {
  const all = (): number[][] => {
    const r = random(3);
    return [r.exponential(2), r.gamma(2, 1.5), r.beta(2, 1, 2), r.poisson(2, 50), r.categorical(2, [1, 2])].map(plain);
  };
  assert.deepEqual(all(), all());
  const [slope] = vjp((rate) => mul(1, random(3).exponential([], rate as never)), [2], 1);
  near(slope as number, -random(3).exponential([], 2) / 2, 1e-14);
});

test("parameters that make no sense, and traced ones that would lose their gradient, are refused", () => {
  assert.throws(() => rng.gamma(2, -1), {
    message: "random.gamma: the shape parameter is -1; give a plain positive number",
  });
  assert.throws(
    () => vjp((a) => random(1).gamma(2, a as never), [2], 1),
    /^RangeError: random\.gamma: .* a traced number/,
  );
  assert.throws(() => rng.categorical(2, [0, 0]), /^RangeError: random\.categorical: give probabilities/);
});
