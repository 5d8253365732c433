import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { TrainingReport } from "../../../engine/process/trainingProtocol.ts";
import { encodeTensors } from "../../../engine/train/safetensors.ts";
import { columnsOf, History } from "../../../extension/training/history.ts";
import { PaceMeter } from "../../../extension/training/pace.ts";
import { historyOf, latestRun, savedStep } from "../../../extension/training/savedRuns.ts";

const folder = mkdtempSync(join(tmpdir(), "adjoint-history-"));
after(() => rmSync(folder, { recursive: true }));

function report(step: number, more: Partial<TrainingReport> = {}): TrainingReport {
  return {
    step,
    steps: 10_000,
    epoch: 1,
    loss: 1 / step,
    metrics: { accuracy: step / 10_000 },
    gradientNorms: { w: 2, b: 3 },
    seconds: step / 100,
    examplesPerSecond: 3200,
    ...more,
  };
}

function rowsOf({ curves }: History): number[][] {
  const { width } = columnsOf(curves);
  return Array.from({ length: curves.table.length / width }, (_, k) => [
    ...curves.table.subarray(k * width, (k + 1) * width),
  ]);
}

test("keeps a row for each report, NaN where there was no validation", () => {
  const history = new History();
  history.add(report(1));
  history.add(report(2, { validation: { loss: 0.7, metrics: { accuracy: 0.5 } } }));
  assert.deepEqual(rowsOf(history), [
    [1, 1, 1e-4, 2, 3, NaN, NaN],
    [2, 0.5, 2e-4, 2, 3, 0.7, 0.5],
  ]);
});

test("comes out of a message as it went in, and goes on", () => {
  const history = new History();
  for (let step = 1; step <= 5; step++) history.add(report(step));
  const again = new History(history.curves, history.latest);
  again.add(report(6));
  history.add(report(6));
  assert.deepEqual(again.curves, history.curves);
});

test("drops what came after the step that a run is continued from", () => {
  const history = new History();
  for (const step of [10, 20, 30]) history.add(report(step));
  history.add(report(21));
  assert.deepEqual(
    rowsOf(history).map(([step]) => step),
    [10, 20, 21],
  );
});

test("begins anew where other figures are told of", () => {
  const history = new History();
  history.add(report(1));
  history.add(report(2, { metrics: { error: 1 } }));
  assert.equal(rowsOf(history).length, 1);
  assert.deepEqual(history.curves.metrics, ["error"]);
});

test("stays small however long a run is, and keeps the ends, the means and the validations", () => {
  const history = new History();
  for (let step = 1; step <= 9001; step++)
    history.add(report(step, step % 100 === 0 ? { validation: { loss: step, metrics: { accuracy: 1 } } } : {}));
  const rows = rowsOf(history);
  assert.ok(rows.length <= 2000 && rows.length > 900, String(rows.length));
  assert.equal(rows.at(-1)![0], 9001);
  const steps = rows.map(([step]) => step!);
  assert.deepEqual(
    steps,
    [...steps].sort((a, b) => a - b),
  );
  assert.ok(rows.filter((row) => !Number.isNaN(row[5]!)).length >= 90);
  const accuracies = rows.slice(100, 200).map((row) => row[2]!);
  accuracies.forEach((value, k) => assert.ok(Math.abs(value - steps[100 + k]! / 10_000) < 1e-3));
});

test("reads the history that a run has left, torn last line and nulls included", async () => {
  const lines = [
    JSON.stringify(report(1)),
    JSON.stringify({ ...report(2), loss: null }),
    "not JSON",
    JSON.stringify({ step: "three" }),
    JSON.stringify(report(3)).slice(0, 40),
  ];
  writeFileSync(join(folder, "history.jsonl"), lines.join("\n"));
  const history = await historyOf(folder);
  assert.deepEqual(
    rowsOf(history).map(([step, loss]) => [step, loss]),
    [
      [1, 1],
      [2, NaN],
    ],
  );
  assert.equal((await historyOf(join(folder, "none"))).points, 0);
});

test("knows after how many steps weights were saved", async () => {
  assert.equal(await savedStep(folder), undefined);
  const tensors = [{ name: "w", shape: [2], data: Float32Array.of(1, 2) }];
  writeFileSync(join(folder, "weights.safetensors"), encodeTensors({ tensors, metadata: { step: "420" } }));
  assert.equal(await savedStep(folder), 420);
  writeFileSync(join(folder, "weights.safetensors"), "no weights");
  assert.equal(await savedStep(folder), undefined);
});

test("goes on from the latest run of the same file's model, or of one that does not tell its file", async () => {
  const save = (name: string, metadata: Record<string, string>): string => {
    const run = join(folder, ".adjoint", "runs", "line", name);
    mkdirSync(run, { recursive: true });
    const tensors = [{ name: "w", shape: [1], data: Float32Array.of(1) }];
    writeFileSync(join(run, "weights.safetensors"), encodeTensors({ tensors, metadata }));
    return run;
  };
  const first = save("1", { step: "10", file: "parts/one.ts" });
  save("2", { step: "20", file: "two.ts" });
  assert.deepEqual(await latestRun(folder, "line", join(folder, "parts", "one.ts")), { folder: first, step: 10 });
  assert.equal(await latestRun(folder, "line", join(folder, "three.ts")), undefined);
  const third = save("3", { step: "30" });
  assert.deepEqual(await latestRun(folder, "line", join(folder, "three.ts")), { folder: third, step: 30 });
});

test("measures the pace of the last seconds, not of the compilation before", () => {
  const meter = new PaceMeter();
  const after = (step: number, seconds: number) => report(step, { seconds, examplesPerSecond: (32 * step) / seconds });
  meter.add(after(1, 20));
  assert.equal(meter.pace, undefined);
  for (let second = 21; second < 40; second++) meter.add(after(100 * (second - 20), second));
  const pace = meter.pace!;
  assert.equal(Math.round(pace.stepsPerSecond), 100);
  assert.equal(Math.round(pace.examplesPerSecond), 3200, "of the same seconds as the steps");
  assert.equal(Math.round(pace.secondsLeft), 81);
  meter.add(report(5, { seconds: 0.1 }));
  assert.equal(meter.pace, undefined, "another run has begun");
});
