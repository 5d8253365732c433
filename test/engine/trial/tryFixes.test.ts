import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CancelledError } from "../../../engine/process/client.ts";
import type { Diagnostic, Fix } from "../../../engine/process/protocol.ts";
import { applied, editsIn, moved, type Edit } from "../../../engine/trial/edits.ts";
import { findFactor } from "../../../engine/trial/search.ts";
import { tryFixes, type TrialEngine } from "../../../engine/trial/tryFixes.ts";
import { example, fixture, patientLimits, startEngine } from "../process/engine.ts";

/** A file whose place other texts are run at. */
const anyFile = fixture("diagnose/flow.ts");

interface Mended {
  readonly finding: Diagnostic;
  readonly fixes: readonly Fix[];
  /** The text with the best fix made. */
  readonly text: string;
  /** What a run of that text finds. */
  readonly after: readonly Diagnostic[];
  /** The figure of the title, in that run. */
  readonly measured: number | undefined;
  readonly trials: number;
}

/** The first finding of a model's first function, its fixes, and what a fresh trace makes of the best. */
async function mended(file: string, text = readFileSync(file, "utf8")): Promise<Mended> {
  const engine = startEngine();
  try {
    const run = await engine.trace({ file, text, limits: patientLimits });
    assert.deepEqual(run.summary.diagnostics, []);
    const traced = run.summary.functions[0]!;
    const [finding] = traced.diagnostics;
    assert.ok(finding, "nothing was found");
    let trials = 0;
    const counting = {
      trace: (...given: Parameters<typeof engine.trace>) => {
        trials++;
        return engine.trace(...given);
      },
    };
    const limits = { wallClockMs: 60_000 };
    const fixes = await tryFixes(counting, { request: { file, text, limits }, run }, traced, 0);
    const changed = applied(text, fixes[0]?.edits ?? []);
    const { seed } = run.summary;
    const again = await engine.trace({
      file,
      text: changed,
      functions: [traced.function],
      seed: seed!,
      limits: patientLimits,
    });
    const [edited] = again.summary.functions;
    const report = await again.ask("flow", { function: traced.function });
    const [first] = report?.layers ?? [];
    const measured = first && 10 ** first.log10Norm;
    return { finding, fixes, text: changed, after: edited!.diagnostics, measured, trials };
  } finally {
    engine.dispose();
  }
}

const near = (a: number | undefined, b: number): boolean => a !== undefined && Math.abs(a - b) <= 1e-9 * Math.abs(b);

test("a deep net of sigmoids: relu with its weights, and larger initial weights, let the adjoint arrive", async () => {
  const file = example("deep-sigmoid.ts");
  const { fixes, text, after, measured, trials } = await mended(file);
  const [rectified, scaled, ...others] = fixes;
  assert.deepEqual(others, []);
  assert.match(
    rectified!.title,
    /^Use relu and heNormal instead of sigmoid and glorotNormal: ‖∂surprise\/∂layer 1‖ 1e-13 → 0\.0\d+$/,
  );
  assert.match(text, /h = relu\(z\);/);
  assert.match(text, /heNormal\(random\(2 \+ k\), \[32, 32\]\)/);
  assert.match(text, /import \{.* glorotNormal, heNormal,.* sigmoid, relu,.*\} from "adjoint"/);
  assert.deepEqual(after, []);
  assert.ok(near(measured, rectified!.predicted.after), `${measured} is not ${rectified!.predicted.after}`);
  assert.match(scaled!.title, /^Scale the initial values of layers by [\d.]+: ‖∂surprise\/∂layer 1‖ 1e-13 → 0\.0\d+$/);
  assert.match(
    applied(readFileSync(file, "utf8"), scaled!.edits),
    /glorotNormal\(random\(2 \+ k\), \[32, 32\], \{ gain: [\d.]+ \}\)/,
  );
  assert.ok(trials <= 7);
});

