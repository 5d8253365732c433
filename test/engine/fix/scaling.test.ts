import assert from "node:assert/strict";
import { test } from "node:test";
import { importChanges } from "../../../engine/fix/imports.ts";
import { initialValues } from "../../../engine/fix/initialValue.ts";
import { Program } from "../../../engine/fix/program.ts";
import { rescale } from "../../../engine/fix/rescale.ts";
import { editsAt } from "../../../engine/fix/spots.ts";
import { selections } from "../../../engine/fix/selection.ts";
import type { Course } from "../../../engine/diagnose/flow.ts";
import type { Structure } from "../../../engine/language/runtime/parameters.ts";
import { applied, editsOf } from "../../../engine/trial/edits.ts";

const number: Structure = { kind: "number", node: 0 };
const tensor: Structure = { kind: "tensor", node: 0 };
const listOf = (...elements: Structure[]): Structure => ({ kind: "array", elements });

/** The text with the weights called `names` of the parameter `w` scaled by 4; undefined where there is no way. */
function scaledBy4(text: string, structure: Structure, names = ["w"]): string | undefined {
  const program = new Program("model.ts", text);
  const course = { total: 0, logNorms: [0, 0], weights: { parameters: names } } as unknown as Course;
  const proposal = rescale(program, "f", [{ name: "w", structure }], course);
  return proposal && applied(text, editsOf(proposal.edits, 4));
}

const inModel = (expression: string, before = ""): string =>
  `import { glorotNormal, mul, random, tensor, ones } from "adjoint"; ${before} export function f(w = ${expression}) { return w; }`;

function scalesTo(expression: string, expected: string, structure: Structure, before = "", after = before): void {
  assert.equal(scaledBy4(inModel(expression, before), structure), inModel(expected, after));
}

test("numbers are scaled where they stand", () => {
  scalesTo("1.3", "5.2", number);
  scalesTo("-0.5", "-2", number);
  scalesTo("3 / Math.sqrt(16)", "12 / Math.sqrt(16)", number);
  scalesTo("0.1 * Math.random()", "0.4 * Math.random()", number);
  scalesTo("(Math.random() - 0.5) * 0.2", "(Math.random() - 0.5) * 0.8", number);
});

test("a factor stands before what has no number of its own", () => {
  scalesTo("Math.random()", "4 * Math.random()", number);
  scalesTo("Math.random() * 2 - 1", "4 * (Math.random() * 2 - 1)", number);
  scalesTo("Math.sqrt(1 / 64)", "4 * Math.sqrt(1 / 64)", number);
  scalesTo("ones([2, 2])", "mul(4, ones([2, 2]))", tensor);
});

test("options of the library's random numbers are scaled, and added where they are left out", () => {
  const list = listOf(tensor);
  scalesTo("random(1).normal([2, 2], { scale: 0.1 })", "random(1).normal([2, 2], { scale: 0.4 })", tensor);
  scalesTo("random(1).normal([2, 2])", "random(1).normal([2, 2], { scale: 4 })", tensor);
  scalesTo("random(1).normal()", "4 * random(1).normal()", number);
  scalesTo("random(1).uniform([2], { low: -1, high: 1 })", "random(1).uniform([2], { low: -4, high: 4 })", tensor);
  scalesTo(
    "Array.from({ length: 3 }, (_, k) => glorotNormal(random(k), [8, 8]))",
    "Array.from({ length: 3 }, (_, k) => glorotNormal(random(k), [8, 8], { gain: 4 }))",
    list,
  );
});

test("arrays are scaled in what their elements are made of", () => {
  scalesTo("[1, 2]", "[4, 8]", listOf(number, number));
  scalesTo("[1, 1, 1, 1, 1, 1]", "[1, 1, 1, 1, 1, 1].map((w) => 4 * w)", listOf(...Array<Structure>(6).fill(number)));
  scalesTo("new Array(3).fill(0.5)", "new Array(3).fill(2)", listOf(number));
  scalesTo("Array.from({ length: 2 }, () => 0.5)", "Array.from({ length: 2 }, () => 2)", listOf(number));
  scalesTo("tensor([[0.5, 0], [0, 0.5]])", "tensor([[2, 0], [0, 2]])", tensor);
});

