import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, beforeEach, test } from "node:test";
import ts from "typescript";
import { planSetUp, SetUpProblem, type Plan } from "../../extension/setUp/plan.ts";
import { libraryTypes } from "../../scripts/types.mjs";

let types: string;
let top: string;
let folder: string;
before(async () => {
  types = await libraryTypes();
  top = await mkdtemp(path.join(tmpdir(), "adjoint-set-up-"));
});
beforeEach(async () => {
  folder = await mkdtemp(path.join(top, "folder "));
});
after(() => rm(top, { recursive: true }));

const read = (file: string) => (existsSync(file) ? readFileSync(file, "utf8") : undefined);

function plan(file?: string, version = "0.1.0"): Plan {
  return planSetUp({ folder, types, version, read, ...(file ? { file: path.join(folder, file) } : {}) });
}

async function write(name: string, text: string): Promise<string> {
  const file = path.join(folder, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

async function apply({ changes, model }: Plan): Promise<string[]> {
  for (const { file, text } of model ? [...changes, model] : changes) await write(path.relative(folder, file), text);
  return changes.map(({ sentence }) => sentence);
}

/** What `tsc -p` says, as "file:line:column code message". */
function compile(config = "tsconfig.json"): string[] {
  const host = {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (diagnostic: ts.Diagnostic) =>
      assert.fail(ts.flattenDiagnosticMessageText(diagnostic.messageText, " ")),
  };
  const parsed = ts.getParsedCommandLineOfConfigFile(path.join(folder, config), { noEmit: true }, host)!;
  return describeAll([
    ...parsed.errors,
    ...ts.getPreEmitDiagnostics(ts.createProgram(parsed.fileNames, parsed.options)),
  ]);
}

/** The same for a file that belongs to no configuration, as an editor checks it. */
function compileAlone(name: string): string[] {
  const options = {
    noEmit: true,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    target: ts.ScriptTarget.ES2024,
  };
  return describeAll(ts.getPreEmitDiagnostics(ts.createProgram([path.join(folder, name)], options)));
}

function describeAll(diagnostics: readonly ts.Diagnostic[]): string[] {
  return diagnostics.map(({ file, start = 0, code, messageText }) => {
    const { line = 0, character = 0 } = file?.getLineAndCharacterOfPosition(start) ?? {};
    const message = ts.flattenDiagnosticMessageText(messageText, " ");
    return `${file ? path.relative(folder, file.fileName) : ""}:${line + 1}:${character + 1} ${code} ${message}`;
  });
}

const usesAdjoint = 'import { tensor } from "adjoint";\nexport const t = tensor([1, 2]);\n';

test("an empty folder gets a configuration, the types and a first model, and type-checks", async () => {
  assert.deepEqual(await apply(plan()), [
    "Create tsconfig.json: strict TypeScript, checked but not compiled",
    "Create types/adjoint.d.ts: the types of adjoint 0.1.0",
  ]);
  assert.equal(existsSync(path.join(folder, "model.ts")), true);
  assert.deepEqual(compile(), []);
});

test("a wrong inner dimension of a product is an error at the argument", async () => {
  await apply(plan());
  await write(
    "model.ts",
    'import { matmul, zeros } from "adjoint";\nexport const y = matmul(zeros([2, 3]), zeros([4, 5]));\nexport const z = matmul(zeros([2, 3]), zeros([3, 5]));\n',
  );
  const errors = compile();
  assert.equal(errors.length, 1, errors.join("\n"));
  assert.match(errors[0]!, /^model\.ts:2:40 /);
});

test("what is set up already stays as it is", async () => {
  await apply(plan());
  const again = plan();
  assert.deepEqual([again.changes, again.model], [[], undefined]);
});

test("the types of an older version are replaced", async () => {
  await apply(plan());
  assert.deepEqual(
    plan(undefined, "0.2.0").changes.map(({ sentence, exists }) => [sentence, exists]),
    [["Update types/adjoint.d.ts to adjoint 0.2.0", true]],
  );
});

test("a file of the person's own in the types' place is left alone", async () => {
  await write("types/adjoint.d.ts", "declare const mine: number;\n");
  assert.throws(
    () => plan(),
    (error) => error instanceof SetUpProblem && error.message.includes("not Adjoint's"),
  );
});

test("a configuration that covers every file needs no change", async () => {
  const config = '{ "compilerOptions": { "strict": true, "module": "nodenext", "noEmit": true } }';
  await write("tsconfig.json", config);
  assert.deepEqual(await apply(plan()), ["Create types/adjoint.d.ts: the types of adjoint 0.1.0"]);
  assert.equal(read(path.join(folder, "tsconfig.json")), config);
  assert.deepEqual(compile(), []);
});

test("an include grows by one entry, and comments, order and indentation stay", async () => {
  await write(
    "tsconfig.json",
    '{\n\t// ours\n\t"include": ["src"], // only sources\n\t"compilerOptions": { "rootDir": "src", "outDir": "out" /* built */, },\n}\n',
  );
  await write("src/index.ts", usesAdjoint);
  const planned = plan();
  assert.deepEqual(await apply(planned), [
    "Create types/adjoint.d.ts: the types of adjoint 0.1.0",
    'Add "types/adjoint.d.ts" to "include" in tsconfig.json',
  ]);
  assert.equal(
    read(path.join(folder, "tsconfig.json")),
    '{\n\t// ours\n\t"include": ["src", "types/adjoint.d.ts"], // only sources\n\t"compilerOptions": { "rootDir": "src", "outDir": "out" /* built */, },\n}\n',
  );
  assert.equal(planned.model!.file, path.join(folder, "src/model.ts"));
  assert.deepEqual(compile(), []);
  assert.deepEqual(plan().changes, []);
});

test("a list that takes several lines goes on as it is written", async () => {
  await write("tsconfig.json", '{\r\n    "include": [\r\n        "src", // sources\r\n    ]\r\n}\r\n');
  await apply(plan());
  assert.equal(
    read(path.join(folder, "tsconfig.json")),
    '{\r\n    "include": [\r\n        "src", // sources\r\n        "types/adjoint.d.ts"\r\n    ]\r\n}\r\n',
  );
});

test("an include that a base states is kept", async () => {
  await write("base.json", '{ "include": ["src"], "compilerOptions": { "strict": true } }');
  await write("tsconfig.json", '{ "extends": "./base" }');
  await write("src/index.ts", usesAdjoint);
  await apply(plan());
  assert.deepEqual(JSON.parse(read(path.join(folder, "tsconfig.json"))!), {
    extends: "./base",
    files: ["types/adjoint.d.ts"],
  });
  assert.deepEqual(compile(), []);
  const { fileNames } = ts.getParsedCommandLineOfConfigFile(
    path.join(folder, "tsconfig.json"),
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined },
  )!;
  assert.ok(fileNames.some((file) => file.endsWith("src/index.ts")));
});

test("a list of files grows by one", async () => {
  await write("tsconfig.json", '{ "files": ["index.ts"] }');
  await write("index.ts", usesAdjoint);
  await apply(plan());
  assert.deepEqual(JSON.parse(read(path.join(folder, "tsconfig.json"))!), {
    files: ["index.ts", "types/adjoint.d.ts"],
  });
  assert.deepEqual(compile(), []);
});

test("of configurations that are only gathered, the one of the sources is told", async () => {
  await write(
    "tsconfig.json",
    '{ "files": [], "references": [{ "path": "./tsconfig.app.json" }, { "path": "./tsconfig.node.json" }] }',
  );
  await write("tsconfig.app.json", '{ "include": ["src"] }');
  await write("tsconfig.node.json", '{ "include": ["vite.config.ts"] }');
  await write("vite.config.ts", usesAdjoint);
  assert.deepEqual(await apply(plan()), [
    "Create types/adjoint.d.ts: the types of adjoint 0.1.0",
    'Add "types/adjoint.d.ts" to "include" in tsconfig.app.json',
  ]);
  assert.deepEqual(compile("tsconfig.app.json"), []);
  await apply(plan("vite.config.ts"));
  assert.deepEqual(compile("tsconfig.node.json"), []);
});

test("in a repository of packages, the package of the file is set up", async () => {
  await write("tsconfig.json", "{}");
  await write("packages/a/tsconfig.json", "{}");
  const file = await write("packages/a/deep/model.ts", usesAdjoint);
  const planned = plan(path.relative(folder, file));
  assert.deepEqual(
    planned.changes.map((change) => path.relative(folder, change.file)),
    ["packages/a/types/adjoint.d.ts"],
  );
  await apply(planned);
  assert.deepEqual(compile("packages/a/tsconfig.json"), []);
});

test("a file that no configuration covers names the types itself", async () => {
  await write("tsconfig.json", '{ "include": ["src"] }');
  await write("notes/model.ts", `#!/usr/bin/env node\n${usesAdjoint}`);
  await apply(plan("notes/model.ts"));
  assert.equal(
    read(path.join(folder, "notes/model.ts")),
    `#!/usr/bin/env node\n/// <reference path="../types/adjoint.d.ts" />\n${usesAdjoint}`,
  );
  assert.deepEqual(compileAlone("notes/model.ts"), []);
  assert.deepEqual(plan("notes/model.ts").changes, []);
});

test("a folder in which adjoint is installed or mapped needs nothing", async () => {
  await write("tsconfig.json", '{ "compilerOptions": { "paths": { "adjoint": ["./elsewhere.ts"] } } }');
  assert.deepEqual(plan().changes, []);
  await write("tsconfig.json", "{}");
  await write("node_modules/adjoint/package.json", "{}");
  assert.equal(plan().found, path.join(folder, "node_modules/adjoint"));
});

test("a configuration that is not JSON is pointed at, not changed", async () => {
  await write("tsconfig.json", '{\n  "include": [,\n');
  assert.throws(() => plan(), { message: "tsconfig.json:2 is not valid JSON: mend it, then set up again." });
  await write("tsconfig.json", '{ "exclude": ["types"] }');
  assert.throws(() => plan(), {
    message: 'tsconfig.json excludes types/: take it out of "exclude", then set up again.',
  });
});

test("a model of the person's own is not replaced", async () => {
  await write("model.ts", usesAdjoint);
  assert.equal(plan().model, undefined);
});
