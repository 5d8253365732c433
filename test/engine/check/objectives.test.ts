import assert from "node:assert/strict";
import { after, test } from "node:test";
import { fixture, startEngine, withTrace } from "../process/engine.ts";

// Objectives that tools for differentiation are compared by, written in plain TypeScript.
const names = ["gaussianMixture", "bundleAdjustment", "lstm", "handTracking"];
const engine = startEngine();
after(() => engine.dispose());

for (const name of names) {
  const file = fixture(`objectives/${name}.ts`);

  test(`${name}: traced, it gives what it gives plain`, async () => {
    const [plain] = Object.values((await import(file)) as Record<string, () => number>);
    await withTrace(file, ({ summary }) => {
      assert.equal(summary.functions[0]!.value, plain!());
      return Promise.resolve();
    });
  });

  test(`${name}: every element of the gradient holds`, async () => {
    // However busy the machine is: every element, not a sample.
    const { functions, passed } = await engine.check({ file, budget: { milliseconds: 120_000 } });
    assert.ok(passed);
    for (const { coverage, parameters } of functions) {
      assert.equal(coverage.checked, coverage.elements);
      assert.ok(parameters.every(({ verdict }) => verdict === "ok"));
    }
  });
}
