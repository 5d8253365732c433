import path from "node:path";
import { test } from "node:test";
import { holdToReference } from "./stepByStep.ts";

const file = path.resolve(import.meta.dirname, "../../fixtures/models/labels.ts");

test("a loss over label sequences trains as the float64 reference does though labels and lengths change by batch", async () => {
  await holdToReference(file, "alignment", 15);
});

test("data may be a list of tensors", async () => {
  await holdToReference(file, "pair", 15);
});
