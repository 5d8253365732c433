import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { EngineClient, TraceSession } from "../../../engine/process/client.ts";
import type { MemoryReport } from "../../../engine/process/protocol.ts";
import { fixture, patientLimits, startEngine } from "../process/engine.ts";

let engine: EngineClient;
let session: TraceSession;

before(async () => {
  engine = startEngine();
  session = await engine.trace({ file: fixture("memory/closedForms.ts"), limits: patientLimits });
});
after(() => {
  session.dispose();
  engine.dispose();
});

async function memoryOf(name: string): Promise<MemoryReport> {
  const report = await session.ask("memory", { function: name });
  assert.ok(!("refused" in report), JSON.stringify(report));
  return report;
}

function peaksOf({ peaks }: MemoryReport): [inference: number, forward: number, backward: number] {
  return [peaks.inference.bytes, peaks.forward.bytes, peaks.backward.bytes];
}

/** "7 matmul 5" */
function brief({ lines }: MemoryReport): string[] {
  return lines.map(({ source, op, values }) => `${source.line} ${op} ${values}`);
}

const number = 8;
/** An activation [16, 8] and a weight matrix [8, 8]. */
const activation = 16 * 8 * number;
const matrix = 8 * 8 * number;
const layers = 5;

test("a chain of tanh(matmul) keeps the products and what goes into them, and frees the rest", async () => {
  const report = await memoryOf("chain");
  // tanh reads its input, the product; matmul reads what goes in, which for the first layer is data.
  assert.deepEqual(report.kept, { bytes: (2 * layers - 1) * activation, values: 2 * layers - 1 });
  assert.deepEqual(brief(report), ["10 matmul 5", "10 tanh 4"]);
  assert.deepEqual(peaksOf(report), [
    2 * activation,
    // With the last activation and the sum.
    2 * layers * activation + number,
    // The two cosh of 1/(cosh x · cosh x) besides what is kept, and the sum.
    (2 * layers + 1) * activation + number,
  ]);
  assert.equal(report.peaks.forward.op, "sum");
  assert.equal(report.peaks.backward.op, "tanh");
  assert.equal(report.peaks.backward.source.line, 10);
  assert.deepEqual(report.held, {
    parameterBytes: layers * matrix,
    dataBytes: activation,
    // The first matrix only serves the adjoint of the data, which nobody asks for.
    readBytes: (layers - 1) * matrix + activation,
  });
});

test("each kept value tells who reads it, and what for", async () => {
  const { lines } = await memoryOf("chain");
  assert.deepEqual(
    lines.map(({ label, shapes, executions, reasons }) => [label, shapes, executions, reasons.map(({ text }) => text)]),
    [
      ["matmul(h, w)", [[16, 8]], 5, ["`tanh` on line 10 reads its input"]],
      ["h", [[16, 8]], 5, ["`matmul` on line 10 reads its left input for the adjoint of its right input"]],
    ],
  );
});

test("calls and loops tell what is kept in them, one inside of the other", async () => {
  const { scopes, kept } = await memoryOf("chain");
  assert.deepEqual(
    scopes.map(({ label, kind, repeats, bytes, ownBytes, parent }) => [label, kind, repeats, bytes, ownBytes, parent]),
    [
      ["turns 1 … 5", "loop", 5, kept.bytes, 0, undefined],
      ["layer", "call", 5, kept.bytes, kept.bytes, scopes[0]!.id],
    ],
  );
  assert.ok(scopes.every(({ work }) => work > 0.9 && work < 1));
});

test("a residual network keeps the sums and not what is added to them", async () => {
  const report = await memoryOf("residual");
  assert.deepEqual(brief(report), ["10 matmul 5", "21 add 4"]);
  assert.equal(report.kept.bytes, (2 * layers - 1) * activation);
});

test("a product of parameters keeps nothing: they are held anyway", async () => {
  const report = await memoryOf("product");
  assert.deepEqual(report.kept, { bytes: 0, values: 0 });
  assert.deepEqual(report.held, { parameterBytes: 16, dataBytes: 0, readBytes: 16 });
  assert.deepEqual(report.lines, []);
  assert.deepEqual(report.checkpoints, []);
  // Its value; then besides that two gradients.
  assert.deepEqual(peaksOf(report), [8, 8, 24]);
});

