import assert from "node:assert/strict";
import { suite, suiteSetup, teardown, test } from "mocha";
import type { Frame } from "playwright-core";
import * as vscode from "vscode";
import { commands } from "../../extension/ids.ts";
import { lensesMatching, notifications } from "./reading.ts";
import {
  adjoint,
  allowRuns,
  closeAll,
  dismissMenu,
  open,
  page,
  screenshotThemes,
  until,
  webview,
} from "./workbench.ts";

async function showMemory(name: string): Promise<{ document: vscode.TextDocument; frame: Frame }> {
  const { document } = await open(`examples/${name}`);
  await lensesMatching(document, /∇/, 50_000);
  await vscode.commands.executeCommand(commands.showMemory);
  return { document, frame: await webview(".memory-lines .row:nth-child(2)") };
}

/**
 * Of the menu at the right end of the panel's title. A menu shows what held when it opened: one that opens before the workbench
 * knows that the panel has the focus lacks the panel's entries for good. And it takes no click in its first moments. So it is
 * opened and tried until what it does is `done`.
 */
async function chooseFromTitle(item: string, done: () => Promise<boolean>): Promise<void> {
  const workbench = await page();
  const more = workbench.locator(".editor-group-container.active .editor-actions [aria-label^='More Actions']");
  const entry = workbench.locator(".monaco-menu .action-label", { hasText: item });
  await until(`what ${item} in the menu of the title does`, async () => {
    if (await done()) return true;
    if (!(await entry.isVisible())) {
      await dismissMenu();
      await more.click({ timeout: 2000 }).catch(() => undefined);
    }
    await entry.click({ timeout: 2000 }).catch(() => undefined);
    return done();
  });
}

/** The text of the editor's lines that the panel has marked. */
async function marked(): Promise<string[]> {
  const workbench = await page();
  return workbench.evaluate(() => {
    const marks = [...document.querySelectorAll(".view-overlays .cdr")].filter(
      (overlay) => getComputedStyle(overlay).borderTopStyle === "solid" && overlay.className.includes("ced-"),
    );
    const tops = new Set(marks.map((overlay) => Math.round(overlay.getBoundingClientRect().top)));
    return [...document.querySelectorAll<HTMLElement>(".view-line")]
      .filter((line) => tops.has(Math.round(line.getBoundingClientRect().top)))
      .map((line) => line.innerText.replaceAll("\u00a0", " ").trim());
  });
}

suite("The memory of a derivative", () => {
  allowRuns(60);

  suiteSetup(async () => {
    await adjoint();
  });

  teardown(closeAll);

  test("the command opens the panel with what is kept, line by line", async () => {
    const { frame } = await showMemory("deep-sigmoid.ts");
    assert.equal(
      await frame.locator(".memory-head").innerText(),
      "1.4 MB kept for the backward pass; parameters 183 KB, data 67 KB",
    );
    assert.match(await frame.locator(".memory-lines .row").nth(1).innerText(), /^655 KB\s+z\s+26\s+×20/);
    await frame.locator(".course-plot .curve.backward").waitFor();
    await screenshotThemes("panel-memory");
  });

  test("a click on a row marks its line in the editor, and Enter goes there", async () => {
    const { document, frame } = await showMemory("deep-sigmoid.ts");
    await frame.locator(".memory-lines .row").nth(2).click();
    await until("the mark at h = sigmoid(z)", async () =>
      (await marked()).some((line) => line.includes("h = sigmoid(z)")),
    );
    await frame.locator(".memory-lines").press("Enter");
    await until("the cursor there", () => {
      const editor = vscode.window.activeTextEditor;
      return editor?.document === document && editor.selection.start.line === 26;
    });
  });

  test("from the open panel's own menu the tab comes to the front", async () => {
    const { document } = await open("examples/digits.ts");
    await lensesMatching(document, /∇/, 50_000);
    await vscode.commands.executeCommand(commands.showGraph);
    const frame = await webview(".card, .group.closed");
    assert.equal(await frame.locator(".memory").isVisible(), false);
    await frame.locator("#steps-tab").click();
    await chooseFromTitle("Show Memory", () => frame.locator(".memory").isVisible());
    assert.deepEqual(await notifications(), []);
    await frame.locator(".memory-lines .label", { hasText: /^hidden$/ }).waitFor();
    await frame.locator(".switch button", { hasText: "Checkpointing" }).click();
    await frame.locator(".memory-checkpoints .row", { hasText: "keep nothing" }).locator(".copy").click();
    await until("the copied code", async () => (await vscode.env.clipboard.readText()) === "checkpoint(scores)");
    await screenshotThemes("panel-memory-checkpoints");

    // Rows are made anew for a newer trace.
    await frame
      .locator(".memory-checkpoints .row")
      .first()
      .evaluate((row) => (row.id = "old"));
    await (await page()).locator(".editor-group-container.active .editor-actions [aria-label^='Retrace']").click();
    await frame.locator("#old").waitFor({ state: "detached" });
    await frame.locator(".memory:not(.waiting) .memory-checkpoints .row", { hasText: "keep nothing" }).waitFor();
  });
});
