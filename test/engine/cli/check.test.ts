import assert from "node:assert/strict";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Diagnostic, ElementCheck, FunctionCheck } from "../../../engine/process/protocol.ts";
import { runCommand, type Run } from "./command.ts";

const models = fileURLToPath(new URL("../../fixtures/models", import.meta.url));
const examples = fileURLToPath(new URL("../../../examples", import.meta.url));
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "adjoint-check-"));
  await cp(models, folder, { recursive: true });
  await cp(examples, join(folder, "examples"), { recursive: true });
});
after(() => rm(folder, { recursive: true }));

function check(...args: string[]): Promise<Run> {
  return runCommand(["check", ...args], folder);
}

interface Document {
  readonly passed: boolean;
  readonly functions: readonly FunctionCheck[];
  readonly diagnostics: readonly Diagnostic[];
}

const documentOf = ({ stdout }: Run): Document => JSON.parse(stdout) as Document;
const verdicts = ({ functions }: Document): string[] =>
  functions.map(({ function: name, parameters }) => `${name} ${parameters.map(({ verdict }) => verdict).join(" ")}`);

function close(actual: number, expected: number, tolerance = 1e-8): void {
  assert.ok(Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)), `${actual}, not ${expected}`);
}

test("--json prints the document of the contract, and nothing else", async () => {
  const run = await check("formula.ts", "--json");
  assert.deepEqual([run.code, run.stderr], [0, ""]);
  const document = documentOf(run);
  assert.equal(document.passed, true);
  const { function: name, passed, parameters, culprits, coverage, source } = document.functions[0]!;
  assert.deepEqual([name, passed, culprits, source.file], ["f", true, [], "formula.ts"]);
  assert.deepEqual(coverage, { elements: 2, checked: 2, directions: 0 });
  const x = parameters.find((parameter) => parameter.name === "x")!;
  assert.deepEqual(Object.keys(x).sort(), [
    ...["complex", "error", "forward", "index", "name", "numeric", "reverse", "tolerance", "verdict"],
  ]);
  for (const vote of [x.reverse, x.forward, x.numeric, x.complex!]) close(vote, -1.6423912, 1e-7);
  assert.deepEqual([x.index, x.verdict, x.error <= x.tolerance], [[], "ok", true]);
});

test("the example's right rule passes; its wrong one fails by 1/3, and the rule is named with its places", async () => {
  const run = await check("examples/custom-rule.ts", "--json");
  assert.equal(run.code, 1);
  const document = documentOf(run);
  assert.equal(document.passed, false);
  const [right, wrong] = document.functions as [FunctionCheck, FunctionCheck];
  assert.deepEqual([right.function, right.passed, wrong.function, wrong.passed], ["right", true, "wrong", false]);
  assert.equal(wrong.parameters.length, 3);
  for (const { verdict, error, reverse, numeric } of wrong.parameters) {
    assert.equal(verdict, "wrong");
    close(error, 1 / 3);
    close(reverse, 2 * numeric);
  }
  const [culprit] = wrong.culprits;
  assert.deepEqual(
    [wrong.culprits.length, culprit!.op, culprit!.source.line, culprit!.definition!.line],
    [1, "custom", 20, 14],
  );
  close(culprit!.reverse, 2 * culprit!.numeric);
  assert.equal(
    run.stderr.split("\n")[0],
    "examples/custom-rule.ts:19:17: The gradient of wrong with respect to x[0] is wrong: reverse mode gives 1.98898 where differences give 0.99449, and 2 more elements fail.",
  );
  assert.match(run.stderr, /^examples\/custom-rule\.ts:14:19: {3}The rule is defined here\.$/m);
});

