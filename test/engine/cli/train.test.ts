import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { decodeTensors } from "../../../engine/train/safetensors.ts";
import { command, environment, runCommand, type Run } from "./command.ts";

const digits = fileURLToPath(new URL("../../../examples/digits.ts", import.meta.url));
let folder: string;

const models: Readonly<Record<string, string>> = {
  "line.ts": `import { defineModel, sgd } from "adjoint";
export const line = defineModel({
  parameters: { slope: 0, offset: 0 },
  data: { x: [0, 1, 2, 3], y: [1, 3, 5, 7] },
  loss: ({ slope, offset }, { x, y }) => x.reduce((sum, value, k) => sum + (slope * value + offset - y[k]!) ** 2, 0),
  metrics: ({ slope }) => ({ slope }),
  optimizer: sgd({ learningRate: 0.02 }),
  epochs: 300,
});
`,
  "logarithm.ts": `import { defineModel, sgd } from "adjoint";
export default defineModel({
  parameters: { a: 1 },
  data: { x: [1, 2, 3, 4] },
  loss: ({ a }, { x }) => {
    let total = 0;
    for (const value of x) total += Math.log(a * value);
    return total;
  },
  optimizer: sgd({ learningRate: 0.2 }),
});
`,
  "endless.ts": `import { adam, defineModel } from "adjoint";
export const endless = defineModel({
  parameters: { w: 1 },
  data: { x: [1, 2, 3] },
  loss: ({ w }, { x }) => (w * x[0]! - 1) ** 2,
  optimizer: adam(),
  steps: 1e9,
});
`,
  "diverging.ts": `import { defineModel, sgd } from "adjoint";
export const diverging = defineModel({
  parameters: { w: 2 },
  data: { x: [1, 2, 3, 4] },
  loss: ({ w }, { x }) => x.reduce((total, value) => total + (w * value - 3) ** 2, 0),
  optimizer: sgd({ learningRate: 1 }),
  steps: 1000,
});
`,
  "late.ts": `import { defineModel, where } from "adjoint";
export const late = defineModel({
  parameters: { w: 5 },
  data: [0],
  loss: ({ w }) => w * w + 0.01,
  optimizer: {
    name: "late",
    init: () => ({ count: 0 }),
    update: ({ w }, gradient, { count }) => ({
      parameters: { w: w - where(count < 300, 0.01, 3) * gradient.w },
      state: { count: count + 1 },
    }),
  },
  steps: 10000,
});
`,
  "bare.ts": `import { defineModel, sgd } from "adjoint";
export const bare = defineModel({ parameters: { w: 1 }, loss: () => 1, optimizer: sgd({ learningRate: 1 }) } as never);
`,
  "function.ts": `export function f(x = 1) { return x * x; }
`,
  "spinning.ts": `import { defineModel, sgd } from "adjoint";
export const spinning = defineModel({
  parameters: { w: 1 },
  data: [1],
  loss: ({ w }) => { for (;;) w = w + 1; },
  optimizer: sgd({ learningRate: 1 }),
});
`,
};

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "adjoint-train-cli-"));
  for (const [name, text] of Object.entries(models)) await writeFile(join(folder, name), text);
});
after(() => rm(folder, { recursive: true }));

function train(args: readonly string[], cwd = folder): Promise<Run> {
  return runCommand(["train", ...args], cwd);
}

interface Line {
  readonly done?: true;
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly gradientNorms: Readonly<Record<string, number>>;
  readonly [other: string]: unknown;
}

