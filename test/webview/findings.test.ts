import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import type { Ready } from "../../extension/panel/protocol.ts";
import { deepSigmoid, Fixture, formula, nanModel } from "./fixture.ts";
import type { OpenPanel } from "./harness.ts";
import type { Traced } from "./traced.ts";

const fixture = new Fixture();

function readyOf(traced: Traced): Ready {
  const state = traced.state();
  assert.ok(state.kind === "ready");
  return state;
}

/** Opens the finding by the count in the toolbar. */
async function look(page: Page): Promise<void> {
  await page.click(".findings-count");
  await page.waitForSelector(".finding-details");
}

function cells(page: Page, selector: string): Promise<(string | null)[][]> {
  return page.$$eval(selector, (rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));
}

async function reveals(panel: OpenPanel, wanted: (target: object) => boolean): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (panel.sent.some((message) => message.type === "reveal" && wanted(message.target))) return;
    await panel.page.waitForTimeout(20);
  }
  assert.fail(
    `nothing of the kind was revealed: ${JSON.stringify(panel.sent.filter(({ type }) => type === "reveal"))}`,
  );
}

test("a finding is opened from the toolbar: its sentence, and the lines it is put down to with their sum", async () => {
  const panel = await fixture.open(deepSigmoid);
  const { page } = panel;
  assert.equal(await page.innerText(".findings-count"), "1 finding");
  await look(page);
  assert.equal(await page.innerText(".finding-details h2"), "Vanishing gradient");
  assert.match(
    await page.innerText(".finding-details .sentence"),
    /^The gradient vanishes: from layer 20 back to layer 1/,
  );
  assert.deepEqual(await cells(page, ".finding-lines tbody tr"), [
    ["27", "sigmoid(z)", "−27.4"],
    ["26", "matmul(h, w)", "−0.257"],
    ["", "total", "−27.6"],
  ]);
  assert.equal(await page.innerText(".finding-lines .responsible .line"), "27");
  await reveals(panel, (target) => "source" in target && (target.source as { line: number }).line === 27);
  await page.click(".finding-lines tbody tr:nth-child(2)");
  await reveals(panel, (target) => "source" in target && (target.source as { line: number }).line === 26);
  assert.ok(
    panel.sent.every((message) => message.type !== "reveal" || !message.focus),
    "the keyboard stays in the panel",
  );
  assert.deepEqual(panel.complaints, []);
});

test("a flow's finding tells the singular values of a layer, of the one selected where there is one", async () => {
  const { page, complaints } = await fixture.open(deepSigmoid);
  await look(page);
  const block = page.locator(".finding-details .jacobian");
  await block.getByText("From layer 10 to layer 11, 32 × 32, the first of 128 examples.").waitFor();
  const [sigmas, chi] = await block.locator("dd").allInnerTexts();
  const [largest, rms, smallest] = sigmas!.split(" / ").map(Number) as [number, number, number];
  assert.ok(largest < 0.6 && largest > rms && rms > smallest && smallest > 0, sigmas);
  // σ(z)′ ≤ ¼ and Glorot's weights, whose squares' mean is 1/32: χ ≤ 1/16.
  assert.ok(Math.abs(Number(chi) - rms ** 2) < 3e-3 && Number(chi) < 1 / 16, chi);
  await page.click(".flow-table .row:nth-child(8)"); // layer 14
  await page.click(".details .back .link");
  await block.getByText("From layer 13 to layer 14, 32 × 32").waitFor();
  assert.deepEqual(complaints, []);
});

test("the overview lists findings by name, and the keyboard goes round them and back", async () => {
  const { page } = await fixture.open(nanModel);
  await page.click(".findings .link:text-is('Gradient not finite')");
  await page.waitForSelector(".finding-details.error");
  await page.focus(".graph");
  await page.keyboard.press("Escape");
  await page.waitForSelector(".details h3:text-is('Findings')");
  await page.keyboard.press("F8");
  await page.waitForSelector(".finding-details h2:text-is('Gradient not finite')");
  await page.click("vscode-button[aria-label='Close this finding (Escape)']");
  await page.waitForSelector(".details h3:text-is('Findings')");
});

