import assert from "node:assert/strict";
import { test } from "node:test";
import { outline } from "../../../engine/language/instrument/outline.ts";

const functionsOf = (text: string): readonly (readonly [string, boolean])[] =>
  outline("/model.ts", text).functions.map(({ name, traceable }) => [name, traceable] as const);

test("lists exported functions with defaults, however they are exported", () => {
  const text = `
    export function a(x = 1) { return x; }
    export const b = (x = 1, y: number = 2) => x * y, notAFunction = 3;
    function c(x = 1) { return x; }
    const d = function (x = [1, 2]) { return x[0]; };
    export { c, d as renamed };
    export default async (x = 1) => x;
    function local(x = 1) { return x; }
  `;
  assert.deepEqual(functionsOf(text), [
    ["a", true],
    ["b", true],
    ["c", true],
    ["renamed", true],
    ["default", true],
  ]);
});

test("leaves out what cannot be differentiated: generators, no parameters, only text, a result that is no number", () => {
  const text = `
    export function* g(x = 1) { yield x; }
    export function none() { return 1; }
    export function greet(name = "you", loud = false) { return name; }
    export function show(x = 1): string { return String(x); }
    export const typed = (name: string) => name;
    export class K { m(x = 1) { return x; } }
    export interface I { x: number }
  `;
  assert.deepEqual(functionsOf(text), []);
  const reasons = outline("/model.ts", text).unsuited?.map(({ name, reason }) => `${name}: ${reason}`);
  assert.deepEqual(reasons, [
    "g: it is a generator",
    "none: it has no parameters",
    "greet: none of its parameters is a number",
    "show: it returns no number",
    "typed: none of its parameters is a number",
  ]);
});

test("says which parameter lacks a default, where some have one or no function can be traced", () => {
  const { functions, diagnostics } = outline("/model.ts", "export function f(x = 1,\n  y: number) { return x * y; }");
  assert.deepEqual(
    functions.map(({ traceable, parameters }) => ({ traceable, names: parameters.map(({ name }) => name) })),
    [{ traceable: false, names: ["x", "y"] }],
  );
  assert.deepEqual(diagnostics, [
    {
      code: "parameter-without-default",
      severity: "information",
      message: "f cannot be traced as it stands: give y a default, such as `y = 1`, to say where.",
      source: { file: "/model.ts", line: 2, column: 3, endLine: 2, endColumn: 12 },
    },
  ]);
  const helper = "export const relu = (x: number) => Math.max(x, 0); export const f = (x = 1) => relu(x);";
  assert.deepEqual(outline("/model.ts", helper).diagnostics, []);
});

test("gives the ranges of a function, its name and its parameters", () => {
  const [f] = outline("/model.ts", "\nexport const f = (\n  { a, b = 2 }: P = { a: 1 },\n) => a * b;\n").functions;
  assert.deepEqual(f, {
    name: "f",
    source: { file: "/model.ts", line: 2, column: 1, endLine: 4, endColumn: 11 },
    nameSource: { file: "/model.ts", line: 2, column: 14, endLine: 2, endColumn: 15 },
    parameters: [
      {
        name: "{ a, b = 2 }",
        hasDefault: true,
        source: { file: "/model.ts", line: 3, column: 3, endLine: 3, endColumn: 29 },
      },
    ],
    traceable: true,
  });
});

test("reports a syntax error where it is, and what stands beside one that can be recovered from", () => {
  assert.deepEqual(outline("/model.ts", "export const f = (x = 1) => x +;").diagnostics, [
    {
      code: "syntax-error",
      severity: "error",
      message: "Syntax error: unexpected token.",
      source: { file: "/model.ts", line: 1, column: 32, endLine: 1, endColumn: 33 },
    },
  ]);
  const twice = outline("/model.ts", "export const f = (x = 1) => x;\nlet a; let a;");
  assert.deepEqual(functionsNames(twice.functions), ["f"]);
  assert.equal(twice.diagnostics[0]?.source.line, 2);
});

const functionsNames = (functions: readonly { name: string }[]): string[] => functions.map(({ name }) => name);

test("lists models among what a file exports, by the name they are exported under", () => {
  const text = `import { defineModel, sgd as descent } from "adjoint";
import * as adjoint from "adjoint";
export const line = defineModel({ loss: () => 1 });
const hidden = defineModel({});
const named = adjoint.defineModel({});
export { named as shown };
export const decoy = other.defineModel({});
export function f(x = 1) { return x; }
export default defineModel({});
`;
  const { functions } = outline("/m.ts", text);
  assert.deepEqual(
    functions.map(({ name, model, traceable, nameSource }) => [name, model === true, traceable, nameSource.line]),
    [
      ["line", true, true, 3],
      ["shown", true, true, 5],
      ["f", false, true, 8],
      ["default", true, true, 9],
    ],
  );
});
