import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, "../../..");
const programs = path.join(root, "test/fixtures/syntax");
const helpers = /^(?:moduleHelper|moduleOther|exporter|reexporter)\./;

async function output(runner: string, program: string): Promise<string> {
  const runnerFile = path.join(import.meta.dirname, runner);
  const { stdout } = await run(process.execPath, ["--no-warnings", runnerFile, program], { cwd: root });
  return stdout;
}

for (const name of readdirSync(programs)) {
  if (!/\.[cm]?[jt]s$/.test(name) || helpers.test(name)) continue;
  test(`${name} prints the same, instrumented and plain`, async () => {
    const program = path.join(programs, name);
    const [plain, instrumented] = await Promise.all([
      output("plainPrograms.mjs", program),
      output("instrumentedPrograms.ts", program),
    ]);
    assert.notEqual(plain, "");
    assert.equal(instrumented, plain);
  });
}

test("automatic accessors become a getter, a setter and a private field, evaluated in their order", async () => {
  const printed = await output("instrumentedPrograms.ts", path.join(root, "test/fixtures/accessors/accessors.mts"));
  assert.equal(
    printed.replace(/\s+/g, " ").trim(),
    "5 10 3 24 5 quoted 11 f 7 3 undefined TypeError 1 2 [] " +
      "[ '7', 'constructor', 'x', 'dyn', 'quoted', 'f', 'typed', 'last', 'p' ] get x [ 'dyn' ]",
  );
});