test("for people: a line for each function and each parameter, the worst first", async () => {
  const { code, stdout } = await check("examples/custom-rule.ts");
  assert.equal(code, 1);
  const lines = stdout.split("\n").map((line) => line.replace(/ in [\d.]+ m?s/, ""));
  assert.match(lines[0]!, /^✓ right {2}checked all 2 elements {2}examples\/custom-rule\.ts:9$/);
  assert.match(
    lines[3]!,
    /^ {4}2 points nearby ok · 1 custom rule ok · second derivatives ok · float32 within [\d.e-]+$/,
  );
  assert.match(lines[4]!, /^✗ wrong {2}checked all 3 elements {2}examples\/custom-rule\.ts:19$/);
  assert.match(lines[5]!, /^ {4}x {2}3 wrong {2}x\[0\]: error 0\.333 {2}reverse 1\.98898 {2}differences 0\.99449$/);
});

test("kinks are found from the branches of the program, and a gradient that a branch hides is wrong", async () => {
  const run = await check("check/branches.ts", "--json");
  assert.deepEqual(verdicts(documentOf(run)), [
    "piece ok",
    "atTheBranch kink",
    "hiddenByEquality wrong",
    "nearKink kink",
  ]);
  const kinkOf = (k: number): ElementCheck["kink"] => documentOf(run).functions[k]!.parameters[0]!.kink;
  assert.deepEqual([kinkOf(1)!.op, kinkOf(1)!.source.line], ["branch", 6]);
  assert.deepEqual([kinkOf(3)!.op, kinkOf(3)!.source.line], ["max", 15]);
  close(kinkOf(1)!.sides![0], 1);
  close(kinkOf(1)!.sides![1], 3);
  assert.match(run.stderr, /^check\/branches\.ts:11:10: .* holds at this very point only/m);
});

test("branches inside of custom functions count, and a forgotten transpose is named", async () => {
  const document = documentOf(await check("check/rules.ts", "--json"));
  const [inside, transpose] = document.functions as [FunctionCheck, FunctionCheck];
  assert.deepEqual([inside.parameters[0]!.verdict, inside.parameters[0]!.kink!.source.line], ["kink", 4]);
  assert.equal(transpose.passed, false);
  assert.deepEqual([transpose.culprits[0]!.op, transpose.culprits[0]!.source.line], ["custom", 18]);
});

test("cotangents of the wrong number or shape are one sentence at the rule", async () => {
  const { code, stderr } = await check("check/misfits.ts", "--json");
  assert.equal(code, 1);
  assert.deepEqual(stderr.trim().split("\n"), [
    "check/misfits.ts:3:16: The backward function of this custom rule returned 1 cotangent for 2 inputs: return one for each input, in their order.",
    "check/misfits.ts:13:20: The backward function of this custom rule returned a number as the cotangent of input 1, which is a tensor of shape [3]: both must have the same shape.",
  ]);
});

test("functions that are not deterministic are named with the line that changes", async () => {
  const run = await check("check/unsteady.ts", "--json");
  assert.equal(run.code, 1);
  assert.deepEqual(
    documentOf(run).functions.map(({ passed, diagnostics }) => [
      passed,
      diagnostics[0]?.code,
      diagnostics[0]?.source.line,
    ]),
    [
      [false, "not-deterministic", 4],
      [false, "not-deterministic", 9],
      [true, undefined, undefined],
    ],
  );
});

test("parameters may be nested, narrow and awaited; what left the trace and what never ends fails alone", async () => {
  const run = await check("check/parameters.ts", "--json", "--time-limit", "1");
  const [nested, later, leaves, endless] = documentOf(run).functions as FunctionCheck[];
  assert.deepEqual(nested!.parameters.map(({ name, index }) => name + JSON.stringify(index)).sort(), [
    ...["model.layers[0].b[]", ...["[0,0]", "[0,1]", "[1,0]", "[1,1]"].map((place) => `model.layers[0].w${place}`)],
    ...["model.scale[]", "steps[0]", "steps[1]"],
  ]);
  assert.deepEqual([nested!.passed, later!.passed, leaves!.passed, endless!.passed], [true, true, false, false]);
  assert.equal(leaves!.diagnostics[0]!.code, "wrong-gradient");
  assert.deepEqual([endless!.diagnostics[0]!.code, endless!.diagnostics[0]!.source.line], ["time-limit", 16]);
});

