import assert from "node:assert/strict";
import { test } from "node:test";
import { numbersOf, recordStep } from "../../../engine/execute/record.ts";
import { adam } from "../../../engine/library/optimizers/adam.ts";
import { sgd } from "../../../engine/library/optimizers/sgd.ts";
import { random } from "../../../engine/library/random.ts";
import { relu } from "../../../engine/primitives/activation.ts";
import { add, div, mod, mul, remainder, sub } from "../../../engine/primitives/arithmetic.ts";
import { matmul } from "../../../engine/primitives/contraction.ts";
import { take } from "../../../engine/primitives/gathering.ts";
import { slice } from "../../../engine/primitives/indexing.ts";
import { crossEntropy, softmax } from "../../../engine/primitives/normalization.ts";
import { mean, sum } from "../../../engine/primitives/reduction.ts";
import { max } from "../../../engine/primitives/selection.ts";
import { concat, reshape, stack, transpose } from "../../../engine/primitives/shaping.ts";
import { expm } from "../../../engine/primitives/matrixFunctions.ts";
import { qr } from "../../../engine/primitives/orthogonal.ts";
import { pinv, svd, svdvals } from "../../../engine/primitives/singularValues.ts";
import { eigh, eigvalsh } from "../../../engine/primitives/spectral.ts";
import { fft } from "../../../engine/primitives/fourier.ts";
import { det, solve } from "../../../engine/primitives/systems.ts";
import { cholesky } from "../../../engine/primitives/triangular.ts";
import { cos, exp, log, sin, sqrt, tanh } from "../../../engine/primitives/transcendental.ts";
import { Tensor, type Value } from "../../../engine/tape/tensor.ts";
import { compileStep, near, type Compiled, type Definition } from "../../engine/execute/steps.ts";
import { gpuPage } from "./gpuPage.ts";

type Parameters = Record<string, Tensor>;
type Batch = Record<string, Tensor>;

/** Of loss, gradients and weights after several steps, relative to the largest element. */
const bound = 1e-4;

const page = await gpuPage();
const gpu = await page.executor();

const rng = random(5);
const normal = (...shape: number[]): Tensor => rng.normal(shape) as unknown as Tensor;
const scaled = (scale: number, ...shape: number[]): Tensor => mul(normal(...shape), scale) as Tensor;

async function onGpu(definition: Definition): Promise<{ readonly step: Compiled; readonly handle: number }> {
  const step = await compileStep(definition);
  await gpu.load(step.leaves.residents(step.leaves.initial));
  return { step, handle: await gpu.prepare(step.program) };
}

/** Both from the same weights, one by one, against the float64 trace of every step. */
async function assertTrainsAlike(definition: Definition, steps: number, within = bound): Promise<void> {
  const { step, handle } = await onGpu(definition);
  const { leaves } = step;
  let reference = {
    parameters: leaves.model.parameters.leaves.map(({ data }) => data),
    state: leaves.state.leaves.map(({ data }) => data),
  };
  const rows = (k: number): Int32Array =>
    step.rows.map((row) => (row + k * step.rows.length) % leaves.data[0]!.shape[0]!);
  const results = await gpu.run(
    handle,
    Array.from({ length: steps }, (_, k) => rows(k)),
  );
  for (let k = 0; k < steps; k++) {
    const recorded = recordStep(leaves.model, leaves.inputs(reference as never, rows(k)), true);
    const numbers = (values: readonly Value[]): Float64Array[] => values.map((v) => numbersOf(recorded.tape, v));
    assert.equal(results[k]!.outcome, "done");
    near([results[k]!.loss], numbers([recorded.loss])[0]!, within, `loss of step ${k + 1}`);
    const norms = numbers(recorded.gradientNorms).map(([size]) => size!);
    near(results[k]!.gradientNorms, norms, within, `gradients of step ${k + 1}`);
    reference = { parameters: numbers(recorded.parameters), state: numbers(recorded.state) };
  }
  const weights = await gpu.read();
  reference.parameters.forEach((leaf, k) => near(weights.parameters[k]!, leaf, within, `weights ${k}`));
  reference.state.forEach((leaf, k) => near(weights.state[k]!, leaf, within, `state ${k}`));
}

