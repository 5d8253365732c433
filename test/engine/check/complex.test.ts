import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { functions, power } from "../../../engine/check/complex/functions.ts";
import { forward } from "../../../engine/differentiate/forward.ts";
import { softplus } from "../../../engine/primitives/activation.ts";
import { add, div, mul, pow, sub } from "../../../engine/primitives/arithmetic.ts";
import { matmul } from "../../../engine/primitives/contraction.ts";
import { take } from "../../../engine/primitives/gathering.ts";
import { codeOf, primitiveNames } from "../../../engine/primitives/names.ts";
import { crossEntropy, logSoftmax, logSumExp, softmax } from "../../../engine/primitives/normalization.ts";
import { cumsum, mean, norm, prod, sum } from "../../../engine/primitives/reduction.ts";
import { apply } from "../../../engine/primitives/rule.ts";
import { abs, max } from "../../../engine/primitives/selection.ts";
import { concat, transpose } from "../../../engine/primitives/shaping.ts";
import { rules } from "../../../engine/primitives/table.ts";
import { atan2, exp, hypot, log, sin } from "../../../engine/primitives/transcendental.ts";
import { erfinv, digamma, lgamma, sinc } from "../../../engine/primitives/special.ts";
import { gelu } from "../../../engine/primitives/activation.ts";
import { cumprod, linearRecurrence, logCumSumExp } from "../../../engine/primitives/scans.ts";
import { scatterSet } from "../../../engine/primitives/scattering.ts";
import { standardize } from "../../../engine/primitives/standardize.ts";
import { det, lu, solve } from "../../../engine/primitives/systems.ts";
import { cholesky, triangularSolve } from "../../../engine/primitives/triangular.ts";
import { expm } from "../../../engine/primitives/matrixFunctions.ts";
import { fft } from "../../../engine/primitives/fourier.ts";
import { qr } from "../../../engine/primitives/orthogonal.ts";
import { recordOn } from "../../../engine/tape/recording.ts";
import { Tape } from "../../../engine/tape/tape.ts";
import type { Tensor, Value } from "../../../engine/tape/tensor.ts";
import { tensorOf } from "../primitives/checkDerivatives.ts";
import { check, checkAt, type Model } from "./checked.ts";

/** Derivative and value of a primitive of one number, by its own rules. */
function byRule(name: string, x: number): { value: number; derivative: number } {
  const code = codeOf(name as (typeof primitiveNames)[number]);
  const tape = new Tape();
  return recordOn(tape, () => {
    const input = tape.addInput(x, "x", 0);
    const { node } = apply(code, rules[code]!, [input]) as Exclude<Value, number>;
    return { value: tape.primal[node]!, derivative: forward(tape, node, new Map([[input.node, 1]])) as number };
  });
}

describe("imaginary parts of functions divide to their derivatives", () => {
  const points = [-400, -30, -3.3, -0.9999, -0.5, -1e-9, 1e-9, 0.3, 0.99999, 1.5, 20, 750, 1e200];
  for (const name of primitiveNames.filter((candidate) => candidate in functions))
    test(name, () => {
      for (const x of points) {
        const { value, derivative } = byRule(name, x);
        if (!Number.isFinite(value) || !Number.isFinite(derivative)) continue;
        const h = Math.min(1, Math.abs(x)) * 2 ** -60;
        const imaginary = functions[name]!(x, h);
        if (imaginary === undefined || derivative === 0) continue;
        const off = Math.abs(imaginary / h - derivative);
        assert.ok(off <= 1e-13 * Math.abs(derivative) + 1e-300, `${x}: ${imaginary / h}, not ${derivative}`);
      }
    });

  test("powers, also of negative numbers and of 0", () => {
    const h = 2 ** -60;
    for (const [a, p] of [
      [2, 3],
      [-2, 3],
      [-2, -3],
      [0, 2],
      [0, 1],
      [1.7, 0.3],
      [-3, 100],
    ] as const)
      assert.ok(Math.abs(power(a, h, p, 0)! / h / (p * a ** (p - 1) || 1) - (a === 0 && p === 2 ? 0 : 1)) < 1e-13);
    assert.equal(power(-1, h, 0.5, 0), undefined);
    assert.equal(power(0, h, 0.5, 0), undefined);
  });
});

const lowerUnit = { lower: true, transpose: false, unitDiagonal: true };
const upperTransposed = { lower: false, transpose: true, unitDiagonal: false };

