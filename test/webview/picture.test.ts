import assert from "node:assert/strict";
import { test } from "node:test";
import { Fixture, formula, loop } from "./fixture.ts";

const fixture = new Fixture();

test("saves the whole graph as an SVG that needs nothing from the page", async () => {
  const panel = await fixture.open(loop, { function: "simulate" });
  await panel.page.click("vscode-button[aria-label^=Export]");
  await panel.page.click("[role=menuitem]:has-text('SVG')");
  const { data, name, format } = await panel.message("save");
  assert.equal(name, "simulate.svg");
  assert.equal(format, "svg");
  assert.ok(typeof data === "string");
  assert.match(data, /^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  assert.doesNotMatch(data, /var\(--|class=|style=|data-id|color\(srgb/);
  assert.match(data, />step = \d+ … 2999</);
  assert.deepEqual(panel.complaints, []);
});

test("saves a PNG in the theme's colours", async () => {
  const panel = await fixture.open(formula, { theme: "light" });
  await panel.send({ type: "command", command: "exportPng" });
  const { data, name } = await panel.message("save");
  assert.equal(name, "f.png");
  const bytes = Uint8Array.from(Object.values(data as unknown as Record<string, number>));
  assert.deepEqual([...bytes.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
  assert.ok(bytes.length > 10_000);
  assert.deepEqual(panel.complaints, []);
});
