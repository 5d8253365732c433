import assert from "node:assert/strict";
import { test } from "node:test";
import { Fixture, formula, loop } from "./fixture.ts";

const fixture = new Fixture();

test("shows the pass at each step: what is reached, what has arrived so far, what not", async () => {
  const panel = await fixture.open(formula);
  const { page } = panel;
  const textOf = (id: string) => panel.textOf(id);
  await page.click("vscode-button[aria-label='To the start of the pass']");
  assert.deepEqual(await textOf("n5"), ["f", "log", "2.127", "·"]);
  await page.focus(".graph");
  await page.keyboard.press(".");
  await page.waitForSelector("[data-id=n5].current");
  assert.deepEqual(await textOf("n5"), ["f", "log", "2.127", "1"]);
  assert.deepEqual(await textOf("n4"), ["x + e", "add", "8.389", "·"]);
  await page.keyboard.press(".");
  await page.keyboard.press(".");
  await page.waitForSelector("[data-id=n4].current");
  assert.equal(await page.textContent(".badge"), "step 3 of 5");
  assert.deepEqual(await textOf("n0"), ["x", "input", "1", "0.1192 …"], "of x̄, what came from x + e");
  assert.deepEqual(await textOf("n1"), ["y", "input", "2", "·"]);
  assert.equal(await page.locator(".edge.carries").count(), 3);
  await page.keyboard.press(".");
  await page.keyboard.press(".");
  await page.waitForSelector("[data-id=n2].current");
  assert.deepEqual(await textOf("n0"), ["x", "input", "1", "−1.642"]);
  await page.keyboard.press(",");
  await page.waitForSelector("[data-id=n3].current");
  assert.deepEqual(await textOf("n0"), ["x", "input", "1", "0.1192 …"]);
});

test("writes each step with its rule, its line and what it adds", async () => {
  const panel = await fixture.open(formula);
  await panel.page.waitForSelector(".rows .row:nth-child(5)");
  const rows = await panel.page.$$eval(".rows .row", (all) =>
    all.map((row) => [...row.children].map((cell) => [...cell.childNodes].map((part) => part.textContent).join(" "))),
  );
  assert.deepEqual(rows, [
    ["1", "f̄ = 1", "3", "1"],
    ["2", "v̄(x + e) += f̄ · 1/(x + e)", "3", "0.1192"],
    ["3", "x̄ += v̄(x + e) · 1   ē += v̄(x + e) · 1", "3", "0.1192 0.1192"],
    ["4", "v̄(y / x) += ē · e", "2", "0.8808"],
    ["5", "ȳ += v̄(y / x) · 1/x   x̄ −= v̄(y / x) · y/x²", "2", "0.8808 −1.762"],
  ]);
});

test("goes to the step that is clicked and selects its node", async () => {
  const panel = await fixture.open(formula);
  await panel.page.click(".rows .row:nth-child(4)");
  await panel.page.waitForSelector("[data-id=n3].current.selected");
  await panel.page.waitForSelector(".details h2:has-text('e')");
  assert.equal(await panel.page.innerText(".player .count"), "4 / 5");
  await panel.page.focus(".scroller");
  await panel.page.keyboard.press("End");
  await panel.page.waitForSelector("[data-id=n2].current");
});

test("keeps a handful of rows of twelve thousand steps in the page, and fetches what is scrolled to", async () => {
  const panel = await fixture.open(loop, { function: "simulate" });
  const { page } = panel;
  await page.waitForSelector(".rows .row");
  assert.ok((await page.locator(".rows .row").count()) < 40);
  assert.equal(await page.getAttribute(".step-table", "aria-rowcount"), "12003");
  await page.evaluate(() => {
    const scroller = document.querySelector(".scroller")!;
    scroller.scrollTop = scroller.scrollHeight;
  });
  await page.waitForSelector(".row[aria-rowindex='12003'] .rule:has-text('+=')");
  assert.ok((await page.locator(".rows .row").count()) < 40);
});

test("selects the row of a node that stands far into the pass", async () => {
  const panel = await fixture.open(loop, { function: "simulate" });
  await panel.send({ type: "select", trace: (await fixture.trace(loop)).id, function: "simulate", nodes: [7] });
  await panel.page.waitForSelector(".rows .row.selected");
  assert.match((await panel.page.getAttribute(".rows .row.selected", "aria-rowindex")) ?? "", /^(119|120)\d\d$/);
  await panel.page.waitForSelector(".group.selected");
});

test("plays the pass to its end and can be stopped", async () => {
  const panel = await fixture.open(formula);
  const { page } = panel;
  await page.click("vscode-button:has-text('Play')");
  await page.waitForSelector(".player:has-text('Pause')");
  await page.waitForSelector(".badge:has-text('step 2 of 5')");
  await page.focus(".graph");
  await page.keyboard.press(" ");
  await page.waitForSelector(".player:has-text('Play')");
  const stopped = await page.innerText(".player .count");
  await page.waitForTimeout(900);
  assert.equal(await page.innerText(".player .count"), stopped);
  await page.keyboard.press(" ");
  await page.waitForSelector(".player .count:has-text('5 / 5')");
  await page.waitForSelector(".player:has-text('Play')");
});

test("obeys the commands of the extension", async () => {
  const panel = await fixture.open(formula);
  await panel.send({ type: "command", command: "stepBack" });
  await panel.page.waitForSelector(".player .count:has-text('4 / 5')");
  await panel.send({ type: "command", command: "stepForward" });
  await panel.page.waitForSelector(".player .count:has-text('5 / 5')");
  await panel.send({ type: "command", command: "search" });
  assert.equal(await panel.page.evaluate(() => document.activeElement?.localName), "vscode-text-field");
});