test("a linear function reads nothing at all", async () => {
  const report = await memoryOf("linear");
  assert.equal(report.kept.bytes, 0);
  assert.equal(report.held.readBytes, 0);
});

test("exp keeps its result", async () => {
  const report = await memoryOf("twice");
  assert.deepEqual(report.kept, { bytes: 16, values: 2 });
  assert.deepEqual(
    report.lines.map(({ label, reasons }) => `${label}: ${reasons.map(({ text }) => text).join("; ")}`),
    ["Math.exp(a): `exp` on line 34 reads its result", "twice: `exp` on line 34 reads its result"],
  );
});

test("a loop over numbers keeps one number a turn", async () => {
  const report = await memoryOf("loop");
  // The state that goes into each turn but the first, which is a parameter.
  assert.deepEqual(report.kept, { bytes: 99 * number, values: 99 });
  assert.deepEqual(brief(report), ["39 add 99"]);
  assert.equal(report.scopes[0]!.label, "i = 0 … 99");
  assert.equal(report.peaks.inference.bytes, 3 * number);
});

test("relu keeps its input", async () => {
  const report = await memoryOf("rectified");
  assert.deepEqual(brief(report), ["44 matmul 1"]);
  assert.deepEqual(report.lines[0]!.shapes, [[16, 4]]);
});

test("views take no memory of their own", async () => {
  const report = await memoryOf("views");
  // exp reads its result; its input, a view of the product, goes.
  assert.deepEqual(brief(report), ["49 exp 1"]);
  assert.equal(report.peaks.inference.bytes, 2 * 16 * 4 * number);
});

test("to ask for a shape is not to read", async () => {
  const report = await memoryOf("averaged");
  assert.equal(report.kept.bytes, 0);
  assert.deepEqual(report.held, { parameterBytes: 1000 * number, dataBytes: 0, readBytes: 0 });
});

test("the mask of a dropout is made by the run and kept", async () => {
  const report = await memoryOf("dropped");
  assert.equal(report.held.dataBytes, activation);
  assert.deepEqual(report.kept, { bytes: activation, values: 1 });
  assert.equal(report.lines[0]!.source.line, 57);
  assert.deepEqual(
    report.lines[0]!.reasons.map(({ text }) => text),
    ["`mul` on line 57 reads its right input for the adjoint of its left input"],
  );
});

test("what the result does not hang on is freed at once", async () => {
  const report = await memoryOf("unused");
  assert.equal(report.kept.bytes, 0);
  // exp(v) and its double, for a moment.
  assert.equal(report.peaks.forward.bytes, 2 * 1000 * number);
});

test("a checkpoint keeps what goes in, and tells what is computed again", async () => {
  const report = await memoryOf("again");
  assert.equal(report.kept.bytes, 0);
  // The product, of the product, the tanh and the sum; what only the checkpoint uses is data all the same.
  const [product, elements] = [16 * 8 * 8, 16 * 8];
  assert.equal(report.recomputed, product / (product + 2 * elements));
  assert.equal(report.held.dataBytes, activation);
});

test("the course of a pass ends with what is left and has the peak in it", async () => {
  const { course, peaks } = await memoryOf("loop");
  assert.equal(course.forward.length, 120);
  assert.equal(Math.max(...course.forward), peaks.forward.bytes);
  assert.equal(Math.max(...course.backward), peaks.backward.bytes);
  assert.equal(Math.max(...course.inference), peaks.inference.bytes);
});

test("a function without a backward pass, and one that is too long, say so in a sentence", async () => {
  const none = await session.ask("memory", { function: "constant" });
  assert.ok("refused" in none);
  assert.equal(none.refused, "constant does not depend on its parameters: nothing is saved for a backward pass.");
  const long = await session.ask("memory", { function: "tooLong" });
  assert.ok("refused" in long);
  assert.match(long.refused, /^The trace of tooLong has 200,002 values; memory is worked out for up to 200,000: /);
});
