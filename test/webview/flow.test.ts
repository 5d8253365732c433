import assert from "node:assert/strict";
import { test } from "node:test";
import { findAgain, markOf } from "../../webview/findings/finding.ts";
import { countAxis, decadeAxis, powerText } from "../../webview/flow/scale.ts";
import { layersAt, linesText, normText } from "../../webview/flow/stations.ts";
import type { FlowReport } from "../../engine/process/protocol.ts";
import { deepSigmoid, digits, Fixture, formula, loop, rnn } from "./fixture.ts";

const fixture = new Fixture();

test("a finding's flow: a row for each layer from the result back, with its lines, norm and ratio", async () => {
  const { page, complaints } = await fixture.open(deepSigmoid);
  await page.click(".findings-count");
  await page.waitForSelector(".flow-table .row:nth-child(21)");
  const rows = await page.$$eval(".flow-table .row:not(.head)", (all) =>
    all.map((row) => [...row.children].map((cell) => cell.textContent)),
  );
  assert.equal(rows.length, 20);
  assert.deepEqual(rows[0], ["20", "26, 27", "0.1017", ""]);
  assert.equal(rows[1]![0], "19");
  assert.match(rows[1]![3]!, /^0\.2\d+$/);
  assert.match(rows[19]![2]!, /e-13$/);
  assert.equal(await page.locator(".flow-table .worst").innerText(), rows[19]![2]);
  assert.equal(await page.locator(".flow-table .responsible").first().innerText(), "27");
  assert.equal(await page.locator(".flow .flow-plot .point").count(), 20);
  assert.equal(await page.locator(".flow .flow-plot .chance").count(), 1);
  assert.equal(await page.locator(".flow .flow-plot .strip text").textContent(), "line 27");
  assert.equal(
    await page.innerText(".flow-head"),
    "20 layers, ×0.2336 a layer, ×1.005e-12 from the last back to the first",
  );
  assert.deepEqual(complaints, []);
});

test("a layer is one selection: row, point, card or group, and source", async () => {
  const panel = await fixture.open(deepSigmoid);
  const { page } = panel;
  await page.click(".findings-count");
  await page.waitForSelector(".group.open:has-text('turns 1 … 20')");
  await page.click(".flow-table .row:nth-child(8)"); // layer 14
  await page.waitForSelector(".group.closed.selected:has-text('13 … 14')");
  assert.equal(await page.innerText(".flow-table .row.selected .number"), "14");
  assert.equal(await page.locator(".flow .flow-plot .selected-point").count(), 1);
  assert.match(
    await page.innerText(".flow-head"),
    /^layer 14: ‖v̄‖ 1\.693e-5, ×0\.2\d+ of the layer after it, lines 26, 27$/,
  );
  const { target } = await panel.message("reveal");
  assert.ok("node" in target || "source" in target);
  await page.waitForSelector(".details .back");
  // The other way round: a group in the graph marks its layers.
  await page.click(".group.closed:has-text('5 … 6') .face");
  await page.waitForSelector(".flow-table .row.selected:has-text('6')");
  assert.deepEqual(await page.locator(".flow-table .row.selected .number").allInnerTexts(), ["6", "5"]);
});

test("the plot is gone through with the keyboard, and says where it stands", async () => {
  const { page } = await fixture.open(deepSigmoid);
  await page.click(".findings-count");
  await page.waitForSelector(".flow .flow-plot .point");
  await page.focus(".flow .flow-figure");
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowLeft");
  assert.equal(await page.getAttribute(".flow .flow-figure", "aria-valuenow"), "19");
  assert.match((await page.getAttribute(".flow .flow-figure", "aria-valuetext"))!, /^layer 19: ‖v̄‖ 0\.02471/);
  await page.keyboard.press("Home");
  assert.equal(await page.innerText(".flow-table .row.selected .number"), "1");
  await page.focus(".flow-table");
  await page.keyboard.press("ArrowUp");
  assert.equal(await page.innerText(".flow-table .row.selected .number"), "2");
});

test("the pointer on a row lights the layer up in plot and graph", async () => {
  const { page } = await fixture.open(deepSigmoid);
  await page.click(".findings-count");
  await page.waitForSelector(".group.open:has-text('turns 1 … 20')");
  await page.hover(".flow-table .row:nth-child(3)");
  await page.waitForSelector(".group.closed.hovered:has-text('19 … 20')");
  assert.equal(await page.locator(".flow .flow-plot .hovered-point").count(), 1);
  assert.match(await page.innerText(".flow-head"), /^layer 19:/);
  await page.mouse.move(5, 5);
  await page.waitForSelector(".hovered", { state: "detached" });
});

test("a gradient that explodes is plotted along time", async () => {
  const { page } = await fixture.open(rnn);
  await page.click(".findings-count");
  await page.waitForSelector(".finding-details h2:text-is('Exploding gradient')");
  assert.equal(await page.locator(".flow-table .row:not(.head)").count(), 60);
  assert.equal(await page.locator(".flow .flow-plot .title").textContent(), "step (first → last)");
  assert.equal(await page.locator(".flow .flow-plot .chance").count(), 0, "of steps nothing is known");
});

