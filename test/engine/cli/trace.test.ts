import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Diagnostic, NodeReport } from "../../../engine/process/protocol.ts";
import { runCommand, type Run } from "./command.ts";

const examples = fileURLToPath(new URL("../../../examples", import.meta.url));
const models = fileURLToPath(new URL("../../fixtures/models", import.meta.url));
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "adjoint-cli-"));
  await cp(models, folder, { recursive: true });
});
after(() => rm(folder, { recursive: true }));

/** Runs the command in a folder with the fixtures. */
function adjoint(...args: string[]): Promise<Run> {
  return runCommand(args, folder);
}

/** What the contract says of the document, with the gradient of these fixtures. */
interface Document {
  readonly file: string;
  readonly function: string;
  readonly value: number | string;
  readonly gradient: Readonly<Record<string, unknown>>;
  readonly nodes: readonly NodeReport[];
  readonly diagnostics: readonly Diagnostic[];
  readonly tape: { readonly operations: number; readonly bytes: number };
  readonly time: { readonly forwardMs: number; readonly backwardMs: number };
}

const documentOf = ({ stdout }: Run): Document => JSON.parse(stdout) as Document;

function close(actual: unknown, expected: number): void {
  assert.ok(
    typeof actual === "number" && Math.abs(actual - expected) <= 1e-12 * Math.max(1, Math.abs(expected)),
    String(actual),
  );
}

test("--json prints exactly the document of the contract", async () => {
  const run = await adjoint("trace", "formula.ts", "--json");
  assert.equal(run.code, 0);
  assert.equal(run.stderr, "");
  const document = documentOf(run);
  assert.deepEqual(Object.keys(document), [
    "file",
    "function",
    "value",
    "gradient",
    "nodes",
    "diagnostics",
    "tape",
    "time",
  ]);
  assert.equal(document.file, "formula.ts");
  assert.equal(document.function, "f");
  close(document.value, 2.1269280110429727);
  close(document.gradient["x"], -1.6423912339336473);
  close(document.gradient["y"], 0.8807970779778824);
  const { value, adjoint: bar, ...e } = document.nodes[3]!;
  assert.deepEqual(e, {
    id: 3,
    op: "exp",
    name: "e",
    shape: [],
    inputs: [2],
    source: { file: "formula.ts", line: 2, column: 13, endLine: 2, endColumn: 28 },
  });
  close(value, Math.exp(2));
  close(bar, 0.11920292202211755);
  assert.deepEqual(document.diagnostics, []);
  assert.equal(document.tape.operations, 4);
  assert.ok(document.time.forwardMs >= 0 && document.time.backwardMs >= 0);
});

test("people get a table with the source lines", async () => {
  const run = await adjoint("trace", "formula.ts");
  assert.equal(run.code, 0);
  assert.equal(
    run.stdout.replace(/forward .*/, "…"),
    `f(x, y) = 2.126928   formula.ts:1

line  value  adjoint  name  op     source
   1      1   −1.642  x     input  export function f(x = 1, y = 2) {
   1      2   0.8808  y     input
   2      2   0.8808        div    const e = Math.exp(y / x);
   2  7.389   0.1192  e     exp
   3  8.389   0.1192        add    return Math.log(x + e);
   3  2.127        1        log

∂f/∂x = −1.6423912
∂f/∂y = 0.88079708
‖∇f‖ = 1.8636664

4 operations · 212 B of tape · …
`,
  );
});

test("loops are summed up", async () => {
  const { stdout } = await adjoint("trace", "loop.ts");
  assert.match(stdout, /^ +5 +×10 +1 +1 +1 … 1 +0\.001953 … 1 +scaled +mul +const scaled = x \* a;$/m);
});

