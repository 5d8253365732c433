import assert from "node:assert/strict";
import { test } from "node:test";
import { Fixture, formula, loop, network } from "./fixture.ts";
import type { OpenPanel } from "./harness.ts";

const fixture = new Fixture();

/** Where a card or group is on the screen. */
async function place(panel: OpenPanel, id: string): Promise<{ x: number; y: number }> {
  const box = await panel.page.locator(`[data-id="${id}"] > .face`).boundingBox();
  assert.ok(box, `${id} is drawn`);
  return { x: Math.round(box.x), y: Math.round(box.y) };
}

test("shows name, operation, value and adjoint of every node, and breaks no rule of the page", async () => {
  const panel = await fixture.open(formula);
  assert.deepEqual(await panel.textOf("n0"), ["x", "input", "1", "−1.642"]);
  assert.deepEqual(await panel.textOf("n3"), ["e", "exp", "7.389", "0.1192"]);
  assert.deepEqual(await panel.textOf("n5"), ["f", "log", "2.127", "1"]);
  assert.equal(
    await panel.page.getAttribute("[data-id=n3]", "aria-label"),
    "e, exp, line 2, value 7.38905609893065, adjoint 0.11920292202211755",
  );
  assert.deepEqual(panel.complaints, []);
});

test("draws an edge the thicker the more of the adjoint it carries, and labels it with the contribution", async () => {
  const panel = await fixture.open(formula);
  const widths = await panel.page.$$eval(".edge", (edges) =>
    edges.map((edge) => [
      edge.querySelector("title")?.textContent.replace("carries ", ""),
      Number(edge.querySelector(".line")?.getAttribute("stroke-width")),
    ]),
  );
  const byContribution = new Map(widths as [string, number][]);
  assert.ok(byContribution.get("−1.7615941559557649")! > byContribution.get("0.8807970779778824")!);
  assert.ok(byContribution.get("0.8807970779778824")! > byContribution.get("0.11920292202211755")!);
  const labels = await panel.page.$$eval(".edge-label text", (texts) => texts.map((text) => text.textContent));
  assert.ok(labels.includes("−1.762") && labels.includes("0.8808"), labels.join(" "));
});

test("shows values alone going forward, and no steps going both ways", async () => {
  const panel = await fixture.open(formula);
  await panel.page.click("text=Forward");
  assert.deepEqual(await panel.textOf("n3"), ["e", "exp", "7.389"]);
  assert.equal(await panel.page.isVisible(".steps"), false);
  await panel.page.click("text=Both");
  assert.deepEqual(await panel.textOf("n3"), ["e", "exp", "7.389", "0.1192"]);
  assert.equal(await panel.page.isVisible(".steps"), false);
  assert.equal(await panel.page.getAttribute("vscode-button:has-text('Both')", "aria-pressed"), "true");
});

test("lights up card, row and source line of what is clicked", async () => {
  const panel = await fixture.open(formula);
  await panel.page.click("[data-id=n3]");
  await panel.page.waitForSelector("[data-id=n3].selected");
  const { target, focus, trace } = await panel.message("reveal");
  assert.deepEqual(target, { function: "f", node: 3 });
  assert.equal(focus, false);
  assert.equal(trace, (await fixture.trace(formula)).id);
  await panel.page.waitForSelector(".rows .row.selected");
  assert.match(await panel.page.innerText(".rows .row.selected .rule"), /^v̄\(y \/ x\) \+= ē · e$/);
  await panel.page.click(".drawing", { position: { x: 20, y: 400 } });
  await panel.message("unmark");
  assert.equal(await panel.page.locator(".card.selected").count(), 0);
});

test("selects and shows what the editor's cursor stands on", async () => {
  const panel = await fixture.open(formula);
  await panel.send({ type: "select", trace: (await fixture.trace(formula)).id, function: "f", nodes: [2] });
  await panel.page.waitForSelector("[data-id=n2].selected.hit");
  await panel.page.waitForSelector(".details h2:has-text('y / x')");
  await panel.page.waitForTimeout(200);
  assert.ok(!panel.sent.some(({ type }) => type === "reveal"), "the editor is not moved by its own cursor");
  await panel.send({ type: "select", trace: -1, function: "f", nodes: [3] });
  await panel.page.waitForTimeout(100);
  assert.equal(await panel.page.locator("[data-id=n3].selected").count(), 0, "another trace's nodes mean nothing here");
});

test("goes to the source by double-click and by Enter", async () => {
  const panel = await fixture.open(formula);
  await panel.page.dblclick("[data-id=n4]");
  await panel.page.waitForTimeout(200);
  const focused = () => panel.sent.filter((message) => message.type === "reveal" && message.focus);
  assert.equal(focused().length, 1);
  await panel.page.keyboard.press("Enter");
  await panel.page.waitForTimeout(50);
  assert.equal(focused().length, 2);
});