test("--function checks one; one that is not there, no file and no argument are bad usage", async () => {
  assert.deepEqual(verdicts(documentOf(await check("check/branches.ts", "--function", "piece", "--json"))), [
    "piece ok",
  ]);
  const missing = await check("formula.ts", "--function", "g");
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /^formula\.ts:1:1: The file exports no function g/);
  const absent = await check("absent.ts", "--json");
  assert.deepEqual([absent.code, documentOf(absent).passed], [2, false]);
  assert.equal((await check()).code, 2);
});

test("a file that does not parse, and one without a function, fail with a sentence", async () => {
  const syntax = await check("bad/syntax-error.ts", "--json");
  assert.deepEqual([syntax.code, documentOf(syntax).functions], [1, []]);
  assert.match(syntax.stderr, /^bad\/syntax-error\.ts:\d+:\d+: /);
  assert.equal((await check("bad/no-function.ts")).code, 1);
});

test("functions that a file hands on are checked besides its own", async () => {
  await writeFile(
    join(folder, "handed.ts"),
    'import { customVjp } from "adjoint";\n' +
      "const off = customVjp((x: number) => x * x, (c, [x]) => [c * x]);\n" +
      "export function wrong(x = 3) { return off(x); }\n" +
      "export function right(x = 3) { return x * x; }\n",
  );
  await writeFile(
    join(folder, "barrel.ts"),
    'import { right } from "./handed";\nexport { right };\nexport { wrong as renamed } from "./handed";\n' +
      "export function own(x = 2) { return x * x; }\n",
  );
  await writeFile(join(folder, "all.ts"), 'export * from "./handed";\nexport function own(x = 2) { return x * x; }\n');
  const checkedIn = async (file: string): Promise<string[]> => {
    const run = await check(file, "--json");
    assert.equal(run.code, 1);
    return documentOf(run)
      .functions.map(({ function: name, passed, source }) => `${name} ${passed} ${source.file}`)
      .sort();
  };
  assert.deepEqual(await checkedIn("barrel.ts"), [
    "own true barrel.ts",
    "renamed false handed.ts",
    "right true handed.ts",
  ]);
  assert.deepEqual(await checkedIn("all.ts"), ["own true all.ts", "right true handed.ts", "wrong false handed.ts"]);
});

test("a function that could not be called is not checked, and no time is told", async () => {
  await writeFile(join(folder, "throws.ts"), "export function f(x = 1) { throw new Error(`no ${x}`); }\n");
  const run = await check("throws.ts");
  assert.equal(run.code, 1);
  assert.match(run.stdout, /^✗ f {2}not checked {2}throws\.ts:1\n$/);
});

test("--json tells bad usage as a document too, with the sentence that is on stderr", async () => {
  const source = { file: "", line: 1, column: 1, endLine: 1, endColumn: 1 };
  const sentence = "adjoint check needs a file to check: adjoint check FILE (see adjoint check --help).";
  const diagnostic = { code: "bad-usage", severity: "error", message: sentence, source };
  const without = await check("--json");
  assert.deepEqual([without.code, without.stderr], [2, `${sentence}\n`]);
  assert.deepEqual(JSON.parse(without.stdout), { passed: false, functions: [], diagnostics: [diagnostic] });
  const unknown = await check("formula.ts", "--json", "--colour");
  assert.deepEqual([unknown.code, unknown.stderr], [2, "Unknown option '--colour'. See adjoint check --help.\n"]);
  const { file, passed, diagnostics } = JSON.parse(unknown.stdout) as Document & { readonly file: string };
  assert.deepEqual([file, passed, diagnostics[0]!.source.file], ["formula.ts", false, "formula.ts"]);
  const other = await runCommand(["train", "formula.ts", "--json", "--steps", "0"], folder);
  const { done, diagnostics: told } = JSON.parse(other.stdout) as Document & { readonly done: boolean };
  assert.deepEqual([other.code, done, told[0]!.message], [2, true, other.stderr.trimEnd()]);
});
