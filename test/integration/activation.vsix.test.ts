import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import path from "node:path";
import { suite, test } from "mocha";
import { adjoint, root } from "./workbench.ts";

suite("The packaged extension", () => {
  test("activates from where VS Code installed it", async () => {
    const extension = await adjoint();
    assert.equal(extension.isActive, true);
    assert.ok(!extension.extensionPath.startsWith(root), extension.extensionPath);
  });

  test("is at most 3 MB", async () => {
    const { size } = await stat(path.join(root, "adjoint.vsix"));
    assert.ok(size <= 3e6, `${size} bytes`);
  });
});
