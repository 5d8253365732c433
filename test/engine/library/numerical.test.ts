import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { codeOf, primitiveNames } from "../../../engine/primitives/names.ts";
import { shapeOf } from "../../../engine/primitives/rule.ts";
import { rules } from "../../../engine/primitives/table.ts";
import type { Tensor } from "../../../engine/tape/tensor.ts";
import { checkDerivatives, near, tensorOf, vjp } from "../primitives/checkDerivatives.ts";
import { close, f, plain, random } from "./calls.ts";

describe("samples and curves", () => {
  test("differences of neighbours", () => {
    close(f.diff([1, 4, 9, 16]), [3, 5, 7]);
    close(f.diff([1, 4, 9, 16], 2), [2, 2]);
    close(f.diff(tensorOf([2, 2], 1, 2, 5, 9), 1, 0), [4, 7]);
    checkDerivatives((x) => f.square(f.diff(x, 2, 0)), [random(4, 2)]);
  });

  test("the trapezoidal rule, also over places that are not even", () => {
    close(f.trapezoid([1, 2, 4]), [4.5]);
    close(f.trapezoid([1, 2, 4], 0.5), [2.25]);
    close(f.trapezoid([1, 2, 4], [0, 1, 3]), [7.5]);
    close(f.trapezoid(tensorOf([3, 2], 1, 1, 2, 0, 4, 1), [0, 1, 3], 0), [7.5, 1.5]);
    checkDerivatives((y, x) => f.square(f.trapezoid(y, x, 0)), [random(3, 2), tensorOf([3], 0, 1, 3)]);
  });

  test("places in an ascending vector", () => {
    close(f.searchSorted([1, 2, 2, 3], [0, 2, 2.5, 9]), [0, 1, 3, 4]);
    close(f.searchSorted([1, 2, 2, 3], [0, 2, 2.5, 9], { side: "right" }), [0, 3, 3, 4]);
    assert.deepEqual(shapeOf(f.searchSorted([1, 2], tensorOf([2, 3], 1, 2, 3, 4, 5, 6))), [2, 3]);
    assert.throws(() => f.searchSorted(1, 2), {
      message: "searchSorted of scalar: give ascending numbers in a vector",
    });
  });

  test("interpolation, constant beyond the ends", () => {
    close(f.interp([-1, 0, 0.5, 1, 2.5, 7], [0, 1, 3], [10, 20, 0]), [10, 10, 15, 20, 5, 0]);
    close(f.interp(0.25, [0, 0, 1], [1, 2, 3]), [2.25]);
    close(f.interp([3, 5], [2], [7]), [7, 7]);
    checkDerivatives(
      (x, xs, ys) => f.interp(x, xs, ys),
      [tensorOf([4], -1, 0.4, 2.2, 9), tensorOf([3], 0, 1, 3), tensorOf([3], 10, 20, 1)],
      1e-6,
    );
    assert.throws(() => f.interp(0, [1, 2], [1]), {
      message: "interp of points [2] and [1]: give as many places as values, in vectors",
    });
  });

  test("convolutions of vectors, whole, as long as the longer, or where they overlap whole", () => {
    close(f.convolve([1, 2, 3], [0, 1, 0.5]), [0, 1, 2.5, 4, 1.5]);
    close(f.convolve([1, 2, 3], [0, 1, 0.5], "same"), [1, 2.5, 4]);
    close(f.convolve([1, 2, 3], [1, 1], "same"), [1, 3, 5]);
    close(f.convolve([1, 1], [1, 2, 3], "valid"), [3, 5]);
    checkDerivatives((x, k) => f.convolve(x, k, "same"), [random(5), random(2)]);
    assert.throws(() => f.convolve([], [1]), {
      message: "convolve of [0] and [1]: give two vectors with elements",
    });
  });

  test("polynomials and cross products", () => {
    close(f.polyval([2, -1, 3], [0, 1, 2]), [3, 4, 9]);
    checkDerivatives((c, x) => f.polyval(c, x), [tensorOf([3], 2, -1, 3), random(2, 2)]);
    close(f.cross([1, 0, 0], [0, 1, 0]), [0, 0, 1]);
    close(f.cross([1, 2, 3], [4, 5, 6]), [-3, 6, -3]);
    checkDerivatives((a, b) => f.cross(a, b), [random(2, 3), tensorOf([3], 0.4, 1, -2)]);
    assert.throws(() => f.cross([1, 2], [3, 4]), {
      message: "cross of [2] and [2]: both need three numbers along their last axis",
    });
  });

  test("distances, whose gradient at 0 is 0, and cosines", () => {
    close(
      f.distances(
        [
          [0, 0],
          [3, 4],
        ],
        [
          [0, 0],
          [3, 0],
        ],
      ),
      [0, 3, 5, 4],
    );
    checkDerivatives((x, y) => f.distances(x, y), [random(2, 3), tensorOf([1, 3], 3, 4, 5)], 1e-6);
    const [adjoint] = vjp((x) => f.distances(x, x), [tensorOf([1, 2], 1, 2)], tensorOf([1, 1], 1));
    assert.deepEqual(plain(adjoint), [0, 0]);
    close(f.cosineSimilarity([1, 0], [1, 1]), [Math.SQRT1_2]);
    close(f.cosineSimilarity([0, 0], [1, 1]), [0]);
    checkDerivatives((x, y) => f.cosineSimilarity(x, y), [random(2, 3), tensorOf([3], 0.4, 1, -2)]);
  });
});