const network = (optimizer: unknown): Definition => ({
  parameters: { w1: scaled(0.5, 9, 7), b1: normal(7), w2: normal(7, 3), b2: normal(3) },
  data: { x: normal(33, 9), y: rng.integers([33], 0, 3) },
  batchSize: 11,
  optimizer,
  loss: (p: Parameters, batch: Batch) => {
    const hidden = relu(add(matmul(batch["x"]!, p["w1"]!), p["b1"]!));
    return crossEntropy(add(matmul(hidden, p["w2"]!), p["b2"]!), batch["y"]!);
  },
});

test("a network trains by the same numbers as in float64 for 20 steps with sgd, momentum and Adam", async () => {
  await assertTrainsAlike(network(sgd({ learningRate: 0.1 })), 20);
  await assertTrainsAlike(network(sgd({ learningRate: 0.1, momentum: 0.9 })), 20);
  await assertTrainsAlike(network(adam({ learningRate: 0.01 })), 20);
});

test("a recurrent network over ten time steps trains by the same numbers as in float64", async () => {
  const definition: Definition = {
    parameters: { w: scaled(0.4, 6, 6), u: scaled(0.5, 4, 6), b: normal(6), v: normal(6, 2) },
    data: { x: normal(10, 10, 4), y: normal(10, 2) },
    batchSize: 5,
    optimizer: adam({ learningRate: 0.01 }),
    loss: (p: Parameters, batch: Batch) => {
      let h: Value = 0;
      for (let t = 0; t < 10; t++) {
        const input = matmul(slice(batch["x"]!, [null, t]), p["u"]!);
        h = tanh(add(add(input, t === 0 ? 0 : matmul(h, p["w"]!)), p["b"]!));
      }
      const error = sub(matmul(h, p["v"]!), batch["y"]!);
      return mean(mul(error, error));
    },
  };
  await assertTrainsAlike(definition, 20);
});

test("attention over embeddings with a normalised layer trains by the same numbers as in float64", async () => {
  const definition: Definition = {
    parameters: { table: normal(12, 8), q: scaled(0.4, 8, 8), k: scaled(0.4, 8, 8), v: normal(8, 8), gain: normal(8) },
    data: { words: rng.integers([12, 6], 0, 12), y: rng.integers([12], 0, 8) },
    batchSize: 4,
    optimizer: sgd({ learningRate: 0.05 }),
    loss: (p: Parameters, batch: Batch) => {
      const x = take(p["table"]!, batch["words"]!, 0); // [4, 6, 8]
      const scores = matmul(matmul(x, p["q"]!), transpose(matmul(x, p["k"]!), [0, 2, 1]));
      const mixed = matmul(softmax(div(scores, Math.sqrt(8))), matmul(x, p["v"]!));
      const centred = sub(mixed, mean(mixed, -1, true));
      const spread = sqrt(add(mean(mul(centred, centred), -1, true), 1e-5));
      const out = mean(mul(div(centred, spread), p["gain"]!), 1);
      return crossEntropy(out, batch["y"]!);
    },
  };
  await assertTrainsAlike(definition, 6);
});

