import assert from "node:assert/strict";
import { suite, test } from "mocha";
import * as vscode from "vscode";
import { adjoint, open, page, screenshot } from "./workbench.ts";

suite("Adjoint in VS Code", () => {
  test("activates from the source folder", async () => {
    const extension = await adjoint();
    assert.equal(extension.isActive, true);
    assert.equal(vscode.workspace.isTrusted, true);
  });

  test("is seen through the page that shows the workbench", async () => {
    await open("models/square.ts");
    const workbench = await page();
    await workbench.getByText("export function square").first().waitFor();
    await screenshot("activation");
  });
});
