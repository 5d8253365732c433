import assert from "node:assert/strict";
import { PortableExecutor } from "../../../engine/execute/portable.ts";
import { Stepper } from "../../../engine/train/stepper.ts";
import { near } from "../execute/steps.ts";
import { referenceOf, type Reference } from "./reference.ts";

/** Of loss, gradient norms and weights, relative to the largest. Measured below 1e-6; other processors round otherwise. */
const bound = 1e-5;

/** Trains a model in float32, and holds every step to the same in float64. */
export async function holdToReference(file: string, name: string, steps: number): Promise<Reference> {
  const reference = await referenceOf(file, name, steps);
  const { leaves, batches } = reference;
  const executor = new PortableExecutor();
  await executor.load(leaves.residents(leaves.initial));
  const options = { leaves, executor, update: true, tapeBytes: 2 ** 28, guarded: <T>(trace: () => T) => trace() };
  const stepper = new Stepper({ ...options, notice: (_, message) => assert.equal(message, "") });
  for (const [k, batch] of batches.entries()) {
    const expected = reference.steps[k]!;
    const [result] = await stepper.run([batch]);
    const where = `step ${k + 1}`;
    near([result!.loss], [expected.loss], bound, `loss of ${where}`);
    near(result!.gradientNorms, expected.gradientNorms, bound, `gradients of ${where}`);
    assert.equal(result!.metrics[0], expected.metrics[0], `accuracy of ${where}`);
    const weights = await executor.read();
    expected.weights.forEach((leaf, i) => near(weights.parameters[i]!, leaf, bound, `weights after ${where}`));
  }
  assert.equal(stepper.traced, 1, "one trace serves them all");
  return reference;
}
