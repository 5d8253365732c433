import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { environment, type Run } from "./command.ts";

const bin = fileURLToPath(new URL("../../../bin", import.meta.url));
let clone: string;

before(async () => {
  clone = await mkdtemp(join(tmpdir(), "adjoint-clone-"));
  await cp(bin, join(clone, "bin"), { recursive: true });
});
after(() => rm(clone, { recursive: true }));

function launch(...args: string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(clone, "bin", "adjoint.mjs"), ...args],
      { cwd: clone, env: environment },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

test("in a clone where nothing is built, the command says in one sentence what to run first", async () => {
  const { code, stdout, stderr } = await launch("trace", "examples/formula.ts");
  assert.deepEqual(
    [code, stdout, stderr],
    [2, "", "Nothing is built in this clone yet: run `node scripts/setup.mjs` once, then this again.\n"],
  );
});

test("where it is built, the built command gets the arguments and gives the exit code", async () => {
  await mkdir(join(clone, "dist"));
  await writeFile(
    join(clone, "dist", "cli.mjs"),
    "process.stdout.write(process.argv.slice(2).join(' ')); process.exitCode = 1;\n",
  );
  const { code, stdout, stderr } = await launch("check", "f.ts", "--json");
  assert.deepEqual([code, stdout, stderr], [1, "check f.ts --json", ""]);
});
