import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { byteAxis } from "../../webview/memory/scale.ts";
import { deepSigmoid, digits, Fixture, formula } from "./fixture.ts";
import type { OpenPanel } from "./harness.ts";

const fixture = new Fixture();

/** With the tab open, and the answer there. */
async function openMemory(file: string, options: Parameters<Fixture["open"]>[1] = {}): Promise<OpenPanel> {
  const panel = await fixture.open(file, options);
  await panel.page.click("#memory-tab");
  await panel.page.waitForSelector(".memory .peaks .peak");
  return panel;
}

/** Why the engine says that each line is kept. */
async function reasonsIn(file: string): Promise<string[][]> {
  const { session } = await fixture.trace(file);
  const report = await session.ask("memory", { function: session.summary.functions[0]!.function });
  assert.ok(!("refused" in report), "there is a report");
  return report.lines.map(({ reasons }) => reasons.map(({ text }) => text.replaceAll("`", "")));
}

function cellsOf(page: Page, table: string): Promise<string[][]> {
  return page.$$eval(`${table} .row:not(.head)`, (rows) =>
    rows.map((row) => [...row.children].map((cell) => cell.textContent)),
  );
}

test("the memory is asked for when its tab is opened, and not before", async () => {
  const panel = await fixture.open(deepSigmoid);
  const asked = () => panel.sent.filter((message) => message.type === "ask" && message.method === "memory").length;
  await panel.page.click("#flow-tab");
  await panel.page.waitForSelector(".flow-table .row:nth-child(3)");
  assert.equal(asked(), 0);
  await panel.page.click("#memory-tab");
  await panel.page.waitForSelector(".memory-lines .row:nth-child(3)");
  await panel.page.click("#steps-tab");
  await panel.page.click("#memory-tab");
  assert.equal(asked(), 1);
  await panel.page.reload();
  await panel.page.waitForSelector(".memory-lines .row:nth-child(3)");
  assert.deepEqual(panel.complaints, []);
});

test("three peaks with their lines, the course of the bytes, and what is kept line by line", async () => {
  const { page, complaints } = await openMemory(deepSigmoid);
  assert.equal(
    await page.innerText(".memory-head"),
    "1.4 MB kept for the backward pass; parameters 183 KB, data 67 KB",
  );
  assert.equal(await page.getAttribute(".memory-head", "title"), "1,386,496 bytes in 43 values");
  assert.deepEqual(
    await page.$$eval(".peak", (peaks) =>
      peaks.map((peak) => (peak as HTMLElement).innerText.split(/\s*\n\s*/).join(" ")),
    ),
    ["inference 66 KB line 24", "forward 1.4 MB line 29", "backward 1.4 MB line 27"],
  );
  // Two activations of 128 × 32 are alive at a time, and 42 of them with the scores are kept.
  assert.equal(
    await page.getAttribute(".peak.inference", "title"),
    "Peak of inference, where nothing is kept, at sigmoid: 65,536 bytes",
  );
  assert.equal(await page.getAttribute(".memory-lines .row:nth-child(2) .bytes > span", "title"), "655,360 bytes");
  for (const pass of ["inference", "forward", "backward"])
    assert.equal(await page.locator(`.course-plot .curve.${pass}`).count(), 1);
  const because = (await reasonsIn(deepSigmoid)).map(
    ([first, ...others]) => first! + ["", " and 1 other", " and 2 others"][others.length]!,
  );
  assert.match(because[0]!, /^sigmoid on line 27 reads its input$/);
  assert.deepEqual(await cellsOf(page, ".memory-lines"), [
    ["655 KB", "", "z", "26", "×20", "128 × 32", because[0]],
    ["655 KB", "", "h", "27", "×20", "128 × 32", because[1]],
    ["33 KB", "", "matmul(images, first)", "24", "×1", "128 × 32", because[2]],
    ["33 KB", "", "h", "24", "×1", "128 × 32", because[3]],
    ["10 KB", "", "matmul(h, last)", "29", "×1", "128 × 10", because[4]],
  ]);
  assert.deepEqual(complaints, []);
});