test("functions of the file are followed, to the argument that is the scale where there is one", () => {
  const matrix = listOf(listOf(number));
  const before =
    "const mat = (n, scale) => Array.from({ length: n }, () => Array.from({ length: n }, () => scale * Math.random()));";
  scalesTo("mat(6, 0.1)", "mat(6, 0.4)", matrix, before);
  const fixed = (factor: number): string =>
    `function mat(n) { const m = []; for (let i = 0; i < n; i++) { const row = []; for (let j = 0; j < n; j++) row.push(${factor} * Math.random()); m.push(row); } return m; }`;
  scalesTo("mat(6)", "mat(6)", matrix, fixed(0.5), fixed(2));
  const indexed = (factor: number): string =>
    `function mat(n) { const m = Array.from({ length: n }, () => new Array(n).fill(0)); for (let i = 0; i < n; i++) m[i][i] = ${factor}; return m; }`;
  scalesTo("mat(6)", "mat(6)", matrix, indexed(0.5), indexed(2));
  scalesTo(
    "layers(3, 0.5)",
    "layers(3, 2)",
    listOf(tensor),
    "const layers = (n, scale) => Array.from({ length: n }, (_, k) => random(k).normal([4, 4], { scale }));",
  );
});

test("what a function makes of itself is scaled as a whole", () => {
  const before = "const tree = (k) => (k === 0 ? 0.1 : Array.from([k - 1], tree));";
  scalesTo("tree(2)", "tree(2).map((row) => row.map((w) => 4 * w))", listOf(listOf(number)), before);
});

test("what another file makes is scaled as a whole", () => {
  const before = 'import { weights } from "./weights.ts";';
  scalesTo("weights", "mul(4, weights)", tensor, before);
  scalesTo("weights(3)", "weights(3).map((w) => mul(4, w))", listOf(tensor, tensor), before);
  scalesTo("weights(3)", "weights(3).map((row) => row.map((w) => 4 * w))", listOf(listOf(number)), before);
});

test("tensors are scaled by a function of the library, imported where it is not yet", () => {
  const body = (value: string): string => `export function f(w = ${value}) { return w; }`;
  const becomes = (imports: string, expected: string, product: string, other = ""): void =>
    assert.equal(scaledBy4(imports + body("ones(9)") + other, tensor), expected + body(product) + other);
  const named = 'import { ones } from "adjoint"; ';
  becomes(named, 'import { ones, mul } from "adjoint"; ', "mul(4, ones(9))");
  becomes(named, named, "4 * ones(9)", " function mul() {}");
  becomes(
    'import { ones, mul as by } from "adjoint"; ',
    'import { ones, mul as by } from "adjoint"; ',
    "by(4, ones(9))",
  );
  const space = 'import * as adjoint from "adjoint"; const { ones } = adjoint; ';
  becomes(space, space, "adjoint.mul(4, ones(9))");
  const elsewhere = 'import { ones } from "./ones.ts"; ';
  becomes(elsewhere, `import { mul } from "adjoint";\n${elsewhere}`, "mul(4, ones(9))");
});

test("what was of a type that the text gives still is", () => {
  const text = (type: string, value: string): string =>
    `import { mul, ones, type Tensor } from "adjoint"; export function f(w: ${type} = ${value}) { return w; }`;
  const typed = (type: string, value: string, expected: string, structure: Structure): void =>
    assert.equal(scaledBy4(text(type, value), structure), text(type, expected));
  typed("Tensor", "ones([2, 2])", "mul(4, ones([2, 2])) as Tensor", tensor);
  typed("Tensor<readonly [2, 2]>", "ones([2, 2])", "mul(4, ones([2, 2]))", tensor);
  typed("Tensor[]", "load()", "load().map((w) => mul(4, w)) as Tensor[]", listOf(tensor));
  const five = listOf(...Array<Structure>(5).fill(number));
  typed("number[]", "[1, 1, 1, 1, 1]", "[1, 1, 1, 1, 1].map((w) => 4 * w)", five);
  typed("[number, number, number, number, number]", "[1, 1, 1, 1, 1]", "[4, 4, 4, 4, 4]", five);
  scalesTo("[1, 1, 1, 1, 1] as const", "[4, 4, 4, 4, 4] as const", five);
});

