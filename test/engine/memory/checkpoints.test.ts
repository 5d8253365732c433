import assert from "node:assert/strict";
import { test } from "node:test";
import type { MemoryReport, PolicyReport } from "../../../engine/process/protocol.ts";
import { fixture, patientLimits, startEngine } from "../process/engine.ts";

const head = `
import { checkpoint, checkpointName, dropout, exp, foriLoop, matmul, ones, random, scan, sigmoid, sum, tanh, type Tensor } from "adjoint";
const width = 8;
const layers = 9;
const x = ones([64, width]);
const inputs = ones([12, width]);
const weights = () => Array.from({ length: layers }, () => ones([width, width]));
function layer(h: Tensor, w: Tensor) {
  const a = checkpointName(tanh(matmul(h, w)), "hidden");
  return exp(sigmoid(a) * a);
}
function stack(f: typeof layer, w: readonly Tensor[]) {
  let h: Tensor = x;
  for (const m of w) h = f(h, m);
  return sum(h);
}
function step(h: Tensor, r: Tensor, w: Tensor) {
  const next = tanh(matmul(h, w) + r);
  return [next, sum(next)] as const;
}
type Rng = ReturnType<typeof random>;
function noisy(h: Tensor, w: Tensor, rng: Rng) {
  return dropout(tanh(matmul(h, w)), 0.5, rng) + x;
}
function noisyStack(f: typeof noisy, w: readonly Tensor[]) {
  const rng = random(1);
  let h: Tensor = x;
  for (const m of w) h = f(h, m, rng);
  return sum(h);
}
`;

/** Reports of functions that are written below `head`. */
async function reportsOf(text: string): Promise<ReadonlyMap<string, MemoryReport>> {
  const engine = startEngine();
  try {
    const session = await engine.trace({
      file: fixture("memory/closedForms.ts"),
      text: head + text,
      limits: patientLimits,
    });
    assert.deepEqual(session.summary.diagnostics, []);
    const reports = new Map<string, MemoryReport>();
    for (const { function: name } of session.summary.functions) {
      const report = await session.ask("memory", { function: name });
      assert.ok(!("refused" in report), JSON.stringify(report));
      reports.set(name, report);
    }
    return reports;
  } finally {
    engine.dispose();
  }
}

function policies(report: MemoryReport | undefined, label: string): readonly PolicyReport[] {
  const advice = report?.checkpoints.find((candidate) => candidate.label === label);
  assert.ok(advice !== undefined, `no advice for ${label}: ${JSON.stringify(report?.checkpoints)}`);
  return advice.policies;
}

function policyOf(list: readonly PolicyReport[], policy: PolicyReport["policy"]): PolicyReport {
  const found = list.find((candidate) => JSON.stringify(candidate.policy) === JSON.stringify(policy));
  assert.ok(found !== undefined, `no ${JSON.stringify(policy)} in ${JSON.stringify(list)}`);
  return found;
}

/** What was predicted of a policy is what the same model reports that is written with it. */
function assertTrue(predicted: PolicyReport, real: MemoryReport | undefined): void {
  assert.ok(real !== undefined);
  const { keptBytes, peakForward, peakBackward, extraWork } = predicted;
  assert.deepEqual(
    { keptBytes, peakForward, peakBackward, extraWork },
    {
      keptBytes: real.kept.bytes,
      peakForward: real.peaks.forward.bytes,
      peakBackward: real.peaks.backward.bytes,
      extraWork: real.recomputed,
    },
    JSON.stringify(predicted.policy),
  );
}

test("what is predicted of each policy for a function is what the model with that policy takes", async () => {
  const plain = await reportsOf(`export function plain(w = weights()) { return stack(layer, w); }`);
  const predicted = policies(plain.get("plain"), "layer");
  const budgets = predicted.flatMap(({ policy }) =>
    typeof policy === "object" && "bytes" in policy ? [policy.bytes] : [],
  );
  assert.equal(budgets.length, 2);
  const real = await reportsOf(`
    const nothing = checkpoint(layer);
    export function withNothing(w = weights()) { return stack(nothing, w); }
    const names = checkpoint(layer, { policy: { names: ["hidden"] } });
    export function withNames(w = weights()) { return stack(names, w); }
    export function withSqrt(w = weights()) {
      return sum(checkpoint(w.map((m) => (h: Tensor) => layer(h, m)), { policy: "sqrt" })(x));
    }
    ${budgets
      .map(
        (bytes, k) => `const budget${k} = checkpoint(layer, { policy: { bytes: ${bytes} } });
    export function withBudget${k}(w = weights()) { return stack(budget${k}, w); }`,
      )
      .join("\n")}`);
  assertTrue(policyOf(predicted, "nothing"), real.get("withNothing"));
  assertTrue(policyOf(predicted, { names: ["hidden"] }), real.get("withNames"));
  assertTrue(policyOf(predicted, "sqrt"), real.get("withSqrt"));
  budgets.forEach((bytes, k) => assertTrue(policyOf(predicted, { bytes }), real.get(`withBudget${k}`)));
});