test("of the many elements of an array the first and the last few are listed", async () => {
  const text =
    "export function total(x = Array.from({ length: 50 }, (_, k) => k)) {\n  return x.reduce((a, b) => a + b);\n}\n";
  await writeFile(join(folder, "elements.ts"), text);
  const { stdout } = await adjoint("trace", "elements.ts");
  assert.deepEqual(
    stdout.match(/^… .*|\bx\[\d+\]/gm),
    [0, 1, 2, 3]
      .map((k) => `x[${k}]`)
      .concat(
        "… 42 more inputs (--json has them all)",
        [46, 47, 48, 49].map((k) => `x[${k}]`),
      ),
  );
  const { nodes } = documentOf(await adjoint("trace", "elements.ts", "--json"));
  assert.equal(nodes.filter(({ op }) => op === "input").length, 50);
});

test("--at gives the point, nested as the parameters are", async () => {
  const document = documentOf(
    await adjoint(
      "trace",
      "dot.ts",
      "--function",
      "lengths",
      "--at",
      '{"xs": [5, 12], "p": {"a": 2, "b": [1]}}',
      "--json",
    ),
  );
  close(document.value, 26);
  assert.deepEqual(document.gradient, { xs: [10 / 13, 24 / 13], p: { a: 13, b: [26] } });
});

test("the defaults inside a parameter that is taken apart are parameters", async () => {
  const document = documentOf(await adjoint("trace", "options.ts", "--at", '{"b": 1}', "--json"));
  close(document.value, 1.75);
  assert.deepEqual(document.gradient, { a: -3, b: 3, k: 0.25 });
});

test("tensors are nested arrays in the gradient and summaries in the nodes", async () => {
  const document = documentOf(await adjoint("trace", "dot.ts", "--json"));
  assert.equal(document.function, "dot");
  assert.deepEqual(document.gradient, { x: [2, 4, 6], scale: 32 });
  const x = document.nodes.find(({ name }) => name === "x");
  assert.deepEqual(x?.adjoint, { norm: Math.sqrt(4 + 16 + 36), min: 2, max: 6, mean: 4, finite: true });
});

test("numbers that JSON does not have are text", async () => {
  const document = documentOf(await adjoint("trace", "non-finite.ts", "--json"));
  assert.equal(document.value, "-Infinity");
  assert.deepEqual(document.gradient, { x: "Infinity", y: "-Infinity" });
});

test("without --function the first function is traced and the others are named", async () => {
  const run = await adjoint("trace", "several.ts");
  assert.match(run.stdout, /^first\(x\) = 9 /);
  assert.equal(run.stderr, "Tracing first; --function takes the others: endless, last.\n");
});

test("a problem of the model is one sentence with its place, and exit code 1", async () => {
  const run = await adjoint("trace", "bad/throws-error.ts", "--json");
  assert.equal(run.code, 1);
  assert.equal(run.stderr, "bad/throws-error.ts:6:20: f threw RangeError: x must be negative.\n");
  const document = documentOf(run);
  assert.equal(document.file, "bad/throws-error.ts");
  assert.deepEqual(document.nodes, []);
  assert.deepEqual(document.diagnostics, [
    {
      code: "model-error",
      severity: "error",
      message: "f threw RangeError: x must be negative.",
      source: { file: "bad/throws-error.ts", line: 6, column: 20, endLine: 6, endColumn: 23 },
    },
  ]);
});

test("a run that has to be stopped is a problem of the model", async () => {
  const run = await adjoint("trace", "bad/endless-loop.ts", "--time-limit", "0.5");
  assert.equal(run.code, 1);
  assert.equal(run.stdout, "");
  assert.match(run.stderr, /^bad\/endless-loop\.ts:3:3: f was stopped because it did not finish within 500 ms/);
});

test("what the model prints goes to stderr", async () => {
  const run = await adjoint("trace", "bad/prints.ts", "--json");
  assert.equal(documentOf(run).value, 9);
  assert.deepEqual(run.stderr.split("\n").toSorted(), ["", "loading", "running with 3", "to stderr"]);
});