test("a network and a loop of plain numbers train by the same numbers as in float64", async () => {
  const x = Array.from({ length: 16 }, (_, k) => [Math.sin(k), Math.cos(1.3 * k)]);
  const definition: Definition = {
    parameters: {
      w: Array.from({ length: 6 }, (_, k) => [Math.sin(3 * k), Math.cos(5 * k)]),
      b: [0, 0.1, 0.2, 0.3, 0.4, 0.5],
      v: [0.5, -0.4, 0.3, -0.2, 0.1, 0.6],
      decay: 0.9,
    },
    data: { x, y: x.map(([a, b]) => (a! * b! > 0 ? 1 : 0)) },
    batchSize: 8,
    optimizer: adam({ learningRate: 0.02 }),
    loss: (
      { w, b, v, decay }: { w: Value[][]; b: Value[]; v: Value[]; decay: Value },
      batch: { x: Value[][]; y: Value[] },
    ) => {
      let total: Value = 0;
      batch.x.forEach((point, row) => {
        const hidden = w.map((own, k) => tanh(add(add(mul(own[0]!, point[0]!), mul(own[1]!, point[1]!)), b[k]!)));
        const z = hidden.map((h, k) => mul(h, v[k]!)).reduce(add);
        const error = sub(div(1, add(1, exp(sub(0, z)))), batch.y[row]!);
        total = add(total, mul(error, error));
      });
      // What the loop goes on with is a tensor's, in between.
      let state = slice(tanh(stack(v)), [0]);
      for (let k = 0; k < 150; k++) state = add(mul(decay, state), mul(0.01, sin(state)));
      return add(div(total, 8), mul(state, state));
    },
  };
  await assertTrainsAlike(definition, 20);
});

test("a Gaussian process trains by the same numbers as in float64: matrices are factored and solved for on the GPU", async () => {
  const x = Array.from({ length: 14 }, (_, k) => -3 + 0.45 * k + 0.1 * Math.sin(5 * k));
  const identity = new Tensor(
    [14, 14],
    Float64Array.from({ length: 196 }, (_, k) => (k % 15 === 0 ? 1 : 0)),
  );
  const definition: Definition = {
    parameters: { length: 0, height: 0, noise: -1 },
    data: { x: new Tensor([14, 1], Float64Array.from(x)), y: new Tensor([14, 1], Float64Array.from(x, Math.sin)) },
    batchSize: 14,
    optimizer: adam({ learningRate: 0.05 }),
    loss: ({ length, height, noise }: Record<string, Value>, batch: Batch) => {
      const apart = div(sub(batch["x"]!, transpose(batch["x"]!)), exp(length!));
      const alike = mul(exp(height!), exp(mul(-0.5, mul(apart, apart))));
      const covariance = add(alike, mul(exp(noise!), identity));
      const fit = sum(mul(batch["y"]!, solve(covariance, batch["y"]!)));
      const factor = cholesky(covariance);
      return add(mul(0.5, fit), sum(mul(identity, log(add(mul(factor, identity), sub(1, identity))))));
    },
  };
  await assertTrainsAlike(definition, 10);
});

test("views, joins and long sums are read where they stand", async () => {
  const definition: Definition = {
    parameters: {
      a: normal(3, 4, 5),
      b: normal(5, 2),
      c: normal(4),
      long: normal(50, 60),
      empty: normal(2, 0),
      s: 0.7,
    },
    loss: ({ a, b, c, long, empty, s }: Parameters) => {
      const turned = transpose(a!, [2, 0, 1]);
      const part = slice(turned, [[null, null, -1], [0, 3, 2], null]);
      const columns = matmul(reshape(turned, [5, 12]), tanh(reshape(slice(a!, [null, null, [0, 2]]), [12, 2])));
      const joined = concat([columns, mul(b!, 2), ...Array.from({ length: 9 }, (_, k) => mul(b!, k))], 1);
      const stacked = stack([part, mul(part, c!)], 1);
      return [
        sum(sin(stacked)),
        sum(cos(joined)),
        sum(mul(transpose(joined), sum(c!))),
        mean(mul(long!, long!)),
        sum(mul(sin(long!), s!), 0),
        sum(matmul(empty!, transpose(empty!))),
      ]
        .map((value) => sum(value))
        .reduce(add);
    },
  };
  await assertTrainsAlike(definition, 3);
});

