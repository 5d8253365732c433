import assert from "node:assert/strict";
import { test } from "node:test";
import { adam } from "../../../engine/library/optimizers/adam.ts";
import { sgd } from "../../../engine/library/optimizers/sgd.ts";
import { random } from "../../../engine/library/random.ts";
import { customVjp } from "../../../engine/differentiate/custom.ts";
import { relu, stopGradient } from "../../../engine/primitives/activation.ts";
import { add, div, mul, sub } from "../../../engine/primitives/arithmetic.ts";
import { matmul } from "../../../engine/primitives/contraction.ts";
import { slice } from "../../../engine/primitives/indexing.ts";
import { crossEntropy } from "../../../engine/primitives/normalization.ts";
import { mean, sum } from "../../../engine/primitives/reduction.ts";
import { shapeOf, type Primal } from "../../../engine/primitives/rule.ts";
import { concat, reshape, stack, transpose } from "../../../engine/primitives/shaping.ts";
import { cos, sin, tanh } from "../../../engine/primitives/transcendental.ts";
import { Tensor, type Value } from "../../../engine/tape/tensor.ts";
import { cases } from "../primitives/cases.ts";
import { filled, noise, type Model } from "../primitives/checkDerivatives.ts";
import { planUnits } from "../../../engine/execute/portable/units.ts";
import { assertAgrees, compileStep, near } from "./steps.ts";

/** Every parameter has a gradient, also where the model is piecewise constant. */
function lossOf(model: Model, at: readonly Primal[]): (parameters: readonly Value[]) => Value {
  const next = noise(11);
  const u = filled(shapeOf(model(...at)), next);
  return (parameters) => parameters.map((parameter) => sum(parameter)).reduce(add, sum(mul(model(...parameters), u)));
}

for (const [name, list] of Object.entries(cases))
  test(`${name} and its adjoint compute compiled what they compute on the tape`, async () => {
    for (const { model, at } of list)
      for (const point of at) {
        // Tensors and numbers in an object, since an array of numbers would be one leaf.
        const parameters = Object.fromEntries(point.map((value, k) => [`p${k}`, value]));
        const loss = lossOf(model, point);
        await assertAgrees(
          await compileStep({ parameters, loss: (own: object) => loss(Object.values(own) as Value[]) }),
          1e-4,
        );
      }
  });

const rng = random(5);
const normal = (...shape: number[]): Tensor => rng.normal(shape) as unknown as Tensor;

test("a network trains by the same numbers with sgd, momentum and Adam", async () => {
  for (const optimizer of [
    sgd({ learningRate: 0.1 }),
    sgd({ learningRate: 0.1, momentum: 0.9 }),
    adam({ learningRate: 0.01 }),
  ]) {
    const step = await compileStep({
      parameters: { w1: normal(9, 7), b1: normal(7), w2: normal(7, 3), b2: normal(3) },
      data: { x: normal(11, 9), y: rng.integers([11], 0, 3) },
      batchSize: 11,
      optimizer,
      loss: (p: Record<string, Tensor>, batch: Record<string, Tensor>) => {
        const hidden = relu(add(matmul(batch["x"]!, p["w1"]!), p["b1"]!));
        return crossEntropy(add(matmul(hidden, p["w2"]!), p["b2"]!), batch["y"]!);
      },
    });
    await assertAgrees(step);
  }
});

test("views of all kinds are read where they stand: transposes, slices, broadcasts, joins", async () => {
  const step = await compileStep({
    parameters: { a: normal(3, 4, 5), b: normal(5, 2), c: normal(4) },
    loss: ({ a, b, c }: Record<string, Tensor>) => {
      const turned = transpose(a!, [2, 0, 1]);
      const part = slice(turned, [[null, null, -1], [0, 3, 2], null]);
      const columns = matmul(reshape(turned, [5, 12]), tanh(reshape(slice(a!, [null, null, [0, 2]]), [12, 2])));
      const joined = concat([columns, mul(b!, 2)], 1);
      const stacked = stack([part, mul(part, c!)], 1);
      return add(add(sum(sin(stacked)), sum(cos(joined))), sum(mul(transpose(joined), reshape(c!, [4, 1]))));
    },
  });
  await assertAgrees(step);
});

test("products of batches, of vectors, and of empty axes", async () => {
  const step = await compileStep({
    parameters: { a: normal(3, 1, 2, 4), b: normal(5, 4, 3), v: normal(4), u: normal(2), empty: normal(2, 0) },
    loss: ({ a, b, v, u, empty }: Record<string, Tensor>) => {
      const batch = sum(sin(matmul(a!, b!)));
      const row = sum(sin(matmul(v!, b!)));
      const column = sum(sin(matmul(slice(a!, [0, 0]), v!)));
      const inner = matmul(u!, u!);
      return [batch, row, column, inner, sum(matmul(empty!, transpose(empty!)))].reduce(add);
    },
  });
  await assertAgrees(step);
});