describe("a complex step is the fourth vote where all is analytic", () => {
  const matrix = tensorOf([2, 3], 0.3, -1.2, 0.7, 2, -0.4, 1.1);
  const models: readonly [string, Model][] = [
    ["sums and products", (x) => sum(mul(x, sin(x)))],
    ["a matrix product", (x) => sum(pow(matmul(x, transpose(x)), 3))],
    ["quotients that broadcast", (x) => sum(div(x, add(2, sum(mul(x, x), 1, true))))],
    ["softmax and its logarithm", (x) => sum(mul(softmax(x), logSoftmax(x, 0)))],
    ["logSumExp", (x) => logSumExp(mul(2, x))],
    ["a norm", (x) => norm(x)],
    ["a product", (x) => prod(x)],
    ["running sums", (x) => sum(pow(cumsum(x, 1), 2))],
    ["chosen and joined parts", (x) => sum(pow(concat([take(x, tensorOf([2], 2, 0), 1), x], 1), 2))],
    ["angles and lengths", (x) => sum(mul(atan2(x, 2), hypot(x, 1)))],
    ["a mean of softplus", (x) => mean(softplus(x))],
  ];
  for (const [name, model] of models)
    test(name, async () => {
      const { parameters, notAnalytic } = await check(model, [matrix]);
      assert.equal(notAnalytic, undefined);
      for (const { complex, reverse, verdict } of parameters) {
        assert.equal(verdict, "ok");
        assert.ok(Math.abs(complex! - reverse) <= 1e-12 * Math.max(1, Math.abs(reverse)), `${complex} ${reverse}`);
      }
    });

  test("it sees what rounding hides from differences", async () => {
    const { verdict, complex, inconclusive } = await checkAt((x) => add(1e16, mul(3, x)), 2);
    assert.deepEqual([verdict, complex, inconclusive], ["ok", 3, undefined]);
  });

  test("without it, differences that tell nothing are said to confirm nothing", async () => {
    const { passed, parameters, diagnostics } = await check((x) => add(1e16, mul(3, abs(x))), [2]);
    assert.deepEqual([passed, parameters[0]!.verdict, parameters[0]!.inconclusive], [true, "ok", true]);
    assert.equal(diagnostics[0]!.code, "inconclusive");
  });

  test("where an operation is made of pieces there is none, and the report says which", async () => {
    for (const [op, model] of [
      ["abs", (x: Value) => abs(x)],
      ["max", (x: Value) => mul(2, max(x, 1))],
    ] as const) {
      const { parameters, notAnalytic } = await check((x) => model(x), [3]);
      assert.equal(parameters[0]!.complex, undefined);
      assert.equal(notAnalytic!.op, op);
    }
  });

  test("an operation that the result does not hang on does not matter", async () => {
    const { complex } = await checkAt((x) => {
      abs(x);
      return exp(x);
    }, 1);
    assert.ok(Math.abs(complex! - Math.E) < 1e-14);
  });

  const square = tensorOf([2, 2, 2], 4, 0.3, 0.2, 3, 0.1, 2, -3, 0.5);
  const definite = tensorOf([2, 2], 2, 0.3, 0.1, 1);
  const right = tensorOf([2, 1], 1, -2);
  const further: readonly [string, Model, Tensor][] = [
    ["cross entropy with indices", (x) => crossEntropy(x, tensorOf([2], 0, 2)), matrix],
    ["cross entropy with probabilities", (x) => crossEntropy(x, softmax(mul(x, 2))), matrix],
    ["standardization", (x) => sum(pow(standardize(x, [1], 1e-5), 3)), matrix],
    ["running products", (x) => sum(pow(cumprod(x, 1), 2)), matrix],
    ["running products from the end", (x) => sum(pow(cumprod(x, 0, true), 2)), matrix],
    ["running logarithms of sums", (x) => sum(pow(logCumSumExp(x, 1), 2)), matrix],
    ["recurrences", (x) => sum(pow(linearRecurrence(x, sin(x), 1), 2)), matrix],
    ["the error function's kin", (x) => sum(mul(gelu(x), erfinv(div(x, 3)))), matrix],
    ["the gamma function's kin", (x) => sum(mul(lgamma(exp(x)), digamma(exp(x)))), matrix],
    ["sinc", (x) => sum(sinc(x, 0)), matrix],
    ["systems", (x) => sum(pow(solve(x, right), 2)), square],
    ["right sides of systems", (x) => sum(pow(solve(square, x), 2)), right],
    ["triangular systems", (x) => sum(pow(triangularSolve(x, right, lowerUnit), 2)), square],
    ["transposed triangles", (x) => sum(pow(triangularSolve(x, right, upperTransposed), 2)), square],
    ["factors L and U", (x) => sum(pow(lu(x), 3)), square],
    ["determinants", (x) => sum(pow(det(x), 2)), square],
    ["Cholesky factors", (x) => sum(pow(cholesky(x), 3)), definite],
    ["matrix exponentials", (x) => sum(pow(expm(x), 2)), definite],
    ["Fourier transforms", (x) => sum(pow(fft(x, [1], false), 3)), matrix],
    [
      "what is put in",
      (x) => sum(pow(scatterSet(x, tensorOf([1], 1), mul(2, take(x, tensorOf([1], 0), 0)), 0), 2)),
      matrix,
    ],
  ];
  for (const [name, model, at] of further)
    test(name, async () => {
      const { parameters, notAnalytic } = await check(model, [at]);
      assert.equal(notAnalytic, undefined, JSON.stringify(notAnalytic));
      for (const { complex, reverse, verdict } of parameters) {
        assert.equal(verdict, "ok");
        assert.ok(Math.abs(complex! - reverse) <= 1e-11 * Math.max(1, Math.abs(reverse)), `${complex} ${reverse}`);
      }
    });

  test("an orthogonal factor is not analytic, and the report says why", async () => {
    const { notAnalytic, passed } = await check((x) => sum(pow(qr(x), 3)), [definite]);
    assert.equal(passed, true);
    assert.match(notAnalytic!.message, /^No complex step: qr is about lengths and angles/);
  });

  test("at x = 1e-150 the imaginary part of a square underflows, and it steps aside", async () => {
    const { verdict, complex } = await checkAt((x) => mul(x, x), 1e-150);
    assert.equal(verdict, "ok");
    assert.equal(complex, undefined);
    assert.equal((await checkAt((x) => log(x), 1e-200)).verdict, "ok");
  });

  test("differences of large numbers", async () => {
    const { parameters } = await check((x, y) => sub(mul(x, x), mul(y, y)), [1e8, 1e8]);
    assert.deepEqual(
      parameters.map(({ verdict }) => verdict),
      ["ok", "ok"],
    );
  });
});
