import assert from "node:assert/strict";
import { test } from "node:test";
import { Fixture, formula, loop } from "./fixture.ts";

const fixture = new Fixture();

test("finds nodes while typing, and goes to the one chosen", async () => {
  const panel = await fixture.open(formula);
  const { page } = panel;
  await page.keyboard.press("/");
  await page.keyboard.type("exp");
  await page.waitForSelector(".hits [role=option]");
  assert.match(await page.innerText(".hits [role=option]"), /^e\s+exp, line 2\s+7\.389\s+0\.1192$/);
  await page.waitForSelector("[data-id=n3].hit");
  await page.keyboard.press("Enter");
  await page.waitForSelector("[data-id=n3].selected");
  assert.equal(await page.isVisible(".hits"), false);
});

test("finds by the adjoint's size", async () => {
  const panel = await fixture.open(formula);
  await panel.page.keyboard.press("/");
  await panel.page.keyboard.type("|v̄| > 0.9");
  await panel.page.waitForSelector(".hits [role=option]");
  const labels = await panel.page.$$eval(".hits .label", (all) => all.map((each) => each.textContent).sort());
  assert.deepEqual(labels, ["f", "x"]);
});

test("opens the groups around what was found", async () => {
  const panel = await fixture.open(loop, { function: "simulate" });
  await panel.page.keyboard.press("/");
  await panel.page.keyboard.type("sin");
  await panel.page.waitForSelector(".hits [role=option]");
  assert.equal(await panel.page.locator(".hits [role=option]").count(), 50);
  await panel.page.keyboard.press("ArrowDown");
  await panel.page.keyboard.press("Enter");
  await panel.page.waitForSelector(".card.selected:has-text('Math.sin(x)')");
});

test("says when nothing matches", async () => {
  const panel = await fixture.open(formula);
  await panel.page.keyboard.press("Control+f");
  await panel.page.keyboard.type("nowhere");
  await panel.page.waitForSelector(".hits:has-text('Nothing matches “nowhere”.')");
  await panel.page.keyboard.press("Escape");
  assert.equal(await panel.page.isVisible(".hits"), false);
});