test("an exploding recurrence: its weights become smaller", async () => {
  const { fixes, text, after, measured } = await mended(example("rnn.ts"));
  const { before, after: predicted } = fixes[0]!.predicted;
  assert.ok(before > 1e6 && predicted < 1);
  assert.match(text, /scale: 2\.\d+ \/ Math\.sqrt\(16\)/);
  assert.deepEqual(after, []);
  assert.ok(measured !== undefined && measured < 1e3);
});

test("a plain loop: its factor becomes 1", async () => {
  const text =
    "export function f(w = 1.3, x = 0.01) {\n  for (let t = 0; t < 60; t++) {\n    x = w * x;\n  }\n  return x;\n}\n";
  const { fixes, text: changed, after } = await mended(anyFile, text);
  assert.equal(changed, text.replace("1.3", "1"));
  assert.equal(fixes[0]!.title, "Scale the initial value of w by 0.769: ‖∂f/∂step 1‖ 5.3e6 → 1");
  assert.deepEqual(after, []);
});

test("weights in plain arrays, drawn by Math.random: the trials have the same draw as the trace", async () => {
  const text = `
const size = 12;
function matrix() {
  const rows: number[][] = [];
  for (let i = 0; i < size; i++) {
    const row: number[] = [];
    for (let j = 0; j < size; j++) row.push((Math.random() - 0.5) * 0.2);
    rows.push(row);
  }
  return rows;
}
export function f(layers = Array.from({ length: 12 }, () => matrix())) {
  let h: number[] = Array.from({ length: size }, (_, i) => Math.sin(i + 1));
  for (const w of layers) {
    h = w.map((row) => row.reduce((sum, x, j) => sum + x * h[j]!, 0));
  }
  return h.reduce((sum, x) => sum + x * x, 0);
}
`;
  const { finding, fixes, text: changed, after, measured } = await mended(anyFile, text);
  assert.equal(finding.code, "vanishing-gradient");
  assert.match(changed, /row\.push\(\(Math\.random\(\) - 0\.5\) \* \d\.?\d*\)/);
  assert.deepEqual(after, []);
  assert.ok(near(measured, fixes[0]!.predicted.after), `${measured} is not ${fixes[0]!.predicted.after}`);
});

test("a chain without weights, and weights that only saturate, have no fix", async () => {
  const chain =
    'import { sigmoid } from "adjoint";\nexport function f(x = 0) {\n  let h = x;\n  for (let k = 0; k < 10; k++) h = sigmoid(h);\n  return h;\n}\n';
  const { fixes, trials } = await mended(anyFile, chain);
  assert.deepEqual([fixes, trials], [[], 0]);
  const scalar = `export function f(w = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]) {
  let a = 0.5;
  for (const x of w) a = 1 / (1 + Math.exp(-x * a));
  return (a - 1) ** 2;
}
`;
  const saturating = await mended(anyFile, scalar);
  assert.deepEqual(saturating.fixes, []);
  assert.ok(saturating.trials > 0);
});

test("a root that where does not choose is kept from what has none", async () => {
  const { fixes, text, after } = await mended(example("nan.ts"));
  assert.deepEqual(
    fixes.map(({ title }) => title),
    ["Take sqrt only of what where chooses: ‖∇area‖ NaN → 5.5"],
  );
  assert.match(text, /where\(greater\(square, 0\), sqrt\(where\(greater\(square, 0\), square, 1\)\), 0\)/);
  assert.deepEqual(after, []);
});

test("the logarithm of a softmax becomes one operation, and a NaN that is meant is left alone", async () => {
  const model = (body: string): string => `import { greater, log, softmax, sum, tensor, where } from "adjoint";
const chosen = tensor([1, 0, 0]);
export function f(z = tensor([0, 1000, 3])) {
  return sum(${body});
}
`;
  const { fixes, text, after } = await mended(anyFile, model("chosen * log(softmax(z))"));
  assert.equal(fixes.length, 1);
  assert.match(fixes[0]!.title, /^Use logSoftmax instead of log and softmax: ‖∇f‖ NaN → 1\.4$/);
  assert.match(text, /import \{ greater, logSoftmax, sum, tensor, where \}/);
  assert.match(text, /chosen \* logSoftmax\(z\)/);
  assert.deepEqual(after, []);
  const meant = await mended(anyFile, model("where(greater(z, 5), 0, log(z - 3))"));
  assert.deepEqual(meant.fixes, []);
});

