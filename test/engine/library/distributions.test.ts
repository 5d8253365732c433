import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { betaLogPdf, gammaLogPdf, poissonLogPmf } from "../../../engine/library/index.ts";
import { UnsolvableError, type Tensor } from "../../../engine/library/index.ts";
import type { Primal } from "../../../engine/primitives/rule.ts";
import type { Value } from "../../../engine/tape/tensor.ts";
import { checkDerivatives, near, tensorOf, vjp } from "../primitives/checkDerivatives.ts";
import { f, plain } from "./calls.ts";

type Name = keyof typeof known;
const call = (name: Name, ...at: readonly unknown[]): number => f[name](...at);

/** From scipy.stats. */
const known = {
  normalLogPdf: [
    [[0.3, 0, 1], -0.9639385332046727],
    [[-40.0, 1.5, 0.2], -21527.43450062077],
  ],
  laplaceLogPdf: [
    [[0.3, 0, 1], -0.9931471805599453],
    [[-4.0, 1.5, 0.2], -26.583709268125844],
  ],
  cauchyLogPdf: [
    [[0.3, 0, 1], -1.2309075820904525],
    [[-4.0, 1.5, 0.2], -6.164985423322647],
  ],
  logisticLogPdf: [
    [[0.3, 0, 1], -1.408710488937054],
    [[-400.0, 1.5, 0.2], -2005.890562087566],
  ],
  gumbelLogPdf: [
    [[0.3, 0, 1], -1.0408182206817178],
    [[4.0, 1.5, 0.2], -10.890565814219073],
  ],
  studentTLogPdf: [
    [[0.3, 2.5, 0, 1], -1.07853209517571],
    [[-4.0, 100000000.0, 1.5, 0.7], -31.429601311287687],
  ],
  vonMisesLogPdf: [
    [[0.3, 2.5, 0], -0.6403745147913584],
    [[2.0, 500.0, 1.5], -59.020603789329684],
  ],
  uniformLogPdf: [
    [[0.3, -1.0, 3.0], -1.3862943611198906],
    [[3.5, -1.0, 3.0], -Infinity],
  ],
  exponentialLogPdf: [
    [[0.3, 2.5], 0.1662907318741551],
    [[-0.1, 2.5], -Infinity],
    [[0.0, 2.0], 0.6931471805599453],
  ],
  gammaLogPdf: [
    [[0.3, 2.5, 1.5], -1.5269793066914121],
    [[0.0, 1.0, 2.0], 0.6931471805599453],
    [[-1.0, 2.0, 1.0], -Infinity],
  ],
  inverseGammaLogPdf: [
    [[0.3, 2.5, 1.5], -0.057115285061730914],
    [[-1.0, 2.0, 1.0], -Infinity],
  ],
  chiSquaredLogPdf: [
    [[0.3, 2.5], -1.2191553403596025],
    [[7.0, 3.0], -3.4459834586770155],
  ],
  logNormalLogPdf: [
    [[0.3, 0.5, 1.5], -0.7656582409607664],
    [[-1.0, 0.0, 1.0], -Infinity],
  ],
  halfNormalLogPdf: [
    [[0.3, 1.5], -0.6512564607528918],
    [[-1.0, 1.0], -Infinity],
  ],
  weibullLogPdf: [
    [[0.3, 2.5, 1.5], -1.9212197887051583],
    [[0.7, 0.5, 2.0], -1.4529912771805131],
  ],
  paretoLogPdf: [
    [[3.0, 2.5, 1.5], -1.915189508193818],
    [[0.7, 0.5, 2.0], -Infinity],
  ],
  betaLogPdf: [
    [[0.3, 2.5, 0.5], -1.791522367357212],
    [[1.5, 2.0, 2.0], -Infinity],
    [[0.0, 1.0, 3.0], 1.0986122886681098],
  ],
  bernoulliLogPmf: [
    [[1, 0.3], -1.2039728043259361],
    [[0, 0.3], -0.35667494393873245],
    [[2, 0.3], -Infinity],
    [[1, 1.0], 0.0],
  ],
  binomialLogPmf: [
    [[3, 10, 0.3], -1.321151277766889],
    [[0, 10, 0.0], 0.0],
    [[11, 10, 0.3], -Infinity],
    [[2.5, 10, 0.3], -Infinity],
    [[400, 1000, 0.4], -3.659521883711072],
  ],
  negativeBinomialLogPmf: [
    [[3, 2.5, 0.3], -2.198585214713295],
    [[0, 4, 0.6], -2.043302495063963],
    [[-1, 4, 0.6], -Infinity],
  ],
  geometricLogPmf: [
    [[3, 0.3], -1.917322692203401],
    [[1, 1.0], 0.0],
    [[0, 0.3], -Infinity],
  ],
  poissonLogPmf: [
    [[3, 2.5], -1.5428872736055896],
    [[0, 0.0], 0.0],
    [[-1, 2.0], -Infinity],
    [[1.5, 2.0], -Infinity],
    [[1000, 990.0], -4.423235359528007],
  ],
} satisfies Readonly<Record<string, readonly (readonly [at: readonly number[], value: number])[]>>;
const names = Object.keys(known) as Name[];