function linesOf({ stdout }: Run): Line[] {
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

test("--json prints one report per line and last what the contract says", async () => {
  const run = await train(["line.ts", "--json"]);
  assert.equal(run.stderr, "");
  assert.equal(run.code, 0);
  const lines = linesOf(run);
  const last = lines.at(-1)!;
  assert.equal(last.done, true);
  assert.equal(last["device"], "cpu");
  assert.equal(last["executor"], "portable");
  assert.equal(last.steps, 300);
  assert.equal(typeof last["seconds"], "number");
  assert.ok(last.loss < 1e-6, String(last.loss));
  assert.ok(Math.abs(last.metrics["slope"]! - 2) < 1e-3);
  const reports = lines.slice(0, -1);
  assert.ok(reports.every(({ done, steps }) => done === undefined && steps === 300));
  assert.deepEqual(Object.keys(reports[0]!.gradientNorms), ["slope", "offset"]);
  const saved = decodeTensors(await readFile(join(folder, String(last["folder"]), "weights.safetensors")));
  assert.ok(Math.abs(saved.tensors[0]!.data[0]! - 2) < 1e-3);
  assert.equal(saved.tensors[0]!.name, "slope");
});

test("people read a line per epoch, and where the weights are", async () => {
  const { code, stdout } = await train(["line.ts", "--steps", "3"]);
  assert.equal(code, 0);
  const lines = stdout.trimEnd().split("\n");
  assert.match(lines[0]!, /^line on CPU \(.+\), executor portable$/);
  assert.match(lines.at(-2)!, /^Trained after 3 steps in .+: loss [\d.e-]+, slope [\d.]+$/);
  assert.match(lines.at(-1)!, /^Saved in \.adjoint[/\\]runs[/\\]line[/\\]\d{4}-/);
});

test("--continue goes on where the last run ended", async () => {
  const own = join(folder, "continued");
  await mkdir(own);
  const whole = linesOf(await train(["../line.ts", "--steps", "7", "--no-save", "--json"], own)).at(-1)!;
  await train(["../line.ts", "--steps", "4"], own);
  const runs = join(own, ".adjoint", "runs", "line");
  const [run] = (await readdir(runs, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const outcome = join(runs, run!.name, "outcome.json");
  await writeFile(outcome, '{"kind":"stopped"}');
  const rest = linesOf(await train(["../line.ts", "--steps", "3", "--continue", "--json"], own)).at(-1)!;
  assert.equal(rest.steps, 7);
  assert.equal(rest.loss, whole.loss);
  assert.equal(existsSync(outcome), false, "how the run had ended before is no longer so");
  const nothing = await train(["../diverging.ts", "--continue"], own);
  assert.equal(nothing.code, 2);
  assert.match(nothing.stderr, /There is no run of diverging to continue/);
});

test("--device gpu says where the GPU is", async () => {
  const { code, stderr, stdout } = await train(["line.ts", "--device", "gpu"]);
  assert.equal(code, 2);
  assert.equal(stdout, "");
  assert.match(stderr, /^The command trains on the processor: .*panel has the GPU\.\n$/);
  assert.equal((await train(["line.ts", "--device", "abacus"])).code, 2);
  assert.equal((await train(["line.ts", "--steps", "0"])).code, 2);
});

test("the first NaN stops the run and names its origin", async () => {
  const run = await train(["logarithm.ts", "--json"]);
  assert.equal(run.code, 1);
  assert.match(
    run.stderr,
    /^logarithm\.ts:7:37: Training stopped at step \d+, where the loss is NaN\. The result is NaN: `Math\.log\(a \* value\)` on line 7 .* is NaN, since log of −.* is not a real number/,
  );
  const last = linesOf(run).at(-1)!;
  assert.equal(last.done, true);
  assert.equal((last["diagnostics"] as { code: string }[])[0]!.code, "non-finite");
});

test("a diverging learning rate is named", async () => {
  const { code, stderr } = await train(["diverging.ts"]);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^diverging\.ts:2:14: Training stopped at step \d+, where the weights overflow\. The loss had grown from 36 to .* before: make the learning rate smaller\.\n$/,
  );
});

test("after a run that diverged, --continue goes on from the last good weights, and both say so", async () => {
  const own = join(folder, "back");
  await mkdir(own);
  const fell = await train(["../late.ts"], own);
  assert.equal(fell.code, 1);
  const [, resumed] = /smaller\. Continuing goes on from the weights after step ([\d,]+), the last good ones\.\n$/.exec(
    fell.stderr,
  )!;
  const step = Number(resumed!.replaceAll(",", ""));
  assert.ok(step >= 1 && step <= 301, fell.stderr);
  const rest = linesOf(await train(["../late.ts", "--steps", "1", "--continue", "--json"], own)).at(-1)!;
  assert.equal(rest.steps, step + 1);
  assert.ok(rest.loss < 25.01);
});

test("what cannot be trained is one sentence at its place", async () => {
  const bare = await train(["bare.ts"]);
  assert.equal(bare.code, 1);
  assert.match(bare.stderr, /^bare\.ts:2:21: TypeError: defineModel: data are missing: .*\n$/);
  const none = await train(["function.ts"]);
  assert.equal(none.code, 2);
  assert.match(none.stderr, /^function\.ts:1:1: There is no model to train here: export one, as /);
  const other = await train(["line.ts", "--model", "curve"]);
  assert.equal(other.code, 2);
  assert.match(other.stderr, /The file exports no model curve; it exports line\./);
  const missing = await train(["gone.ts"]);
  assert.equal(missing.code, 2);
});

test("a loss that does not end is ended by the time limit", async () => {
  const { code, stderr } = await train(["spinning.ts", "--time-limit", "0.5"]);
  assert.equal(code, 1);
  assert.match(stderr, /^spinning\.ts:5:\d+: spinning was stopped because it did not finish within/);
});

test("an interrupt ends the run and keeps its weights; a second run beside it is refused", async () => {
  const own = join(folder, "interrupted");
  await mkdir(own);
  const child = spawn(process.execPath, [command, "train", "../endless.ts", "--json"], { cwd: own, env: environment });
  let stdout = "";
  const begun = new Promise<void>((resolve) => {
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      resolve();
    });
  });
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  await begun;
  const second = await train(["../endless.ts"], own);
  assert.equal(second.code, 1);
  assert.match(second.stderr, /endless is being trained already \(process \d+\): stop that run first\./);
  child.kill("SIGINT");
  assert.equal(await ended, 1);
  const last = linesOf({ stdout, code: 1, stderr: "" }).at(-1)!;
  assert.equal(last.done, true);
  assert.equal(last["stopped"], true);
  const saved = await readFile(join(own, String(last["folder"]), "weights.safetensors"));
  assert.equal(decodeTensors(saved).metadata["step"], String(last.steps));
  assert.deepEqual(
    (await readdir(join(own, ".adjoint", "runs", "endless"))).length,
    1,
    "the lock is gone with the run",
  );
});

