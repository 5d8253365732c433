import assert from "node:assert/strict";
import { test } from "node:test";
import { chance } from "../../../engine/diagnose/chance.ts";
import { boundsOf, linearLayer, rectifiedLayer, sumOf } from "../../../engine/diagnose/logChiSquare.ts";

const near = (actual: number, expected: number, tolerance: number): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);

/** P(Z < −3) of a standard normal number. */
const tail = 1.3498980316300946e-3;

test("the bounds of two inputs are those of the logarithm of an exponential number", () => {
  // χ²_2/2 is exponential with mean 1: P(½ ln E < x) = 1 − exp(−e^{2x}).
  const { low, high } = boundsOf(linearLayer(2), 3);
  near(low, Math.log(-Math.log1p(-tail)) / 2, 0.03);
  near(high, Math.log(-Math.log(tail)) / 2, 0.03);
});

test("the bounds of many wide layers are those of a normal number with the moments to first order", () => {
  const { mean, deviation, low, high } = chance(new Array<number>(50).fill(200), "rectified");
  near(mean, (-5 * 50) / (4 * 200), 1e-3);
  near(deviation, Math.sqrt((5 * 50) / (4 * 200)), 1e-3);
  near(low, mean - 3 * deviation, 1e-6);
  near(high, mean + 3 * deviation, 1e-6);
});

test("the moments of one input behind a relu that is on are those of ½ ln 2χ²_1", () => {
  const { first, second } = rectifiedLayer(1).at(0);
  const euler = 0.5772156649015329;
  near(first, (Math.log(2) - euler - Math.log(2)) / 2, 1e-12);
  near(second, Math.PI ** 2 / 8, 1e-12);
});

test("the bounds of narrow layers are those that many draws give", () => {
  // Quantiles of Σ ½ ln(χ²_n/n) and Σ ½ ln(2χ²_k/n), k of n units on, over L layers.
  for (const [layer, n, layers, low, high] of [
    [linearLayer, 4, 20, -8.53, 2.27],
    [rectifiedLayer, 2, 8, -14.49, 3.44],
    [rectifiedLayer, 4, 20, -21.1, 2.3],
    [rectifiedLayer, 8, 20, -13.36, 2.3],
    [rectifiedLayer, 16, 20, -6.7, 2.2],
  ] as const) {
    const bounds = boundsOf(sumOf([{ times: layers, of: layer(n) }]), 3);
    near(bounds.low, low, 0.3);
    near(bounds.high, high, 0.15);
  }
});
