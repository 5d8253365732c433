import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { createRuntime } from "../../../engine/language/runtime/createRuntime.ts";
import { LoadError, loadModel, type LoadedModel } from "../../../engine/language/load/load.ts";
import { originalFunctionText } from "../../../engine/language/load/moduleHooks.ts";
import { stackFrames, withoutInsertedCalls } from "../../../engine/language/load/positions.ts";
import { SiteTable } from "../../../engine/tape/site.ts";

const folder = mkdtempSync(path.join(tmpdir(), "adjoint-load-"));
after(() => rmSync(folder, { recursive: true }));
const { runtime } = createRuntime({ originalText: originalFunctionText });

function write(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

const load = (file: string, text?: string, library: object = {}): Promise<LoadedModel> =>
  loadModel({ file, ...(text === undefined ? {} : { text }), runtime, sites: new SiteTable(), library });

async function failure(text: string, name = "failing.ts", library?: object): Promise<string> {
  try {
    await load(write(name, text), undefined, library);
  } catch (error) {
    assert(error instanceof LoadError);
    const { code, message, source } = error.diagnostic;
    return `${path.basename(source.file)}:${source.line}:${source.column} ${code} ${message}`;
  }
  return "loaded";
}

test("loads a model with local imports as TypeScript lets them be written, and the library", async () => {
  write("part.ts", "export const half = (x: number): number => x / 2;");
  write("parts.json", `{ "n": 3 }`);
  const file = write(
    "model.ts",
    `import { half } from "./part";\nimport { half as same } from "./part.js";\nimport data from "./parts.json";\n` +
      `import { one } from "adjoint";\nexport const f = (x = 8) => half(x) + same(x) + data.n + one;`,
  );
  const { namespace, sources, functionIds, outline } = await load(file, undefined, { one: 1 });
  assert.equal((namespace["f"] as () => number)(), 12);
  assert.deepEqual([...sources.keys()].map((name) => path.basename(name)).sort(), ["model.ts", "part.ts"]);
  assert.equal(outline.functions[0]?.name, "f");
  assert.equal(sources.get(file)?.functions[0]?.id, functionIds.get("f"));
});

test("follows the paths and the base of tsconfig.json", async () => {
  mkdirSync(path.join(folder, "aliased/source"), { recursive: true });
  const paths = { "@part/*": ["source/*"], "#third": ["./source/third.ts"] };
  write(
    "aliased/tsconfig.json",
    `// As TypeScript reads it\n${JSON.stringify({ compilerOptions: { baseUrl: ".", paths } })}`,
  );
  write("aliased/source/third.ts", "export const third = 3;");
  const file = write(
    "aliased/model.ts",
    `import { third } from "@part/third"; import { third as same } from "#third"; import { third as again } from "source/third";
export const f = () => third + same + again;`,
  );
  const { namespace } = await load(file);
  assert.equal((namespace["f"] as () => number)(), 9);
  const missing = write("aliased/failing.ts", `import "@part/fourth";`);
  await assert.rejects(load(missing), /@part\/fourth/);
});

test("runs the text of an unsaved editor, and a file again after it changed", async () => {
  const file = write("unsaved.ts", "export const value = 1;");
  assert.equal((await load(file)).namespace["value"], 1);
  assert.equal((await load(file, "export const value = 2;")).namespace["value"], 2);
});

test("treats TypeScript with module syntax as a module in a CommonJS package too", async () => {
  write("package.json", `{ "type": "commonjs" }`);
  assert.equal((await load(write("inCommonjs.ts", "export const value: number = 3;"))).namespace["value"], 3);
  rmSync(path.join(folder, "package.json"));
});

test("treats TypeScript without module syntax as a module where its package says so", async () => {
  mkdirSync(path.join(folder, "modules"), { recursive: true });
  write("modules/package.json", `{ "type": "module" }`);
  write(
    "modules/setUp.ts",
    "const scale: number = 3;\nObject.assign(globalThis, { scale, outer: this === undefined });",
  );
  const text = `import "./setUp.ts";\ndeclare const scale: number, outer: boolean;\nexport const f = (x = 2) => [x * scale, outer];`;
  const { namespace } = await load(write("modules/model.ts", text));
  assert.deepEqual((namespace["f"] as () => unknown)(), [6, true]);
});

test("says where an import leads nowhere", async () => {
  assert.equal(
    await failure(`import { a } from "./nowhere";\nexport const f = (x = 1) => a(x);`),
    `failing.ts:1:19 import-not-found There is no file "./nowhere": check the import's path.`,
  );
  assert.equal(
    await failure(`\nimport a from "no-such-package/part";\nexport const f = (x = 1) => a(x);`),
    `failing.ts:2:15 import-not-found The package "no-such-package" is not found: install it, or check the import's name.`,
  );
  write("some.ts", "export const other = 1;");
  assert.equal(
    await failure(`import {\n  other,\n  missing,\n} from "./some";\nexport const f = (x = 1) => missing(x) + other;`),
    `failing.ts:3:3 import-not-found "./some" exports nothing named missing: check the import's name.`,
  );
});

test("says what the library has in place of a name that it does not export", async () => {
  const library = await import("../../../engine/library/index.ts");
  const said = (name: string) =>
    failure(`import { ${name} } from "adjoint";\nexport const f = (x = 1) => ${name}(x);`, "failing.ts", library);
  const expected = {
    normal: "write random(1).normal, where 1 is the seed, and import random.",
    uniform: "write random(1).uniform, where 1 is the seed, and import random.",
    sofmax: "did you mean softmax?",
    log_softmax: "did you mean logSoftmax?",
    matMul: "did you mean matmul?",
    blancmange: "check the import's name.",
  };
  for (const [name, advice] of Object.entries(expected))
    assert.equal(
      await said(name),
      `failing.ts:1:10 import-not-found "adjoint" exports nothing named ${name}: ${advice}`,
    );
  assert.equal(
    await failure(`import adjoint from "adjoint";\nexport const f = () => adjoint;`, "failing.ts", library),
    `failing.ts:1:1 import-not-found "adjoint" exports nothing named default: ` +
      `name what you use, as in import { sin } from "adjoint", or write import * as adjoint from "adjoint".`,
  );
});

test("says where a file throws while it is loaded, in its own lines and columns", async () => {
  assert.equal(
    await failure(`const nothing: any = null;\nexport const f = (x = 1) => x;\nconst y = 1 + f(2) * nothing.z.w;`),
    "failing.ts:3:30 model-error TypeError: Cannot read properties of null (reading 'z')",
  );
  assert.equal(
    await failure(`export const f = (x = 1) => x;\nconst y = f(2) * Symbol();`),
    "failing.ts:2:11 model-error TypeError: Cannot convert a Symbol value to a number",
  );
  assert.equal(await failure(`throw "text";`), `failing.ts:1:1 model-error The file threw "text" while it was loaded.`);
});

test("says where the syntax is wrong, or cannot run", async () => {
  assert.equal(
    await failure("export const f = (x = 1) => {"),
    "failing.ts:1:30 syntax-error Syntax error: unexpected token.",
  );
  assert.equal(
    await failure('import part = require("./part.ts");\nexport const f = (x = 1) => part.half(x);', "failing.cts"),
    "failing.cts:2:1 syntax-error This file mixes two kinds of modules: write `import … from` and `export` throughout, or `require` and `export =`.",
  );
});

test("offers what scripts export, and functions that a file hands on from others", async () => {
  const names = ({ outline, functionIds }: LoadedModel): string[] => {
    for (const { name } of outline.functions) assert.ok(functionIds.has(name), name);
    return outline.functions.map(({ name }) => name);
  };
  const script = await load(
    write("script.cjs", "exports.f = (x = 2) => x;\nfunction g(x = 1) { return x; }\nmodule.exports.h = g;"),
  );
  assert.deepEqual(names(script), ["f", "h"]);
  const object = await load(
    write("object.cjs", "const f = (x = 2) => x;\nmodule.exports = { f, g(x = 1) { return 2 * x; }, n: 3 };"),
  );
  assert.deepEqual(names(object), ["f", "g"]);
  assert.equal((object.namespace["g"] as () => number)(), 2);
  const whole = await load(write("whole.cts", "const f = (x = 2) => x * x;\nexport = f;"));
  assert.deepEqual(names(whole), ["default"]);
  const module = await load(write("module.cts", "export const f = (x = 2) => x * x;"));
  assert.deepEqual(names(module), ["f"]);

  write("handed.ts", "export function handed(x = 3) { return x; }\nexport const constant = 1;");
  const barrel = await load(
    write("barrel.ts", 'export { handed as on } from "./handed.ts";\nexport * from "./handed.ts";'),
  );
  assert.deepEqual(names(barrel).sort(), ["handed", "on"]);
  assert.deepEqual(
    new Set(barrel.outline.functions.map(({ source }) => path.basename(source.file))),
    new Set(["handed.ts"]),
  );
});

test("a model that takes part in a cycle of imports is one module, however often it was loaded", async () => {
  write("partner.ts", 'import * as model from "./cyclic.ts";\nexport const partner = () => model;');
  const file = write(
    "cyclic.ts",
    'import { partner } from "./partner.ts";\nexport const f = (x = 1) => x;\nexport const seen = partner;',
  );
  const { namespace } = await load(file);
  assert.equal((namespace["seen"] as () => object)(), namespace);
});

test("quotes no inserted call where V8 quotes the code that runs", async () => {
  const text = "const list = [];\nlist[Math.abs(list.length)](2);\nexport const f = (x = 1) => x;";
  assert.equal(await failure(text, "quoting.ts"), "quoting.ts:2:28 model-error TypeError: list[…] is not a function");
  const { namespace } = await load(write("called.ts", "export const f = (list: any, k: any) => list[k](2);"));
  assert.throws(
    () => (namespace["f"] as (list: unknown, k: unknown) => void)([], {}),
    ({ message }: Error) => withoutInsertedCalls(message) === "list[…] is not a function",
  );
});

test("names what cannot be constructed by the text of the model that runs, not of one loaded before", async () => {
  const other = "const o: any = {};\nexport const f = (x = 1) => [x * 2, x * 3, new o.other.than(x), x * 4, x * 5];";
  await load(write("constructing.ts", other));
  const { namespace } = await load(
    write("constructs.ts", "const o: any = {};\nexport const f = (x = 1) => [x * x, x * 3, x * 4, new o.own(x)];"),
  );
  assert.throws(namespace["f"] as () => void, new TypeError("o.own is not a constructor"));
});

test("maps the stack of an error thrown later to the original text", async () => {
  const text = `export function f(x = 1) {\n  const y = x * 2; return g(y) + y; }\nfunction g(v: number) {\n  if (v > 1) throw new Error("big"); return v; }`;
  const { namespace, sources } = await load(write("throwing.ts", text));
  let stack = "";
  try {
    (namespace["f"] as () => unknown)();
  } catch (error) {
    stack = (error as Error).stack ?? "";
  }
  const places = stackFrames(stack, sources).map(({ line, column }) => [line, column]);
  assert.deepEqual(places, [
    [4, 20],
    [2, 27],
  ]);
});

test("finds the named exports of CommonJS packages that compilers wrote", async () => {
  write("base.cjs", `exports.a = 1; exports.b = 2;`);
  write(
    "again.cjs",
    `var _b = require("./base.cjs"); Object.keys(_b).forEach(function (k) { if (k === "default" || k === "__esModule") return; exports[k] = _b[k]; });`,
  );
  const { namespace } = await load(
    write("usesCjs.mjs", `import { a, b } from "./again.cjs"; export const sum = a + b;`),
  );
  assert.equal(namespace["sum"], 3);
});