test("a NaN gradient shows the operands and leads to the operation", async () => {
  const { page } = await fixture.open(nanModel);
  await look(page);
  const figures = await page.innerText(".finding-details .figures");
  assert.match(figures, /in the\s+backward pass\s+operation\s+sqrt\s+what\s+outside of the domain/);
  assert.match(figures, /operand\s+−0\.21\s+cotangent v̄\s+0\s+local derivative\s+NaN/);
  assert.match((await page.textContent(".card.hit"))!, /sqrt/);
  await page.click(".link:has-text('Show the operation in the graph')");
  await page.waitForSelector(".card.selected:has-text('sqrt')");
  await page.click(".back .link:has-text('Gradient not finite')");
  await page.waitForSelector(".finding-details");
});

test("dead units are shown as a share of each layer", async () => {
  const { page } = await fixture.open("test/fixtures/models/diagnose/units.ts", { function: "halfDead" });
  await look(page);
  assert.equal(await page.innerText(".finding-details h2"), "Dead units");
  assert.deepEqual(await cells(page, ".shares tr"), [["the layer", "", "8 of 16"]]);
  assert.equal(await page.$eval(".shares meter", (meter) => (meter as HTMLMeterElement).value), 0.5);
  await page.click(".shares .link");
  await page.waitForSelector(".card.selected");
});

test("a fix is a card with its effect, to preview and to apply", async () => {
  const traced = await fixture.trace(deepSigmoid);
  const ready = readyOf(traced);
  const panel = await fixture.openState({ state: { ...ready, tryingFixes: true }, answer: traced.answer });
  const { page } = panel;
  await look(page);
  await page.waitForSelector(".trying:has-text('Trying fixes…')");
  assert.equal(await page.locator(".fix").count(), 0);
  await page.waitForSelector(".group.open:has-text('turns 1 … 20')");
  const graphs = () => panel.sent.filter((message) => message.type === "ask" && message.method === "graph").length;
  const asked = graphs();
  const [finding] = ready.diagnostics;
  const fix = {
    title: "Use `relu` with heNormal weights: ‖∂loss/∂layer 1‖ 1.0e-13 → 0.27",
    edits: [],
    predicted: { measure: "‖∂loss/∂layer 1‖", before: 1.02e-13, after: 0.2712 },
  };
  await panel.send({
    type: "show",
    state: { ...ready, tryingFixes: false, diagnostics: [{ ...finding!, fixes: [fix] }] },
  });
  await page.waitForSelector(".fix");
  assert.equal(await page.innerText(".fix-title"), "Use relu with heNormal weights");
  assert.equal(await page.innerText(".fix-effect"), "‖∂loss/∂layer 1‖ 1.02e-13 → 0.2712");
  assert.equal(await page.locator(".trying").count(), 0);
  await page.click(".fix vscode-button:has-text('Preview')");
  await page.click(".fix vscode-button:has-text('Apply')");
  await panel.message("fix");
  await page.waitForTimeout(50);
  assert.deepEqual(
    panel.sent.filter(({ type }) => type === "fix"),
    [true, false].map((preview) => ({ type: "fix", trace: ready.trace, diagnostic: 0, fix: 0, preview })),
  );
  assert.equal(graphs(), asked, "the graph is not asked for again when fixes arrive");
});

test("a finding that an edit has mended gives way to the function", async () => {
  const traced = await fixture.trace(nanModel);
  const mended = await fixture.engine.trace(nanModel, "export function area(radius = 1) {\n  return radius ** 2;\n}\n");
  let current = traced;
  const panel = await fixture.openState({ state: traced.state(), answer: (ask) => current.answer(ask) });
  await look(panel.page);
  current = mended;
  await panel.send({ type: "show", state: mended.state() });
  await panel.page.waitForSelector(".details h3:text-is('Gradient')");
  assert.equal(await panel.page.locator(".graph.heat").count(), 0);
});

