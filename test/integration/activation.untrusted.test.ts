import assert from "node:assert/strict";
import { suite, test } from "mocha";
import * as vscode from "vscode";
import { open, screenshot } from "./workbench.ts";

suite("A folder that is not trusted", () => {
  test("opens in Restricted Mode", async () => {
    await open("models/square.ts");
    assert.equal(vscode.workspace.isTrusted, false);
    await screenshot("untrusted");
  });
});