test("opens a group in place and closes it again", async () => {
  const panel = await fixture.open(loop, { function: "simulate" });
  const closed = panel.page.locator(".group.closed").last();
  const id = (await closed.getAttribute("data-id"))!;
  const before = await place(panel, id);
  assert.equal(await closed.getAttribute("aria-expanded"), "false");
  await closed.click();
  await panel.page.keyboard.press("Enter");
  const open = panel.page.locator(`[data-id="${id}"].open`);
  await open.waitFor();
  const cards = await panel.page.locator(".card, .group").count();
  assert.equal(await open.getAttribute("aria-expanded"), "true");
  await panel.page.keyboard.press("Enter");
  await panel.page.waitForSelector(`[data-id="${id}"].closed`);
  assert.ok((await panel.page.locator(".card, .group").count()) < cards);
  const after = await place(panel, id);
  // Opening moved it into view where it had to; closing holds it.
  assert.ok(Math.abs(after.y - before.y) <= 200, JSON.stringify({ before, after }));
  assert.deepEqual(panel.complaints, []);
});

test("holds a group's corner where it is while it opens in the middle of the view", async () => {
  const panel = await fixture.open(network, { width: 1900, height: 1000 });
  const frame = panel.page.locator(".group.open").first();
  const id = (await frame.getAttribute("data-id"))!;
  const open = await place(panel, id);
  await frame.locator(".toggle").click();
  await panel.page.waitForSelector(`[data-id="${id}"].closed`);
  assert.deepEqual(await place(panel, id), open);
});

test("shows a 10⁵-node trace folded into what can be seen", async () => {
  const panel = await fixture.open(loop, { function: "long" });
  assert.match(await panel.page.innerText(".tape-figures"), /^132,00\d nodes · /);
  const drawn = await panel.page.locator(".card, .group").count();
  assert.ok(drawn <= 60, `${String(drawn)} cards and groups`);
});

test("is driven by keys alone", async () => {
  const panel = await fixture.open(formula);
  const { page } = panel;
  await page.focus(".graph");
  await page.keyboard.press("ArrowLeft");
  await page.waitForSelector("[data-id=n5].selected");
  await page.keyboard.press("ArrowLeft");
  await page.waitForSelector("[data-id=n4].selected");
  assert.equal(await page.getAttribute(".graph", "aria-activedescendant"), "graph-n4");
  await page.keyboard.press("ArrowLeft");
  await page.waitForSelector("[data-id=n0].selected, [data-id=n3].selected");
  await page.keyboard.press("Escape");
  assert.equal(await page.locator(".card.selected").count(), 0);
  const scale = () => page.getAttribute(".world", "transform");
  const fitted = await scale();
  await page.keyboard.press("+");
  const larger = await scale();
  assert.notEqual(larger, fitted);
  await page.keyboard.press("Shift+ArrowRight");
  assert.notEqual(await scale(), larger);
  await page.keyboard.press("0");
  assert.equal(await scale(), fitted);
});

test("zooms by wheel around the pointer and pans by drag without selecting", async () => {
  const panel = await fixture.open(formula);
  const { page } = panel;
  const box = (await page.locator("[data-id=n2] > .face").boundingBox())!;
  await page.mouse.move(box.x, box.y);
  await page.mouse.wheel(0, -300);
  await page.waitForTimeout(50);
  const zoomed = (await page.locator("[data-id=n2] > .face").boundingBox())!;
  assert.ok(zoomed.width > box.width * 1.3);
  assert.ok(Math.abs(zoomed.x - box.x) < 3 && Math.abs(zoomed.y - box.y) < 3);
  await page.mouse.down();
  await page.mouse.move(box.x + 80, box.y + 40, { steps: 4 });
  await page.mouse.up();
  const panned = (await page.locator("[data-id=n2] > .face").boundingBox())!;
  assert.ok(Math.abs(panned.x - zoomed.x - 80) < 2 && Math.abs(panned.y - zoomed.y - 40) < 2);
  assert.equal(await page.locator(".card.selected").count(), 0);
});

test("keeps what it is of above the drawing, so that no card comes to lie under it", async () => {
  for (const width of [1200, 420]) {
    const { page } = await fixture.open(network, { width });
    const caption = (await page.locator(".graph > .caption").boundingBox())!;
    const drawing = (await page.locator(".graph > .drawing").boundingBox())!;
    assert.ok(caption.height > 10, `${String(width)} px: the caption is there`);
    assert.ok(caption.y + caption.height <= drawing.y + 0.5, `${String(width)} px: the drawing begins below it`);
    assert.ok(caption.x + caption.width <= width, `${String(width)} px: it ends where the panel does`);
  }
});

test("lets data flow downwards beside an editor, with the details below", async () => {
  const panel = await fixture.open(formula, { width: 400, height: 900 });
  const x = await place(panel, "n0");
  const result = await place(panel, "n5");
  assert.ok(result.y > x.y + 200);
  const details = (await panel.page.locator(".details").boundingBox())!;
  const graph = (await panel.page.locator(".graph").boundingBox())!;
  assert.ok(details.y >= graph.y + graph.height);
  assert.equal(await panel.page.evaluate(() => document.body.scrollWidth), 400);
});

test("draws in every kind of theme without a style that the page forbids", async () => {
  for (const theme of ["dark", "light", "high-contrast", "high-contrast-light"] as const) {
    const panel = await fixture.open(formula, { theme });
    const colours = await panel.page.evaluate(() => {
      const fill = (selector: string) => getComputedStyle(document.querySelector(selector)!).fill;
      return [fill(".card text.value"), fill(".card text.adjoint"), getComputedStyle(document.body).backgroundColor];
    });
    assert.equal(new Set(colours).size, 3, `${theme}: ${colours.join(" ")}`);
    assert.deepEqual(panel.complaints, []);
    await panel.page.context().close();
  }
});