test("a tensor longer than any side of a texture lies in two dimensions", async () => {
  const size = 2 ** 15 + 17;
  const { handle, step } = await onGpu({
    parameters: { w: normal(size) },
    optimizer: sgd({ learningRate: 0.25 }),
    loss: ({ w }: Parameters) => sum(mul(w!, w!)),
  });
  const [w] = step.leaves.initial.parameters;
  const [result] = await gpu.run(handle, [step.rows]);
  near([result!.loss], [w!.reduce((total, x) => total + x * x, 0)], 1e-5, "loss");
  const { parameters } = await gpu.read();
  assert.deepEqual(
    parameters[0],
    w!.map((x) => x - 0.5 * x),
  );
});

test("several steps in one go are the same as one by one", async () => {
  const definition = network(adam({ learningRate: 0.01 }));
  const batches = Array.from({ length: 20 }, (_, k) => Int32Array.from({ length: 11 }, (_, row) => (3 * k + row) % 33));
  const { step, handle } = await onGpu(definition);
  const together = await gpu.run(handle, batches);
  const weights = await gpu.read();
  await gpu.write(step.leaves.initial);
  const apart = [];
  for (const batch of batches) apart.push(...(await gpu.run(handle, [batch])));
  assert.deepEqual(together, apart);
  assert.deepEqual(weights, await gpu.read());
  assert.equal(weights.state.find(({ length }) => length === 1)?.[0], 20, "the count of steps, in float64");
});

test("a number of the state that hangs on the gradients is kept on the GPU, and one that counts is not", async () => {
  const optimizer = {
    name: "normalised",
    init: () => ({ count: 0, size: 1 }),
    update: (p: { w: Value }, g: { w: Value }, { count, size }: { count: Value; size: Value }) => {
      const next = add(mul(0.9, size), mul(0.1, sum(mul(g.w, g.w))));
      const rate = div(0.1, add(count, 1));
      return {
        parameters: { w: sub(p.w, mul(rate, div(g.w, sqrt(next)))) },
        state: { count: add(count, 1), size: next },
      };
    },
  };
  const definition: Definition = {
    parameters: { w: normal(5) },
    data: normal(12, 5),
    batchSize: 4,
    optimizer,
    loss: ({ w }: Parameters, x: Tensor) => mean(mul(sin(mul(x, w!)), x)),
  };
  await assertTrainsAlike(definition, 20);
  const { state } = await gpu.read();
  assert.deepEqual(
    state.map((leaf) => leaf.constructor.name),
    ["Float64Array", "Float64Array"],
  );
  assert.equal(state[0]![0], 20);
});

test("programs take turns on the same weights: one that only evaluates, and one that keeps a number elsewhere", async () => {
  const { step, handle } = await onGpu(network(adam({ learningRate: 0.01 })));
  const { program } = step;
  const { values, outputs } = program;
  const counted = values.findIndex(({ kind, shape }) => kind === "state" && shape.length === 0);
  const judged = {
    ...program,
    metrics: ["steps"],
    outputs: {
      ...outputs,
      metrics: [counted],
      gradients: [],
      gradientNorms: [],
      parameters: [],
      state: [],
    },
  };
  const judge = await gpu.prepare(judged);
  // The count of steps becomes what it is and 0 times the loss: it hangs on the batch.
  const count = outputs.state.findIndex((id) => values[id]!.shape.length === 0);
  const scalar = { kind: "operation", shape: [], attributes: {} } as const;
  const last = values.length;
  const moving = await gpu.prepare({
    ...program,
    values: [
      ...values,
      { kind: "constant", shape: [], data: 0 },
      { ...scalar, name: "mul", inputs: [outputs.loss, last] },
      { ...scalar, name: "add", inputs: [outputs.state[count]!, last + 1] },
    ],
    outputs: { ...outputs, state: outputs.state.with(count, last + 2) },
  });
  let steps = 0;
  for (const next of [handle, judge, moving, judge, handle, moving, handle]) {
    const [result] = await gpu.run(next, [step.rows]);
    if (next !== judge) steps++;
    else {
      assert.deepEqual(result!.metrics, [steps]);
      const weights = await gpu.read();
      const [again] = await gpu.run(judge, [step.rows]);
      assert.deepEqual([again, await gpu.read()], [result, weights], "evaluation changes nothing");
      continue;
    }
    near([result!.loss], [(await step.run()).loss], bound, "loss");
  }
  const [actual, expected] = [await gpu.read(), await step.executor.read()];
  expected.parameters.forEach((leaf, k) => near(actual.parameters[k]!, leaf, bound, `weights ${k}`));
  assert.equal(actual.state[count]![0], 5);
});

