import assert from "node:assert/strict";
import { mkdtemp, cp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Diagnostic, FunctionCheck } from "../../../engine/process/protocol.ts";
import { runCommand, type Run } from "./command.ts";

const models = fileURLToPath(new URL("../../fixtures/models/transforms", import.meta.url));
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "adjoint-transforms-"));
  await cp(models, folder, { recursive: true });
});
after(() => rm(folder, { recursive: true }));

function run(...args: string[]): Promise<Run> {
  return runCommand(args, folder);
}

interface Traced {
  readonly value: number;
  readonly gradient: Readonly<Record<string, unknown>>;
  readonly diagnostics: readonly Diagnostic[];
}

async function trace(file: string, name: string): Promise<Traced> {
  return JSON.parse((await run("trace", file, "--function", name, "--json")).stdout) as Traced;
}

async function check(file: string): Promise<readonly FunctionCheck[]> {
  const { stdout } = await run("check", file, "--json");
  return (JSON.parse(stdout) as { readonly functions: readonly FunctionCheck[] }).functions;
}

/** Names of functions and the verdicts on their derivatives, where one is not "ok". */
function failures(functions: readonly FunctionCheck[]): string[] {
  return functions
    .filter(({ parameters }) => parameters.length === 0 || parameters.some(({ verdict }) => verdict !== "ok"))
    .map(({ function: name, parameters }) => `${name}: ${parameters.map(({ verdict }) => verdict).join(" ")}`);
}

test("derivatives inside of models are right, and so are their derivatives", async () => {
  assert.deepEqual(failures(await check("gradients.ts")), []);
  const { value, gradient, diagnostics } = await trace("gradients.ts", "confusion");
  assert.deepEqual([value, gradient, diagnostics], [16, { x: 24 }, []]);
  assert.deepEqual((await trace("gradients.ts", "perturbation")).gradient, { x: 1 });
});

test("typed arrays and complex numbers are differentiated inside of models, also where a function closes over them", async () => {
  assert.deepEqual(failures(await check("leaves.ts")), []);
  // What is not looked into for its derivative must not lose it either: the check sees through such functions.
  assert.deepEqual((await trace("leaves.ts", "closed")).gradient, { x: [10, 3.5] });
  assert.deepEqual((await trace("leaves.ts", "complexGradient")).gradient, { re: 6, im: -16 });
  assert.deepEqual((await trace("leaves.ts", "mapped")).gradient, { x: [-0.72, 8.41, -4.8] });
});

test("loops, recomputed functions and tangent rules are right inside of models", async () => {
  assert.deepEqual(failures(await check("loops.ts")), []);
  assert.deepEqual(failures(await check("rules.ts")), []);
  assert.deepEqual(failures(await check("implicit.ts")), []);
  assert.deepEqual(failures(await check("odes.ts")), []);
  assert.deepEqual(failures(await check("batches.ts")), []);
});

test("truncated backpropagation through time stops after its turns", async () => {
  const [truncated, full] = [await trace("loops.ts", "truncated"), await trace("loops.ts", "full")];
  // h ← 0.9h + w, 100 turns: ∂/∂w = (1 − 0.9ⁿ)/0.1 with the n turns that are seen.
  assert.equal((truncated.gradient["w"] as number).toFixed(5), "6.51322");
  assert.equal((full.gradient["w"] as number).toFixed(5), "9.99973");
});

test("a gradient that is stopped on purpose is told as such", async () => {
  const { diagnostics } = await trace("rules.ts", "stopped");
  assert.deepEqual(
    diagnostics.map(({ severity, message }) => [severity, message]),
    [
      [
        "information",
        "The gradient with respect to y is 0 whatever its value: no adjoint passes through `stopGradient(x * y)` on line 26, which is what it is for.",
      ],
    ],
  );
});

test("what cannot be differentiated is refused at its line, in one sentence", async () => {
  const refusal = async (name: string): Promise<string> =>
    (await run("trace", "refused.ts", "--function", name)).stderr;
  assert.equal(
    await refusal("wrongLoss"),
    "refused.ts:4:45: grad: the function returned a tensor of shape [2]; reduce it to a number, with sum or mean for example, or take the jacobian.\n",
  );
  assert.equal(
    await refusal("wrongCotangent"),
    "refused.ts:9:10: vjp: the cotangent is built as [number,number], not as number: it must be built like the value of the function.\n",
  );
  assert.equal(
    await refusal("missingTangent"),
    "refused.ts:13:10: jvp was given 1 tangent for 2 arguments: give one for each, in their order.\n",
  );
  assert.equal(
    await refusal("endless"),
    "refused.ts:17:10: whileLoop: the condition still holds after 10 turns; change what ends the loop, or raise maxIterations.\n",
  );
  assert.equal(
    await refusal("carryShape"),
    "refused.ts:21:10: scan: the carry that turn 1 returned is a tensor of shape [2], not a number: it must be built like the first one.\n",
  );
  assert.equal(
    await refusal("lengths"),
    "refused.ts:25:10: scan: lengths differ: 2 of a, 3 of b; all that is scanned over must be equally long.\n",
  );
  assert.equal(
    await refusal("noRoot"),
    "refused.ts:29:10: implicitRoot: no root found: after 3 steps of Newton's method no step makes the residual smaller than 1; start closer to a root, or give a solve of your own.\n",
  );
  assert.equal(
    await refusal("diverges"),
    "refused.ts:33:10: fixedPoint: after 1000 turns the value still changes by 1 a turn (its norm is 1000); start closer, damp the function, or raise maxIterations or tolerance.\n",
  );
  assert.equal(
    await refusal("blowsUp"),
    "refused.ts:37:10: odeint: the step shrank to 7.085e-15 at t = 1: the solution has a singularity there, or the function is not smooth; end before it, or raise rtol and atol.\n",
  );
});

test("models with transformations in their loss are trained, compiled", async () => {
  const train = (name: string): ReturnType<typeof run> =>
    run("train", "trained.ts", "--model", name, "--device", "cpu", "--steps", "60", "--no-save", "--json");
  for (const name of ["physics", "recurrent", "flow", "equilibrium"]) {
    const { stdout } = await train(name);
    const losses = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { readonly loss?: number; readonly done?: boolean });
    const [first, last] = [losses.find(({ loss }) => loss !== undefined)!, losses.at(-1)!];
    assert.equal(last.done, true, name);
    assert.ok(last.loss! < 0.7 * first.loss!, `${name}: ${first.loss!} to ${last.loss!}`);
  }
  const refusal = async (name: string): Promise<string | undefined> =>
    /trained\.ts:\d+:\d+: (.*)/.exec((await train(name)).stderr)?.[1];
  assert.equal(
    await refusal("adaptive"),
    "odeint: steps of adaptive size cannot be compiled into a training step; give the option steps, such as { steps: 10 }.",
  );
  assert.equal(
    await refusal("searched"),
    "implicitRoot: a search for a root cannot be compiled into a training step; write it as a fixedPoint, such as x − f(x)/slope.",
  );
});
