import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { readdirSync } from "node:fs";
import path from "node:path";
import { before, test } from "node:test";
import type { Outcome, TracedOutcome } from "./outcomes.ts";

const folder = path.join(import.meta.dirname, "../fixtures/semantics");
const files = readdirSync(folder)
  .filter((name) => /^[^_].*\.[cm]?[jt]s$/.test(name))
  .map((name) => path.join(folder, name));

/** Functions with jumps or kinks where they stand, or with results that no gradient flows to, say so in their name. */
const isSmooth = (name: string): boolean => !/(Constant|Kink)$/.test(name);
const relativeTolerance = 1e-6;

async function run<T>(script: string): Promise<Record<string, T[]>> {
  return await new Promise((resolve, reject) => {
    const child = fork(path.join(import.meta.dirname, script), files, { serialization: "advanced" });
    child.on("message", (outcomes) => resolve(outcomes as Record<string, T[]>));
    child.on("exit", (code) => reject(new Error(`${script} ended with ${code}`)));
  });
}

let plain: Record<string, Outcome[]>;
let traced: Record<string, TracedOutcome[]>;
before(async () => {
  [plain, traced] = await Promise.all([run<Outcome>("runPlain.ts"), run<TracedOutcome>("runInstrumented.ts")]);
});

for (const file of files) {
  const name = path.basename(file).replace(/\.[^.]+$/, "");
  test(`${name}: traced, it does exactly what it does plain`, () => {
    for (const [k, expected] of plain[file]!.entries()) {
      const actual = traced[file]![k]!;
      assert.equal(actual.result, expected.result, `result of ${expected.name}`);
      assert.equal(actual.printed, expected.printed, `output of ${expected.name}`);
    }
  });

  test(`${name}: gradients agree with central differences, and no value leaves the trace`, () => {
    for (const { name: function_, gradient = [], findings } of traced[file]!) {
      if (!isSmooth(function_)) continue;
      assert.deepEqual(findings, [], function_);
      for (const { input, reverse, numeric } of gradient) {
        const scale = Math.max(1, Math.abs(reverse), Math.abs(numeric));
        assert.ok(
          Math.abs(reverse - numeric) <= relativeTolerance * scale,
          `${function_}: ∂/∂${input} is ${reverse}, differences give ${numeric}`,
        );
      }
    }
  });
}

test("a value that reaches code which is not instrumented is reported", () => {
  const leaking = Object.values(traced)
    .flat()
    .find(({ name }) => name === "leakingConstant");
  assert.deepEqual(new Set(leaking?.findings), new Set(["value-left-trace"]));
});