test("a constant of the file is scaled where it is made", () => {
  scalesTo("start", "start", number, "const start = 0.5;", "const start = 2;");
});

test("only the weights among the properties are scaled", () => {
  const structure: Structure = {
    kind: "object",
    entries: [
      ["w", number],
      ["b", number],
    ],
  };
  assert.equal(
    scaledBy4("export function f(w = { w: 0.5, b: 3 }) { return 1; }", structure, ["w.w"]),
    "export function f(w = { w: 2, b: 3 }) { return 1; }",
  );
});

test("a default inside a pattern is found", () => {
  assert.equal(
    scaledBy4("export function f({ w = 2, x = 1 } = {}) { return w * x; }", number),
    "export function f({ w = 8, x = 1 } = {}) { return w * x; }",
  );
});

test("a model's initial parameters are found, also where a function draws them", () => {
  const structure: Structure = {
    kind: "object",
    entries: [
      ["w", tensor],
      ["b", tensor],
    ],
  };
  const model = (parameters: string): string =>
    `import { defineModel, heNormal, zeros } from "adjoint"; export const f = defineModel({ parameters: ${parameters}, loss });`;
  const scale = (parameters: string): string | undefined => {
    const text = model(parameters);
    const course = { total: 0, logNorms: [0, 0], weights: { parameters: ["parameters.w"] } } as unknown as Course;
    const found = rescale(new Program("model.ts", text), "f", [{ name: "parameters", structure }], course);
    return found && applied(text, editsOf(found.edits, 4));
  };
  assert.equal(
    scale("(rng) => ({ w: heNormal(rng, [2, 2]), b: zeros([2]) })"),
    model("(rng) => ({ w: heNormal(rng, [2, 2], { gain: 4 }), b: zeros([2]) })"),
  );
  assert.equal(scale("{ w: 0.5, b: 0 }"), model("{ w: 2, b: 0 }"));
});

test("a parameter without a place in the text has no initial value to change", () => {
  const program = new Program("model.ts", "export function f(w = 1) { return w; }");
  assert.equal(initialValues(program, "f", [], selections(["v"])), undefined);
});

test("an import is renamed where nothing else uses the name, added to where something does, and taken out where it is there", () => {
  const changed = (text: string): string | undefined => {
    const program = new Program("model.ts", text);
    const uses = new Set(
      program.scopes.variables
        .find(({ name }) => name === "sigmoid")!
        .references.filter((reference) => reference.start! < text.indexOf("// from here")),
    );
    const spots = importChanges(program, new Map([["sigmoid", { to: "relu", uses }]]));
    return spots && applied(text, editsOf(editsAt(program, spots), 1)).split(";")[0];
  };
  const only = "sigmoid(1); // from here";
  const also = "sigmoid(1); // from here\nsigmoid(2);";
  assert.equal(changed(`import { sigmoid, sum } from "adjoint"; ${only}`), 'import { relu, sum } from "adjoint"');
  assert.equal(
    changed(`import { sigmoid, sum } from "adjoint"; ${also}`),
    'import { sigmoid, relu, sum } from "adjoint"',
  );
  assert.equal(changed(`import { sigmoid, relu } from "adjoint"; ${only}`), 'import { relu } from "adjoint"');
  assert.equal(changed(`import { relu, sigmoid } from "adjoint"; ${only}`), 'import { relu } from "adjoint"');
  assert.equal(changed(`import { relu, sigmoid } from "adjoint"; ${also}`), 'import { relu, sigmoid } from "adjoint"');
  assert.equal(changed(`import { sigmoid } from "adjoint"; const relu = 1; ${only}`), undefined);
});
