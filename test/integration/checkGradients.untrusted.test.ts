import assert from "node:assert/strict";
import { suite, suiteSetup, test } from "mocha";
import * as vscode from "vscode";
import { adjoint, open, page, until } from "./workbench.ts";

suite("Check Gradients in a folder that is not trusted", () => {
  suiteSetup(async () => {
    await adjoint();
  });

  test("runs nothing, and says why", async () => {
    const { document } = await open("models/square.ts");
    void vscode.commands.executeCommand("adjoint.checkGradients", document.uri, "square");
    const refusal = (await page()).getByText("runs nothing in a folder that you have not trusted").first();
    await until("the refusal", async () => {
      await vscode.commands.executeCommand("notifications.showList");
      return refusal.isVisible();
    });
    assert.equal(vscode.workspace.isTrusted, false);
    await vscode.commands.executeCommand("notifications.clearAll");
  });
});