test("a root or logarithm of 0 is taken a little beside it, where that gives a gradient", async () => {
  const distance =
    "export function f(p = [1, 1], q = [1, 1]) {\n  const [x, y] = [p[0] - q[0], p[1] - q[1]];\n  return Math.sqrt(x * x + y * y) + p[0];\n}\n";
  const { fixes, text, after } = await mended(anyFile, distance);
  assert.deepEqual(
    fixes.map(({ title }) => title),
    ["Keep Math.sqrt off 0 by 1e-12: ‖∇f‖ NaN → 1"],
  );
  assert.match(text, /Math\.sqrt\(x \* x \+ y \* y \+ 1e-12\) \+ p\[0\]/);
  assert.deepEqual(after, []);
  const negative = await mended(anyFile, "export function f(x = -2) {\n  return Math.sqrt(x) * 3;\n}\n");
  assert.deepEqual(negative.fixes, []);
});

test("what is normalised by a deviation of 0 gets a little under its root, or to its divisor", async () => {
  const normalised = (deviation: string): string => `import { mean, std, tensor } from "adjoint";
export function f(gain = 2, rows = [[1, 5], [2, 5], [3, 5]]) {
  let total = 0;
  for (let j = 0; j < 2; j++) {
    const column = rows.map((row) => row[j]!);
    const m = column.reduce((a, b) => a + b, 0) / column.length;
    const v = column.reduce((sum, x) => sum + (x - m) ** 2, 0) / column.length;
    for (const x of column) total += x * gain * ((x - m) / ${deviation});
  }
  return total;
}
`;
  for (const [before, title, now] of [
    ["Math.sqrt(v)", "Keep Math.sqrt off 0 by 1e-5", "Math.sqrt(v + 1e-5)"],
    ["v ** 0.5", "Keep v off 0 by 1e-5", "(v + 1e-5) ** 0.5"],
  ] as const) {
    const { fixes, text, after } = await mended(anyFile, normalised(before));
    assert.equal(fixes.length, 1);
    assert.ok(fixes[0]!.title.startsWith(`${title}: ‖∇f‖ NaN → `), fixes[0]!.title);
    assert.equal(text, normalised(now));
    assert.deepEqual(after, []);
  }
  const tensors = (divisor: string): string => `import { mean, std, sum, tensor } from "adjoint";
export function f(x = tensor([2, 2, 2]), w = tensor([1, 2, 3])) {
  return sum((w * (x - mean(x))) / ${divisor}) + sum(w * x);
}
`;
  const { fixes, text } = await mended(anyFile, tensors("std(x)"));
  assert.match(fixes[0]!.title, /^Keep the divisor std\(x\) off 0 by 1e-5: /);
  assert.equal(text, tensors("(std(x) + 1e-5)"));
  const pole = await mended(anyFile, "export function f(x = 3, y = 0) {\n  return x / y;\n}\n");
  assert.deepEqual(pole.fixes, []);
});

test("a fix changes the file that the line stands in, also where the traced file imports it", async () => {
  const engine = startEngine();
  try {
    const [file, imported] = [fixture("diagnose/marked/importing.ts"), fixture("diagnose/marked/layers.ts")];
    const text = readFileSync(file, "utf8");
    const run = await engine.trace({ file, text, functions: ["constantFeature"], limits: patientLimits });
    const traced = run.summary.functions[0]!;
    const limits = { wallClockMs: 60_000 };
    const [fix, ...others] = await tryFixes(engine, { request: { file, text, limits }, run }, traced, 0);
    assert.deepEqual(others, []);
    assert.match(fix!.title, /^Keep Math\.sqrt off 0 by 1e-5: ‖∇constantFeature‖ NaN → /);
    assert.deepEqual(new Set(fix!.edits.map(({ source }) => source.file)), new Set([imported]));
    const before = readFileSync(imported, "utf8");
    const changed = applied(before, editsIn(fix!.edits, imported));
    assert.match(changed, / \/ x\.length \+ 1e-5\);\n/);
    const again = await engine.trace({
      file,
      text,
      functions: ["constantFeature"],
      texts: { [imported]: changed },
      limits: patientLimits,
    });
    assert.deepEqual(again.summary.functions[0]!.diagnostics, []);
    assert.equal(readFileSync(imported, "utf8"), before);
  } finally {
    engine.dispose();
  }
});

