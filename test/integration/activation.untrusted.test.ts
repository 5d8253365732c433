import assert from "node:assert/strict";
import { suite, test } from "mocha";
import * as vscode from "vscode";
import { commands } from "../../extension/ids.ts";
import { hover, lensesMatching, problems } from "./reading.ts";
import { adjoint, closeAll, open, screenshot, webview } from "./workbench.ts";

suite("A folder that is not trusted", () => {
  test("runs nothing, and says why over the function", async () => {
    await adjoint();
    const { document } = await open("examples/formula.ts");
    assert.equal(vscode.workspace.isTrusted, false);
    assert.deepEqual(await lensesMatching(document, /trusted/), ["1: ∇ not traced: this folder is not trusted"]);
    assert.equal(await hover(document, "const e", 6), "");
    assert.deepEqual(problems(document.uri), []);
    await screenshot("untrusted");
  });

  test("offers in the panel to manage trust", async () => {
    await open("examples/formula.ts");
    await vscode.commands.executeCommand(commands.showGraph);
    const frame = await webview("text=This folder is not trusted");
    await frame.getByText("Manage Workspace Trust").waitFor();
    await screenshot("untrusted-panel");
    await closeAll();
  });
});
