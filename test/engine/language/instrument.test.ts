import assert from "node:assert/strict";
import { test } from "node:test";
import { instrument } from "../../../engine/language/instrument/instrument.ts";
import type { InstrumentedFile } from "../../../engine/language/instrument/instrumentedFile.ts";
import { SiteTable, type Site } from "../../../engine/tape/site.ts";

const sites = new SiteTable();

function instrumented(text: string): InstrumentedFile {
  return instrument({ file: "/model.ts", text, sites });
}

/** The instrumented text with site numbers left out. */
const codeOf = (text: string): string => instrumented(text).code.replace(/\((\d+)(?:, |(?=\)))/g, "(");

const textAt = (file: InstrumentedFile, { start, end }: Pick<Site, "start" | "end">): string =>
  file.text.slice(start, end);

test("rewrites operators, and leaves what is known to be untraced", () => {
  assert.equal(codeOf("x = a + b * 2;"), "x = $adjoint.add(a , $adjoint.mul(b , 2));");
  assert.equal(
    codeOf("const n = 3; let i = n * 2 + 1; i++; use(-i);"),
    "const n = 3; let i = n * 2 + 1; i++; use($adjoint.last(-i));",
  );
  assert.equal(codeOf("if (a < 1 && b) c;"), "if ($adjoint.less(a , 1) && $adjoint.truth(b)) c;");
  assert.equal(
    codeOf("a === 'text', a == null, typeof a === 'number';"),
    "a === 'text', a == null, typeof a === 'number';",
  );
});

test("knows Math however it is reached, and not what only looks like it", () => {
  assert.equal(
    codeOf("const { sin, cos: c } = Math; y = sin(a) + c(Math.exp(a));").replace(/^.*; /, ""),
    "y = $adjoint.add($adjoint.math.sin(a) , $adjoint.math.cos($adjoint.math.exp(a)));",
  );
  assert.equal(
    codeOf("{ const Math = other; Math.sin(a); }"),
    "{ const Math = $adjoint.observe(other); Math.sin($adjoint.last(a)); }",
  );
  assert.equal(instrumented("y = Math.sqrt(2) * Math.PI;").code, "y = Math.sqrt(2) * Math.PI;");
});

test("keeps every line where it was, types and all", () => {
  const text =
    "interface A {\n  x: number;\n}\nexport const f = (\n  x: A,\n): {\n  y: number;\n} => ({\n  y: x.x * 2,\n});\n";
  const { code } = instrumented(text);
  assert.equal(code.split("\n").length, text.split("\n").length);
  assert.match(code.split("\n")[8]!, /y: \$adjoint\.mul\(\d+, x\.x , 2\)/);
});

test("gives each site its range, kind and variable", () => {
  const file = instrumented("export function f(x = 1) {\n  const e = Math.exp(x);\n  let s = g(e);\n  return s;\n}");
  const found = [...sites.entries()]
    .filter(([number]) => number >= file.firstSite && number < file.endSite)
    .map(([, site]) => `${site.kind} ${site.name ?? "-"} ${textAt(file, site).split("\n", 1)[0]!}`);
  assert.deepEqual(found, [
    "call f function f(x = 1) {",
    "expression x x",
    "expression e Math.exp(x)",
    "binding s s",
    "expression - g(e)",
    "binding x x",
  ]);
});

test("finds the variable under the cursor, its sites and every place of its name", () => {
  const file = instrumented("export const f = (x: number = 1) => { let s = 0; s += x; { const s = 5; } return s; };");
  const binding = file.bindingAt(file.text.indexOf("s += x"))!;
  assert.equal(binding.name, "s");
  assert.deepEqual(
    binding.references.map(({ start }) => start),
    [42, 49, 81],
  );
  assert.deepEqual(
    binding.assignments.map(({ site }) => textAt(file, sites.get(site))),
    ["s += x"],
  );
  const parameter = file.bindingAt(file.text.indexOf("x;"))!;
  assert.equal(textAt(file, parameter), "x");
  assert.equal(file.bindingAt(file.text.indexOf("return")), undefined);
});

test("finds which operand of which operation stands under the cursor", () => {
  const file = instrumented("y = a.b / x ** 2;");
  const at = (word: string): string => {
    const operand = file.operandAt(file.text.indexOf(word))!;
    return `${operand.input} of ${textAt(file, sites.get(operand.site))}`;
  };
  assert.equal(at("x"), "0 of x ** 2");
  assert.equal(at("b"), "0 of a.b / x ** 2");
  assert.deepEqual(
    file.innermostSites(file.text.indexOf("**")).map((site) => textAt(file, sites.get(site))),
    ["x ** 2", "a.b / x ** 2"],
  );
});

test("asks for the defaults of traceable functions only, by the function's id", () => {
  const file = instrumented(
    "export const f = (x = 1, { a = 2 } = {}) => x * a; export const g = (x) => x; const h = (x = 1) => x;",
  );
  assert.deepEqual(
    file.functions.map(({ names, parameters }) => [names, parameters.map(({ name, index }) => [name, index])]),
    [
      [
        ["f"],
        [
          ["x", 0],
          ["a", 1],
          ["{ a = 2 }", 1],
        ],
      ],
    ],
  );
  const id = file.functions[0]!.id;
  assert.equal(sites.get(id).kind, "call");
  assert.ok(file.code.includes(`$adjoint.parameter(${id}, 0, "x", `));
});

test("maps generated places to original ones, and functions to the text they were written with", () => {
  const file = instrumented("const f = (a, b) => a + b;\nclass K { static m(x) { return x * 2; } }");
  const column = file.code.indexOf("add(") + 1;
  assert.deepEqual(file.original(1, column), { line: 1, column: 21 });
  const arrow = file.code.slice(file.code.indexOf("(a, b)"), file.code.indexOf(";\nclass"));
  assert.equal(file.originalText(arrow), "(a, b) => a + b");
  const method = file.code.slice(file.code.indexOf("m(x)"), file.code.lastIndexOf("}") - 1);
  assert.equal(file.originalText(method), "m(x) { return x * 2; }");
});

test("takes names that the text does not use", () => {
  const { code } = instrumented("const $t1 = a || b;");
  assert.match(code, /\$t_1 = a/);
});