test("the least squares of the examples are 53 with the gradient 2Aᵀ(AX − B)", async () => {
  const document = documentOf(await adjoint("trace", join(examples, "least-squares.ts"), "--json"));
  close(document.value, 53);
  assert.deepEqual(document.gradient, { X: [46, 64] });
});

test("the pendulum of the examples has the derivatives that differences give", async () => {
  const landing = async (at: Record<string, number>): Promise<Document> =>
    documentOf(await adjoint("trace", join(examples, "pendulum.ts"), "--at", JSON.stringify(at), "--json"));
  const { gradient } = await landing({});
  const step = 1e-6;
  for (const [name, value] of [
    ["push", 1],
    ["release", 0.8],
  ] as const) {
    const [ahead, behind] = await Promise.all([landing({ [name]: value + step }), landing({ [name]: value - step })]);
    const difference = ((ahead.value as number) - (behind.value as number)) / (2 * step);
    assert.ok(Math.abs((gradient[name] as number) - difference) < 1e-6 * Math.max(1, Math.abs(difference)), name);
  }
});

/** Exit code 2, one sentence, nothing else. */
function refuses(args: readonly string[], sentence: RegExp): void {
  test(`adjoint ${args.join(" ")} is refused`, async () => {
    const { code, stdout, stderr } = await adjoint(...args);
    assert.match(stderr, sentence);
    assert.equal(stderr.trimEnd().split("\n").length, 1);
    assert.equal(stdout, "");
    assert.equal(code, 2);
  });
}

refuses(["trace", "nowhere.ts"], /^nowhere\.ts:1:1: There is no file nowhere\.ts\.$/m);
refuses(["trace", "bad"], /^bad:1:1: bad is a folder; name a TypeScript or JavaScript file in it\.$/m);
refuses(["trace"], /^adjoint trace needs a file to trace/);
refuses(["trace", "formula.ts", "loop.ts"], /takes one file/);
refuses(["trace", "formula.ts", "--frob"], /^Unknown option '--frob'/);
refuses(["trace", "formula.ts", "--at", "{x: 1}"], /^--at takes JSON/);
refuses(["trace", "formula.ts", "--at", "[1]"], /^--at takes an object/);
refuses(["trace", "formula.ts", "--at", '{"z": 1}'], /^formula\.ts:1:17: f has no parameter z: it has x, y\.$/m);
refuses(["trace", "formula.ts", "--at", '{"x": "one"}'], /^formula\.ts:1:17: The value given for x is/);
refuses(
  ["trace", "formula.ts", "--function", "g"],
  /^formula\.ts:1:1: The file exports no function g; it exports f\.$/m,
);
refuses(["trace", "formula.ts", "--time-limit", "soon"], /^--time-limit takes a number/);
refuses(
  ["trace", "formula.ts", "--time-limit", "-1"],
  /^Option '--time-limit' argument is ambiguous\. See adjoint trace --help\.$/m,
);
refuses(
  ["trace", "formula.ts", "--function"],
  /^Option '--function <value>' argument missing\. See adjoint trace --help\.$/m,
);
refuses(["trace", ""], /^adjoint trace needs a file to trace/);
refuses(["frob"], /^adjoint has no command frob; it has trace, /);

test("a time limit beyond what timers can wait for is no limit", async () => {
  const run = await adjoint("trace", "formula.ts", "--time-limit", "Infinity", "--json");
  assert.deepEqual([run.code, run.stderr], [0, ""]);
});

test("a file is known by the name that it was given, also where that is a link", async () => {
  await mkdir(join(folder, "real"));
  await writeFile(
    join(folder, "real/cube.ts"),
    "export function cube(x = 2) { return x * square(x); }\nimport { square } from './square';\n",
  );
  await writeFile(join(folder, "real/square.ts"), "export function square(x: number) { return x * x; }\n");
  await symlink(join(folder, "real/cube.ts"), join(folder, "link.ts"));
  const document = documentOf(await adjoint("trace", "link.ts", "--json"));
  assert.equal(document.value, 8);
  assert.deepEqual(document.gradient, { x: 12 });
  assert.deepEqual(
    document.nodes.map(({ source }) => source.file),
    ["link.ts", "real/square.ts", "link.ts"],
  );
});

