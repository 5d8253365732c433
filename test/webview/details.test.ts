import assert from "node:assert/strict";
import { test } from "node:test";
import { Fixture, formula, loop, network } from "./fixture.ts";

const fixture = new Fixture();

test("begins with the function: its value and its gradient", async () => {
  const panel = await fixture.open(formula);
  const text = await panel.page.innerText(".details");
  assert.match(text, /f\(x = 1, y = 2\)/);
  assert.match(text, /value\s+2\.126928/);
  assert.match(text, /∂\/∂x\s+−1\.642391/);
  assert.match(text, /∂\/∂y\s+0\.8807971/);
});

test("tells a node's rule in letters and figures, where its adjoint comes from, and its source", async () => {
  const panel = await fixture.open(formula);
  await panel.page.click("[data-id=n2]");
  await panel.page.waitForSelector(".details h2:has-text('y / x')");
  const lines = await panel.page.$$eval(".rule > div", (divs) => divs.map((div) => div.textContent));
  assert.deepEqual(lines, [
    "v = a/b",
    "ā += v̄ · 1/b",
    "b̄ −= v̄ · a/b²",
    "here v is y / x, a is y, b is x",
    "ȳ += 0.8808 · 1/1 = 0.8808",
    "x̄ −= 0.8808 · 2/1² = 1.762",
  ]);
  assert.equal(await panel.page.innerText(".excerpt mark"), "y / x");
  await panel.page.click("[data-id=n0]");
  await panel.page.waitForSelector("h3:has-text('Where x̄ comes from')");
  const sum = await panel.page.$$eval(".contributions tr", (rows) =>
    rows.map((row) => [...row.children].map((cell) => cell.textContent)),
  );
  assert.deepEqual(
    [
      sum
        .slice(0, -1)
        .map((row) => row.at(-1))
        .sort(),
      sum.at(-1)?.at(-1),
    ],
    [["+0.1192", "−1.7616"], "−1.6424"],
  );
});

test("goes to a node named in the sum, wherever it stands", async () => {
  const panel = await fixture.open(loop, { function: "simulate" });
  const { id: trace } = await fixture.trace(loop);
  await panel.send({ type: "select", trace, function: "simulate", nodes: [0] });
  await panel.page.waitForSelector(".contributions .link");
  const before = await panel.page.locator(".card").count();
  await panel.page.locator(".contributions .link").first().click();
  await panel.page.waitForSelector(".card.selected:not([data-id=n0])");
  assert.ok((await panel.page.locator(".card").count()) > before, "the groups around it are open");
});

test("goes to the source from a link", async () => {
  const panel = await fixture.open(formula);
  await panel.page.click("[data-id=n3]");
  await panel.page.click(".details .link:has-text('formula.ts:2:13')");
  for (let i = 0; i < 50 && !panel.sent.some((message) => message.type === "reveal" && message.focus); i++) {
    await panel.page.waitForTimeout(20);
  }
  const link = panel.sent.find((message) => message.type === "reveal" && message.focus);
  assert.ok(link?.type === "reveal" && "source" in link.target && link.target.source.line === 2);
});

test("tells a tensor's figures, and its elements when asked", async () => {
  const panel = await fixture.open(network);
  const { page } = panel;
  await page.click(".card:has-text('w1')");
  await page.waitForSelector(".details h2:text-is('w1')");
  assert.match(await page.innerText(".details"), /input · 12 × 24/);
  assert.equal(await page.locator("figure.histogram").count(), 2);
  await page.click("text=Show elements >> nth=1");
  await page.waitForSelector(".elements.adjoint .cell:not(.index)");
  const [first] = await page.$$eval(".elements.adjoint .cell:not(.index)", (cells) =>
    cells.map((cell) => cell.getAttribute("title")),
  );
  const { session } = await fixture.trace(network);
  const { data } = await session.ask("tensor", { function: "loss", node: 0, of: "adjoint" });
  assert.equal(first, `[0, 0] ${String(data[0]).replace("-", "−")}`);
  await page.evaluate(() => {
    const elements = document.querySelector(".elements")!;
    elements.scrollTop = elements.scrollHeight;
    elements.scrollLeft = elements.scrollWidth;
  });
  await page.waitForSelector(`.cell[title="[11, 23] ${String(data.at(-1)).replace("-", "−")}"]`);
  assert.deepEqual(panel.complaints, []);
});

test("tells what goes in and out of a group", async () => {
  const panel = await fixture.open(loop, { function: "simulate" });
  const { id: trace } = await fixture.trace(loop);
  const last = (await fixture.trace(loop)).nodes("simulate") - 2;
  await panel.send({ type: "select", trace, function: "simulate", nodes: [last] });
  await panel.page.locator(".group.closed.selected").click();
  await panel.page.waitForSelector(".details :text('adjoint in')");
  const text = await panel.page.innerText(".details");
  assert.match(text, /step = \d+ … 2999/);
  assert.match(text, /adjoint in\s+1,000/);
  assert.match(text, /The adjoint shrinks/);
});

test("says what went wrong when the engine cannot answer", async () => {
  const traced = await fixture.trace(formula);
  const panel = await fixture.openState({
    state: traced.state(),
    answer: (ask) =>
      ask.method === "details" ? Promise.reject(new Error("Trace the file again.")) : traced.answer(ask),
  });
  await panel.page.click("[data-id=n3]");
  await panel.page.waitForSelector(".details .problem:has-text('Trace the file again.')");
});
