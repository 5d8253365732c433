import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Leaves } from "../../../engine/execute/leaves.ts";
import { PortableExecutor } from "../../../engine/execute/portable.ts";
import { adam } from "../../../engine/library/optimizers/adam.ts";
import { sgd } from "../../../engine/library/optimizers/sgd.ts";
import { add, div, mul, sub } from "../../../engine/primitives/arithmetic.ts";
import * as comparison from "../../../engine/primitives/comparison.ts";
import { where } from "../../../engine/primitives/selection.ts";
import { less } from "../../../engine/language/runtime/comparisons.ts";
import type { Value } from "../../../engine/tape/tensor.ts";
import { numbersOf, recordStep } from "../../../engine/execute/record.ts";
import { NonFiniteError, train, type TrainingOptions } from "../../../engine/train/loop.ts";
import type { TrainingReport, TrainingSummary } from "../../../engine/train/report.ts";
import { Rows } from "../../../engine/train/rows.ts";
import { BusyError, historyFile, RunFolder, RunFolderError, weightsFile } from "../../../engine/train/runFolder.ts";
import { decodeTensors, encodeTensors } from "../../../engine/train/safetensors.ts";
import { Stepper } from "../../../engine/train/stepper.ts";
import { leavesOf, near, type Definition } from "../execute/steps.ts";

const folder = mkdtempSync(join(tmpdir(), "adjoint-train-"));
after(() => rmSync(folder, { recursive: true }));

const line: Definition = {
  parameters: { slope: 0, offset: 0 },
  data: { x: [0, 1, 2, 3, 4, 5, 6, 7], y: [1, 3, 5, 7, 9, 11, 13, 15] },
  loss: ({ slope, offset }: Record<string, Value>, { x, y }: { x: Value[]; y: Value[] }) => {
    const errors = x.map((value, k) => sub(add(mul(slope!, value), offset!), y[k]!));
    return mul(1 / x.length, errors.map((error) => mul(error, error)).reduce(add));
  },
  optimizer: sgd({ learningRate: 0.02, momentum: 0.8 }),
  batchSize: 3,
};

interface Ran {
  readonly summary: TrainingSummary;
  readonly reports: readonly TrainingReport[];
  readonly notices: readonly string[];
  readonly weights: readonly Float32Array[];
}

async function trained(definition: Definition, options: Partial<TrainingOptions> = {}): Promise<Ran> {
  const executor = new PortableExecutor();
  const reports: TrainingReport[] = [];
  const notices: string[] = [];
  const summary = await train({
    model: leavesOf(definition).model,
    executor,
    tapeBytes: 2 ** 28,
    onReport: (report) => reports.push(report),
    onNotice: (_, message) => notices.push(message),
    ...options,
  });
  return { summary, reports, notices, weights: (await executor.read()).parameters };
}

/** Makes steps from a model's first weights on; nothing is to be noticed about them. */
async function stepperOf(leaves: Leaves): Promise<Stepper> {
  const executor = new PortableExecutor();
  await executor.load(leaves.residents(leaves.initial));
  const notice = (_: string, message: string): void => assert.fail(message);
  return new Stepper({ leaves, executor, update: true, tapeBytes: 2 ** 28, guarded: (trace) => trace(), notice });
}

test("learns a line", async () => {
  const { summary, weights, reports } = await trained({ ...line, epochs: 150 });
  near(weights[0]!, [2], 1e-3, "slope");
  near(weights[1]!, [1], 5e-3, "offset");
  assert.equal(summary.steps, 300, "two whole batches of three in each epoch");
  assert.equal(summary.device, "cpu");
  assert.equal(summary.executor, "portable");
  assert.equal(reports.at(-1)!.step, 300);
  assert.ok(summary.training.loss < 1e-3);
});

test("the same seed trains to the same bits, another one differs", async () => {
  const [a, b, c] = await Promise.all(
    [3, 3, 4].map(async (seed) => (await trained({ ...line, epochs: 3, seed })).weights[0]![0]!),
  );
  assert.equal(a, b);
  assert.notEqual(a, c);
});

test("every example comes once in an epoch, in another order in each, and none that is kept for validation", () => {
  const rows = new Rows(10, 0.2, 4, 1);
  const epochs = [0, 1].map((epoch) => rows.epoch(epoch).flatMap((batch) => [...batch]));
  for (const order of epochs) {
    assert.equal(new Set(order).size, 8);
    assert.ok(order.every((row) => !rows.validation.includes(row)));
  }
  assert.notDeepEqual(epochs[0], epochs[1]);
  assert.deepEqual(
    rows.epoch(0).flatMap((batch) => [...batch]),
    epochs[0],
    "epochs can be asked for again",
  );
  assert.equal(rows.validationBatches().length, 1);
});

