import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, describe, test } from "node:test";
import { Symbols } from "../../../engine/language/symbols/symbols.ts";
import { findTypeScriptServer } from "../../../engine/language/symbols/typescriptServer.ts";

const modules = path.join(import.meta.dirname, "../../../node_modules");
const program = path.join(modules, "typescript-language-server/lib/cli.mjs");
const typescript = path.join(modules, "typescript/lib/tsserver.js");

const model = `import { gravity } from "./constants";
export type Loss = number;
export function fall(time = 2) {
  return (gravity * time ** 2) / 2;
}
export const label = (time = 1) => \`\${time} s\`;
export function wrong(x = 1): number {
  return "one";
}
export default function (x = 1): Loss {
  return x;
}
function hidden(x = 1) {
  return [x];
}
export { hidden as shown };
export const limit = 3;
`;

let folder: string;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "adjoint symbols é-"));
  await writeFile(path.join(folder, "constants.ts"), "/** m/s² */\nexport const gravity = 9.81;\n");
  await writeFile(path.join(folder, "model.ts"), model);
});
after(() => rm(folder, { recursive: true }));

function document(text = model): { file: string; text: string } {
  return { file: path.join(folder, "model.ts"), text };
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("with a running server", () => {
  let symbols: Symbols;
  before(() => {
    symbols = new Symbols({ program, typescript, folder });
  });
  after(() => symbols.stop());

  test("no process is started before something is asked", async () => {
    assert.equal(await symbols.process(), undefined);
  });

  test("tells exported functions and whether their result can be differentiated", async () => {
    const functions = (await symbols.functions(document()))!;
    assert.deepEqual(
      functions.map(({ name, source, signature, result }) => [source.line, name, signature?.returns, result]),
      [
        [3, "fall", "number", "number"],
        [6, "label", "string", "other"],
        [7, "wrong", "number", "number"],
        [10, "default", "Loss", "unknown"],
        [16, "shown", "number[]", "other"],
      ],
    );
    assert.deepEqual(functions[0]!.signature!.parameters, [{ name: "time", type: "number" }]);
  });

  test("finds the declaration of an imported name in its own file", async () => {
    assert.deepEqual(await symbols.declaration(document(), { line: 4, column: 11 }), {
      file: path.join(folder, "constants.ts"),
      line: 2,
      column: 14,
      endLine: 2,
      endColumn: 21,
    });
  });

  test("knows no declaration where there is no name", async () => {
    assert.equal(await symbols.declaration(document(), { line: 4, column: 1 }), undefined);
  });

  test("lists type errors with their place", async () => {
    assert.deepEqual(await symbols.problems(document()), [
      {
        message: "Type 'string' is not assignable to type 'number'.",
        code: 2322,
        severity: "error",
        source: { file: path.join(folder, "model.ts"), line: 8, column: 3, endLine: 8, endColumn: 9 },
      },
    ]);
  });

  test("answers about the text it is given, not the text on disk", async () => {
    assert.deepEqual(await symbols.problems(document(model.replace('"one"', "1"))), []);
    assert.equal(
      (await symbols.problems(document(`${model}let ;`)))!.some(({ severity }) => severity === "error"),
      true,
    );
  });

  test("starts again after its process was killed, but not at once", async () => {
    const first = (await symbols.process())!;
    process.kill(first, "SIGKILL");
    while (alive(first)) await sleep(10);
    await sleep(50);
    assert.equal(await symbols.problems(document()), undefined);
    await sleep(2_100);
    assert.equal((await symbols.problems(document()))!.length, 1);
    assert.notEqual(await symbols.process(), first);
  });
});

test("stops when idle and starts again with the next question", async () => {
  const symbols = new Symbols({ program, typescript, folder, times: { idle: 100 } });
  await symbols.problems(document());
  const pid = (await symbols.process())!;
  while (alive(pid)) await sleep(20);
  assert.equal(await symbols.process(), undefined);
  assert.equal((await symbols.problems(document()))!.length, 1);
  await symbols.stop();
});

test("leaves no process behind when stopped", async () => {
  const symbols = new Symbols({ program, typescript, folder });
  await symbols.problems(document());
  const pid = (await symbols.process())!;
  await symbols.stop();
  assert.equal(alive(pid), false);
  assert.equal(await symbols.problems(document()), undefined);
});

test("answers undefined, and says why, when the server cannot start", async () => {
  const said: string[] = [];
  const symbols = new Symbols({
    program: path.join(folder, "absent.mjs"),
    typescript,
    folder,
    log: (sentence) => said.push(sentence),
  });
  assert.equal(await symbols.functions(document()), undefined);
  assert.match(said.join(" "), /ended by itself/);
  await symbols.stop();
});

test("gives up a question that takes too long", async () => {
  const symbols = new Symbols({ program, typescript, folder, times: { answer: 1 } });
  assert.equal(await symbols.functions(document()), undefined);
  await symbols.stop();
});

test("uses the workspace's TypeScript where it has a server, and another's where the workspace has only TypeScript 7", async () => {
  const installed = path.join(modules, "typescript");
  const inner = path.join(folder, "inner");
  await mkdir(path.join(inner, "node_modules/typescript/lib"), { recursive: true });
  const manifest = path.join(inner, "node_modules/typescript/package.json");
  await writeFile(manifest, '{ "name": "typescript", "version": "7.0.2" }');
  assert.equal(findTypeScriptServer(inner, [installed]), typescript);
  const symbols = new Symbols({ program, typescript: findTypeScriptServer(inner, [installed])!, folder: inner });
  assert.equal((await symbols.problems(document()))!.length, 1);
  await symbols.stop();

  await writeFile(manifest, '{ "name": "typescript", "version": "5.9.2" }');
  await writeFile(path.join(inner, "node_modules/typescript/lib/tsserver.js"), "");
  assert.equal(findTypeScriptServer(inner, [installed]), path.join(inner, "node_modules/typescript/lib/tsserver.js"));
  assert.equal(findTypeScriptServer(undefined, [installed]), typescript);
  assert.equal(findTypeScriptServer(inner, []) === undefined, false);
  assert.equal(findTypeScriptServer(undefined, [path.join(folder, "nothing")]), undefined);
});
