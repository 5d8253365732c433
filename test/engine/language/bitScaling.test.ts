import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { reverse } from "../../../engine/differentiate/reverse.ts";
import { loadModel } from "../../../engine/language/load/load.ts";
import { createRuntime } from "../../../engine/language/runtime/createRuntime.ts";
import { recording } from "../../../engine/tape/recording.ts";
import { SiteTable } from "../../../engine/tape/site.ts";
import { Tape } from "../../../engine/tape/tape.ts";
import { TracedNumber } from "../../../engine/tape/tensor.ts";

const folder = mkdtempSync(path.join(tmpdir(), "adjoint-bits-"));
after(() => rmSync(folder, { recursive: true }));

/** Packages laid out as those of stdlib are, each a function that works on the two halves of a float64. */
const packages = {
  "math-base-special-ldexp": `(x, exponent) => {
    floats[0] = x; words[high] = words[high] + (exponent << 20); return floats[0]; }`,
  "math-base-special-copysign": `(x, y) => {
    floats[0] = y; const sign = words[high] & 0x80000000;
    floats[0] = x; words[high] = (words[high] & 0x7fffffff) | sign; return floats[0]; }`,
  "number-float64-base-set-high-word": `(x, word) => { floats[0] = x; words[high] = word; return floats[0]; }`,
};
const views =
  "const floats = new Float64Array(1), words = new Uint32Array(floats.buffer);\n" +
  "const high = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0;\n";
for (const [name, text] of Object.entries(packages)) {
  const home = path.join(folder, "node_modules/@stdlib", name);
  mkdirSync(path.join(home, "lib"), { recursive: true });
  writeFileSync(path.join(home, "package.json"), JSON.stringify({ name: `@stdlib/${name}`, main: "./lib" }));
  writeFileSync(
    path.join(home, "lib/index.js"),
    `"use strict";\n${views}module.exports = ${text};\nmodule.exports.note = 1;`,
  );
}
const model = path.join(folder, "model.ts");
writeFileSync(
  model,
  `import ldexp from "@stdlib/math-base-special-ldexp";
import copysign from "@stdlib/math-base-special-copysign";
import setHighWord from "@stdlib/number-float64-base-set-high-word";
export const scaled = (x = 1.3) => ldexp(Math.sin(x), -3) * ldexp(x, 5);
export const signed = (x = 1.3) => copysign(x * x, -2) + copysign(-x, 1);
export const rebased = (x = 1.5) => setHighWord(x * x * x, 0x3ffb0000) * 2;
export const truncated = (x = 1.3) => x + setHighWord(x, 0x40091eb8);
export const kept = () => [ldexp.note, ldexp.name, ldexp.length, ldexp(3, 1)];`,
);

const sites = new SiteTable();
const { runtime, calls } = createRuntime({ sites });
const { namespace, functionIds } = await loadModel({ file: model, runtime, sites, library: {} });

function derivative(name: string): { value: number; derivative: number } {
  const tape = new Tape();
  Object.assign(recording, { tape, on: true, site: 0, scope: 0 });
  calls.begin(functionIds.get(name)!);
  const output = (namespace[name] as () => unknown)();
  const [parameter] = calls.end();
  recording.on = false;
  assert(output instanceof TracedNumber);
  const { node } = parameter!.structure as unknown as { node: number };
  return { value: output.primal, derivative: reverse(tape, output.node).scalar(node) };
}

test("what a package gives another exponent or sign by its bits is a multiple of what it was given", () => {
  assert.deepEqual(derivative("scaled"), {
    value: Math.sin(1.3) * 2 ** -3 * (1.3 * 32),
    derivative: Math.cos(1.3) * 2 ** -3 * (1.3 * 32) + Math.sin(1.3) * 2 ** -3 * 32,
  });
  assert.deepEqual(derivative("signed"), { value: -(1.3 * 1.3) + 1.3, derivative: -2 * 1.3 + 1 });
});

test("what gets another fraction as well is a constant", () => {
  assert.deepEqual(derivative("rebased").derivative, 2 * 0.5 * 3 * 1.5 ** 2);
  assert.equal(derivative("truncated").derivative, 1);
});

test("such functions keep what a program sees of them", () => {
  assert.deepEqual((namespace["kept"] as () => unknown)(), [1, "", 2, 6]);
});