test("what is predicted for the turns of scan and foriLoop is what they take with that option", async () => {
  const reports = await reportsOf(`
    export function looped(w = ones([width, width])) {
      return sum(foriLoop(0, 20, (i, h: Tensor) => tanh(matmul(h, w)), x));
    }
    export function loopedSqrt(w = ones([width, width])) {
      return sum(foriLoop(0, 20, (i, h: Tensor) => tanh(matmul(h, w)), x, { checkpoint: "sqrt" }));
    }
    export function loopedNothing(w = ones([width, width])) {
      return sum(foriLoop(0, 20, (i, h: Tensor) => tanh(matmul(h, w)), x, { checkpoint: "nothing" }));
    }
    export function scanned(w = ones([width, width]), h0 = ones([width])) {
      const [h, ys] = scan((h: Tensor, r: Tensor) => step(h, r, w), h0, inputs);
      return sum(h) + sum(ys);
    }
    export function scannedSqrt(w = ones([width, width]), h0 = ones([width])) {
      const [h, ys] = scan((h: Tensor, r: Tensor) => step(h, r, w), h0, inputs, { checkpoint: "sqrt" });
      return sum(h) + sum(ys);
    }`);
  const looped = policies(reports.get("looped"), "turns 1 … 20");
  assertTrue(policyOf(looped, "sqrt"), reports.get("loopedSqrt"));
  assertTrue(policyOf(looped, "nothing"), reports.get("loopedNothing"));
  // Five stretches of four or fewer: what goes into all but the first is kept.
  const activation = 64 * 8 * 8;
  assert.equal(policyOf(looped, "sqrt").keptBytes, (Math.ceil(20 / Math.ceil(Math.sqrt(20))) - 1) * activation);
  const scanned = policyOf(policies(reports.get("scanned"), "turns 1 … 12"), "sqrt");
  const real = reports.get("scannedSqrt")!;
  assert.equal(scanned.keptBytes, real.kept.bytes);
  assert.equal(scanned.extraWork, real.recomputed);
});

test("random numbers that a checkpoint draws are drawn again, not kept", async () => {
  const reports = await reportsOf(`
    export function plain(w = weights()) { return noisyStack(noisy, w); }
    const nothing = checkpoint(noisy);
    export function withNothing(w = weights()) { return noisyStack(nothing, w); }`);
  assertTrue(policyOf(policies(reports.get("plain"), "noisy"), "nothing"), reports.get("withNothing"));
});

test("advice is ready to be written, and its sentence tells what it saves and costs", async () => {
  const reports = await reportsOf(`
    export function plain(w = weights()) { return stack(layer, w); }
    export function scanned(w = ones([width, width]), h0 = ones([64, width])) {
      return sum(scan((h: Tensor) => [tanh(matmul(h, w)), undefined], h0, undefined, { length: 16 })[0]);
    }`);
  const [everything, ...others] = policies(reports.get("plain"), "layer");
  assert.equal(everything!.policy, "everything");
  assert.equal(everything!.code, undefined);
  assert.equal(everything!.text, "As it is, 147 KB are kept, and the peak is 156 KB.");
  assert.ok(others.every(({ keptBytes }) => keptBytes < everything!.keptBytes));
  assert.deepEqual(
    others.map(({ peakBackward }) => peakBackward),
    others.map(({ peakBackward }) => peakBackward).sort((a, b) => a - b),
  );
  const nothing = policyOf(others, "nothing");
  assert.equal(nothing.code, "checkpoint(layer)");
  assert.equal(
    nothing.text,
    "Keeps 33 KB in place of 147 KB; the peak falls from 156 KB to 57 KB; the backward pass computes 99 % of the forward pass again.",
  );
  assert.equal(policyOf(others, "sqrt").code, 'checkpoint([layer, layer, …], { policy: "sqrt" })');
  assert.equal(policyOf(others, { names: ["hidden"] }).code, 'checkpoint(layer, { policy: { names: ["hidden"] } })');
  const scanned = policies(reports.get("scanned"), "turns 1 … 16");
  assert.equal(policyOf(scanned, "sqrt").code, 'scan(…, { checkpoint: "sqrt" })');
});

test("a model that keeps nothing in a function gets no advice for it", async () => {
  const reports = await reportsOf(`export function plain(a = 1, b = 2) { return a * b + a; }`);
  assert.deepEqual(reports.get("plain")!.checkpoints, []);
});
