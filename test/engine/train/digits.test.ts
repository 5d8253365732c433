import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Leaves } from "../../../engine/execute/leaves.ts";
import { PortableExecutor } from "../../../engine/execute/portable.ts";
import { numbersOf, recordStep } from "../../../engine/execute/record.ts";
import { loadModel } from "../../../engine/language/load/load.ts";
import { createRuntime } from "../../../engine/language/runtime/createRuntime.ts";
import * as library from "../../../engine/library/index.ts";
import { checkedModel } from "../../../engine/library/model.ts";
import { SiteTable } from "../../../engine/tape/site.ts";
import type { Value } from "../../../engine/tape/tensor.ts";
import { Rows } from "../../../engine/train/rows.ts";
import { Stepper } from "../../../engine/train/stepper.ts";
import { near } from "../execute/steps.ts";

const steps = 20;
/** Of loss, gradient norms and weights, relative to the largest. Measured below 1e-6; other processors round otherwise. */
const bound = 1e-5;

test("the digits train in float32 as the float64 reference does, step by step", async () => {
  const file = fileURLToPath(new URL("../../../examples/digits.ts", import.meta.url));
  const sites = new SiteTable();
  const { runtime } = createRuntime({ sites, originalText: () => undefined });
  const { namespace } = await loadModel({ file, runtime, sites, library });
  const model = checkedModel(namespace["digits"])!;
  const leaves = new Leaves(model);
  const rows = new Rows(model.examples, model.validationFraction, model.batchSize, model.seed);
  const batches = rows.epoch(0).slice(0, steps);
  assert.equal(batches.length, steps);

  const executor = new PortableExecutor();
  await executor.load(leaves.residents(leaves.initial));
  const options = { leaves, executor, update: true, tapeBytes: 2 ** 28, guarded: <T>(trace: () => T) => trace() };
  const stepper = new Stepper({ ...options, notice: (_, message) => assert.equal(message, "") });

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
    near(
      result!.gradientNorms,
      numbers(recorded.gradientNorms).map(([size]) => size!),
      bound,
      `gradients of ${where}`,
    );
    assert.equal(result!.metrics[0], numbers([...recorded.metrics.values()])[0]![0], `accuracy of ${where}`);
    reference = { parameters: numbers(recorded.parameters), state: numbers(recorded.state) };
    const weights = await executor.read();
    reference.parameters.forEach((leaf, i) => near(weights.parameters[i]!, leaf, bound, `weights after ${where}`));
  }
  assert.equal(stepper.traced, 1, "one trace serves them all");
});
