import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import typescript, { type CompilerOptions } from "typescript";
import { reverse } from "../../../engine/differentiate/reverse.ts";
import { createRuntime } from "../../../engine/language/runtime/createRuntime.ts";
import { LoadError, loadModel, type LoadedModel } from "../../../engine/language/load/load.ts";
import { inputsOf } from "../../../engine/language/runtime/parameters.ts";
import { stackFrames } from "../../../engine/language/load/positions.ts";
import { recording } from "../../../engine/tape/recording.ts";
import { SiteTable } from "../../../engine/tape/site.ts";
import { Tape } from "../../../engine/tape/tape.ts";
import { TracedNumber } from "../../../engine/tape/tensor.ts";
import { describe } from "../../semantics/describe.ts";

type Functions = Record<string, (...values: number[]) => unknown>;

const fixtures = path.join(import.meta.dirname, "../../fixtures/decorators");
const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "adjoint-decorators-")));
after(() => rmSync(folder, { recursive: true }));

const ES2022 = { target: typescript.ScriptTarget.ES2022, module: typescript.ModuleKind.ES2022 };
const experimentalDecorators = true;
const cases: readonly { name: string; fixture: string; options: CompilerOptions; written: object | undefined }[] = [
  { name: "standard", fixture: "standard.ts", options: {}, written: undefined },
  {
    name: "experimental, with fields that are defined",
    fixture: "experimental.ts",
    options: { experimentalDecorators },
    written: { experimentalDecorators, target: "es2022" },
  },
  {
    name: "experimental, with fields that are assigned",
    fixture: "experimental.ts",
    options: { experimentalDecorators, useDefineForClassFields: false },
    written: { experimentalDecorators, target: "es2017" },
  },
];

const namesOf = (functions: object): string[] => Object.keys(functions).filter((name) => /^[a-z]/.test(name));

/** Each case's file, and TypeScript's own output of it, which is loaded before the language's functions are replaced. */
const compiled = await Promise.all(
  cases.map(async ({ fixture, options, written }, k) => {
    const text = readFileSync(path.join(fixtures, fixture), "utf8");
    mkdirSync(path.join(folder, `${k}`));
    if (written !== undefined)
      writeFileSync(path.join(folder, `${k}/tsconfig.json`), JSON.stringify({ compilerOptions: written }));
    const file = path.join(folder, `${k}/${fixture}`);
    writeFileSync(file, text);
    const output = path.join(folder, `${k}/compiled.mjs`);
    writeFileSync(output, typescript.transpileModule(text, { compilerOptions: { ...ES2022, ...options } }).outputText);
    const plain = (await import(pathToFileURL(output).href)) as Functions;
    const expected: Record<string, string> = {};
    for (const name of namesOf(plain)) if (name !== "default") expected[name] = describe(plain[name]!());
    return { file, plain, expected };
  }),
);

const sites = new SiteTable();
const { runtime, calls } = createRuntime({ sites });
const load = (file: string): Promise<LoadedModel> => loadModel({ file, runtime, sites, library: {} });

cases.forEach(({ name }, k) => {
  test(`${name} decorators do what they do in TypeScript's output, and gradients go through them`, async () => {
    const { file, plain, expected } = compiled[k]!;
    const model = await load(file);
    const functions = model.namespace as Functions;
    for (const [function_, result] of Object.entries(expected)) {
      const tape = new Tape();
      Object.assign(recording, { tape, on: true, site: 0, scope: 0 });
      calls.begin(model.functionIds.get(function_) ?? -1);
      const output = functions[function_]!();
      const parameters = calls.end();
      recording.on = false;
      assert.equal(
        describe(output, (value) => runtime.primal(value)),
        result,
        function_,
      );
      if (!(output instanceof TracedNumber)) continue;
      const [input] = parameters.flatMap(({ structure }) => inputsOf(structure));
      const at = tape.primal[input!]!;
      const step = 1e-5;
      const difference = (plain[function_]!(at + step) as number) - (plain[function_]!(at - step) as number);
      const derivative = reverse(tape, output.node).scalar(input!);
      assert.ok(Math.abs(derivative - difference / (2 * step)) < 1e-7 * Math.max(1, Math.abs(derivative)), function_);
    }
  });
});

async function failure(text: string, configuration?: object): Promise<string> {
  const own = mkdtempSync(path.join(folder, "failing-"));
  const file = path.join(own, "failing.ts");
  writeFileSync(file, text);
  if (configuration !== undefined)
    writeFileSync(path.join(own, "tsconfig.json"), JSON.stringify({ compilerOptions: configuration }));
  try {
    await load(file);
  } catch (error) {
    assert(error instanceof LoadError);
    const { message, source } = error.diagnostic;
    return `${path.basename(source.file)}:${source.line}:${source.column} ${message}`;
  }
  return "loaded";
}

test("says where a decorator cannot stand, and why", async () => {
  assert.equal(
    await failure("const d = (): void => {};\nclass A { m(@d x = 1) { return x; } }"),
    "failing.ts:2:13 Parameters can have decorators only under `experimentalDecorators` in tsconfig.json.",
  );
  assert.equal(
    await failure("const d = (): void => {};\nconst A = @d class {};", { experimentalDecorators }),
    "failing.ts:2:11 Under `experimentalDecorators` a class expression cannot have decorators: declare the class.",
  );
  assert.equal(
    await failure("const d = (): void => {};\nclass A { @d #p = 1; }", { experimentalDecorators }),
    "failing.ts:2:11 Under `experimentalDecorators` a private name cannot have decorators.",
  );
  assert.equal(
    await failure("class A {\n  @missing\n  value = 1;\n}"),
    "failing.ts:2:4 ReferenceError: missing is not defined",
  );
});

test("what a decorated method throws is told of at its own line and column", async () => {
  const file = path.join(folder, "throwing.ts");
  writeFileSync(
    file,
    `const kept = <T>(method: T): T => method;
export const f = (x = 2) => {
  class A {
    @kept @kept
    static async *held() {}
    @kept /* why */ fails(v: number): number {
      if (v > 1) throw new Error("out of range");
      return v;
    }
  }
  return new A().fails(x);
};`,
  );
  const { namespace, sources } = await load(file);
  try {
    (namespace as Functions)["f"]!();
    assert.fail("did not throw");
  } catch (error) {
    const frames = stackFrames((error as Error).stack!, sources).map(({ line, column }) => `${line}:${column}`);
    assert.deepEqual(frames, ["7:24", "11:18"]);
  }
});
