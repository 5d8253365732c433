import { appendFile, writeFile } from "node:fs/promises";
import assert from "node:assert/strict";
import { suite, suiteSetup, suiteTeardown, test } from "mocha";
import * as vscode from "vscode";
import { lensesMatching } from "./reading.ts";
import { adjoint, closeAll, file, open } from "./workbench.ts";

suite("A file that a model imports", () => {
  const [model, imported] = [file("models/changed-model.ts"), file("models/changed-part.ts")];

  suiteSetup(async () => {
    await adjoint();
    await writeFile(
      model.fsPath,
      'import { part } from "./changed-part";\n\nexport function whole(x = 3) {\n  return part(x);\n}\n',
    );
  });

  suiteTeardown(async () => {
    await closeAll();
    await Promise.all([model, imported].map((uri) => vscode.workspace.fs.delete(uri)));
  });

  test("is missed until it is there, and then traced", async () => {
    const { document } = await open("models/changed-model.ts");
    assert.match((await lensesMatching(document, /There is no file/))[0]!, /^3: \$\(error\)\sThere is no file/);
    await writeFile(imported.fsPath, "export const part = (x: number) => x * x;\n");
    assert.match((await lensesMatching(document, /∇ 9/))[0]!, /^3: ∇ 9 · ‖∇whole‖ 6 \| Trace/);
  });

  test("has the model traced again when another program writes it", async () => {
    const { document } = await open("models/changed-model.ts");
    await writeFile(imported.fsPath, "export const part = (x: number) => x ** 3;\n");
    assert.match((await lensesMatching(document, /∇ 27/))[0]!, /^3: ∇ 27 · ‖∇whole‖ 27 \| Trace/);
  });

  test("leaves a visibly stale trace where nothing is traced on save", async () => {
    const { document } = await open("models/changed-model.ts");
    const settings = vscode.workspace.getConfiguration("adjoint");
    await settings.update("trace.onSave", false, vscode.ConfigurationTarget.Global);
    try {
      await appendFile(imported.fsPath, "// More.\n");
      assert.match((await lensesMatching(document, /stale/))[0]!, /^3: ∇ 27 · ‖∇whole‖ 27 \(stale\) \| Trace/);
    } finally {
      await settings.update("trace.onSave", undefined, vscode.ConfigurationTarget.Global);
    }
  });
});

suite("An edit that is undone", () => {
  const model = file("models/undone-model.ts");

  suiteSetup(async () => {
    await adjoint();
    await writeFile(model.fsPath, "export function square(x = 3) {\n  return x * x;\n}\n");
  });

  suiteTeardown(async () => {
    await closeAll();
    await vscode.workspace.fs.delete(model);
  });

  test("has the text that is saved traced again, since no save will follow", async () => {
    const editor = await open("models/undone-model.ts");
    const { document } = editor;
    await lensesMatching(document, /∇ 9/);
    await editor.edit((edit) => edit.insert(new vscode.Position(1, 14), " * x"));
    await vscode.commands.executeCommand("adjoint.retrace");
    assert.match((await lensesMatching(document, /∇ 27/))[0]!, /^1: ∇ 27 · ‖∇square‖ 27 \| Trace/);
    await vscode.commands.executeCommand("undo");
    assert.equal(document.isDirty, false);
    assert.match((await lensesMatching(document, /∇ 9/))[0]!, /^1: ∇ 9 · ‖∇square‖ 6 \| Trace/);
  });
});