test("a validation set is judged after each epoch, the last smaller batch included", async () => {
  const { summary, reports } = await trained({
    ...line,
    epochs: 4,
    batchSize: 2,
    validation: { fraction: 0.375 },
    metrics: (_: unknown, { x }: { x: Value[] }) => ({ count: x.length }),
  });
  assert.equal(reports.filter(({ validation }) => validation !== undefined).length, 4);
  assert.equal(summary.validation!.metrics["count"], (2 * 2 + 1 * 1) / 3, "weighted by examples");
});

test("the first steps are those of the float64 reference, within float32", async () => {
  const definition = { ...line, optimizer: adam({ learningRate: 0.1 }) };
  const leaves = leavesOf(definition);
  const rows = new Rows(8, 0, 3, 0);
  let weights = leaves.initial;
  const losses: number[] = [];
  for (let step = 0; step < 20; step++) {
    const batch = rows.epoch(Math.floor(step / 2))[step % 2]!;
    const recorded = recordStep(leaves.model, leaves.inputs(weights, batch), true);
    losses.push(numbersOf(recorded.tape, recorded.loss)[0]!);
    // float64 all along: the leaves take any numbers.
    const next = (values: typeof recorded.parameters): Float64Array[] => values.map((v) => numbersOf(recorded.tape, v));
    weights = { parameters: next(recorded.parameters) as never, state: next(recorded.state) };
  }
  const stepper = await stepperOf(leaves);
  const batches = Array.from({ length: 20 }, (_, step) => rows.epoch(Math.floor(step / 2))[step % 2]!);
  const results = await stepper.run(batches);
  results.forEach(({ loss }, k) => near([loss], [losses[k]!], 1e-5, `loss of step ${k + 1}`));
});

test("more steps in one go than a call takes as arguments", async () => {
  const stepper = await stepperOf(leavesOf(line));
  const batches = new Array<Int32Array>(300_000).fill(Int32Array.of(0, 1, 2));
  assert.equal((await stepper.run(batches)).length, batches.length);
});

test("a step whose branches come out otherwise takes another program, and never the wrong one", async () => {
  const definition = {
    parameters: { w: 1 },
    data: { x: [3, -2, 1, -4, 5] },
    batchSize: 1,
    optimizer: sgd({ learningRate: 0.01 }),
    loss: ({ w }: Record<string, Value>, { x }: { x: [Value] }) => {
      const z = mul(w!, x[0]);
      return less(0, z, 0) ? mul(-0.5, z) : mul(z, z);
    },
    steps: 40,
  };
  const { weights, summary, notices } = await trained(definition);
  let w = 1;
  for (let step = 0; step < 40; step++) {
    const x = definition.data.x[new Rows(5, 0, 1, 0).epoch(Math.floor(step / 5))[step % 5]![0]!]!;
    w -= 0.01 * (w * x < 0 ? -0.5 * x : 2 * w * x * x);
  }
  near(weights[0]!, [w], 1e-5, "w");
  assert.equal(summary.executor, "portable");
  assert.deepEqual(notices, []);
});

test("a model that takes ever new ways is traced at each step, which is said", async () => {
  const definition = {
    parameters: { w: 1 },
    data: { x: Array.from({ length: 40 }, (_, k) => k + 0.5) },
    batchSize: 1,
    optimizer: sgd({ learningRate: 1e-5 }),
    loss: ({ w }: Record<string, Value>, { x }: { x: [Value] }) => {
      let total: Value = 0;
      for (let k = 0; less(0, k, x[0]); k++) total = add(total, mul(w!, k));
      return mul(total, total);
    },
    epochs: 1,
  };
  const { weights, summary, notices } = await trained(definition);
  assert.equal(summary.executor, "tracer");
  assert.match(notices.join(), /takes another way through its branches at almost every step/);
  let w = 1;
  for (const [row] of new Rows(40, 0, 1, 0).epoch(0)) {
    const n = row! + 1;
    w -= 1e-5 * 2 * w * ((n * (n - 1)) / 2) ** 2;
  }
  near(weights[0]!, [w], 1e-4, "w");
});

test("metrics that take ever new ways are computed apart from the program: for some steps, and for all that are held out", async () => {
  const definition = {
    parameters: { w: 3 },
    data: { x: Array.from({ length: 60 }, (_, k) => (k * 37) % 61) },
    batchSize: 8,
    validation: { fraction: 0.2 },
    optimizer: sgd({ learningRate: 1e-6 }),
    loss: ({ w }: Record<string, Value>, { x }: { x: Value[] }) =>
      x.map((value) => mul(sub(mul(w!, value), value), sub(mul(w!, value), value))).reduce(add),
    metrics: (_: unknown, { x }: { x: Value[] }) => {
      let large = 0;
      for (const value of x) if (less(0, 30, value)) large++;
      return { large: large / x.length };
    },
    epochs: 12,
  };
  const { summary, notices } = await trained(definition);
  assert.equal(summary.executor, "portable");
  assert.match(notices.join(), /metrics take another way through their branches .* held out/);
  assert.ok(summary.training.metrics["large"]! > 0 && summary.training.metrics["large"]! < 1);
  const rows = new Rows(60, 0.2, 8, 0).validation;
  const large = Array.from(rows).filter((row) => definition.data.x[row]! > 30).length;
  near([summary.validation!.metrics["large"]!], [large / rows.length], 1e-9, "of those held out");
});

