import assert from "node:assert/strict";
import { test } from "node:test";
import type { TrainingReport } from "../../../engine/process/trainingProtocol.ts";
import { lensParts } from "../../../extension/lensText.ts";
import { formatLeft, formatRate, formatSeconds } from "../../../extension/training/pace.ts";
import type { TrainingState } from "../../../extension/training/protocol.ts";
import { figures, gpuLost, isAboutModel, outcome, statusLines, statusText } from "../../../extension/training/texts.ts";
import { isFoundGpu, isFromTrainingPage, isTrainingMemory } from "../../../extension/training/validate.ts";

const run = { model: "digits", file: "/work/digits.ts", fileName: "digits.ts", notices: [] };
const report: TrainingReport = {
  step: 185,
  steps: 440,
  epoch: 9,
  loss: 0.31234,
  metrics: { accuracy: 0.9412 },
  gradientNorms: { w: 1 },
  validation: { loss: 0.4, metrics: { accuracy: 0.93 } },
  seconds: 2,
  examplesPerSecond: 5920,
};
const pace = { stepsPerSecond: 92.5, examplesPerSecond: 5920, secondsLeft: 2.76 };

test("the status bar says how far a run is", () => {
  const running: TrainingState = { kind: "running", run, stopping: false };
  assert.equal(
    statusText({ kind: "starting", run, doing: "" }, undefined, undefined),
    "$(graph-line) digits: starting",
  );
  assert.equal(statusText(running, undefined, undefined), "$(graph-line) digits: first step");
  assert.equal(statusText(running, report, pace), "$(graph-line) digits 42 % · 3 s left");
  assert.equal(statusText({ ...running, stopping: true }, report, pace), "$(graph-line) digits: stopping");
  const device = { kind: "cpu", description: "EPYC", executor: "portable", reason: "" } as const;
  assert.deepEqual(statusLines({ ...running, run: { ...run, device } }, report, pace), [
    "Training digits of digits.ts",
    "on CPU (EPYC)",
    "step 185 of 440, epoch 9",
    "93 steps/s, 3 s left",
    "loss 0.4, accuracy 0.93 held out",
  ]);
});

test("the lens of a model trains it, and stops it while it trains", () => {
  const source = { file: "digits.ts", line: 47, column: 14, endLine: 47, endColumn: 20 };
  const outline = {
    name: "digits",
    source,
    nameSource: source,
    parameters: [{ name: "parameters", hasDefault: true, source }],
    traceable: true,
    model: true,
  } as const;
  const titles = (more: object): string[] =>
    lensParts({ outline, trusted: true, tracing: false, stale: false, digits: 4, ...more }).map(({ title }) => title);
  assert.deepEqual(titles({}), ["Trace", "Train"]);
  assert.deepEqual(titles({ training: true }), ["Trace", "training…", "Stop Training"]);
  assert.deepEqual(titles({ trusted: false }), ["∇ not traced: this folder is not trusted"]);
});

test("the end of a run is one sentence", () => {
  const ended = { run, restored: false, continues: true };
  assert.equal(
    outcome({ kind: "done", ...ended }, { ...report, step: 440 }),
    "digits is trained after 440 steps: loss 0.4, accuracy 0.93 held out.",
  );
  assert.equal(
    outcome({ kind: "stopped", ...ended }, { ...report, validation: undefined } as never),
    "digits was stopped after 185 steps: loss 0.312, accuracy 0.941.",
  );
  assert.equal(figures(report, 2), "loss 0.4, accuracy 0.93 held out");
});

test("a lost graphics card says what is kept", () => {
  assert.equal(
    gpuLost("the graphics context was lost", 1250, 1200),
    "Training ended at step 1,250: the graphics context was lost. The weights after step 1,200 are saved: a run on the CPU can go on from them.",
  );
  assert.match(
    gpuLost("It is gone.", undefined, undefined),
    /before its first report: It is gone\. No weights had been saved yet\.$/,
  );
});

test("times and rates are rounded to what a person reads", () => {
  assert.deepEqual([0.3, 4.2, 59.7, 61, 3700].map(formatLeft), [
    "less than 1 s",
    "5 s",
    "1 min 0 s",
    "1 min 1 s",
    "1 h 1 min",
  ]);
  assert.deepEqual([1.234, 34.6].map(formatSeconds), ["1.2 s", "35 s"]);
  assert.deepEqual([2.54, 99.4, 5920.3].map(formatRate), ["2.5", "99", "5,920"]);
});

test("what is about the machine is no problem of the model", () => {
  const source = { file: "f.ts", line: 1, column: 1, endLine: 1, endColumn: 1 };
  const found = (code: string) => isAboutModel({ code, severity: "error", message: "", source });
  assert.equal(found("non-finite"), true);
  assert.equal(found("model-error"), true);
  assert.equal(found("already-training"), false);
  assert.equal(found("gpu-lost"), false);
});

test("only messages of the protocol come in", () => {
  const source = { file: "f.ts", line: 1, column: 1, endLine: 1, endColumn: 1 };
  for (const message of [
    { type: "ready" },
    { type: "act", act: "continueOnCpu" },
    { type: "reveal", source },
    { type: "answer", id: 3, result: { ok: null } },
    { type: "answer", id: 3, result: { error: "no", unsupported: true } },
    { type: "log", level: "error", message: "" },
  ])
    assert.equal(isFromTrainingPage(message), true, JSON.stringify(message));
  for (const message of [
    undefined,
    { type: "act", act: "format" },
    { type: "act", act: "toString" },
    { type: "toString" },
    { type: "answer", id: -1, result: { ok: 1 } },
    { type: "answer", id: 1, result: {} },
    { type: "reveal", source: { file: "f.ts" } },
  ])
    assert.equal(isFromTrainingPage(message), false, JSON.stringify(message));
  assert.equal(isTrainingMemory({ file: "f.ts", model: "m" }), true);
  assert.equal(isTrainingMemory({ file: "f.ts" }), false);
  assert.equal(isFoundGpu({ unavailable: "none" }), true);
  assert.equal(
    isFoundGpu({ renderer: "x", software: false, name: "gpu.js", device: { kind: "tpu", description: "" } }),
    false,
  );
});
