import assert from "node:assert/strict";
import { test } from "node:test";
import { planKernels, UnsupportedOperationError } from "../../../engine/execute/gpuKernels/plan.ts";
import { add, mul } from "../../../engine/primitives/arithmetic.ts";
import { primitiveNames, type PrimitiveName } from "../../../engine/primitives/names.ts";
import { sum } from "../../../engine/primitives/reduction.ts";
import { shapeOf } from "../../../engine/primitives/rule.ts";
import type { Value } from "../../../engine/tape/tensor.ts";
import { compileStep, near, type Compiled } from "../../engine/execute/steps.ts";
import { cases } from "../../engine/primitives/cases.ts";
import { filled, noise } from "../../engine/primitives/checkDerivatives.ts";
import { gpuPage } from "./gpuPage.ts";

/** What models are made of. Whatever else there is may be refused, by name. */
const covered: ReadonlySet<PrimitiveName> = new Set([
  ...(["add", "sub", "mul", "div", "neg", "mod", "pow", "exp", "expm1", "log", "log1p", "log2", "log10"] as const),
  ...(["sqrt", "cbrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh"] as const),
  ...(["acosh", "atanh", "atan2", "hypot", "floor", "ceil", "round", "trunc", "sign", "fround"] as const),
  ...(["equal", "notEqual", "less", "lessEqual", "greater", "greaterEqual", "winsMax", "winsMin"] as const),
  ...(["abs", "max", "min", "where", "clip", "broadcastTo", "sumTo", "relu", "leakyRelu", "elu", "selu"] as const),
  ...(["sigmoid", "softplus", "erf", "gelu", "geluTanh", "stopGradient", "sum", "prod", "norm", "cumsum"] as const),
  ...(["reduceMax", "reduceMin", "maxMask", "minMask", "argmax", "argmin", "matmul", "reshape"] as const),
  ...(["transpose", "concat", "stack", "slice", "pad", "take", "scatterAdd", "takeAlongAxis"] as const),
  ...(["scatterAddAlongAxis", "oneHot", "argsort", "softmax", "logSoftmax", "logSumExp", "crossEntropy"] as const),
  ...([
    "reciprocal",
    "square",
    "remainder",
    "rsqrt",
    "rint",
    "asBool",
    "logicalAnd",
    "logicalOr",
    "logicalXor",
  ] as const),
  ...(["logicalNot", "isNaN", "isFinite", "isInf", "erfc", "xlogy", "logAddExp", "any", "all", "identity"] as const),
  ...(["conv", "convTranspose", "convKernel", "maxPool", "maxPoolIndices", "avgPool", "avgPoolTranspose"] as const),
  ...(["cumprod", "linearRecurrence", "standardize"] as const),
  ...([
    "erfinv",
    "lgamma",
    "digamma",
    "polygamma",
    "sinc",
    "gamma",
    "logBeta",
    "f16round",
    "bf16round",
    "logCumSumExp",
  ] as const),
  ...(["cumargmax", "cumargmin", "scatterSet", "scatterSetAlongAxis", "scatterWinners", "dynamicSlice"] as const),
  ...(["dynamicUpdateSlice", "fft", "cholesky", "triangularSolve", "solve", "lu", "luPermutation"] as const),
  ...(["det", "cofactors", "qr", "eigvalsh", "eigh", "gapQuotient", "svdvals", "svd", "pinv", "expm"] as const),
  "custom",
]);

/** Of loss and gradients, relative to the largest element. Measured below 2e-6 on SwiftShader, but for tan and powers. */
const bound = 3e-5;

/** Part of the names of the operations to be tested; all when empty. */
const only = process.env["OPERATION"] ?? "";

const page = await gpuPage();
const gpu = await page.executor();

/** One program for all points of an operation, in which every parameter has a gradient. */
function stepOf(name: PrimitiveName): Promise<Compiled> {
  const parameters: Record<string, unknown> = {};
  const terms: ((own: Readonly<Record<string, Value>>) => Value)[] = [];
  for (const { model, at } of cases[name]) {
    // Of points that are numbers one will do: a number is a tensor of one element here.
    const numbers = at.filter((point) => point.every((value) => typeof value === "number"));
    for (const point of at.filter((one) => one === numbers[0] || !one.every((value) => typeof value === "number"))) {
      const names = point.map((value) => {
        const key = `p${Object.keys(parameters).length}`;
        parameters[key] = value;
        return key;
      });
      const weights = filled(shapeOf(model(...point)), noise(11));
      terms.push((own) => {
        const values = names.map((key) => own[key]!);
        return values.map((value) => sum(value)).reduce(add, sum(mul(model(...values), weights)));
      });
    }
  }
  return compileStep({
    parameters,
    loss: (own: Readonly<Record<string, Value>>) => terms.map((term) => term(own)).reduce(add),
  });
}

for (const name of primitiveNames) {
  if (cases[name].length === 0 || !name.includes(only)) continue;
  test(`${name} and its adjoint are computed on the GPU as on the processor, or refused by name`, async () => {
    const step = await stepOf(name);
    await gpu.load(step.leaves.residents(step.leaves.initial));
    if (!covered.has(name)) {
      try {
        planKernels(step.program, step.leaves.data);
      } catch (error) {
        assert.ok(error instanceof UnsupportedOperationError);
        await assert.rejects(gpu.prepare(step.program), {
          message: /^\w+ is not computed on the GPU yet: train this model on the CPU\.$/,
        });
        return;
      }
    }
    const handle = await gpu.prepare(step.program);
    const [result] = await gpu.run(handle, [step.rows]);
    const expected = await step.run();
    assert.equal(result!.outcome, expected.outcome);
    near([result!.loss], [expected.loss], bound, "loss");
    near(result!.gradientNorms, expected.gradientNorms, bound, "norms of the gradients");
    const gradients = await gpu.gradients();
    (await step.executor.gradients()).forEach((gradient, k) => near(gradients[k]!, gradient, bound, `gradient ${k}`));
    const weights = await gpu.read();
    (await step.executor.read()).parameters.forEach((leaf, k) =>
      near(weights.parameters[k]!, leaf, bound, `weights ${k}`),
    );
    assert.deepEqual(
      page.complaints.filter((text) => !text.includes("GPU stall due to ReadPixels")),
      [],
    );
  });
}