test("weights that are written are those that are read, and steps go on from them", async () => {
  const { step, handle } = await onGpu(network(adam({ learningRate: 0.01 })));
  const { parameters, state } = step.leaves.initial;
  const written = {
    parameters: parameters.map((leaf) => leaf.map((value) => value * 0.5)),
    state: state.map((leaf) => leaf.map(() => 3)),
  };
  await gpu.write(written);
  assert.deepEqual(await gpu.read(), written);
  await step.executor.write(written);
  const [result] = await gpu.run(handle, [step.rows]);
  near([result!.loss], [(await step.run()).loss], bound, "loss");
  const expected = await step.executor.read();
  const read = await gpu.read();
  expected.parameters.forEach((leaf, k) => near(read.parameters[k]!, leaf, bound, `weights ${k}`));
  expected.state.forEach((leaf, k) => near(read.state[k]!, leaf, bound, `state ${k}`));
});

test("a step that is not finite ends the run in the middle and leaves the weights as they were before it", async () => {
  for (const [name, loss, outcomeOfLoss] of [
    ["overflow", (w: Value, x: Value) => exp(mul(w, x)), Infinity],
    ["log of 0", (w: Value, x: Value) => mul(w, log(sub(100, x))), -Infinity],
    ["log below 0", (w: Value, x: Value) => mul(w, log(sub(50, x))), NaN],
    ["0 / 0", (w: Value, x: Value) => div(mul(w, sub(x, 100)), sub(x, 100)), NaN],
  ] as const) {
    const { handle } = await onGpu({
      parameters: { w: 1 },
      data: [1, 2, 100, 3],
      batchSize: 1,
      optimizer: sgd({ learningRate: 1e-3, momentum: 0.9 }),
      loss: ({ w }: Record<string, Value>, [x]: Value[]) => loss(w!, x!),
    });
    await gpu.run(handle, [Int32Array.of(0), Int32Array.of(1)]);
    const before = await gpu.read();
    const results = await gpu.run(handle, [Int32Array.of(2), Int32Array.of(0), Int32Array.of(1)]);
    assert.deepEqual(
      results.map(({ outcome }) => outcome),
      ["non-finite"],
      name,
    );
    assert.equal(results[0]!.loss, outcomeOfLoss, name);
    assert.deepEqual(await gpu.read(), before, name);
    const [gradient] = await gpu.gradients();
    assert.ok(!Number.isFinite(gradient![0]), `${name}: the gradients are those of the step that failed`);
    const [after] = await gpu.run(handle, [Int32Array.of(0)]);
    assert.equal(after!.outcome, "done", name);
  }
});

test("weights that would not be finite are found though loss and gradient are", async () => {
  const { step, handle } = await onGpu({
    parameters: { w: [1e20, 2], v: normal(300) },
    optimizer: sgd({ learningRate: 1e30 }),
    loss: ({ w, v }: { w: Value[]; v: Value }) => add(mul(1e10, sum(stack(w))), sum(v)),
  });
  const [result] = await gpu.run(handle, [step.rows]);
  assert.equal(result!.outcome, "non-finite");
  assert.ok(Number.isFinite(result!.loss));
  assert.deepEqual(await gpu.read(), step.leaves.initial);
});

test("norms of gradients are told where their squares overflow or vanish", async () => {
  const { step, handle } = await onGpu({
    parameters: { large: normal(7), small: normal(2000), none: normal(3) },
    optimizer: sgd({ learningRate: 0 }),
    loss: ({ large, small, none }: Parameters) =>
      add(add(mul(1e25, sum(mul(large!, large!))), mul(1e-25, sum(mul(small!, small!)))), mul(0, sum(none!))),
  });
  const [result] = await gpu.run(handle, [step.rows]);
  const { gradientNorms } = await step.run();
  assert.equal(result!.outcome, "done");
  gradientNorms.forEach((size, k) => assert.ok(Math.abs(result!.gradientNorms[k]! - size) <= 1e-5 * size, `norm ${k}`));
});

