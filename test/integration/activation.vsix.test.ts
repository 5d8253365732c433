import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import path from "node:path";
import { suite, test } from "mocha";
import * as vscode from "vscode";
import { commands } from "../../extension/ids.ts";
import { hover, lensesMatching } from "./reading.ts";
import { adjoint, closeAll, open, root, screenshot, webview } from "./workbench.ts";

suite("The packaged extension", () => {
  test("activates from where VS Code installed it", async () => {
    const extension = await adjoint();
    assert.equal(extension.isActive, true);
    assert.ok(!extension.extensionPath.startsWith(root), extension.extensionPath);
  });

  test("traces, and draws the graph, with nothing but what was packaged", async () => {
    const { document } = await open("examples/formula.ts");
    assert.match((await lensesMatching(document, /∇/))[0]!, /^1: ∇ 2\.127 · ‖∇f‖ 1\.864 \| /);
    assert.match(await hover(document, "const e", 6), /^`e` = 7\.389 {2}`∂f\/∂e` = 0\.1192\n/);
    await vscode.commands.executeCommand(commands.showGraph);
    await webview(".card");
    await screenshot("vsix");
    await closeAll();
  });

  test("is at most 3 MB", async () => {
    const { size } = await stat(path.join(root, "adjoint.vsix"));
    assert.ok(size <= 3e6, `${size} bytes`);
  });
});
