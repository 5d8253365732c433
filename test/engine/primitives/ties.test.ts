import assert from "node:assert/strict";
import { test } from "node:test";
import * as activation from "../../../engine/primitives/activation.ts";
import { mod, mul, pow } from "../../../engine/primitives/arithmetic.ts";
import { greater } from "../../../engine/primitives/comparison.ts";
import { reduceMax, reduceMin } from "../../../engine/primitives/extremes.ts";
import { logSumExp } from "../../../engine/primitives/normalization.ts";
import { norm, prod } from "../../../engine/primitives/reduction.ts";
import type { Primal } from "../../../engine/primitives/rule.ts";
import { abs, clip, max, min, where } from "../../../engine/primitives/selection.ts";
import { atan2, cbrt, hypot, sqrt, tanh } from "../../../engine/primitives/transcendental.ts";
import type { Tensor } from "../../../engine/tape/tensor.ts";
import { near, second, tensorOf, vjp, type Model } from "./checkDerivatives.ts";

const gradient = (model: Model, ...at: Primal[]): number[] =>
  vjp(model, at, 1).flatMap((adjoint) => (typeof adjoint === "number" ? adjoint : [...adjoint.data]));

test("of equal values the first takes the whole adjoint", () => {
  assert.deepEqual(gradient(max, 2, 2), [1, 0]);
  assert.deepEqual(gradient(min, 2, 2), [1, 0]);
  assert.deepEqual(gradient(max, 1, 3, 3, 3), [0, 1, 0, 0]);
  assert.deepEqual(
    gradient((x) => reduceMax(x), tensorOf([3], 1, 3, 3)),
    [0, 1, 0],
  );
  assert.deepEqual(
    gradient((x) => reduceMin(x), tensorOf([4], 2, 1, 1, 1)),
    [0, 1, 0, 0],
  );
  assert.deepEqual(
    gradient((x) => max(x, x), 5),
    [1],
  );
});

test("a NaN wins and takes the adjoint", () => {
  assert.deepEqual(gradient(max, NaN, 2), [1, 0]);
  assert.deepEqual(gradient(max, 2, NaN), [0, 1]);
  assert.deepEqual(gradient(max, 1, 2, NaN), [0, 0, 1]);
});

test("at their kinks abs and relu have derivative 0, leaky ones their slope", () => {
  assert.equal(gradient(abs, 0)[0], 0);
  assert.equal(gradient(activation.relu, 0)[0], 0);
  assert.equal(gradient((x) => activation.leakyRelu(x, 0.01), 0)[0], 0.01);
  assert.equal(gradient((x) => activation.elu(x, 1.5), 0)[0], 1.5);
});

test("clip passes the adjoint to x on its closed interval, to the bound outside", () => {
  assert.deepEqual(gradient(clip, 1, 1, 3), [1, 0, 0]);
  assert.deepEqual(gradient(clip, 3, 1, 3), [1, 0, 0]);
  assert.deepEqual(gradient(clip, 0, 1, 3), [0, 1, 0]);
  assert.deepEqual(gradient(clip, 4, 1, 3), [0, 0, 1]);
});

test("powers at 0: x⁰ is constant, xᵖ follows p·xᵖ⁻¹, the exponent's derivative is 0", () => {
  assert.deepEqual(gradient(pow, 0, 0), [0, 0]);
  assert.deepEqual(gradient(pow, 0, 1), [1, 0]);
  assert.deepEqual(gradient(pow, 0, 2), [0, 0]);
  assert.deepEqual(gradient(pow, 0, 0.5), [Infinity, 0]);
  assert.deepEqual(
    second((x) => pow(x, 2), [0], 1, [1]),
    [2],
  );
  assert.deepEqual(
    second((x) => pow(x, 1), [0], 1, [1]),
    [0],
  );
  assert.deepEqual(
    second((x) => pow(x, 0), [0], 1, [1]),
    [0],
  );
});

test("a negative base has a derivative, and none with respect to its exponent", () => {
  const [base, exponent] = gradient(pow, -2, 3);
  assert.equal(base, 12);
  assert.ok(Number.isNaN(exponent));
  assert.deepEqual(
    gradient((x) => pow(x, 3), -2),
    [12],
  );
});

test("roots have an infinite derivative at 0, distances a gradient of 0", () => {
  assert.equal(gradient(sqrt, 0)[0], Infinity);
  assert.equal(gradient(cbrt, 0)[0], Infinity);
  assert.deepEqual(gradient(hypot, 0, 0), [0, 0]);
  assert.deepEqual(gradient(hypot, 0, 0, 0), [0, 0, 0]);
  assert.deepEqual(
    gradient((x) => norm(x), tensorOf([2], 0, 0)),
    [0, 0],
  );
  assert.ok(gradient(atan2, 0, 0).every(Number.isNaN));
});

test("the naive distance is NaN at the origin", () => {
  const distance: Model = (x, y) => sqrt(where(1, mul(x, x), mul(y, y)));
  assert.ok(Number.isNaN(gradient(distance, 0, 0)[0]));
});

test("a branch not taken turns 0 into NaN where its derivative is infinite, and not once its argument is safe", () => {
  const naive: Model = (x) => where(greater(x, 0), sqrt(x), 0);
  const safe: Model = (x) => where(greater(x, 0), sqrt(where(greater(x, 0), x, 1)), 0);
  assert.ok(Number.isNaN(gradient(naive, 0)[0]));
  assert.equal(gradient(safe, 0)[0], 0);
});

test("the remainder has the slopes of the piece it is on", () => {
  assert.deepEqual(gradient(mod, 7.5, 2), [1, -3]);
  assert.deepEqual(gradient(mod, -7.5, 2), [1, 3]);
});

test("products with zeros keep their gradient", () => {
  assert.deepEqual(
    gradient((x) => prod(x), tensorOf([3], 2, 0, 3)),
    [0, 6, 0],
  );
  assert.deepEqual(
    gradient((x) => prod(x), tensorOf([3], 0, 0, 3)),
    [0, 0, 0],
  );
});

test("where every logarithm is −∞ the gradient of their sum is 0", () => {
  assert.deepEqual(
    gradient((x) => logSumExp(x), tensorOf([2], -Infinity, -Infinity)),
    [0, 0],
  );
  assert.deepEqual(
    gradient((x) => logSumExp(x), tensorOf([2], -Infinity, 3)),
    [0, 1],
  );
});

test("saturated functions keep the small derivatives they have", () => {
  near(gradient(tanh, 25)[0]! / (4 * Math.exp(-50)), 1, 1e-12);
  near(gradient(activation.sigmoid, 40)[0]! / Math.exp(-40), 1, 1e-12);
  assert.equal(gradient(tanh, 1000)[0], 0);
});

test("elements with equal keys keep their places when tensors are broadcast", () => {
  const [x, y] = vjp(
    max,
    [tensorOf([2, 2], 1, 2, 3, 4), tensorOf([2], 1, 4)],
    tensorOf([2, 2], 1, 1, 1, 1),
  ) as Tensor[];
  assert.deepEqual([...x!.data], [1, 0, 1, 1]);
  assert.deepEqual([...y!.data], [0, 1]);
});