test("a loss that is another one at each call is traced at each step, which is said", async () => {
  let calls = 0;
  const { summary, notices } = await trained({
    parameters: { w: 1 },
    loss: ({ w }: Record<string, Value>) => mul(w!, calls++),
    steps: 3,
  });
  assert.equal(summary.executor, "tracer");
  assert.match(notices.join(), /something else each time/);
});

test("stops where the loss is not finite, and keeps the weights before", async () => {
  const failed = trained({
    parameters: { w: 1 },
    loss: ({ w }: Record<string, Value>) => mul(w!, mul(w!, w!)),
    optimizer: sgd({ learningRate: 10 }),
    steps: 100,
  });
  await assert.rejects(failed, (error: unknown) => {
    assert.ok(error instanceof NonFiniteError);
    assert.ok(error.step > 2 && error.weights.parameters[0]!.every(Number.isFinite));
    return true;
  });
});

test("a run that diverged goes on from the best weights, one that met a single NaN from those before it", async () => {
  /** Goes down for a while, then far too fast. */
  const turning = {
    name: "turning",
    init: () => ({ count: 0 }),
    update: ({ w }: { w: Value }, gradient: { w: Value }, { count }: { count: Value }) => ({
      parameters: { w: sub(w, mul(where(comparison.less(count, 300), 0.01, 3), gradient.w)) },
      state: { count: add(count, 1) },
    }),
  };
  const definition = {
    parameters: { w: 5 },
    loss: ({ w }: Record<string, Value>) => add(mul(w!, w!), 0.01),
    optimizer: turning,
  };
  const file = join(folder, "turning.ts");
  const run = RunFolder.create(folder, "turning", file);
  await assert.rejects(trained(definition, { steps: 10_000, folder: run }), (error: unknown) => {
    assert.ok(error instanceof NonFiniteError);
    const [first, last] = error.losses;
    assert.ok(last > 1e6 * first, "the weights before the step are good for nothing");
    assert.ok(error.resumesAfter! >= 1 && error.resumesAfter! <= 301, `${error.resumesAfter}`);
    return true;
  });
  run.release();
  const again = RunFolder.latest(folder, "turning", file);
  const { summary, weights } = await trained(definition, { steps: 1, folder: again, continues: true });
  again.release();
  assert.ok(summary.training.loss < 25 && Math.abs(weights[0]![0]!) < 5);

  const once = RunFolder.create(folder, "once", file);
  const gap = {
    parameters: { w: 1 },
    data: [1, 1, 0, 1],
    batchSize: 1,
    optimizer: sgd({ learningRate: 1e-3 }),
    loss: ({ w }: Record<string, Value>, [x]: Value[]) => div(mul(w!, w!), x!),
  };
  await assert.rejects(trained(gap, { steps: 8, folder: once }), (error: unknown) => {
    assert.ok(error instanceof NonFiniteError);
    assert.equal(error.resumesAfter, error.step - 1);
    return true;
  });
  once.release();
});

test("weights and state survive their file bit by bit", () => {
  const tensors = [
    { name: "w", shape: [2, 2], data: Float32Array.of(1, -0, NaN, 1e-40) },
    { name: "optimizer.step", shape: [], data: Float64Array.of(1 / 3) },
  ];
  const file = encodeTensors({ tensors, metadata: { step: "7" } });
  assert.equal(new DataView(file.buffer).getBigUint64(0, true) % 8n, 0n);
  // As files are read: a Buffer that shares its memory with others.
  assert.deepEqual(decodeTensors(Buffer.concat([Buffer.from(file)])), { tensors, metadata: { step: "7" } });
  assert.throws(() => decodeTensors(file.subarray(0, file.length - 4)), /no safetensors file/);
});

test("a run that is continued ends where one in one go ends, to the bit", async () => {
  const definition = { ...line, optimizer: adam(), seed: 5 };
  const whole = await trained(definition, { steps: 9 });
  const run = RunFolder.create(folder, "line", join(folder, "model.ts"));
  await trained(definition, { steps: 4, folder: run });
  run.release();
  const again = RunFolder.latest(folder, "line", join(folder, "model.ts"));
  const rest = await trained(definition, { steps: 5, folder: again, continues: true });
  again.release();
  assert.deepEqual(rest.weights, whole.weights);
  assert.equal(rest.summary.steps, 9);
  assert.deepEqual(readdirSync(again.folder).sort(), [historyFile, weightsFile]);
  const history = readFileSync(join(again.folder, historyFile), "utf8").trim().split("\n");
  assert.equal((JSON.parse(history.at(-1)!) as TrainingReport).step, 9);
});

