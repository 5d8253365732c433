import assert from "node:assert/strict";
import { test } from "node:test";
import { readSignature, resultOf } from "../../../engine/language/symbols/signature.ts";

function result(description: string): string {
  const signature = readSignature(description);
  return signature ? resultOf(signature) : "not a function";
}

test("reads parameters and result of a function", () => {
  assert.deepEqual(readSignature("function f(x?: number, y?: number): number"), {
    parameters: [
      { name: "x", type: "number" },
      { name: "y", type: "number" },
    ],
    returns: "number",
  });
});

test("reads an arrow function that a constant holds", () => {
  assert.deepEqual(readSignature("const g: (x?: number) => string"), {
    parameters: [{ name: "x", type: "number" }],
    returns: "string",
  });
});

test("is not confused by brackets, arrows and strings in the types of parameters", () => {
  const description = 'function h(a?: [1, (b: "),") => void], o?: {\n    k: number;\n    s: ")";\n}): Promise<number>';
  assert.deepEqual(readSignature(description), {
    parameters: [
      { name: "a", type: '[1, (b: "),") => void]' },
      { name: "o", type: '{\n    k: number;\n    s: ")";\n}' },
    ],
    returns: "Promise<number>",
  });
});

test("reads through type parameters, aliases and overloads", () => {
  assert.equal(readSignature("function gen<T extends (a: number) => void>(x?: T): T | number")?.returns, "T | number");
  assert.equal(readSignature("(alias) function inner(x?: number): number\nexport inner")?.returns, "number");
  assert.equal(readSignature("function over(x: number): number (+1 overload)")?.returns, "number");
});

test("takes no value, class or type for a function", () => {
  for (const description of ["const k: 3", "class C", "type Loss = number", "const a: number[]", "namespace N"]) {
    assert.equal(readSignature(description), undefined, description);
  }
});

test("does not guess at a type that TypeScript shortened", () => {
  assert.equal(readSignature("function f(o?: { a: number; ... 40 more ...; z: number; }): number"), undefined);
});

test("tells which results can be differentiated", () => {
  for (const type of ["number", "3", "Tensor<readonly []>"])
    assert.equal(result(`function f(): ${type}`), "number", type);
  for (const type of [
    "string",
    "void",
    "number[]",
    "[a: number]",
    "{\n    a: number;\n}",
    "() => number",
    "boolean",
    "Map<string, number>",
    "Tensor<readonly [2, number]>",
  ]) {
    assert.equal(result(`function f(): ${type}`), "other", type);
  }
  for (const type of ["Loss", "T | number", "Promise<number>", "any", "number & Brand", "Tensor<Shape>"])
    assert.equal(result(`function f(): ${type}`), "unknown", type);
});
