import assert from "node:assert/strict";
import { test } from "node:test";
import type { Diagnostic, Fix } from "../../engine/process/protocol.ts";
import { page } from "../../extension/panel/html.ts";
import { panelState, type FileFacts } from "../../extension/panel/state.ts";
import { isFromPanel, isPanelMemory } from "../../extension/panel/validate.ts";
import { pack, unpack } from "../../extension/panel/wire.ts";
import { file, summary, text, thrown, traced } from "./fixtures.ts";

const base: FileFacts = {
  path: file,
  name: "formula.ts",
  state: "untraced",
  hasModel: true,
  failure: [],
  pinned: false,
};
const trace = { id: 7, text, summary, stale: false };

test("the panel says what to do when there is nothing to show", () => {
  const reason = (facts: Parameters<typeof panelState>[0]) => {
    const state = panelState(facts);
    return state.kind === "empty" ? `${state.reason}: ${state.action?.act ?? "-"}` : state.kind;
  };
  assert.equal(reason({ trusted: true }), "no-file: setUpWorkspace");
  assert.equal(reason({ trusted: false, file: { ...base, trace } }), "untrusted: manageTrust");
  assert.equal(reason({ trusted: true, file: base }), "not-traced: retrace");
  assert.equal(reason({ trusted: true, file: { ...base, hasModel: false } }), "no-functions: -");
});

test("the panel shows the function chosen, with its signature as it was traced", () => {
  const state = panelState({ trusted: true, file: { ...base, state: "traced", trace, function: "f" } });
  assert.equal(state.kind, "ready");
  assert.equal(state.title, "f(x = 1, y = 2)");
  assert.equal(state.stale, false);
});

test("the panel tells that fixes are being tried, and shows those that help with their finding", () => {
  const fix: Fix = {
    title: "Scale the initial value of w by 0.5: ‖∂loss/∂step 1‖ 8 → 1",
    edits: [{ source: { file, line: 1, column: 23, endLine: 1, endColumn: 24 }, text: "0.5" }],
    predicted: { measure: "‖∂loss/∂step 1‖", before: 8, after: 1 },
  };
  const shown = (tryingFixes: boolean, found: Diagnostic) => {
    const functions = [{ ...traced, diagnostics: [found] }];
    const facts = { ...trace, tryingFixes, summary: { ...summary, functions } };
    const state = panelState({ trusted: true, file: { ...base, state: "traced", trace: facts } });
    return state.kind === "ready" && [state.tryingFixes, state.diagnostics[0]?.fixes?.length];
  };
  assert.deepEqual(shown(true, thrown), [true, undefined]);
  assert.deepEqual(shown(false, { ...thrown, fixes: [fix] }), [false, 1]);
});

test("the panel keeps the last good answer while a run lasts and after it failed", () => {
  const tracing = panelState({ trusted: true, file: { ...base, state: "tracing", trace } });
  assert.equal(tracing.kind, "ready");
  const failed = panelState({ trusted: true, file: { ...base, state: "failed", trace, failure: [thrown] } });
  assert.equal(failed.kind === "ready" && failed.stale && failed.failure?.message, "f threw an error: no data.");
});

test("the panel shows what went wrong where there never was an answer", () => {
  assert.equal(panelState({ trusted: true, file: { ...base, state: "tracing" } }).kind, "loading");
  const state = panelState({ trusted: true, file: { ...base, state: "failed", failure: [thrown] } });
  assert.deepEqual(state, { kind: "error", file, title: "formula.ts could not be traced", diagnostics: [thrown] });
  const { function: name, source, tape, time } = traced;
  const partly = {
    ...trace,
    summary: { ...summary, functions: [{ function: name, source, tape, time, diagnostics: [thrown] }] },
  };
  const chosen = panelState({ trusted: true, file: { ...base, state: "traced", trace: partly, function: "f" } });
  assert.equal(chosen.kind === "error" && chosen.title, "f could not be traced");
});

test("numbers that JSON has no word for survive the channel", () => {
  const message = { a: [NaN, Infinity, -Infinity, 1, "NaN"], b: { c: undefined, d: null }, e: new Float64Array([NaN]) };
  const { e, ...json } = pack(message) as typeof message;
  assert.equal(e, message.e);
  assert.deepEqual(unpack(JSON.parse(JSON.stringify(json))), {
    a: [NaN, Infinity, -Infinity, 1, "NaN"],
    b: { d: null },
  });
});

test("a message is believed only when all of it is as it should be", () => {
  const source = { file, line: 1, column: 1, endLine: 1, endColumn: 2 };
  const good = [
    { type: "ready" },
    { type: "ask", id: 1, trace: 7, method: "graph", params: { function: "f", budget: 150 } },
    { type: "ask", id: 2, trace: 7, method: "graph", params: { function: "f", budget: 150, open: ["a"], reveal: 3 } },
    { type: "save", id: 3, format: "png", name: "f", data: new Uint8Array(2) },
    { type: "reveal", trace: 7, target: { source }, focus: false },
    { type: "reveal", trace: 7, target: { function: "f", node: 3 }, focus: true },
    { type: "act", act: "retrace" },
  ];
  const bad = [
    undefined,
    null,
    "ready",
    {},
    { type: "constructor" },
    { type: "ask", id: 1, trace: 7, method: "trace", params: { file } },
    { type: "ask", id: 1, trace: 7, method: "details", params: { function: "f", node: "3" } },
    { type: "ask", id: -1, trace: 7, method: "details", params: { function: "f", node: 3 } },
    { type: "save", id: 3, format: "exe", name: "f", data: "x" },
    { type: "act", act: "workbench.action.quit" },
    { type: "reveal", trace: 7, target: {}, focus: false },
    { type: "pin", pinned: 1 },
  ];
  for (const message of good) assert.equal(isFromPanel(message), true, JSON.stringify(message));
  for (const message of bad) assert.equal(isFromPanel(message), false, JSON.stringify(message));
  assert.equal(isPanelMemory({ file, function: "f", pinned: false, view: 3 }), true);
  assert.equal(isPanelMemory({ file }), false);
});

test("the page may load and run only what the package brings", () => {
  const html = page({
    nonce: "n0",
    source: "https://assets",
    script: "main.js",
    styles: ["main.css"],
    layoutWorker: "worker.js",
  });
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)![1]!;
  assert.ok(policy.startsWith("default-src 'none'; script-src 'nonce-n0';"), policy);
  assert.doesNotMatch(policy, /unsafe/);
  assert.ok([...html.matchAll(/<(?:script|link)[^>]*>/g)].every(([tag]) => tag.includes('nonce="n0"')));
});