describe("log densities are those of SciPy, −∞ outside of what the distribution gives", () => {
  for (const name of names)
    test(name, () => {
      for (const [at, value] of known[name]) near(call(name, ...at), value, 1e-11, `${name}(${at.join(", ")})`);
    });
});

describe("their derivatives are right with respect to the value and all parameters, to second order", () => {
  const counts: ReadonlySet<string> = new Set(names.filter((name) => name.endsWith("LogPmf")));
  for (const name of names)
    test(name, () => {
      const at: readonly number[] = known[name][0]![0];
      const [x, ...parameters] = at as [number, ...number[]];
      // A count does not vary; nor does the number of trials.
      const fixed = counts.has(name) ? (name === "binomialLogPmf" ? 2 : 1) : 0;
      const given = [x, ...parameters];
      checkDerivatives(
        (...values) => f[name](...given.slice(0, fixed), ...values),
        given.slice(fixed).map((value, k) => (k === 0 ? tensorOf([2], value, value * 1.01) : value)),
        1e-6,
      );
    });
});

test("outside, and at the ends, no gradient is NaN", () => {
  const outside = Object.entries(known).flatMap(([name, rows]) =>
    rows.flatMap(([at, value]) => (value === -Infinity ? [[name as Name, at] as const] : [])),
  );
  assert.ok(outside.length > 10);
  for (const [name, at] of outside)
    assert.deepEqual(
      vjp((...values) => f[name](...values) as Value, at, 1).map((x) => (x as number) + 0),
      at.map(() => 0),
      name,
    );
  assert.deepEqual(
    vjp((x) => f.betaLogPdf(x, 1, 1), [1], 1),
    [0],
  );
  assert.deepEqual(
    vjp((x) => f.exponentialLogPdf(x, 2), [0], 1),
    [-2],
  );
});