test("NaN in the data passes through max and relu to the loss", async () => {
  const step = await compileStep({
    parameters: { w: normal(3) },
    data: normal(2, 3),
    batchSize: 1,
    loss: ({ w }: Parameters, x: Tensor) => sum(max(relu(mul(x, w!)), -1)),
  });
  const residents = step.leaves.residents(step.leaves.initial);
  const data = Float32Array.of(1, 2, 3, NaN, -1, -1);
  await gpu.load({ ...residents, data: [{ shape: [2, 3], data }] });
  const results = await gpu.run(await gpu.prepare(step.program), [step.rows, Int32Array.of(1), step.rows]);
  assert.deepEqual(
    results.map(({ outcome }) => outcome),
    ["done", "non-finite"],
  );
  assert.ok(Number.isNaN(results[1]!.loss));
});

test("an index outside of the classes never passes for a loss", async () => {
  const { handle } = await onGpu({
    parameters: { w: normal(2, 3) },
    data: { x: normal(2, 2), y: [0, 7] },
    batchSize: 1,
    loss: (p: Parameters, batch: { x: Tensor; y: Value[] }) => crossEntropy(matmul(batch.x, p["w"]!), stack(batch.y)),
  });
  const results = await gpu.run(handle, [Int32Array.of(0), Int32Array.of(1)]);
  assert.deepEqual(
    results.map(({ outcome }) => outcome),
    ["done", "non-finite"],
  );
});

test("a program does not apply where its guards come out otherwise, and nothing of it is kept", async () => {
  const step = await compileStep({
    parameters: { w: 2 },
    data: [1, 2, -3, 4],
    batchSize: 1,
    loss: ({ w }: Record<string, Value>, [x]: Value[]) => mul(w!, x!),
  });
  const { values, outputs } = step.program;
  // x > 0, as it was when it was traced.
  const [x, zero] = [values.findIndex(({ kind }) => kind === "batch"), values.length];
  const element = values.findIndex((value) => value.kind === "operation" && value.inputs[0] === x);
  const program = {
    ...step.program,
    values: [
      ...values,
      { kind: "constant", shape: [], data: 0 } as const,
      {
        kind: "operation",
        name: "greater",
        inputs: [element < 0 ? x : element, zero],
        shape: [],
        attributes: {},
      } as const,
    ],
    guards: [{ value: zero + 1, expected: 1 }],
    outputs,
  };
  await gpu.load(step.leaves.residents(step.leaves.initial));
  const handle = await gpu.prepare(program);
  const results = await gpu.run(
    handle,
    [0, 1, 2, 3].map((row) => Int32Array.of(row)),
  );
  assert.deepEqual(
    results.map(({ outcome }) => outcome),
    ["done", "done", "guard"],
  );
  const expected = await compileStep({
    parameters: { w: 2 },
    data: [1, 2, -3, 4],
    batchSize: 1,
    loss: ({ w }: Record<string, Value>, [x]: Value[]) => mul(w!, x!),
  });
  await expected.run(Int32Array.of(0));
  await expected.run(Int32Array.of(1));
  assert.deepEqual((await gpu.read()).parameters, (await expected.executor.read()).parameters);
});

test("no texture is left behind: after many steps there are as many as after a few", async () => {
  const { handle, step } = await onGpu(network(adam({ learningRate: 0.01 })));
  const live = async (): Promise<number> => (await page.call({ method: "liveTextures" })) as number;
  const train = async (count: number): Promise<void> => {
    await gpu.run(
      handle,
      Array.from({ length: count }, () => step.rows),
    );
    await gpu.gradients();
    await gpu.write(await gpu.read());
  };
  await train(40);
  const before = await live();
  await train(100);
  await train(100);
  const after = await live();
  assert.ok(after <= before, `${before} textures, then ${after}`);
  await page.call({ method: "dispose" });
  // gpu.js keeps a few of its own, of the context in which it asks what there is.
  assert.ok((await live()) <= 4, `${await live()} textures are left`);
});