test("chains of elementwise operations are one loop, and metrics that compute the same again cost nothing", async () => {
  const scores = ({ w }: Record<string, Tensor>, { x }: Record<string, Tensor>): Value => tanh(matmul(x!, w!));
  const definition = {
    parameters: { w: normal(6, 4) },
    data: { x: normal(8, 6) },
    batchSize: 8,
    loss: (p: never, batch: never) => mean(mul(scores(p, batch), scores(p, batch))),
  };
  const step = await compileStep({
    ...definition,
    metrics: (p: never, batch: never) => ({ size: mean(scores(p, batch)) }),
  });
  await assertAgrees(step);
  const products = step.program.values.filter((value) => value.kind === "operation" && value.name === "matmul");
  assert.equal(products.length, 2, "one forward, one for the gradient");
  const { first, second } = planUnits(step.program);
  assert.deepEqual(
    second.map(({ kind }) => kind),
    ["loop"],
    "the update of one parameter is one pass",
  );
  assert.ok(first.filter(({ kind }) => kind === "loop").length <= 3);
});

test("a traced loop is run as a loop again, forward and backward", async () => {
  const turns = 300;
  const step = await compileStep({
    parameters: { a: 0.9, x0: 0.5 },
    loss: ({ a, x0 }: Record<string, Value>) => {
      let x = x0!;
      for (let i = 0; i < turns; i++) x = add(mul(x, a!), sin(x));
      return x;
    },
  });
  await assertAgrees(step);
  const units = planUnits(step.program).first;
  const loops = units.filter((unit) => unit.kind === "repeat");
  assert.ok(
    loops.length >= 2 && loops.every(({ count }) => count > turns - 10),
    JSON.stringify(units.map((u) => u.kind)),
  );
});

test("straight-line code of single numbers beside tensors: elements taken out and put in", async () => {
  const step = await compileStep({
    parameters: { layers: [{ w: [0.1, 0.2, 0.3], b: 0.5 }], scale: 2 },
    data: {
      x: [
        [1, 2, 3],
        [4, 5, 6],
      ],
      y: [1, 2],
    },
    batchSize: 2,
    loss: (
      { layers, scale }: { layers: { w: Value[]; b: Value }[]; scale: Value },
      { x, y }: { x: Value[][]; y: Value[] },
    ) => {
      let total: Value = 0;
      x.forEach((row, k) => {
        const [{ w, b }] = layers as [{ w: Value[]; b: Value }];
        const z = row.reduce<Value>((at, value, i) => add(at, mul(value, w[i]!)), b);
        total = add(total, mul(sub(tanh(z), y[k]!), mul(scale, sub(z, y[k]!))));
      });
      // The whole array as a tensor is the array, not its elements one by one.
      return add(div(total, x.length), sum(mul(stack(layers[0]!.w), stack(layers[0]!.w))));
    },
  });
  await assertAgrees(step);
});

test("a function with an adjoint rule of its own is compiled with that rule", async () => {
  const wrong = customVjp(
    (x) => mul(x, x),
    (cotangent, [x]) => [mul(cotangent, mul(10, x!))],
    0,
  );
  const step = await compileStep({
    parameters: { x: 3 },
    loss: ({ x }: Record<string, Value>) => add(wrong(x!), stopGradient(x!)),
  });
  await assertAgrees(step);
  assert.deepEqual(await step.executor.gradients(), [Float32Array.of(30)]);
});

test("a step that is not finite leaves the weights as they were", async () => {
  const step = await compileStep({
    parameters: { w: 1 },
    data: [1, 0],
    batchSize: 1,
    loss: ({ w }: Record<string, Value>, [x]: Value[]) => div(w!, x!),
  });
  const before = await step.executor.read();
  const result = await step.run(Int32Array.of(1));
  assert.equal(result.outcome, "non-finite");
  assert.equal(result.loss, Infinity);
  assert.deepEqual(await step.executor.read(), before);
});

test("an index outside of the classes is refused by name", async () => {
  const step = await compileStep({
    parameters: { w: normal(2, 3) },
    data: { x: normal(2, 2), y: [0, 7] },
    batchSize: 1,
    loss: (p: Record<string, Tensor>, batch: { x: Tensor; y: Value[] }) =>
      crossEntropy(matmul(batch.x, p["w"]!), stack(batch.y)),
  });
  await assert.rejects(
    async () => step.run(Int32Array.of(1)),
    /^RangeError: crossEntropy: index 7 is not a whole number from -3 to 2 along an axis of 3 elements$/,
  );
});

test("several steps in one go are the same as one by one", async () => {
  const definition = {
    parameters: { w: normal(3) },
    data: normal(6, 3),
    batchSize: 2,
    optimizer: sgd({ learningRate: 0.1, momentum: 0.5 }),
    loss: ({ w }: Record<string, Tensor>, x: Tensor) => sum(mul(sin(x), mul(w!, w!))),
  };
  const batches = [
    [0, 1],
    [2, 3],
    [5, 4],
  ].map((rows) => Int32Array.from(rows));
  const [together, apart] = [await compileStep(definition), await compileStep(definition)];
  const results = await together.executor.run(together.handle, batches);
  const losses = [];
  for (const rows of batches) losses.push((await apart.run(rows)).loss);
  assert.deepEqual(
    results.map(({ loss }) => loss),
    losses,
  );
  near((await together.executor.read()).parameters[0]!, (await apart.executor.read()).parameters[0]!, 0, "weights");
});
