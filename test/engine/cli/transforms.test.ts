import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, cp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Diagnostic, FunctionCheck } from "../../../engine/process/protocol.ts";

const command = fileURLToPath(new URL("../../../engine/cli/main.ts", import.meta.url));
const models = fileURLToPath(new URL("../../fixtures/models/transforms", import.meta.url));
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "adjoint-transforms-"));
  await cp(models, folder, { recursive: true });
});
after(() => rm(folder, { recursive: true }));

function run(...args: string[]): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
    const options = { cwd: folder, env, maxBuffer: 2 ** 28 };
    execFile(process.execPath, [command, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
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

/** Names of functions and the verdicts on their derivatives, where not all is well. */
function failures(functions: readonly FunctionCheck[]): string[] {
  return functions
    .filter(({ passed }) => !passed)
    .map(({ function: name, parameters }) => `${name}: ${parameters.map(({ verdict }) => verdict).join(" ")}`);
}

test("derivatives inside of models are right, and so are their derivatives", async () => {
  assert.deepEqual(failures(await check("gradients.ts")), []);
  const { value, gradient, diagnostics } = await trace("gradients.ts", "confusion");
  assert.deepEqual([value, gradient, diagnostics], [16, { x: 24 }, []]);
  assert.deepEqual((await trace("gradients.ts", "perturbation")).gradient, { x: 1 });
});

test("what cannot be differentiated is refused at its line, in one sentence", async () => {
  const refusal = async (name: string): Promise<string> =>
    (await run("trace", "refused.ts", "--function", name)).stderr;
  assert.equal(
    await refusal("wrongLoss"),
    "refused.ts:4:10: grad: the function returned a tensor of shape [2]; reduce it to a number, with sum or mean for example, or take the jacobian.\n",
  );
  assert.equal(
    await refusal("wrongCotangent"),
    "refused.ts:9:10: vjp: the cotangent is built as [number,number], not as number: it must be built like the value of the function.\n",
  );
  assert.equal(
    await refusal("missingTangent"),
    "refused.ts:13:10: jvp was given 1 tangent for 2 arguments: give one for each, in their order.\n",
  );
});