test("a run of a model of the same name in another file is not continued", async () => {
  const [first, second] = [join(folder, "first.ts"), join(folder, "parts", "second.ts")];
  const run = RunFolder.create(folder, "twin", first);
  await trained(line, { steps: 1, folder: run });
  run.release();
  assert.throws(() => RunFolder.latest(folder, "twin", second), {
    message:
      "There is no run of twin to continue in .adjoint/runs/twin. Those that are there are of a twin in another file than parts/second.ts.",
  });
  assert.equal(RunFolder.latest(folder, "twin", first).folder, run.folder);
});

test("what cannot be continued is refused in one sentence", async () => {
  assert.throws(() => RunFolder.latest(folder, "never", join(folder, "model.ts")), {
    name: RunFolderError.name,
    message: "There is no run of never to continue in .adjoint/runs/never.",
  });
  const run = RunFolder.create(folder, "changed", join(folder, "model.ts"));
  await trained(line, { steps: 1, folder: run });
  assert.throws(
    () => run.load(leavesOf({ ...line, parameters: { slope: 0, offset: [0, 0] } })),
    /its offset is scalar, the model's \[2\]\.$/,
  );
  assert.throws(() => run.load(leavesOf({ ...line, optimizer: adam() })), /it was trained with sgd\.$/);
});

test("a model is trained once at a time, and one of the same name in another file meanwhile", () => {
  const run = RunFolder.create(folder, "busy", join(folder, "models", "model.ts"));
  const lock = join(run.folder, "..", "models-model.ts.running.json");
  // The process that runs the tests' parent is there, and is another one.
  writeFileSync(lock, JSON.stringify({ process: process.ppid }));
  assert.throws(() => RunFolder.create(folder, "busy", join(folder, "models", "model.ts")), BusyError);
  RunFolder.create(folder, "busy", join(folder, "model.ts")).release();
  writeFileSync(lock, JSON.stringify({ process: 2 ** 30 }));
  RunFolder.create(folder, "busy", join(folder, "models", "model.ts")).release();
});

const refusals: readonly (readonly [what: string, definition: Definition, message: RegExp])[] = [
  ["no data", { data: undefined }, /data are missing: give tensors or arrays/],
  ["empty data", { data: { x: [] } }, /data\.x is empty/],
  [
    "ragged data",
    { data: { x: [[1, 2], [3]] } },
    /data\.x is ragged: example 1 holds one number, those before it 2 numbers/,
  ],
  ["columns of different lengths", { data: { x: [1, 2], y: [1] } }, /data\.x holds 2 examples but data\.y 1/],
  [
    "NaN in the data",
    {
      data: [
        [1, 2],
        [3, NaN],
      ],
    },
    /data holds NaN in row 2, column 2/,
  ],
  ["a batch larger than the data", { data: [1, 2, 3], batchSize: 4 }, /batchSize is 4, but there are 3 examples/],
  ["no parameters", { parameters: {} }, /parameters hold no number/],
  ["text among the parameters", { parameters: { w: "1" } }, /parameters: w is the text "1"/],
  ["no optimizer", { optimizer: undefined }, /optimizer is missing/],
  ["half a step", { steps: 0.5 }, /steps is 0.5; give a whole number from 1 on/],
  ["everything kept for validation", { data: [1], validation: { fraction: 0.9 } }, /leaves no example to train on/],
];

for (const [what, definition, message] of refusals)
  test(`a model with ${what} is refused where it is defined`, () => {
    assert.throws(() => leavesOf({ parameters: { w: 1 }, loss: ({ w }: { w: Value }) => w, ...definition }), message);
  });

test("a learning rate below 0 is refused", () => {
  assert.throws(() => sgd({ learningRate: -1 }), /sgd: learningRate is -1; give a number from 0 on/);
  assert.throws(() => adam({ beta1: 1 }), /adam: beta1 is 1; give a number from 0 up to, but not including, 1/);
});

test("Adam's first step is lr·g/(|g| + ε)", async () => {
  const { weights } = await trained({
    parameters: { w: [1, 1] },
    loss: ({ w }: { w: Value[] }) => add(mul(3, w[0]!), mul(-1e-3, w[1]!)),
    optimizer: adam({ learningRate: 0.1 }),
    steps: 1,
  });
  near(weights[0]!, [0.9, 1.1], 1e-5, "w");
});