test("the extension leads to a finding", async () => {
  const traced = await fixture.trace(nanModel);
  const panel = await fixture.open(nanModel);
  await panel.send({ type: "finding", trace: traced.id, diagnostic: 0 });
  await panel.page.waitForSelector(".finding-details h2:text-is('Gradient not finite')");
});

test("heat colours cards and groups by their adjoints, comes with a finding and goes with it", async () => {
  const { page } = await fixture.open(deepSigmoid);
  assert.equal(await page.isVisible(".legend"), false);
  await look(page);
  await page.waitForSelector(".group.open:has-text('turns 1 … 20')");
  const heat = await page.$$eval(".group.open ~ .group.closed, .group.closed", (groups) =>
    groups.map((group) => Number((group as HTMLElement).style.getPropertyValue("--heat"))),
  );
  const turns = heat.slice(-10);
  assert.deepEqual(
    [...turns].sort((a, b) => a - b),
    turns,
    "the nearer to the loss, the warmer",
  );
  assert.ok(turns[0]! < 0.3 && turns.at(-1)! > 0.8, turns.join());
  assert.match(await page.innerText(".legend"), /‖adjoint‖/);
  await page.focus(".graph");
  await page.keyboard.press("Escape");
  await page.waitForSelector(".graph:not(.heat)");
});

test("heat is turned on and off, and remembered", async () => {
  const { page } = await fixture.open(formula);
  const toggle = "vscode-button[aria-label='Colour the graph by the size of its adjoints']";
  await page.click(toggle);
  await page.waitForSelector(".graph.heat .card.hot");
  assert.equal(await page.getAttribute(toggle, "aria-pressed"), "true");
  await page.reload();
  await page.waitForSelector(".graph.heat .card.hot");
  await page.click(toggle);
  await page.waitForSelector(".graph:not(.heat)");
  assert.equal(await page.locator(".card.hot").count(), 0);
});

test("what is not finite is told from what is warm", async () => {
  const { page } = await fixture.open(nanModel);
  await look(page);
  assert.match(await page.innerText(".legend"), /not finite/);
  const flawed = await page.$$eval(".card.flawed .near", (names) => names.map((name) => name.textContent));
  assert.ok(flawed.includes("radius") && flawed.includes("square"), flawed.join());
  const [warm, wrong] = await page.evaluate(() =>
    [".card.hot:not(.flawed) .face", ".card.flawed .face"].map(
      (selector) => getComputedStyle(document.querySelector(selector)!).fill,
    ),
  );
  assert.notEqual(warm, wrong);
});

for (const theme of ["dark", "light", "high-contrast", "high-contrast-light"] as const)
  test(`what is written on the warmest and coldest faces can be read: ${theme}`, async () => {
    const { page } = await fixture.open(deepSigmoid, { theme });
    await look(page);
    await page.waitForSelector(".group.open:has-text('turns 1 … 20')");
    const contrasts = await page.evaluate(() => {
      const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true })!;
      const luminance = (colour: string): number => {
        context.fillStyle = colour;
        context.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...context.getImageData(0, 0, 1, 1).data].map((part) => {
          const share = part / 255;
          return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
      };
      return [...document.querySelectorAll(".card, .group.closed")].flatMap((shape) => {
        const face = luminance(getComputedStyle(shape.querySelector(".face")!).fill);
        const texts = [...shape.querySelectorAll("text.label, text.value, text.adjoint")];
        // A dot marks what there is nothing to read of.
        return texts
          .filter(({ textContent }) => textContent !== "·")
          .map((text) => {
            const ink = luminance(getComputedStyle(text).fill);
            return (Math.max(face, ink) + 0.05) / (Math.min(face, ink) + 0.05);
          });
      });
    });
    // WCAG 2.1, 1.4.3
    assert.ok(Math.min(...contrasts) >= 4.5, String(Math.min(...contrasts)));
  });