test("the page complains of nothing", () => {
  assert.equal(page.evalIsBlocked, true, "the control of the policy");
  assert.deepEqual(
    page.complaints.filter((text) => !text.includes("GPU stall due to ReadPixels")),
    [],
  );
});

test("elements are found at exact places, whatever the extents: quotients of 41, 751 and their like are rounded", async () => {
  const extents = [41, 47, 61, 82, 83, 97, 751];
  const parameters = Object.fromEntries(extents.map((extent) => [`p${extent}`, normal(2, 2, extent + 3)]));
  const definition: Definition = {
    parameters: { ...parameters, x: new Tensor([5], Float64Array.of(41, 82, -47, 1502.5, 3)) },
    loss: (own: Parameters) => {
      const parts = extents.map((extent) => {
        const part = slice(own[`p${extent}`]!, [null, null, [1, extent + 1]]);
        const turned = transpose(part, [2, 0, 1]);
        const weights = new Tensor(
          [extent, 2, 2],
          Float64Array.from({ length: 4 * extent }, (_, k) => Math.sin(k)),
        );
        return add(sum(mul(part, part)), sum(mul(weights, sin(turned))));
      });
      const y = new Tensor([5], Float64Array.of(41, 41, 47, 751, 41));
      return [...parts, sum(mul(mod(own["x"]!, y), own["x"]!)), sum(remainder(own["x"]!, y))].reduce(add);
    },
  };
  await assertTrainsAlike(definition, 3);
});

test("small matrices are decomposed on the GPU: qr, eigh, svd, pinv, expm and the gradient of det", async () => {
  const tall: Definition = {
    parameters: { a: normal(2, 6, 4), b: scaled(0.4, 5, 5), wide: normal(3, 7) },
    optimizer: sgd({ learningRate: 0.01 }),
    loss: ({ a, b, wide }: Parameters) => {
      const symmetric = add(b!, transpose(b!));
      const vectors = eigh(symmetric);
      const weights = new Tensor(
        [5, 5],
        Float64Array.from({ length: 25 }, (_, k) => Math.cos(k)),
      );
      const projector = matmul(slice(vectors, [null, [0, 2]]), transpose(slice(vectors, [null, [0, 2]])));
      const pairs = svd(wide!);
      const own = matmul(
        slice(pairs, [
          [0, 3],
          [0, 1],
        ]),
        transpose(
          slice(pairs, [
            [3, 10],
            [0, 1],
          ]),
        ),
      );
      return [
        sum(sin(qr(a!))),
        sum(mul(eigvalsh(symmetric), new Tensor([5], Float64Array.of(1, 2, 3, 4, 5)))),
        sum(mul(projector, weights)),
        sum(exp(mul(-0.3, svdvals(a!)))),
        sum(sin(own)),
        sum(cos(pinv(wide!))),
        sum(mul(expm(mul(6, b!)), mul(0.01, weights))),
        det(add(b!, weights)),
      ].reduce(add);
    },
  };
  await assertTrainsAlike(tall, 3);
});

test("long transforms are made of short ones", async () => {
  const definition: Definition = {
    parameters: { x: normal(2, 2, 1500), y: normal(2, 90, 4), z: normal(2, 1, 2048) },
    optimizer: sgd({ learningRate: 1e-5 }),
    loss: ({ x, y, z }: Parameters) => {
      const power = (u: Value): Value => mean(mul(u, u));
      const part = slice(fft(x!, [2], false), [[0, 1], null, [0, 751]]);
      return [power(part), power(fft(fft(y!, [1], false), [1, 2], true)), power(sin(fft(z!, [2], false)))].reduce(add);
    },
  };
  await assertTrainsAlike(definition, 3);
});
