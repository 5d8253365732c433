import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as adjoint from "../../../engine/library/index.ts";
import { dataOf, type Primal } from "../../../engine/primitives/rule.ts";
import { checkDerivatives, filled, near, noise, tensorOf, vjp, type Model } from "../primitives/checkDerivatives.ts";

const { attention, batchNorm, crossEntropy, dropout, layerNorm, random, tensor, zeros } = adjoint;

/** A function of the library as a function of the tape's values. */
const model = (f: (...x: number[]) => unknown): Model => f as unknown as Model;
const next = noise(3);
const normal = (...shape: number[]): Primal => filled(shape, next);
const numbers = (x: unknown): number[] => [...dataOf(x as Primal)];

describe("normalisation", () => {
  test("leaves mean 0 and variance 1, whatever offset and scale the input has", () => {
    const x = tensor([
      [1e6, 1e6 + 1, 1e6 + 2],
      [-3, 0, 3],
    ]);
    const y = layerNorm(x, { epsilon: 0 });
    for (const row of [0, 1]) {
      near(adjoint.mean(adjoint.slice(y, [row])), 0, 1e-9);
      near(adjoint.std(adjoint.slice(y, [row])), 1, 1e-9);
    }
  });

  test("of a layer hands its input adjoints that add up to 0", () => {
    const [adjoints] = vjp(
      model((x) => layerNorm(x)),
      [normal(4, 5)],
      normal(4, 5),
    ) as [Primal];
    for (let row = 0; row < 4; row++)
      near(
        numbers(adjoints)
          .slice(row * 5, row * 5 + 5)
          .reduce((a, b) => a + b),
        0,
        1e-12,
      );
  });

  test("passes adjoints to scale and bias", () => {
    checkDerivatives(
      model((x, scale, bias) => layerNorm(x, { scale: scale, bias: bias })),
      [normal(2, 3), normal(3), normal(3)],
    );
    checkDerivatives(
      model((x, scale, bias) => batchNorm(x, { scale: scale, bias: bias })),
      [normal(4, 3, 2), normal(3), normal(3)],
    );
    checkDerivatives(
      model((x, scale) => adjoint.groupNorm(x, 2, { scale: scale })),
      [normal(2, 4, 3), normal(4)],
    );
    checkDerivatives(
      model((x, scale) => adjoint.rmsNorm(x, { scale: scale })),
      [normal(2, 3), normal(3)],
    );
  });

  test("of constant input is 0, with finite adjoints", () => {
    assert.deepEqual(layerNorm([2, 2, 2]).toArray(), [0, 0, 0]);
    const [adjoints] = vjp(
      model((x) => layerNorm(x)),
      [tensorOf([3], 2, 2, 2)],
      tensorOf([3], 1, 0, 0),
    );
    assert.ok(numbers(adjoints).every(Number.isFinite));
  });
});

describe("attention", () => {
  test("has the right derivatives, with masks and without", () => {
    const at = [normal(2, 3, 4), normal(2, 5, 4), normal(2, 5, 2)];
    const mask = [
      [1, 0, 1, 1, 0],
      [1, 1, 1, 1, 1],
      [0, 0, 0, 0, 0],
    ];
    checkDerivatives(
      model((q, k, v) => attention(q, k, v)),
      at,
    );
    checkDerivatives(
      model((q, k, v) => attention(q, k, v, { causal: true, mask, scale: 0.7 })),
      at,
    );
    checkDerivatives(
      model((q, k, v, bias) => attention(q, k, v, { bias: bias })),
      [...at, normal(3, 5)],
    );
  });

  test("gives zeros, and no NaN in the adjoint, to a query that sees nothing", () => {
    const sees = tensor([
      [1, 1],
      [0, 0],
    ]);
    const result = model((q) =>
      attention(
        q,
        [
          [1, 2],
          [3, 4],
        ],
        [[5], [6]],
        { mask: sees },
      ),
    );
    assert.equal(numbers(result(tensorOf([2, 2], 1, 0, 0, 1)))[1], 0);
    const [adjoints] = vjp(result, [tensorOf([2, 2], 1, 0, 0, 1)], tensorOf([2, 1], 1, 1));
    assert.deepEqual(numbers(adjoints).slice(2).map(Math.abs), [0, 0]);
  });

  test("lets a causal query see what came before it only", () => {
    const v = tensor([[1], [10], [100]]);
    const same = zeros([3, 2]);
    assert.deepEqual(
      numbers(attention(same, same, v, { causal: true })).map((x) => Math.round(x * 1e9) / 1e9),
      [1, 5.5, 37],
    );
  });
});

