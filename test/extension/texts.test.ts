import assert from "node:assert/strict";
import { test } from "node:test";
import { hoverText } from "../../extension/hoverText.ts";
import { lensParts, type LensFacts } from "../../extension/lensText.ts";
import { status, type StatusFacts } from "../../extension/statusText.ts";
import type { Hover } from "../../engine/process/protocol.ts";
import { hover, outline, thrown, traced } from "./fixtures.ts";

const facts: LensFacts = { outline, trusted: true, tracing: false, trace: traced, stale: false, digits: 4 };
const never: LensFacts = { outline, trusted: true, tracing: false, stale: false, digits: 4 };

function lens(given: LensFacts): string {
  return lensParts(given)
    .map(({ title }) => title)
    .join(" | ");
}

test("a lens gives the value and the size of the gradient", () => {
  assert.equal(lens(facts), "∇ 2.127 · ‖∇f‖ 1.864 | Trace | Graph | Check");
});

test("a lens names the function whose gradient it measures, as the panel and the terminal do", () => {
  assert.match(lens({ ...facts, outline: { ...outline, name: "loss" } }), /^∇ 2\.127 · ‖∇loss‖ 1\.864 /);
});

test("a lens says what it is waiting for, and that it is stale", () => {
  assert.equal(lens(never), "Trace");
  assert.equal(lens({ ...facts, stale: true }), "∇ 2.127 · ‖∇f‖ 1.864 (stale) | Trace | Graph | Check");
  assert.equal(lens({ ...never, tracing: true }), "$(loading~spin) tracing… | Stop");
  assert.equal(
    lens({ ...facts, tracing: true, stale: true }),
    "∇ 2.127 · ‖∇f‖ 1.864 (stale) | $(loading~spin) tracing… | Stop | Graph",
  );
});

test("a lens says which imported file is to be saved before its changes have an effect", () => {
  const [value] = lensParts({ ...facts, stale: true, unsaved: "layers.ts" });
  assert.match(value!.title, /\(stale\)$/);
  assert.match(value!.tooltip, /^layers\.ts, which ran with it, has changes that are not saved: save it to see /);
});

test("a lens tells why a run failed, beside the last good value", () => {
  assert.equal(lens({ ...never, failure: thrown }), "$(error) f threw an error: no data. | Trace");
  assert.equal(
    lens({ ...facts, failure: thrown }),
    "$(error) f threw an error: no data. | ∇ 2.127 · ‖∇f‖ 1.864 (stale) | Trace | Graph | Check",
  );
  const long = { ...thrown, message: `f threw ${"very ".repeat(40)}long.\nSecond line.` };
  assert.match(lens({ ...never, failure: long }), /^\$\(error\) f threw very (very )+very… \| Trace$/);
});

test("a lens says what a function lacks, and that an untrusted folder runs nothing", () => {
  const parameters = [{ ...outline.parameters[0]!, hasDefault: false }];
  assert.equal(lens({ ...never, outline: { ...outline, parameters, traceable: false } }), "∇ needs a default for x");
  assert.equal(lens({ ...never, trusted: false }), "∇ not traced: this folder is not trusted");
});

/** Without colours, as a person reads it. */
function read(given: Hover, options: { stale?: boolean; plot?: string } = {}): string {
  return hoverText(given, { digits: 4, stale: false, graph: "command:x", ...options })
    .replace(/<span[^>]*>(.*?)<\/span>/g, "$1")
    .replaceAll(" &nbsp; ", "   ");
}

test("a hover begins with the two numbers and says what the adjoint means", () => {
  const links = '[Reveal in graph](command:x "Select this node in the graph")';
  assert.equal(
    read(hover),
    `\`e\` = 7.389   \`∂f/∂e\` = 0.1192\n\nA small rise of \`e\` raises \`f\` 0.1192 times as much.\n\n${links}`,
  );
  assert.equal(
    read(hover, { stale: true, plot: "data:," }).split("\n\n").slice(1).join("\n\n"),
    `![value and adjoint](data:,)\n\nA small rise of \`e\` raises \`f\` 0.1192 times as much.\n\n$(history) stale: the text has changed since this was traced · ${links}`,
  );
});

