import { test } from "node:test";
import { example } from "../process/engine.ts";
import { holdToReference } from "./stepByStep.ts";

test("the digits train in float32 as the float64 reference does, step by step", async () => {
  await holdToReference(example("digits.ts"), "digits", 20);
});
