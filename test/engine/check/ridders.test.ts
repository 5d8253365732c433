import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DifferenceTableau, differentiateNumerically, roundingNoise } from "../../../engine/check/ridders.ts";

describe("extrapolated differences", () => {
  const functions: readonly [string, (x: number) => number, number, number][] = [
    ["exp at 1", Math.exp, 1, Math.E],
    ["tan at 1.2", Math.tan, 1.2, 1 + Math.tan(1.2) ** 2],
    ["1/x at 0.2", (x) => 1 / x, 0.2, -25],
    ["sin 50x at 0.3", (x) => Math.sin(50 * x), 0.3, 50 * Math.cos(15)],
    ["x⁵ at −1.7", (x) => x ** 5, -1.7, 5 * 1.7 ** 4],
    ["a large constant beside x", (x) => 1e8 + x, 3, 1],
    ["a constant", () => 4, 3, 0],
  ];
  for (const [name, f, x, derivative] of functions)
    test(`${name}: the error is within ten times its estimate`, () => {
      const estimate = differentiateNumerically(f, x, 2 ** -5);
      assert.ok(Math.abs(estimate.derivative - derivative) <= 10 * estimate.error + 1e-12 * Math.abs(derivative));
    });

  test("are right to ten digits where a function is smooth", () => {
    const { derivative, error } = differentiateNumerically(Math.exp, 1, 2 ** -3);
    assert.ok(Math.abs(derivative / Math.E - 1) < 1e-10);
    assert.ok(error < 1e-9);
  });

  test("tell that they know nothing where the function jumps at the point", () => {
    const { error } = differentiateNumerically(Math.sign, 0, 2 ** -5);
    assert.ok(error > 1);
  });

  test("extrapolate one-sided differences too", () => {
    const tableau = new DifferenceTableau(1);
    for (let h = 2 ** -5; !tableau.finished; h /= 2)
      tableau.add((Math.exp(h) - 1) / h, roundingNoise([1, Math.exp(h)], h));
    assert.ok(Math.abs(tableau.best.derivative - 1) < 1e-9);
  });
});