test("a line is one selection: row, group or card, source and details", async () => {
  const panel = await openMemory(deepSigmoid);
  const { page } = panel;
  await page.click(".memory-lines .row:nth-child(3)"); // h = sigmoid(z), line 27
  await page.waitForSelector(".group.closed.selected:has-text('turns 1 … 20')");
  const { target } = await panel.message("reveal");
  assert.ok("node" in target);
  await page.waitForSelector(".details h2:text-is('h')");
  const details = page.locator(".details");
  assert.match(await details.innerText(), /deep-sigmoid\.ts:27:9 · sigmoid/);
  const kept = await page.locator(".details h3:text-is('Kept for the backward pass') ~ *").allInnerTexts();
  assert.deepEqual(kept[0]!.split(/\s*\n\s*/), ["20 values", "655 KB"]);
  const because = (await reasonsIn(deepSigmoid))[1]!;
  assert.equal(because.length, 3);
  assert.deepEqual(kept[1]!.split("\n"), because);
  // What reads it is a step away.
  await page.click(".details button:has-text('matmul on line 29')");
  await page.waitForSelector(".memory-lines .row.selected:has-text('matmul(h, last)')");
  // From the graph: a card of the expression marks its row.
  await page.click(".card:has-text('matmul(images, first)')");
  await page.waitForSelector(".memory-lines .row.selected:has-text('matmul(images, first)')");
  assert.equal(await page.locator(".memory-lines .row.selected").count(), 1);
});

test("another turn of a line's expression marks the line as well", async () => {
  const panel = await openMemory(deepSigmoid);
  const { page } = panel;
  const traced = await fixture.trace(deepSigmoid);
  const nodes = await traced.session.ask("nodes", { function: "surprise" });
  const last = nodes.findLast(({ op }) => op === "sigmoid")!;
  await panel.send({ type: "select", trace: traced.id, function: "surprise", nodes: [last.id] });
  await page.waitForSelector(".memory-lines .row.selected");
  assert.equal(await page.innerText(".memory-lines .row.selected .line"), "27");
});

test("peaks are selected from their names and from the plot", async () => {
  const { page } = await openMemory(formula);
  await page.click(".peak.backward");
  await page.waitForSelector(".card.selected:has-text('y / x')");
  await page.waitForSelector(".peak.backward.selected");
  assert.equal(await page.locator(".peak-dot.backward.selected").count(), 1);
  await page.click(".peak-dot.forward .dot");
  await page.waitForSelector(".card.selected:has-text('log')");
});

test("the tables and the plot are gone through with the keyboard", async () => {
  const panel = await openMemory(deepSigmoid);
  const { page } = panel;
  await page.focus(".memory-lines");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.waitForSelector(".memory-lines .row:nth-child(3).selected");
  const active = await page.getAttribute(".memory-lines", "aria-activedescendant");
  assert.equal(await page.getAttribute(".memory-lines .row:nth-child(3)", "id"), active);
  await page.keyboard.press("Enter");
  // What is selected is marked in the editor a moment later; the keyboard stays here.
  let gone: Extract<OpenPanel["sent"][number], { type: "reveal" }> | undefined;
  for (let from = 0; gone?.focus !== true; from = panel.sent.indexOf(gone) + 1)
    gone = await panel.message("reveal", from);
  assert.ok("source" in gone.target && gone.target.source.line === 27, "Enter goes to the editor");
  await page.keyboard.press("End");
  await page.waitForSelector(".memory-lines .row.selected:has-text('matmul(h, last)')");
  await page.focus(".course-figure");
  await page.keyboard.press("Home");
  assert.equal(
    await page.getAttribute(".course-figure", "aria-valuetext"),
    "2 % through the forward pass: 33 KB alive",
  );
  await page.keyboard.press("End");
  assert.match(await page.innerText(".memory-head"), /^100 % through the backward pass: \d+ KB alive$/);
  await page.focus("#memory-tab");
  assert.match(await page.innerText(".memory-head"), /^1\.4 MB kept/);
  await page.focus(".switch button[aria-checked=true]");
  await page.keyboard.press("ArrowRight");
  await page.waitForSelector(".memory-scopes .row:nth-child(2)");
  assert.equal(await page.isVisible(".memory-lines"), false);
});

const nested = `function force(x: number) {
  return Math.sin(x) * x;
}

export function f(x = 0.5) {
  for (let i = 0; i < 40; i++) {
    for (let j = 0; j < 8; j++) x = x + 0.1 * force(x);
    x = Math.cos(x);
  }
  return x;
}
`;