test("dead units come to life with biases of 0, or a slope below 0", async () => {
  const tensors = (
    bias: number,
    relu: string,
  ): string => `import { matmul, mean, random, ${relu}, tensor } from "adjoint";
const x = random(1).normal([16, 4]);
export function f(w = random(2).normal([4, 6], { scale: 0.5 }), b = tensor([${new Array(6).fill(bias).join(", ")}])) {
  return mean((${relu}(matmul(x, w) + b) - 1) ** 2);
}
`;
  const dead = await mended(anyFile, tensors(-9, "relu"));
  assert.equal(dead.finding.code, "dead-relu");
  const titles = dead.fixes.map(({ title }) => title);
  assert.deepEqual(titles, ["Begin b at 0: dead units 6 → 0", "Use leakyRelu instead of relu: dead units 6 → 0"]);
  assert.equal(dead.text, tensors(0, "relu"));
  assert.deepEqual(dead.after, []);
  assert.equal(applied(tensors(-9, "relu"), dead.fixes[1]!.edits), tensors(-9, "leakyRelu"));
  const plain = (zero: string): string => `export function f(w = [[0.3, -0.2], [0.1, 0.4]], c = 5) {
  const b = -c;
  let loss = 0;
  for (let k = 0; k < 8; k++) {
    const x = [Math.sin(k), Math.cos(k)];
    for (const row of w) {
      const z = row[0]! * x[0]! + row[1]! * x[1]! + b;
      loss += (Math.max(${zero}, z) - 1) ** 2;
    }
  }
  return loss;
}
`;
  const sloped = await mended(anyFile, plain("0"));
  assert.deepEqual(
    sloped.fixes.map(({ title }) => title),
    ["Begin c at 0: dead units 2 → 0", "Give it a slope of 0.01 below 0: dead units 2 → 0"],
  );
  assert.equal(applied(plain("0"), sloped.fixes[1]!.edits), plain("0.01 * z"));
});

test("scores of attention are divided by the root of the size of queries and keys", async () => {
  const model = (scores: string): string => `import { matmul, mean, random, softmax, transpose } from "adjoint";
const [v, size] = [random(3).normal([10, 64]), [10, 64] as const];
export function f(q = random(1).normal(size, { scale: 2 }), k = random(2).normal(size, { scale: 2 })) {
  const scores = matmul(q, transpose(k));
  return mean(matmul(softmax(${scores}), v) ** 2);
}
`;
  const { finding, fixes, text, after } = await mended(anyFile, model("scores"));
  assert.equal(finding.code, "saturated-activation");
  assert.match(fixes[0]!.title, /^Divide the scores by √64, the size of queries and keys: saturated rows \d+ → 0$/);
  assert.equal(text, model("scores / Math.sqrt(64)"));
  assert.deepEqual(after, []);
  const scaled = (factor: number): string => model(`scores * ${factor}`);
  const mild = await mended(anyFile, scaled(60));
  assert.deepEqual(mild.fixes, []);
});

