import assert from "node:assert/strict";
import { suite, suiteSetup, teardown, test } from "mocha";
import * as vscode from "vscode";
import { commands } from "../../extension/ids.ts";
import { lensesMatching } from "./reading.ts";
import { adjoint, closeAll, file, open, page, until, webview } from "./workbench.ts";

suite("Training in a folder that is not trusted", () => {
  suiteSetup(async () => {
    await adjoint();
  });

  teardown(async () => {
    await vscode.commands.executeCommand("notifications.clearAll");
    await closeAll();
  });

  test("trains nothing, and says why where the person is looking", async () => {
    const { document } = await open("examples/digits.ts");
    const lenses = (await lensesMatching(document, /not trusted/)).join("\n");
    assert.doesNotMatch(lenses, /Train\b/);
    void vscode.commands.executeCommand(commands.train, document.uri, "digits");
    const refusal = (await page()).getByText("Adjoint has to run a model to train it, and runs nothing").first();
    await until("the refusal", async () => {
      await vscode.commands.executeCommand("notifications.showList");
      return refusal.isVisible();
    });
    await vscode.commands.executeCommand("notifications.clearAll");

    await vscode.commands.executeCommand(commands.showTraining, document.uri, "digits");
    const frame = await webview("text=This folder is not trusted");
    assert.ok(await frame.getByText("Manage Workspace Trust").isVisible());
    await assert.rejects(async () => vscode.workspace.fs.stat(file(".adjoint")), "nothing was run or kept");
  });
});