describe("cross-entropy", () => {
  const logits = tensor([
    [2, -1, 0.5],
    [0, 3, -2],
  ]);

  test("hands the logits softmax minus labels", () => {
    const [adjoints] = vjp(
      model((x) => crossEntropy(x, [0, 2], { reduction: "sum" })),
      [logits],
      1,
    );
    const expected = numbers(adjoint.softmax(logits)).map((p, k) => p - (k === 0 || k === 5 ? 1 : 0));
    numbers(adjoints).forEach((x, k) => near(x, expected[k]!, 1e-15));
  });

  test("of logistic regression at weight 0 is ln 2", () => {
    near(adjoint.binaryCrossEntropy(zeros([4]), [0, 1, 1, 0]), Math.LN2, 1e-15);
    assert.deepEqual(
      vjp(
        model((x) => adjoint.binaryCrossEntropy(x, 1)),
        [0],
        1,
      ),
      [-0.5],
    );
  });

  test("neither overflows nor underflows", () => {
    near(crossEntropy([[1000, 0]], [1]), 1000, 1e-15);
    near(adjoint.binaryCrossEntropy(-1000, 1), 1000, 1e-15);
  });

  test("has the right derivatives in all its forms", () => {
    for (const reduction of ["mean", "sum", "none"] as const)
      for (const options of [{ reduction }, { reduction, labelSmoothing: 0.1 }]) {
        checkDerivatives(
          model((x) => crossEntropy(x, [2, 0], options)),
          [normal(2, 3)],
        );
        checkDerivatives(
          model((x, p) => crossEntropy(x, adjoint.exp(p), options)),
          [normal(2, 3), normal(2, 3)],
        );
      }
    checkDerivatives(
      model((x) => crossEntropy(x, [2, -100], { ignoreIndex: -100 })),
      [normal(2, 3)],
    );
  });

  test("leaves out examples that do not count", () => {
    near(crossEntropy(logits, [0, -100], { ignoreIndex: -100 }), crossEntropy([[2, -1, 0.5]], [0]), 1e-15);
  });
});

test("other losses have the right derivatives", () => {
  for (const loss of [
    adjoint.meanSquaredError,
    adjoint.meanAbsoluteError,
    adjoint.huberLoss,
    adjoint.binaryCrossEntropy,
  ])
    checkDerivatives(
      model((x, y) => loss(x, y)),
      [normal(2, 3), normal(2, 3)],
    );
  assert.deepEqual([adjoint.huberLoss(0.5, 0), adjoint.huberLoss(3, 0)], [0.125, 2.5]);
});

test("activations have the right derivatives", () => {
  const {
    mish,
    celu,
    softShrink,
    hardShrink,
    hardSwish,
    hardSigmoid,
    relu6,
    glu,
    silu,
    logSigmoid,
    hardTanh,
    softSign,
    logit,
  } = adjoint;
  for (const f of [
    mish,
    celu,
    softShrink,
    hardShrink,
    hardSwish,
    hardSigmoid,
    relu6,
    silu,
    logSigmoid,
    hardTanh,
    softSign,
  ])
    checkDerivatives(
      model((x) => f(x)),
      [normal(2, 4)],
    );
  checkDerivatives(
    model((x) => glu(x)),
    [normal(2, 4)],
  );
  checkDerivatives(
    model((x) => logit(x)),
    [tensorOf([2], 0.2, 0.7)],
  );
  checkDerivatives(
    model((x) => adjoint.degrees(adjoint.radians(x))),
    [0.4],
  );
});

test("at their kinks activations have the derivatives that are documented", () => {
  const slopes = (f: (x: number) => unknown, ...at: number[]): number[] =>
    at.map((x) => vjp(model(f as never), [x], 1)[0] as number);
  assert.deepEqual(
    slopes((x) => adjoint.relu6(x), 0, 6, 3),
    [0, 0, 1],
  );
  assert.deepEqual(slopes((x) => adjoint.softShrink(x, 1), 1, -1, 3, -0.5).map(Math.abs), [0, 0, 1, 0]);
  assert.deepEqual([adjoint.softShrink(3, 1), Math.abs(adjoint.softShrink(-0.5, 1))], [2, 0]);
  assert.deepEqual(
    slopes((x) => adjoint.hardShrink(x, 1), 1, 2),
    [0, 1],
  );
});

describe("dropout", () => {
  test("keeps the mean, drops the same for the same seed, and nothing at rate 0", () => {
    const x = adjoint.ones([10_000]);
    near(adjoint.mean(dropout(x, 0.3, random(1))), 1, 0.02);
    assert.deepEqual(dropout(x, 0.3, random(1)), dropout(x, 0.3, random(1)));
    assert.equal(dropout(x, 0, random(1)), x);
  });

  test("scales the adjoints of what is kept", () => {
    const [adjoints] = vjp(
      model((x) => dropout(x, 0.5, random(2))),
      [normal(50)],
      normal(50),
    ) as [Primal];
    assert.ok(numbers(adjoints).some((x) => x === 0) && numbers(adjoints).some((x) => x !== 0));
  });
});
