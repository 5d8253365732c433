import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { FunctionCheck } from "../../../engine/process/protocol.ts";
import { fixture, startEngine, withTimeFor } from "./engine.ts";

const engine = startEngine();
after(() => engine.dispose());

test("a check can be cancelled, and the next one works", async () => {
  const abort = new AbortController();
  const check = engine.check(
    { file: fixture("check/parameters.ts"), functions: ["endless"] },
    { cancellation: abort.signal, onProgress: ({ stage }) => stage === "checking" && abort.abort() },
  );
  await assert.rejects(check, { name: "AbortError" });
  const { passed } = await engine.check({ file: fixture("formula.ts") });
  assert.equal(passed, true);
});

test("each function is told of as soon as it has been checked, also after one that ended its process", async () => {
  let told: FunctionCheck[] = [];
  const request = { file: fixture("check/parameters.ts"), functions: ["endless", "later"] };
  const { functions } = await withTimeFor(
    (wallClockMs) => {
      told = [];
      return engine.check({ ...request, limits: { wallClockMs } }, { onChecked: (check) => told.push(check) });
    },
    ({ passed, functions: checked }) => !passed && checked[1]?.passed === true,
  );
  assert.deepEqual(
    told.map(({ function: name, passed }) => [name, passed]),
    [
      ["endless", false],
      ["later", true],
    ],
  );
  assert.deepEqual(functions, told);
});

test("the text of an editor is checked in place of the file's", async () => {
  const { functions } = await engine.check({
    file: fixture("formula.ts"),
    text: "export function g(x = 3) { return x * x; }",
  });
  assert.deepEqual([functions[0]!.function, functions[0]!.parameters[0]!.reverse], ["g", 6]);
});