test("thousands of steps stay legible", async () => {
  const { page } = await fixture.open(loop, { function: "simulate" });
  await page.click(".findings-count");
  await page.waitForSelector(".flow .flow-plot .curve");
  assert.equal(await page.locator(".flow .flow-plot .point").count(), 0, "the points would touch");
  const labels = await page.locator(".flow .flow-plot text.middle:not(.title)").allTextContents();
  assert.deepEqual([labels[0], labels.at(-1)], ["1", "3,000"]);
  assert.ok(labels.length < 24 && (await page.locator(".flow-table .row").count()) < 520);
  assert.match(await page.innerText(".flow-table .row:last-child .norm"), /e-120$/);
});

test("of a healthy model the flow is asked for when somebody looks", async () => {
  const panel = await fixture.open(digits);
  const { page } = panel;
  assert.ok(!panel.sent.some((message) => message.type === "ask" && message.method === "flow"));
  await page.click("#flow-tab");
  await page.waitForSelector(".flow-table .row:nth-child(3)");
  assert.match(await page.innerText(".flow-head"), /^2 layers, ×0\.9739 a layer$/);
  assert.equal(await page.locator(".flow .flow-plot .strip, .worst, .responsible").count(), 0, "nothing is to blame");
  await page.reload();
  await page.waitForSelector(".flow-table .row:nth-child(3)");
});

test("a function without layers or steps says so", async () => {
  const { page } = await fixture.open(formula);
  await page.click("#flow-tab");
  await page.waitForSelector(".flow:has-text('This function has none.')");
  await page.keyboard.press("ArrowRight");
  await page.waitForSelector("#steps-tab[aria-selected=true]");
  assert.ok(await page.isVisible(".step-table"));
});

test("narrow, details, flow and steps share one place, and the toolbar can be reached", async () => {
  const { page } = await fixture.open(deepSigmoid, { width: 400, height: 800 });
  await page.click(".findings-count");
  await page.waitForSelector(".finding-details");
  assert.equal(await page.isVisible(".flow"), false);
  await page.waitForSelector(".finding-details .flow-plot .point");
  await page.click("#flow-tab");
  await page.waitForSelector(".flow .flow-plot .point");
  assert.equal(await page.isVisible(".details"), false);
  for (const width of [400, 230]) {
    await page.setViewportSize({ width, height: 800 });
    const outside = await page.$$eval(
      ".toolbar vscode-button, .toolbar vscode-dropdown, .toolbar vscode-text-field, .findings-count",
      (controls, most) =>
        controls
          .map((control) => control.getBoundingClientRect())
          .filter(({ left, right, width: own }) => own > 0 && (left < 0 || right > most)).length,
      width,
    );
    assert.equal(outside, 0, `at ${String(width)} px`);
  }
});

test("axes have round ends and few labels", () => {
  const axis = decadeAxis([-12.99, -0.99], 6);
  assert.deepEqual(
    axis.ticks,
    [-12, -10, -8, -6, -4, -2].filter((x) => axis.ticks.includes(x)),
  );
  assert.ok(axis.ticks.length >= 3 && axis.ticks.length <= 7);
  const flat = decadeAxis([-1.65, -1.64], 6);
  assert.ok(flat.high - flat.low >= 2, "a flat line is not blown up");
  assert.deepEqual(decadeAxis([-Infinity, NaN], 5).ticks.length > 0, true);
  assert.deepEqual(countAxis(1, 20, 5), [1, 5, 10, 15, 20]);
  assert.deepEqual(countAxis(1, 3000, 6), [1, 1000, 2000, 3000]);
  assert.deepEqual(countAxis(4, 4, 6), [4]);
  assert.deepEqual([0, -12, 5].map(powerText), ["1", "1e-12", "1e5"]);
});

test("norms beyond what a number holds are written out, and lines in runs", () => {
  assert.equal(normText(-400.5, 3), "3.16e-401");
  assert.equal(normText(-2, 3), "0.01");
  assert.equal(linesText([12, 13, 14]), "12–14");
  assert.equal(linesText([12, 14]), "12, 14");
});

test("a node belongs to the layer that ends with it or after it, a group to those that end in it", () => {
  const layer = (label: string, node: number) => ({ label, node, lines: [], log10Norm: 0 });
  const report = {
    layers: [layer("layer 1", 12), layer("layer 2", 14), layer("layer 3", 16)],
  } as unknown as FlowReport;
  const at = (node: number) => layersAt(report, node);
  assert.deepEqual([10, 11, 12, 13, 14, 16, 17].map(at), [[], [0], [0], [1], [1], [2], []]);
  assert.deepEqual(layersAt(report, 13, 16), [1, 2]);
});

test("findings on one line are told apart, and found again where an edit has moved them", () => {
  const found = (code: string, line: number, message: string) =>
    ({
      code,
      severity: "warning",
      message,
      source: { file: "m.ts", line, column: 1, endLine: line, endColumn: 2 },
    }) as const;
  const before = [found("dead-relu", 4, "a"), found("dead-relu", 4, "b"), found("non-finite", 9, "c")];
  assert.deepEqual(
    before.map((each) => findAgain(before, markOf(each))),
    [0, 1, 2],
  );
  const after = [found("non-finite", 12, "c′"), found("dead-relu", 2, "a′"), found("dead-relu", 7, "b′")];
  assert.deepEqual(
    before.map((each) => findAgain(after, markOf(each))),
    [1, 1, 0],
  );
  assert.equal(findAgain([], markOf(before[0]!)), -1);
});