test("a scope selects its group, also where that stands in a closed one, and a group its scope", async () => {
  const { page } = await fixture.openText(nested);
  await page.click("#memory-tab");
  await page.click(".switch button:text-is('Scopes')");
  const scopes = await cellsOf(page, ".memory-scopes");
  assert.deepEqual(
    scopes.map(([bytes, , label, line]) => [bytes, label, line]),
    [
      ["5.4 KB", "i = 0 … 39 ×40", "6"],
      ["5.1 KB", "j = 0 … 7 ×320", "7"],
      ["2.6 KB", "force ×320", "1"],
    ],
  );
  assert.deepEqual(
    await page.$$eval(".memory-scopes .row:not(.head)", (rows) => rows.map((row) => row.getAttribute("aria-level"))),
    ["1", "2", "3"],
  );
  // The inner loop runs in each turn of the outer one, which opens: no smaller group holds all of it.
  await page.click(".group.open > text >> nth=0");
  await page.click(".details vscode-button:text-is('Close group')");
  await page.waitForSelector(".group.open", { state: "detached" });
  await page.click(".memory-scopes .row:has-text('j = 0 … 7')");
  await page.waitForSelector(".group.open.selected:has-text('i = 0 … 39')");
  assert.deepEqual(await page.locator(".memory-scopes .row.selected .label").allInnerTexts(), ["j = 0 … 7 ×320"]);

  const deep = await openMemory(deepSigmoid);
  await deep.page.click(".switch button:text-is('Scopes')");
  await deep.page.click(".group.closed:has-text('turns 1 … 20')");
  await deep.page.waitForSelector(".memory-scopes .row.selected:has-text('turns 1 … 20')");
  const from = deep.sent.length;
  await deep.page.click(".card:has-text('first')");
  await deep.page.waitForSelector(".memory-scopes .row.selected", { state: "detached" });
  await deep.page.click(".memory-scopes .row:nth-child(2)");
  await deep.page.waitForSelector(".group.closed.selected:has-text('turns 1 … 20')");
  await deep.page.waitForSelector(".details h2:text-is('turns 1 … 20')");
  assert.ok(deep.sent.slice(from).some((message) => message.type === "reveal"));
});

test("what each policy keeps and costs, with the code to write", async () => {
  const panel = await openMemory(digits);
  const { page } = panel;
  await page.click(".switch button:text-is('Checkpointing')");
  const rows = await cellsOf(page, ".memory-checkpoints");
  assert.deepEqual(rows[0], ["as it is", "1.1 MB", "", "1.5 MB", "–"]);
  assert.deepEqual(rows[1], ["scores · digits.ts:28:1"]);
  assert.deepEqual(
    rows.find(([policy]) => policy === "keep nothing"),
    ["keep nothing", "144 KB", "", "1.5 MB", "86 %", "checkpoint(scores)"],
  );
  const row = page.locator(".memory-checkpoints .row", { hasText: "keep nothing" });
  assert.match(
    (await row.getAttribute("title"))!,
    /^Keeps 144 KB in place of 1\.1 MB; .* computes 86 % of the forward pass again\.$/,
  );
  await row.locator(".copy").click();
  assert.equal((await panel.message("copy")).text, "checkpoint(scores)");
  await row.locator(".copy .codicon-check").waitFor();
  await row.locator(".copy .codicon-copy").waitFor();
  const from = panel.sent.length;
  await page.click(".memory-checkpoints .row.scope button");
  const { target } = await panel.message("reveal", from);
  assert.equal("source" in target && target.source.line, 28);
  assert.deepEqual(panel.complaints, []);
});

test("of a model that can be trained, what its compiled steps take", async () => {
  const { page } = await openMemory(digits, { function: "digits" });
  assert.match(await page.innerText(".peaks .compiled"), /^compiled, in float32: \d+ KB to evaluate, \d+ KB to train$/);
});

test("where nothing is kept, or no backward pass goes, it says so", async () => {
  const { page } = await fixture.openText("export function plus(x = 1) {\n  return x + 1;\n}\n");
  await page.click("#memory-tab");
  await page.waitForSelector(".memory-lines:has-text('needs none of the values that the forward pass computes')");
  assert.match(await page.innerText(".memory-head"), /^0 B kept for the backward pass/);
  await page.click(".switch button:text-is('Scopes')");
  await page.waitForSelector(".memory-scopes:has-text('This function has one at most.')");
  await page.click(".switch button:text-is('Checkpointing')");
  await page.waitForSelector(".memory-checkpoints:has-text('nothing that a checkpoint could save')");

  const panel = await fixture.openText("export function none(x = 1) {\n  return 2;\n}\n");
  await panel.page.click("#memory-tab");
  await panel.page.waitForSelector(".memory:has-text('none does not depend on its parameters')");
  await panel.page.click(".memory button:text-is('formula.ts:1:17')");
  const { target, focus } = await panel.message("reveal");
  assert.ok("source" in target && target.source.line === 1 && focus);
});