test("NaN stays NaN, infinite values have no density, and parameters that make no sense give NaN", () => {
  for (const name of names) {
    const parameters = known[name][0]![0].slice(1);
    assert.ok(Number.isNaN(call(name, NaN, ...parameters)), name);
    if (name !== "vonMisesLogPdf") assert.equal(call(name, Infinity, ...parameters), -Infinity, name);
  }
  // Where the formulas themselves have a value among them.
  const nonsense: readonly (readonly [Name, ...number[]])[] = [
    ["normalLogPdf", 0, 0, -1],
    ["studentTLogPdf", 0, -1],
    ["vonMisesLogPdf", 1, -2],
    ["uniformLogPdf", 0.5, 1, 0],
    ["exponentialLogPdf", 1, -1],
    ["gammaLogPdf", 1, -0.5],
    ["inverseGammaLogPdf", 1, -0.5],
    ["chiSquaredLogPdf", 1, -1],
    ["weibullLogPdf", 1, -1],
    ["paretoLogPdf", 2, 1, -1],
    ["betaLogPdf", 0.5, -0.5, 2],
    ["betaLogPdf", 0.5, 2, -0.5],
    ["bernoulliLogPmf", 0, -0.5],
    ["bernoulliLogPmf", 1, 1.5],
    ["binomialLogPmf", 0, 4, -0.5],
    ["binomialLogPmf", 2, 2.5, 0.5],
    ["negativeBinomialLogPmf", 1, -0.5, 0.5],
    ["geometricLogPmf", 1, 2],
    ["poissonLogPmf", 0, -1],
    ["poissonLogPmf", 1, -1],
  ];
  for (const [name, ...at] of nonsense) assert.ok(Number.isNaN(call(name, ...at)), `${name}(${at.join(", ")})`);
  assert.ok(Number.isNaN(f.dirichletLogPdf([0.5, 0.5], [-0.5, 2])));
  assert.ok(Number.isNaN(f.multinomialLogPmf([1, 0], [1.5, -0.5])));
});

test("a parameter that has no default is asked for, by its type and by a sentence", () => {
  const missing = (which: string): RegExp =>
    new RegExp(`: the ${which} parameter after the value is missing; it has no default$`);
  // @ts-expect-error: the shape
  assert.throws(() => gammaLogPdf(1), missing("first"));
  // @ts-expect-error: the second parameter
  assert.throws(() => betaLogPdf(0.5, 2), missing("second"));
  // @ts-expect-error: the rate
  assert.throws(() => poissonLogPmf(1), missing("first"));
  const values: Tensor<readonly [2]> = gammaLogPdf([1, 2], 2);
  assert.deepEqual(plain(values), [-1, Math.log(2) - 2]);
});

test("densities sum up to 1", () => {
  const total = (name: Name, from: number, to: number, ...parameters: number[]): number => {
    const count = 4000;
    const step = (to - from) / count;
    let sum = 0;
    for (let k = 0; k < count; k++) sum += Math.exp(call(name, from + (k + 0.5) * step, ...parameters)) * step;
    return sum;
  };
  near(total("studentTLogPdf", -400, 400, 5), 1, 1e-6);
  near(total("vonMisesLogPdf", -Math.PI, Math.PI, 3, 0.4), 1, 1e-12);
  near(total("inverseGammaLogPdf", 0, 200, 4, 2), 1, 1e-5);
  near(total("weibullLogPdf", 0, 20, 2, 1.5), 1, 1e-6);
  near(total("paretoLogPdf", 1, 50, 3, 1), 1, 1e-3);
});

test("densities of vectors", () => {
  const covariance = [
    [2, 0.3],
    [0.3, 0.5],
  ];
  near(f.multivariateNormalLogPdf([0.3, -0.2], [0.1, 0.5], covariance), -2.3863261222781205, 1e-14);
  near(f.dirichletLogPdf([0.2, 0.5, 0.3], [1.5, 0.7, 3]), -0.3543124379073932, 1e-13);
  near(f.multinomialLogPmf([2, 0, 3], [0.2, 0.3, 0.5]), -2.9957322735539913, 1e-13);
  checkDerivatives((x, mean, b) => f.multivariateNormalLogPdf(x, mean, f.stack([f.stack([2, b]), f.stack([b, 0.5])])), [
    tensorOf([3, 2], 0.3, -0.2, 1, 2, 0.1, 0.4),
    tensorOf([2], 0.1, 0.5),
    0.3,
  ] as Primal[]);
  assert.throws(
    () =>
      f.multivariateNormalLogPdf(
        [1, 2],
        [0, 0],
        [
          [1, 2],
          [2, 1],
        ],
      ),
    UnsolvableError,
  );
});
