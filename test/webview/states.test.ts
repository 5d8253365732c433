import assert from "node:assert/strict";
import { test } from "node:test";
import { deepSigmoid, Fixture, formula, loop, rnn } from "./fixture.ts";

const fixture = new Fixture();

test("says what is being traced and how far it is, and can stop it", async () => {
  const panel = await fixture.openState({
    state: { kind: "loading", file: "/models/pendulum.ts", function: "landing" },
  });
  await panel.page.waitForSelector("h2:has-text('Tracing pendulum.ts › landing')");
  const progress = { stage: "running", function: "landing", operations: 1_234_567 } as const;
  await panel.send({ type: "progress", progress });
  await panel.page.waitForSelector("text=Running landing: 1,234,567 operations so far");
  await panel.page.click("vscode-button:has-text('Stop')");
  assert.equal((await panel.message("act")).act, "stop");
  assert.deepEqual(panel.complaints, []);
});

test("says what is wrong and leads to the line", async () => {
  const source = { file: "/models/model.ts", line: 12, column: 3, endLine: 12, endColumn: 9 };
  const message = "A closing bracket is missing.";
  const panel = await fixture.openState({
    state: {
      kind: "error",
      file: source.file,
      title: "model.ts could not be traced",
      diagnostics: [{ code: "syntax-error", severity: "error", message, source }],
    },
  });
  await panel.page.waitForSelector(`text=${message}`);
  await panel.page.click(".link:has-text('model.ts:12:3')");
  assert.deepEqual((await panel.message("reveal")).target, { source });
});

test("says what to do when there is nothing to show", async () => {
  const panel = await fixture.openState({
    state: {
      kind: "empty",
      reason: "not-traced",
      title: "Nothing has been traced yet",
      text: "Trace formula.ts to see every value.",
      action: { label: "Trace", act: "retrace" },
    },
  });
  await panel.page.click("vscode-button:has-text('Trace')");
  assert.equal((await panel.message("act")).act, "retrace");
});

test("marks what was traced before the last edit as old, and offers to trace it again", async () => {
  const traced = await fixture.trace(formula);
  const panel = await fixture.open(formula);
  await panel.send({ type: "stale", trace: traced.id, stale: true });
  await panel.page.waitForSelector("text=Traced before the last edit.");
  assert.equal(await panel.page.evaluate(() => getComputedStyle(document.querySelector(".drawing")!).opacity), "0.6");
  await panel.page.click("vscode-button:has-text('Retrace')");
  assert.equal((await panel.message("act")).act, "retrace");
  await panel.send({ type: "stale", trace: traced.id, stale: false });
  await panel.page.waitForSelector(".notice", { state: "detached" });
});

test("names the imported file whose changes run only once they are saved", async () => {
  const traced = await fixture.trace(formula);
  const panel = await fixture.open(formula);
  await panel.send({ type: "show", state: traced.state({ stale: true, unsaved: "layers.ts" }) });
  await panel.page.waitForSelector("text=layers.ts has changes that are not saved: save it to see their effect.");
  assert.equal(await panel.page.locator("vscode-button:has-text('Retrace')").count(), 0, "that would change nothing");
  await panel.send({ type: "show", state: traced.state() });
  await panel.page.waitForSelector(".notice", { state: "detached" });
});

test("keeps what is shown while the same file is traced again, without a jump", async () => {
  const panel = await fixture.open(formula);
  const { page } = panel;
  await page.click("[data-id=n3]");
  await page.mouse.move(300, 500);
  await page.mouse.wheel(0, -200);
  await page.waitForTimeout(100);
  const before = await page.locator("[data-id=n3] > .face").boundingBox();
  const ready = (await fixture.trace(formula)).state();
  assert.ok(ready.kind === "ready");
  await panel.send({ type: "show", state: { kind: "loading", file: ready.file } });
  await panel.send({ type: "progress", progress: { stage: "running", operations: 10 } });
  await page.waitForSelector(".progress-bar");
  assert.ok(await page.isVisible(".card"));
  await panel.send({ type: "progress", progress: undefined });
  await panel.send({ type: "show", state: ready });
  await page.waitForTimeout(300);
  assert.deepEqual(await page.locator("[data-id=n3] > .face").boundingBox(), before);
  assert.ok(await page.isVisible("[data-id=n3].selected"));
});

test("finds what was selected again when an edit has moved it", async () => {
  const traced = await fixture.trace(formula);
  const changed = await fixture.engine.trace(
    formula,
    "export function f(x = 1, y = 2) {\n  const s = x * x;\n  const e = Math.exp(y / s);\n  return Math.log(x + e);\n}\n",
  );
  let current = traced;
  const panel = await fixture.openState({ state: traced.state(), answer: (ask) => current.answer(ask) });
  await panel.page.click(".card:has-text('exp')");
  await panel.page.waitForSelector("[data-id=n3].selected");
  current = changed;
  await panel.send({ type: "show", state: changed.state() });
  await panel.page.waitForSelector("[data-id=n4].selected");
  assert.deepEqual((await panel.textOf("n4")).slice(0, 2), ["e", "exp"]);
});