test("below a linked folder, what a model imports is known through the same link", async () => {
  await mkdir(join(folder, "place"));
  await writeFile(
    join(folder, "place/model.ts"),
    "import { twice } from './part';\nexport const f = (x = 2) => twice(x);\n",
  );
  await writeFile(join(folder, "place/part.ts"), "export const twice = (x: number) => 2 * x;\n");
  await writeFile(
    join(folder, "place/broken.ts"),
    "import { half } from './part';\nexport const f = (x = 2) => half(x);\n",
  );
  await symlink(join(folder, "place"), join(folder, "alias"), "junction");
  const document = documentOf(await adjoint("trace", "alias/model.ts", "--json"));
  assert.deepEqual(
    document.nodes.map(({ source }) => source.file),
    ["alias/model.ts", "alias/part.ts"],
  );
  const broken = await adjoint("trace", "alias/broken.ts");
  assert.equal(broken.stderr, `alias/broken.ts:1:10: "./part" exports nothing named half: check the import's name.\n`);
});

test("a file that is no script is refused, and nothing of it runs", async () => {
  await writeFile(join(folder, "notes.txt"), "f(x)");
  const run = await adjoint("trace", "notes.txt");
  assert.equal(run.code, 2);
  assert.equal(run.stderr, "notes.txt:1:1: notes.txt is no TypeScript or JavaScript file.\n");
});

test("help and version are printed on stdout", async () => {
  const help = await adjoint("--help");
  assert.equal(help.code, 0);
  assert.match(help.stdout, /adjoint trace FILE \[--function NAME\] \[--at JSON\] \[--json\]/);
  assert.match((await adjoint("trace", "--help")).stdout, /--at JSON/);
  assert.match((await adjoint("--version")).stdout, /^\d+\.\d+\.\d+\n$/);
});

test("without a command it tells how it is used", async () => {
  const run = await adjoint();
  assert.equal(run.code, 2);
  assert.equal(run.stdout, "");
  assert.match(run.stderr, /adjoint trace FILE/);
});

test("below a finding stands what helps, with the effect that was measured", async () => {
  const file = join(examples, "rnn.ts");
  const run = await adjoint("trace", file);
  assert.equal(run.code, 0);
  const [finding, fix, line, ...rest] = run.stderr.trimEnd().split("\n");
  assert.match(finding!, /rnn\.ts:\d+:\d+: warning: The gradient explodes/);
  assert.match(
    fix!,
    /^ {2}try: Scale the initial values of recurrent by 0\.\d+: ‖∂error\/∂step 1‖ 1\.9e6 → (0\.\d+|\d\.?\d*e-\d)$/,
  );
  assert.match(line!, /^ {7}\S*rnn\.ts:\d+:\d+: recurrent = .*scale: 2\.\d+ \/ Math\.sqrt\(16\)/);
  assert.deepEqual(rest, []);
  const without = await adjoint("trace", file, "--no-fixes");
  assert.equal(without.stderr, `${finding!}\n`);
});

test("--json gives the fixes of a finding: title, edits, and the figure before and after", async () => {
  const { diagnostics } = documentOf(await adjoint("trace", join(examples, "rnn.ts"), "--json"));
  const [fix, ...others] = diagnostics[0]!.fixes!;
  assert.deepEqual(others, []);
  assert.deepEqual(Object.keys(fix!), ["title", "edits", "predicted"]);
  assert.equal(fix!.predicted.measure, "‖∂error/∂step 1‖");
  assert.ok(fix!.predicted.before > 1e6 && fix!.predicted.after < 1);
  assert.match(fix!.edits[0]!.text, /^2\.\d+$/);
  assert.match(fix!.edits[0]!.source.file, /rnn\.ts$/);
});
