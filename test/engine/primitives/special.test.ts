import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { remainder } from "../../../engine/primitives/arithmetic.ts";
import {
  isFinite,
  isInf,
  isNaN,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
} from "../../../engine/primitives/comparison.ts";
import { asBool, asInt32, rint } from "../../../engine/primitives/rounding.ts";
import * as special from "../../../engine/primitives/special.ts";
import type { Value } from "../../../engine/tape/tensor.ts";
import { near, vjp, type Model } from "./checkDerivatives.ts";

const { digamma, erf, erfc, erfinv, lgamma, logAddExp, polygamma, sinc, xlogy } = special;
const slope = (model: Model, ...at: number[]): number[] => vjp(model, at, 1) as number[];

/** From mpmath at forty digits. */
const known: readonly [name: string, apply: (x: number) => Value, values: readonly (readonly [number, number])[]][] = [
  [
    "erf",
    erf,
    [
      [1e-8, 1.1283791670955126e-8],
      [0.3, 0.32862675945912742],
      [0.99, 0.8385080695553698],
      [1.5, 0.96610514647531073],
      [-2.75, -0.99989937807788036],
    ],
  ],
  [
    "erfc",
    erfc,
    [
      [-1.25, 1.9229001282564582],
      [0.3, 0.67137324054087258],
      [0.5, 0.47950012218695346],
      [2.75, 0.00010062192211963684],
      [6, 2.1519736712498913e-17],
      [10, 2.0884875837625448e-45],
      [26, 5.6631924088561428e-296],
    ],
  ],
  [
    "erfinv",
    erfinv,
    [
      [1e-12, 8.86226925452758e-13],
      [0.25, 0.2253120550121781],
      [-0.7, -0.73286907795921678],
      [0.999, 2.3267537655135245],
      [1 - 2 ** -40, 5.05125408524939],
    ],
  ],
  [
    "lgamma",
    lgamma,
    [
      [1e-10, 23.025850929882735],
      [0.3, 1.0957979948180756],
      [0.9999, 5.7729791561193863e-5],
      [1.46, -0.12148500100400743],
      [2.0001, 4.2281658112919946e-5],
      [3.75, 1.4868155785934171],
      [9.5, 11.689333420797268],
      [30.25, 72.104204742008],
      [1e6, 12815504.569147612],
      [-0.25, 1.589575312551186],
      [-3.6, -1.3989454782674618],
    ],
  ],
  [
    "digamma",
    digamma,
    [
      [1e-5, -100000.57719921567],
      [0.3, -3.5025242222001331],
      [1.4616, -3.110625123034165e-5],
      [1.5, 0.036489973978576521],
      [7.25, 1.910453526883736],
      [100, 4.6001618527380874],
      [-0.25, 2.9141391202135278],
      [-3.6, 0.39267528447471197],
    ],
  ],
  [
    "polygamma of order 1",
    (x) => polygamma(1, x),
    [
      [0.01, 10001.621213528313],
      [0.3, 12.245364546107731],
      [1.5, 0.93480220054467931],
      [7.25, 0.14787923315893217],
      [100, 0.010050166663333571],
      [-0.25, 18.541879647671606],
      [-3.6, 10.668848856217378],
    ],
  ],
  [
    "polygamma of order 2",
    (x) => polygamma(2, x),
    [
      [0.01, -2000002.340398677],
      [0.3, -75.272536588726039],
      [1.5, -0.82879664423432],
      [7.25, -0.021828952295197739],
      [100, -0.00010100499983335],
      [-0.25, 122.69736678366236],
    ],
  ],
  [
    "polygamma of order 5",
    (x) => polygamma(5, x),
    [
      [0.3, 164634.84609922304],
      [1.5, 11.113548602435496],
      [30, 1.0726994936161624e-6],
      [-0.25, 492198.75334287458],
    ],
  ],
];

describe("to fourteen digits of themselves, the known values of", () => {
  for (const [name, apply, values] of known)
    test(name, () => {
      for (const [x, expected] of values) near((apply(x) as number) / expected, 1, 1e-14, `${name}(${x})`);
    });
});

test("erfinv undoes erf, and the recurrence of the gamma function holds", () => {
  fc.assert(fc.property(fc.double({ min: -3, max: 3, noNaN: true }), (x) => near(erfinv(erf(x)) as number, x, 1e-11)));
  fc.assert(
    fc.property(fc.double({ min: 0.1, max: 150, noNaN: true }), (x) => {
      near(lgamma(x + 1) as number, (lgamma(x) as number) + Math.log(x), 1e-13);
      near(digamma(x + 1) as number, (digamma(x) as number) + 1 / x, 1e-13);
    }),
  );
});