test("a hover colours values and adjoints by the theme", () => {
  const markdown = hoverText(hover, { digits: 4, stale: false, graph: "command:x" });
  assert.match(markdown, /<span style="color:var\(--vscode-adjoint-value\);">7.389<\/span>/);
  assert.match(markdown, /<span style="color:var\(--vscode-adjoint-adjoint\);">0.1192<\/span>/);
});

test("a hover puts an expression in brackets, and what is no number in words", () => {
  assert.match(read({ ...hover, title: "y / x" }), /^`y \/ x` = 7.389 {3}`∂f\/∂\(y \/ x\)` = 0.1192/);
  const infinite = { node: 3, value: Infinity, adjoint: NaN };
  assert.match(read({ ...hover, last: infinite }), /\$\(warning\) The adjoint of `e` is not finite\./);
  assert.match(read({ ...hover, unused: true }), /`f` does not depend on `e`\./);
  const constant = read({ ...hover, constant: true, unused: true });
  assert.match(constant, /A constant: no derivative by `e` is taken\./);
  assert.doesNotMatch(constant, /∂|does not depend/);
  assert.match(read({ ...hover, last: { ...hover.last, adjoint: 0 } }), /A small change of `e` does not change `f`\./);
  assert.match(
    read({ ...hover, last: { ...hover.last, adjoint: -0.5 } }),
    /A small rise of `e` lowers `f` 0.5 times as much\./,
  );
  assert.match(read({ ...hover, title: "a[`k`]" }), /^``a\[`k`\]``/);
  assert.match(read({ ...hover, title: "tag``.x" }), /^```tag``\.x```/);
});

test("a hover on what ran many times says how often, over which range, and how it began", () => {
  const many: Hover = {
    ...hover,
    executions: 1200,
    first: { node: 3, value: 1, adjoint: 0.25 },
    range: { value: [1, 8], adjoint: [-0.5, 0.25] },
  };
  const text = read(many);
  assert.ok(
    text.includes("ran 1,200 times: first 1 ∂ 0.25, last 7.389 ∂ 0.1192\n\nfrom 1 … 8, ∂ from −0.5 … 0.25"),
    text,
  );
  assert.ok(!read(many, { plot: "data:," }).includes("from 1"), "the plot shows the range");
});

test("a hover on a tensor gives its shape and norms", () => {
  const value = { norm: 3.1, min: -1, max: 2, mean: 0.5, finite: true };
  const adjoint = { norm: 0.2, min: 0, max: 0.1, mean: 0.01, finite: true };
  const tensor: Hover = { ...hover, shape: [64, 32], last: { node: 3, value, adjoint } };
  const text = read(tensor);
  assert.match(text, /^‖`e`‖ = 3.1 {3}‖`∂f\/∂e`‖ = 0.2 {3}shape 64 × 32\n\n/);
  assert.ok(text.includes("| value |   −1 |   0.5 |   2 |\n| adjoint |   0 |   0.01 |   0.1 |"), text);
});

test("the status bar tells the state of the file", () => {
  const given: StatusFacts = {
    fileName: "formula.ts",
    trusted: true,
    state: "traced",
    functions: [traced],
    errors: 0,
    findings: 0,
    stale: false,
    digits: 4,
  };
  const say = (change: Partial<StatusFacts>) => status({ ...given, ...change }).text;
  assert.equal(say({}), "∇ 2.127");
  assert.equal(say({ stale: true }), "∇ 2.127 (stale)");
  assert.equal(say({ findings: 2 }), "∇ 2.127 $(warning) 2");
  assert.equal(say({ functions: [traced, { ...traced, function: "g" }] }), "∇ 2 functions");
  assert.equal(say({ state: "untraced" }), "∇ not traced");
  assert.equal(say({ state: "tracing" }), "$(loading~spin) ∇ formula.ts");
  assert.equal(say({ state: "failed", errors: 1 }), "$(error) ∇ failed");
  assert.equal(say({ trusted: false }), "$(shield) ∇ not traced");
  assert.equal(status(given).tooltip, "formula.ts, traced\nf = 2.127");
  assert.match(
    status({ ...given, stale: true, unsaved: "layers.ts" }).tooltip,
    /stale: layers\.ts, which ran with it, has changes that are not saved: save it to see their effect\.$/,
  );
});