test("a trace that is too long is refused with what to do", async () => {
  const text =
    "export function long(x = 1) {\n  for (let i = 0; i < 120_000; i++) x = Math.sin(x) + 1;\n  return x;\n}\n";
  const { page } = await fixture.openText(text);
  await page.click("#memory-tab");
  await page.waitForSelector(".memory:has-text('values; memory is worked out for up to 200,000')");
});

test("an engine that does not answer is told of, and asked again", async () => {
  const traced = await fixture.trace(formula);
  let failing = true;
  const panel = await fixture.openState({
    state: traced.state(),
    answer: (ask) =>
      ask.method === "memory" && failing ? Promise.reject(new Error("The engine has ended.")) : traced.answer(ask),
  });
  const { page } = panel;
  await page.waitForSelector(".card");
  await page.click("#memory-tab");
  await page.waitForSelector(".memory:has-text('The engine has ended.')");
  failing = false;
  await page.click("#steps-tab");
  await page.click("#memory-tab");
  await page.waitForSelector(".memory-lines .row:nth-child(2)");
});

test("a newer trace takes the older one's place, and nothing jumps", async () => {
  const before = await fixture.trace(formula);
  const after = await fixture.engine.trace(formula);
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const panel = await fixture.openState({
    state: before.state(),
    answer: async (ask) => {
      if (ask.trace === before.id) return before.answer(ask);
      if (ask.method === "memory") await held;
      return after.answer(ask);
    },
  });
  const { page } = panel;
  await page.waitForSelector(".card");
  await page.click("#memory-tab");
  await page.waitForSelector(".memory-lines .row:nth-child(4)");
  await panel.send({ type: "show", state: after.state() });
  await page.waitForSelector(".memory.waiting .memory-lines .row:nth-child(4)");
  release();
  await page.waitForSelector(".memory:not(.waiting) .memory-lines .row:nth-child(4)");
  after.dispose();
});

test("the command opens the tab, also before there is a trace and from the forward mode", async () => {
  const traced = await fixture.trace(formula);
  const panel = await fixture.openState({
    state: { kind: "loading", file: "formula.ts" },
    answer: traced.answer,
  });
  const { page } = panel;
  await page.waitForSelector("body[data-showing=screen]");
  await panel.send({ type: "command", command: "memory" });
  await panel.send({ type: "show", state: traced.state() });
  await page.waitForSelector(".memory-lines .row:nth-child(4)");
  await page.click("vscode-button:text-is('Forward')");
  await page.waitForSelector(".memory", { state: "hidden" });
  await panel.send({ type: "command", command: "memory" });
  await page.waitForSelector(".memory-lines .row:nth-child(4)");
  assert.equal(await page.getAttribute("#memory-tab", "aria-selected"), "true");
});

test("narrow, everything stands one below the other and within the width", async () => {
  const { page } = await openMemory(deepSigmoid, { width: 400, height: 800 });
  for (const name of ["Lines", "Scopes", "Checkpointing"]) {
    await page.click(`.switch button:text-is('${name}')`);
    for (const width of [400, 260]) {
      await page.setViewportSize({ width, height: 800 });
      const outside = await page.$$eval(
        ".memory :is(.peak, .switch button, .row > span, .copy)",
        (parts, most) =>
          parts
            .map((part) => part.getBoundingClientRect())
            .filter(({ left, right, width: own }) => own > 0 && (left < 0 || right > most)).length,
        width,
      );
      assert.equal(outside, 0, `${name} at ${String(width)} px`);
    }
  }
  assert.equal(await page.isVisible(".details"), false);
});

test("the axis of bytes ends above the peak in few round steps", () => {
  assert.deepEqual(byteAxis(1_444_360, 4).ticks, [0, 500_000, 1_000_000, 1_500_000]);
  assert.deepEqual(byteAxis(48, 4).ticks, [0, 20, 40]);
  assert.deepEqual(byteAxis(0, 4).ticks, [0, 1]);
  for (const bytes of [1, 7, 999, 12_345, 8.1e9]) {
    const { high, ticks } = byteAxis(bytes, 4);
    assert.ok(high >= bytes && ticks.length >= 2 && ticks.length <= 6, `${String(bytes)}: ${ticks.join(" ")}`);
  }
});