test("chooses another function of the file", async () => {
  const panel = await fixture.open(loop, { function: "simulate" });
  await panel.page.click("vscode-dropdown");
  await panel.page.click("vscode-option:has-text('long')");
  assert.equal((await panel.message("function")).function, "long");
});

test("names the file anew where another file's function has the same name", async () => {
  const panel = await fixture.open(formula);
  const ready = (await fixture.trace(formula)).state();
  assert.ok(ready.kind === "ready");
  await panel.page.waitForSelector("vscode-dropdown .selected-value:has-text('formula.ts › f')");
  await panel.send({ type: "show", state: { ...ready, file: "/models/other.ts", fileName: "other.ts" } });
  await panel.page.waitForSelector("vscode-dropdown .selected-value:has-text('other.ts › f')");
  assert.equal(await panel.page.locator("vscode-option").innerText(), "other.ts › f");
});

test("comes back after a reload as it was left", async () => {
  const panel = await fixture.open(formula);
  const { page } = panel;
  await page.click("[data-id=n2]");
  await page.click("text=Both");
  await page.focus(".graph");
  await page.keyboard.press("+");
  await page.waitForTimeout(100);
  const before = await page.getAttribute(".world", "transform");
  await page.reload();
  await page.waitForSelector("[data-id=n2].selected");
  await page.waitForSelector(".details h2:has-text('y / x')");
  assert.equal(await page.getAttribute(".world", "transform"), before);
  assert.equal(await page.getAttribute("vscode-button:has-text('Both')", "aria-pressed"), "true");
});

test("pins itself to its file", async () => {
  const panel = await fixture.open(formula);
  await panel.page.click("vscode-button[aria-label='Pin to this file']");
  assert.equal((await panel.message("pin")).pinned, true);
  const state = await panel.page.evaluate(() => JSON.parse(sessionStorage.getItem("state")!) as { pinned: boolean });
  assert.equal(state.pinned, true);
});

test("withdraws its questions when another function takes the place of the one asked about", async () => {
  const traced = await fixture.trace(loop);
  let asked = 0;
  const panel = await fixture.openState({
    state: traced.state({ name: "simulate" }),
    answer: (ask) => (++asked <= 2 ? new Promise(() => undefined) : traced.answer(ask)),
  });
  await panel.page.waitForTimeout(200);
  await panel.send({ type: "show", state: traced.state({ name: "long" }) });
  await panel.page.waitForSelector(".card");
  assert.equal(panel.sent.filter(({ type }) => type === "cancel").length, 2);
  assert.deepEqual(panel.complaints, []);
});

test("is fitted again when a panel that was opened narrow widens, unless somebody has moved it", async () => {
  const panel = await fixture.open(rnn, { width: 460, height: 800 });
  const { page } = panel;
  await page.setViewportSize({ width: 1400, height: 860 });
  // The data now flows to the right; the result stands at the right end of what is seen.
  await page.waitForFunction(() => document.querySelector(".graph > .caption")?.textContent.includes("→"));
  await page.waitForFunction(() => {
    const graph = document.querySelector(".graph")!.getBoundingClientRect();
    const result = document.querySelector(".card[aria-label^='error,']")!.getBoundingClientRect();
    return result.right > graph.right - 80 && result.right <= graph.right;
  });
  await page.focus(".graph");
  await page.keyboard.press("+");
  await page.waitForTimeout(100);
  const before = await page.getAttribute(".world", "transform");
  await page.setViewportSize({ width: 1300, height: 860 });
  await page.waitForTimeout(300);
  assert.equal(await page.getAttribute(".world", "transform"), before);
});

test("says that the graph is asked for and laid out, where that takes long", async () => {
  const traced = await fixture.trace(formula);
  let go = (): void => undefined;
  const held = new Promise<void>((resolve) => (go = resolve));
  const panel = await fixture.openState({
    state: traced.state(),
    answer: async (ask) => {
      if (ask.method === "graph") await held;
      return traced.answer(ask);
    },
  });
  await panel.page.waitForSelector(".busy:has-text('Asking for the graph…')");
  go();
  await panel.page.waitForSelector(".card");
  assert.equal(await panel.page.innerText(".busy"), "");
});

test("opens the groups around a node that is asked for by name, and not around the cursor's", async () => {
  const traced = await fixture.trace(deepSigmoid);
  const panel = await fixture.open(deepSigmoid);
  const [hit] = await traced.session.ask("search", { function: "surprise", query: "z", limit: 1 });
  const select = { type: "select", trace: traced.id, function: "surprise", nodes: [hit!.node] } as const;
  await panel.send(select);
  await panel.page.waitForSelector(".group.closed.selected");
  await panel.send({ ...select, reveal: true });
  await panel.page.waitForSelector(".card.selected[aria-label^='z,']");
});
