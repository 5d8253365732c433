import assert from "node:assert/strict";
import { test } from "node:test";
import { customRulesIn } from "../../extension/customRules.ts";

test("rules are found by the names they are given, at the call that makes them", () => {
  const text = [
    'import { customJvp, customVjp } from "adjoint";',
    "const softplus = customVjp(",
    "  (x: number) => x,",
    ");",
    "export const other: (x: number) => number = customJvp<[number], number>((x) => x, ([dx]) => dx);",
  ].join("\n");
  assert.deepEqual(customRulesIn(text), [
    { name: "softplus", line: 2, column: 18 },
    { name: "other", line: 5, column: 45 },
  ]);
});

test("those in comments and strings are none", () => {
  assert.deepEqual(
    customRulesIn('// const a = customVjp(f, g)\n/* const b = customVjp(\n */ const c = "const d = customVjp(";'),
    [],
  );
});