describe("summaries", () => {
  test("covariances and correlations", () => {
    const x = tensorOf([2, 3], 1, 2, 4, 3, 1, 0);
    close(f.cov(x), [7 / 3, -13 / 6, -13 / 6, 7 / 3]);
    close(f.cov(x, { ddof: 0 }), [14 / 9, -13 / 9, -13 / 9, 14 / 9]);
    close(f.corrcoef(x), [1, -13 / 14, -13 / 14, 1]);
    checkDerivatives((v) => f.cov(v), [x]);
    checkDerivatives((v) => f.corrcoef(v), [x], 1e-6);
  });

  test("leave NaN out, and pass adjoints to the others alone", () => {
    const x = tensorOf([2, 3], 1, NaN, 4, NaN, NaN, NaN);
    close(f.nanSum(x, 1), [5, 0]);
    close(f.nanMean(x, 1), [2.5, NaN]);
    close(f.nanVariance(x, 1), [2.25, NaN]);
    close(f.nanMax(x, 1), [4, NaN]);
    close(f.nanMin(x, 1), [1, NaN]);
    close(f.nanSum(x), [5]);
    for (const summary of [f.nanSum, f.nanMean, f.nanVariance, f.nanMax, f.nanMin]) {
      checkDerivatives((v) => summary(v, 1), [random(2, 3)]);
      const [adjoint] = vjp((v) => summary(v), [tensorOf([3], 2, NaN, 5)], 1);
      assert.ok(plain(adjoint).every(Number.isFinite));
      assert.equal((adjoint as Tensor).data[1], 0);
    }
    close(f.nanToNum([NaN, Infinity, -Infinity, 3], { infinity: 9, minusInfinity: -9 }), [0, 9, -9, 3]);
    close(f.nanToNum([Infinity, -Infinity]), [Number.MAX_VALUE, -Number.MAX_VALUE]);
    assert.deepEqual(
      plain(vjp((v) => f.nanToNum(v), [tensorOf([3], NaN, 2, Infinity)], tensorOf([3], 1, 1, 1))[0]),
      [0, 1, 0],
    );
  });
});

describe("special functions", () => {
  test("the normal distribution, far below too", () => {
    close(f.ndtr([0, 1.96, -1]), [0.5, 0.97500210485177952, 0.15865525393145707]);
    // ln Φ(−20), ln Φ(−40) by the continued fraction of Mills' ratio.
    const mills = (x: number): number => {
      let tail = x;
      for (let k = 200; k > 0; k--) tail = x + k / tail;
      return -(x * x) / 2 - Math.log(Math.sqrt(2 * Math.PI) * tail);
    };
    close(
      f.logNdtr([-10, -19.9, -20.1, -40, -1e10]),
      [mills(10), mills(19.9), mills(20.1), mills(40), -5e19 - Math.log(1e10) - 0.5 * Math.log(2 * Math.PI)],
      1e-13,
    );
    close(f.logNdtr([0, 9]), [-Math.LN2, -1.1285884059538408e-19], 1e-15);
    checkDerivatives((x) => f.logNdtr(x), [tensorOf([4], -25, -3, 0.4, 2)], 1e-6);
    checkDerivatives((x) => f.ndtr(x), [tensorOf([3], -3, 0.4, 2)]);
  });

  test("beta, entropy, powers of two, steps", () => {
    close(f.logBeta(2, 3), [-Math.log(12)]);
    close(f.entr([0, 1, Math.exp(-1)]), [0, 0, Math.exp(-1)]);
    close(f.exp2([3, -1, 0.5]), [8, 0.5, Math.SQRT2]);
    close(f.heaviside([-1, 0, 2], 0.5), [0, 0.5, 1]);
    close(f.tanhShrink([0, 1]), [0, 1 - Math.tanh(1)]);
    checkDerivatives((a, b) => f.logBeta(a, b), [tensorOf([2], 0.4, 2), tensorOf([2], 3, 1.5)]);
    for (const name of ["entr", "exp2"] as const) checkDerivatives((x) => f[name](x), [tensorOf([2], 0.4, 2)]);
    checkDerivatives((x) => f.tanhShrink(x), [random(3)]);
    checkDerivatives((x, h) => f.heaviside(x, h), [tensorOf([2], 0.4, -2), 0.7]);
  });
});