test("scores of plain numbers are divided as well, also where a function of the file takes the softmax", async () => {
  const model = (own: string, given: string, close: string): string => `
const next = (seed: number) => { let s = seed; return () => (s = (s * 48271) % 2147483647) / 1073741824 - 1; };
const rows = (seed: number) => { const draw = next(seed); return Array.from({ length: 6 }, () => Array.from({ length: 16 }, () => 3 * draw())); };
const dot = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
function softmax(scores: number[]) {
  const top = Math.max(...scores);
  const e = scores.map((s) => Math.exp(s - top));
  const total = e.reduce((a, b) => a + b, 0);
  return e.map((x) => x / total);
}
const values = rows(9);
export function f(q = rows(1), k = rows(2)) {
  let loss = 0;
  for (const query of q) {
    const scores = k.map((key) => dot(query, key));
    const top = Math.max(...scores);
    const e = scores.map((s) => Math.exp(${own}s - top${close}));
    const total = e.reduce((a, b) => a + b, 0);
    const p = ${given};
    for (let c = 0; c < 16; c++) loss += p.reduce((sum, x, j) => sum + x * values[j]![c]!, 0) ** 2;
  }
  return loss + softmax([q[0]![0]! * k[0]![0]!, 1])[0]!;
}
`;
  const inline = await mended(anyFile, model("", "e.map((x) => x / total)", ""));
  assert.equal(inline.finding.code, "saturated-activation");
  assert.match(
    inline.fixes[0]!.title,
    /^Divide the scores by √16, the size of queries and keys: saturated rows \d → \d$/,
  );
  assert.equal(inline.text, model("(", "e.map((x) => x / total)", ") / Math.sqrt(16)"));
  const called = await mended(anyFile, model("", "softmax(scores)", ""));
  const { line } = called.finding.source;
  assert.match(called.text.split("\n")[line - 1]!, /softmax\(scores\.map\(\(score\) => score \/ Math\.sqrt\(16\)\)\)/);
});

test("weights before saturated units become smaller, and biases that hold them 0", async () => {
  const layer = (scale: string): string => `import { matmul, mean, random, tanh, zeros } from "adjoint";
const x = random(9).normal([16, 8]);
export function f(w = random(1).normal([8, 8], { scale: ${scale} }), b = zeros([8]), v = random(2).normal([8, 1])) {
  return mean((matmul(tanh(matmul(x, w) + b), v) - 1) ** 2);
}
`;
  const { finding, fixes, text, after } = await mended(anyFile, layer("5"));
  assert.equal(finding.code, "saturated-activation");
  assert.match(fixes[0]!.title, /^Scale the initial values of w by 0\.0\d+: saturated outputs \d+ → \d+$/);
  assert.match(text, /\{ scale: 0\.\d+ \}/);
  assert.deepEqual(after, []);
  const shared = (scale: string): string => `import { matmul, mean, random, sigmoid } from "adjoint";
const x = random(9).normal([16, 8]);
const layer = (x, w) => sigmoid(matmul(x, w));
export function f(u = random(1).normal([8, 8]), w = random(2).normal([8, 8], { scale: ${scale} }), v = random(3).normal([8, 1])) {
  return mean((matmul(layer(layer(x, u), w), v) - 1) ** 2);
}
`;
  const [own] = (await mended(anyFile, shared("30"))).fixes;
  assert.match(own!.title, /^Scale the initial values of w by 0\.0\d+: saturated outputs \d+ → \d+$/);
  const biased = (b: string): string => `import { matmul, mean, random, sigmoid, zeros } from "adjoint";
const x = random(9).normal([16, 8]);
export function f(p = { w: random(1).normal([8, 4], { scale: 0.2 }), b: ${b}, v: random(2).normal([4, 1]) }) {
  return mean((matmul(sigmoid(matmul(x, p.w) + p.b), p.v) - 1) ** 2);
}
`;
  const low = await mended(anyFile, biased("random(3).normal([4], { scale: 0.1 }) - 12"));
  assert.match(low.fixes[0]!.title, /^Begin p\.b at 0: saturated outputs 64 → 0$/);
  assert.equal(low.text, biased("zeros([4])"));
  const broadcast = await mended(anyFile, biased("zeros([1]) + random(3).normal([4], { scale: 0.1 }) - 12"));
  assert.equal(broadcast.text, biased("zeros([4])"));
});