test("at the ends of their domains they are infinite, and beyond them NaN", () => {
  assert.deepEqual([erfinv(1), erfinv(-1), erfinv(1.1)], [Infinity, -Infinity, NaN]);
  assert.deepEqual([erfc(Infinity), erfc(-Infinity), erfc(40), erf(Infinity)], [0, 2, 0, 1]);
  assert.deepEqual(
    [lgamma(0), lgamma(-3), lgamma(Infinity), lgamma(-Infinity)],
    [Infinity, Infinity, Infinity, Infinity],
  );
  assert.deepEqual([digamma(0), digamma(-0), digamma(-3), digamma(Infinity)], [-Infinity, Infinity, NaN, Infinity]);
  assert.deepEqual(
    [polygamma(1, 0), polygamma(1, -2), polygamma(2, -2), polygamma(1.5, 1)],
    [Infinity, Infinity, NaN, NaN],
  );
  for (const f of [erf, erfc, erfinv, lgamma, digamma]) assert.ok(Number.isNaN(f(NaN)));
  assert.equal(slope(erfinv, 1)[0], Infinity);
});

test("sinc is 1 at 0, 0 at whole numbers, and smooth at 0 to any order", () => {
  assert.deepEqual(
    [sinc(0, 0), sinc(1, 0), sinc(-7, 0)].map((x) => Math.abs(x as number)),
    [1, 0, 0],
  );
  near(sinc(0, 2) as number, -(Math.PI ** 2) / 3, 1e-15);
  near(sinc(0, 4) as number, Math.PI ** 4 / 5, 1e-14);
  assert.equal(slope((x) => sinc(x, 0), 0)[0], 0);
});

test("x ln y is 0 where x is 0, and so are its slopes where both are", () => {
  assert.equal(xlogy(0, 0), 0);
  assert.ok(Number.isNaN(xlogy(0, NaN)));
  assert.deepEqual(slope(xlogy, 0, 0), [0, 0]);
  assert.deepEqual(slope(xlogy, 0, Math.E), [1, 0]);
});

test("ln(eᵃ + eᵇ) neither overflows nor takes differences of infinities", () => {
  assert.equal(logAddExp(1000, 1000), 1000 + Math.LN2);
  assert.equal(logAddExp(-Infinity, -Infinity), -Infinity);
  assert.equal(logAddExp(Infinity, -Infinity), Infinity);
  assert.deepEqual(slope(logAddExp, 3, 3), [0.5, 0.5]);
  assert.deepEqual(slope(logAddExp, -Infinity, 2), [0, 1]);
  assert.deepEqual(slope(logAddExp, -Infinity, -Infinity), [0.5, 0.5]);
});

test("rint takes halves to the even number", () => {
  const values = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 2.4, -2.6, 0.49999999999999994, 1e300];
  assert.deepEqual(
    values.map((x) => rint(x)),
    [0, 2, 2, -0, -2, -2, 2, -3, 0, 1e300],
  );
});

test("remainder has the sign of the divisor and the slopes of the piece it is on", () => {
  assert.deepEqual([remainder(7.5, 2), remainder(-7.5, 2), remainder(7.5, -2), remainder(4, 2)], [1.5, 0.5, -0.5, 0]);
  assert.deepEqual(slope(remainder, -7.5, 2), [1, 4]);
  // The quotient 3 is lost in floor(0.3/0.1) = 2.
  assert.deepEqual(slope(remainder, 0.3, 0.1), [1, -2]);
});

test("casts round or refuse", () => {
  assert.deepEqual([asInt32(2.9), asInt32(-2.9), asInt32(2 ** 31 - 1)], [2, -2, 2 ** 31 - 1]);
  for (const x of [2 ** 31, NaN, -Infinity]) assert.throws(() => asInt32(x), /^RangeError: asInt32 of .*int32 holds/);
  assert.deepEqual([asBool(0), asBool(-0), asBool(0.1), asBool(NaN)], [0, 0, 1, 1]);
});

test("what is not 0 is true", () => {
  const truths = [0, 2, NaN];
  const table = (f: (a: number, b: number) => Value): Value[][] => truths.map((a) => truths.map((b) => f(a, b)));
  assert.deepEqual(table(logicalAnd), [
    [0, 0, 0],
    [0, 1, 1],
    [0, 1, 1],
  ]);
  assert.deepEqual(table(logicalOr), [
    [0, 1, 1],
    [1, 1, 1],
    [1, 1, 1],
  ]);
  assert.deepEqual(table(logicalXor), [
    [0, 1, 1],
    [1, 0, 0],
    [1, 0, 0],
  ]);
  assert.deepEqual(
    truths.map((x) => logicalNot(x)),
    [1, 0, 0],
  );
  const kinds = [1, NaN, Infinity, -Infinity];
  assert.deepEqual(
    kinds.map((x) => [isNaN(x), isFinite(x), isInf(x)]),
    [
      [0, 1, 0],
      [1, 0, 0],
      [0, 0, 1],
      [0, 0, 1],
    ],
  );
});