describe("losses", () => {
  const none = { reduction: "none" };
  test("have the values of their definitions", () => {
    close(f.hingeLoss([0.3, 2, -1], [1, 1, -1], none), [0.7, 0, 0]);
    close(f.logCoshLoss([1, -2, 800], [0, 0, 0], none), [
      Math.log(Math.cosh(1)),
      Math.log(Math.cosh(2)),
      800 - Math.LN2,
    ]);
    const p = [0.2, 0.8, 0];
    const q = [0.5, 0.25, 0.25];
    close(f.klDivergence(q.map(Math.log), p), [0.2 * Math.log(0.4) + 0.8 * Math.log(3.2)]);
    close(f.poissonLoss([0.3], [2]), [Math.exp(0.3) - 0.6]);
    close(f.gaussianLoss([1], [3], [4]), [0.5 * (Math.log(4) + 1)]);
  });

  test("have derivatives to second order", () => {
    for (const name of ["logCoshLoss", "poissonLoss"] as const)
      checkDerivatives((x) => f[name](x, [0.3, 2]), [tensorOf([2], 0.4, -1)]);
    checkDerivatives((x) => f.hingeLoss(x, [1, -1]), [tensorOf([2], 0.4, -3)]);
    checkDerivatives((x, v) => f.gaussianLoss(x, [1, 2], v), [tensorOf([2], 0.4, -1), tensorOf([2], 0.4, 2)]);
    checkDerivatives((x) => f.klDivergence(f.logSoftmax(x), [0, 0.7, 0.3]), [random(3)]);
  });
});

/** Called otherwise, or made for the rules of others; whole numbers of 32 bits have no derivative. */
const inner = new Set(["winsMax", "winsMin", "identity", "geluTanh", "clz32", "imul", "gammaincOrder", "betaincOrder"]);
const renamed: Readonly<Record<string, string>> = {
  max: "maximum",
  min: "minimum",
  fround: "asFloat32",
  f16round: "asFloat16",
  bf16round: "asBFloat16",
};
/** Derivatives of some order. */
const ordered: Readonly<Record<string, readonly number[]>> = {
  polygamma: [1, 0.3],
  sinc: [0.3, 0],
  ...Object.fromEntries(["J", "Y", "I", "Ie", "K", "Ke"].map((kind) => [`bessel${kind}`, [1, 0.3]])),
};
const named = (name: string): ((...args: unknown[]) => unknown) => f[(renamed[name] ?? name) as "abs"];

describe("every primitive for numbers can be called on numbers", () => {
  for (const name of primitiveNames) {
    const { scalar } = rules[codeOf(name)]!;
    if (scalar === undefined || inner.has(name)) continue;
    test(name, () => {
      // A second or third number where there is one; a function of one takes no notice of it.
      const arity = rules[codeOf(name)]!.partials?.length ?? (["where", "clip", "betainc"].includes(name) ? 3 : 2);
      const points = ordered[name] ?? [0.3, 0.6, 0.9].slice(0, arity);
      const given = named(name)(...points);
      assert.equal(typeof given, "number");
      near(given as number, scalar(...points), 1e-15);
    });
  }
});

test("nothing in Math is missing", () => {
  const missing = Object.getOwnPropertyNames(Math).filter(
    (name) =>
      typeof Math[name as "abs"] === "function" &&
      !["clz32", "imul", "random"].includes(name) &&
      !((renamed[name] ?? name) in f),
  );
  assert.deepEqual(missing, []);
});
