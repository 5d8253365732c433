import assert from "node:assert/strict";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Diagnostic, MemoryReport } from "../../../engine/process/protocol.ts";
import { runCommand, type Run } from "./command.ts";

const models = fileURLToPath(new URL("../../fixtures/models", import.meta.url));
const digits = fileURLToPath(new URL("../../../examples/digits.ts", import.meta.url));
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "adjoint-memory-"));
  await cp(join(models, "memory"), folder, { recursive: true });
  await cp(join(models, "formula.ts"), join(folder, "formula.ts"));
});
after(() => rm(folder, { recursive: true }));

function adjoint(...args: string[]): Promise<Run> {
  return runCommand(["memory", ...args], folder);
}

type Document = MemoryReport & { readonly file: string; readonly diagnostics: readonly Diagnostic[] };
const documentOf = ({ stdout }: Run): Document => JSON.parse(stdout) as Document;

test("a person gets what is kept and why, the peaks, calls and loops, and what checkpoints would give", async () => {
  const run = await adjoint("closedForms.ts", "--function", "chain");
  assert.equal(run.stderr, "");
  assert.equal(run.code, 0);
  assert.equal(
    run.stdout,
    `chain keeps 9.2 KB for the backward pass: 9 values
besides 2.6 KB of parameters and 1.0 KB of data, which are held anyway

peak of inference          2.0 KB  at tanh, line 10: return tanh(matmul(h, w));
peak of the forward pass    10 KB  at sum, line 16: return sum(h);
peak of the backward pass   11 KB  at tanh, line 10: return tanh(matmul(h, w));

kept, by line
line   bytes  values  shape   name          op      why
  10  5.1 KB       5  16 × 8  matmul(h, w)  matmul  \`tanh\` on line 10 reads its input
  10  4.1 KB       4  16 × 8  h             tanh    \`matmul\` on line 10 reads its left input for the adjoint of its right input

by call and loop
line   bytes  work  scope
  15  9.2 KB  98 %  turns 1 … 5
   9  9.2 KB  98 %    layer ×5

checkpoint of layer ×5
policy                   kept    peak  again  written
everything (as it is)  9.2 KB   11 KB    0 %
nothing                4.1 KB  7.7 KB   87 %  checkpoint(layer)
sqrt                   1.0 KB  9.2 KB   93 %  checkpoint([layer, layer, …], { policy: "sqrt" })
`,
  );
});

test("--json prints exactly one document with the report", async () => {
  const run = await adjoint("formula.ts", "--at", '{"x": 2}', "--json");
  assert.equal(run.code, 0);
  assert.equal(run.stderr, "");
  const document = documentOf(run);
  assert.deepEqual(Object.keys(document), [
    "file",
    "function",
    "held",
    "kept",
    "recomputed",
    "peaks",
    "course",
    "lines",
    "scopes",
    "checkpoints",
    "diagnostics",
  ]);
  assert.equal(document.file, "formula.ts");
  assert.equal(document.function, "f");
  assert.deepEqual(document.kept, { bytes: 24, values: 3 });
  assert.deepEqual(
    document.lines.map(({ label, source }) => `${source.file}:${source.line} ${label}`),
    ["formula.ts:2 y / x", "formula.ts:2 e", "formula.ts:3 x + e"],
  );
  assert.deepEqual(document.diagnostics, []);
});

test("a model is looked at by its loss on one batch", async () => {
  const run = await adjoint(digits, "--function", "digits", "--json");
  assert.equal(run.code, 0, run.stderr);
  const document = documentOf(run);
  assert.equal(document.function, "digits");
  // Weights and biases of 64 → 32 → 10.
  assert.equal(document.held.parameterBytes, (64 * 32 + 32 + 32 * 10 + 10) * 8);
  assert.deepEqual(
    document.lines.map(({ op, values }) => `${op} ${values}`),
    ["add 1", "relu 1", "add 1"],
  );
  // To train takes gradients and new weights besides, half as many bytes each as the weights of the trace.
  const { evaluation, training } = document.compiled!;
  assert.ok(training >= evaluation + document.held.parameterBytes);
});

test("what was left out is told", async () => {
  const run = await adjoint("closedForms.ts");
  assert.equal(run.code, 0);
  assert.match(run.stderr, /^Looking at chain; --function takes the others: residual, product, /);
});

test("what cannot be looked at is one sentence with its place", async () => {
  const constant = await adjoint("closedForms.ts", "--function", "constant");
  assert.equal(constant.code, 1);
  assert.equal(constant.stdout, "");
  assert.match(
    constant.stderr,
    /^closedForms\.ts:\d+:17: constant does not depend on its parameters: nothing is saved for a backward pass\.\n$/,
  );
  const asJson = await adjoint("closedForms.ts", "--function", "constant", "--json");
  assert.equal(asJson.code, 1);
  assert.deepEqual(
    documentOf(asJson).diagnostics.map(({ code }) => code),
    ["no-memory-report"],
  );
});

test("a model that throws is told as by the trace", async () => {
  await writeFile(join(folder, "throws.ts"), "export function f(x = 1) {\n  throw new Error('no luck');\n}\n");
  const run = await adjoint("throws.ts");
  assert.equal(run.code, 1);
  assert.equal(run.stdout, "");
  assert.match(run.stderr, /^throws\.ts:2:\d+: .*no luck.*\n$/);
});

test("bad usage ends with 2 and a sentence", async () => {
  const cases: readonly [readonly string[], RegExp][] = [
    [[], /^adjoint memory needs a file to look at: adjoint memory FILE \(see adjoint memory --help\)\.\n$/],
    [["nowhere.ts"], /^nowhere\.ts:1:1: There is no file nowhere\.ts\.\n$/],
    [["."], /is a folder/],
    [["closedForms.ts", "--function", "nothingLikeIt"], /nothingLikeIt/],
    [["formula.ts", "--at", "{"], /^--at takes JSON such as/],
    [["formula.ts", "--at", '{"q": 1}'], /^formula\.ts:1:\d+: .*q/],
    [["formula.ts", "--fast"], /--fast/],
    [["formula.ts", "closedForms.ts"], /takes one file/],
  ];
  for (const [args, sentence] of cases) {
    const run = await adjoint(...args);
    assert.equal(run.code, 2, `${args.join(" ")}: ${run.stderr}`);
    assert.equal(run.stdout, "");
    assert.match(run.stderr, sentence);
    assert.doesNotMatch(run.stderr, /\n\s+at /);
  }
});

test("--help tells what it takes", async () => {
  const run = await adjoint("--help");
  assert.equal(run.code, 0);
  assert.match(run.stdout, /^adjoint memory FILE /);
});