test("a point other than the defaults is not mended by changing them", async () => {
  const engine = startEngine();
  try {
    const text = "export function f(w = 1, x = 0.01) {\n  for (let t = 0; t < 60; t++) x = w * x;\n  return x;\n}\n";
    const request = { file: anyFile, text, at: { w: 1.3 } };
    const run = await engine.trace(request);
    const traced = run.summary.functions[0]!;
    assert.equal(traced.diagnostics[0]!.code, "exploding-gradient");
    assert.deepEqual(await tryFixes(engine, { request, run }, traced, 0), []);
  } finally {
    engine.dispose();
  }
});

test("trying is given up when it is cancelled, and begins nothing after its deadline", async () => {
  const engine = startEngine();
  try {
    const file = example("rnn.ts");
    const request = { file, text: readFileSync(file, "utf8") };
    const run = await engine.trace(request);
    const traced = run.summary.functions[0]!;
    const abort = new AbortController();
    const cancelled: TrialEngine = {
      trace(changed, options) {
        const session = engine.trace(changed, options);
        abort.abort();
        return session;
      },
    };
    const trying = tryFixes(cancelled, { request, run, cancellation: abort.signal }, traced, 0);
    await assert.rejects(trying, CancelledError);
    assert.deepEqual(await tryFixes(engine, { request, run, deadline: Date.now() }, traced, 0), []);
  } finally {
    engine.dispose();
  }
});

test("a range of a text is found again once edits are made, also where they take lines away or add some", () => {
  const text = 'import {\n  sigmoid,\n  relu,\n} from "adjoint";\nh = sigmoid(w * x); y = 2;\n';
  const range = (start: number, end: number) => {
    const at = (offset: number) => {
      const lines = text.slice(0, offset).split("\n");
      return { line: lines.length, column: lines.at(-1)!.length + 1 };
    };
    const to = at(end);
    return { file: "f.ts", ...at(start), endLine: to.line, endColumn: to.column };
  };
  const of = (part: string) => range(text.lastIndexOf(part), text.lastIndexOf(part) + part.length);
  const edit = (source: Edit["source"], inserted: string): Edit => ({ source, text: inserted });
  const taken = edit(range(text.indexOf("sigmoid"), text.indexOf("relu")), "");
  const renamed = edit(of("sigmoid"), "relu");
  const before = of("w * x");
  const { line, column } = before;
  const opened = edit({ ...before, endLine: line, endColumn: column }, "mul(4, ");
  const closed = edit({ ...before, line: before.endLine, column: before.endColumn }, ")\n");
  const edits = [taken, renamed, opened, closed];
  assert.deepEqual(moved(before, edits), { ...before, line: 4, endLine: 4, column: 17, endColumn: 22 });
  assert.equal(applied(text, edits).split("\n")[3], "h = relu(mul(4, w * x)");
  assert.deepEqual(moved(of("y"), edits), { file: "f.ts", line: 5, endLine: 5, column: 4, endColumn: 5 });
  assert.deepEqual(moved({ ...before, file: "g.ts" }, edits), { ...before, file: "g.ts" });
});

test("the search for a factor finds a zero, and keeps away from where something else goes wrong", async () => {
  const search = async (excess: (x: number) => number, limit = Infinity): Promise<number[]> => {
    const found = await findFactor({
      excess: excess(0),
      first: 4,
      digits: 3,
      trial: (factor) => Promise.resolve({ factor, excess: excess(Math.log(factor)), sound: factor < limit }),
      isGood: (tried) => tried.sound && Math.abs(tried.excess) < 0.5,
    });
    return found.map(({ factor }) => factor);
  };
  // Zero at ln 8, the way there bent.
  const bent = (x: number): number => -20 + 20 * Math.sqrt(Math.max(0, x) / Math.log(8));
  const factors = await search(bent);
  assert.ok(Math.abs(bent(Math.log(factors.at(-1)!))) < 0.5, factors.join(" "));
  const limited = await search(bent, 5);
  assert.ok(limited.filter((factor) => factor < 5).length > 0 && limited.length <= 6, limited.join(" "));
});