test(
  "where nothing can be written, training goes on and says that it is not saved",
  { skip: process.getuid?.() === 0 },
  async () => {
    const own = join(folder, "read-only");
    await mkdir(own);
    await chmod(own, 0o555);
    const { code, stderr } = await train(["../line.ts", "--steps", "2"], own);
    assert.equal(code, 0);
    assert.match(stderr, /warning: The run is not saved, because .* cannot be written \(it is read-only\)\./);
  },
);

test("a file where the folder would be is told of, and training goes on", async () => {
  const own = join(folder, "blocked");
  await mkdir(own);
  await writeFile(join(own, ".adjoint"), "");
  const { code, stderr } = await train(["../line.ts", "--steps", "2"], own);
  assert.equal(code, 0);
  assert.match(stderr, /^\.\.\/line\.ts:2:14: warning: The run is not saved, because .*\.adjoint cannot be written/);
});

test("the digits are read to 95 of 100 and more, and to the same bits again", async () => {
  const [first, second] = await Promise.all([
    train([digits, "--json", "--no-save"]),
    train([digits, "--json", "--no-save"]),
  ]);
  const [a, b] = [linesOf(first).at(-1)!, linesOf(second).at(-1)!];
  assert.ok(a.metrics["accuracy"]! >= 0.95, String(a.metrics["accuracy"]));
  assert.equal(a["executor"], "portable");
  assert.equal(a.loss, b.loss);
  assert.deepEqual(a["validation"], b["validation"]);
});
