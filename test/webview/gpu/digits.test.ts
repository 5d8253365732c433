import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Leaves } from "../../../engine/execute/leaves.ts";
import { numbersOf, recordStep } from "../../../engine/execute/record.ts";
import { loadModel } from "../../../engine/language/load/load.ts";
import { createRuntime } from "../../../engine/language/runtime/createRuntime.ts";
import * as library from "../../../engine/library/index.ts";
import { checkedModel } from "../../../engine/library/model.ts";
import type { TrainingProgress } from "../../../engine/process/trainingProtocol.ts";
import { SiteTable } from "../../../engine/tape/site.ts";
import type { Value } from "../../../engine/tape/tensor.ts";
import { Rows } from "../../../engine/train/rows.ts";
import { Stepper } from "../../../engine/train/stepper.ts";
import { near } from "../../engine/execute/steps.ts";
import { startEngine } from "../../engine/process/engine.ts";
import { gpuPage } from "./gpuPage.ts";

const file = fileURLToPath(new URL("../../../examples/digits.ts", import.meta.url));
const steps = 20;
/** Of loss, gradient norms and weights, relative to the largest. Measured below 1e-5 on SwiftShader. */
const bound = 1e-4;

const page = await gpuPage();

test("the digits train on the GPU as the float64 reference does, step by step", async () => {
  const sites = new SiteTable();
  const { runtime } = createRuntime({ sites, originalText: () => undefined });
  const { namespace } = await loadModel({ file, runtime, sites, library });
  const model = checkedModel(namespace["digits"])!;
  const leaves = new Leaves(model);
  const rows = new Rows(model.examples, model.validationFraction, model.batchSize, model.seed);
  const batches = rows.epoch(0).slice(0, steps);
  assert.equal(batches.length, steps);
  const executor = await page.executor();
  await executor.load(leaves.residents(leaves.initial));
  const options = { leaves, executor, update: true, tapeBytes: 2 ** 28, guarded: <T>(trace: () => T) => trace() };
  const stepper = new Stepper({ ...options, notice: (_, message) => assert.fail(message) });
  let reference: { parameters: Float64Array[]; state: Float64Array[] } = {
    parameters: model.parameters.leaves.map(({ data }) => data),
    state: leaves.state.leaves.map(({ data }) => data),
  };
  for (const [k, batch] of batches.entries()) {
    const recorded = recordStep(model, leaves.inputs(reference as never, batch), true);
    const numbers = (values: readonly Value[]): Float64Array[] => values.map((v) => numbersOf(recorded.tape, v));
    const [result] = await stepper.run([batch]);
    const where = `step ${k + 1}`;
    near([result!.loss], numbers([recorded.loss])[0]!, bound, `loss of ${where}`);
    const norms = numbers(recorded.gradientNorms).map(([size]) => size!);
    near(result!.gradientNorms, norms, bound, `gradients of ${where}`);
    near([result!.metrics[0]!], numbers([...recorded.metrics.values()])[0]!, 1e-6, `accuracy of ${where}`);
    reference = { parameters: numbers(recorded.parameters), state: numbers(recorded.state) };
    const weights = await executor.read();
    reference.parameters.forEach((leaf, i) => near(weights.parameters[i]!, leaf, bound, `weights after ${where}`));
  }
  assert.equal(stepper.traced, 1, "one trace serves them all");
});

test("the digits train in the page to 95 % of those held out, driven by the engine's process", async (context) => {
  const engine = startEngine();
  const told: TrainingProgress[] = [];
  try {
    const executor = await page.executor();
    const begin = performance.now();
    const { summary, diagnostics } = await engine.train(
      { file, model: "digits" },
      { executor, onTraining: (progress) => told.push(progress) },
    );
    context.diagnostic(
      `${((performance.now() - begin) / 1000).toFixed(1)} s, ${summary?.seconds.toFixed(1)} s of training`,
    );
    assert.deepEqual(diagnostics, []);
    assert.equal(summary!.device, "gpu");
    assert.equal(summary!.executor, "gpu.js");
    assert.ok("renderer" in page.found);
    assert.equal(summary!.deviceName, page.found.renderer);
    assert.equal(summary!.epochs, 20);
    assert.ok(summary!.validation!.metrics["accuracy"]! >= 0.95, JSON.stringify(summary!.validation));
    const [first] = told;
    assert.ok(first?.kind === "begin");
    assert.deepEqual(first.device, { kind: "gpu", description: page.found.renderer });
  } finally {
    engine.dispose();
  }
});
