import assert from "node:assert/strict";
import { suite, suiteSetup, teardown, test } from "mocha";
import type { Frame } from "playwright-core";
import * as vscode from "vscode";
import { commands } from "../../extension/ids.ts";
import { lensesMatching, place } from "./reading.ts";
import { adjoint, closeAll, open, screenshotThemes, until, webview } from "./workbench.ts";

async function formula(): Promise<{ document: vscode.TextDocument; frame: Frame }> {
  const { document } = await open("examples/formula.ts");
  await lensesMatching(document, /∇/);
  await vscode.commands.executeCommand(commands.showGraph);
  return { document, frame: await webview(".card") };
}

/** The label of the card that is selected. */
async function selected(frame: Frame): Promise<string | undefined> {
  const cards = await frame.locator(".card.selected").all();
  return (await cards[0]?.getAttribute("aria-label")) ?? undefined;
}

suite("The graph beside the editor", () => {
  suiteSetup(async () => {
    await adjoint();
  });

  teardown(closeAll);

  test("says what to do when nothing is open", async () => {
    await vscode.commands.executeCommand(commands.showGraph);
    const frame = await webview("text=No model is open");
    await frame.getByText("Set Up This Workspace").waitFor();
    await screenshotThemes("panel-empty");
  });

  test("shows a card for every value", async () => {
    const { frame } = await formula();
    const labels = await frame
      .locator(".card")
      .evaluateAll((cards) => cards.map((card) => card.getAttribute("aria-label")));
    for (const name of ["x", "y", "y / x", "e", "x + e", "f"]) {
      assert.ok(
        labels.some((label) => label?.startsWith(`${name},`)),
        `${name} is not among ${labels.join("; ")}`,
      );
    }
  });

  test("selects the card under the cursor, and marks the source of the card that is clicked", async () => {
    const { document, frame } = await formula();
    const editor = await vscode.window.showTextDocument(document, vscode.ViewColumn.One);
    const position = place(document, "const e", 6);
    editor.selection = new vscode.Selection(position, position);
    await vscode.commands.executeCommand("cursorRight");
    assert.match(await until("a card selected", () => selected(frame)), /^e,/);
    await screenshotThemes("panel-formula");

    await frame.locator('.card[aria-label^="y / x,"]').first().click();
    assert.match(
      await until("another card selected", async () =>
        (await selected(frame))?.startsWith("y / x") ? selected(frame) : undefined,
      ),
      /^y \/ x,/,
    );
    await screenshotThemes("panel-reveal");
  });

  test("is there again after it was hidden", async () => {
    await formula();
    const other = await vscode.workspace.openTextDocument({ content: "" });
    await vscode.window.showTextDocument(other, vscode.ViewColumn.Two);
    await vscode.commands.executeCommand("workbench.action.previousEditorInGroup");
    await webview(".card");
  });

  test("follows the active editor", async () => {
    await formula();
    await vscode.window.showTextDocument((await open("models/square.ts")).document, vscode.ViewColumn.One);
    await until("the panel of square.ts", () => tabs().includes("Graph: square.ts"));
  });
});

function tabs(): string[] {
  return vscode.window.tabGroups.all.flatMap((group) => group.tabs.map(({ label }) => label));
}
