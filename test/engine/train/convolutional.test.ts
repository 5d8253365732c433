import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { holdToReference } from "./stepByStep.ts";

test("a convolutional network trains in float32 as the float64 reference does, step by step, and learns", async () => {
  const file = path.resolve(import.meta.dirname, "../../fixtures/models/convolutional.ts");
  const { steps } = await holdToReference(file, "digits", 40);
  assert.ok(steps.at(-1)!.loss < 0.95 * steps[0]!.loss, `${steps[0]!.loss} became ${steps.at(-1)!.loss}`);
});
