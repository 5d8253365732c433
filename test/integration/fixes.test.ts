import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { setup, suite, suiteSetup, teardown, test } from "mocha";
import * as vscode from "vscode";
import { commands } from "../../extension/ids.ts";
import { lensesMatching, place, problems } from "./reading.ts";
import { adjoint, closeAll, dismissMenu, file, open, page, screenshotThemes, until } from "./workbench.ts";

const scaling = /^Scale the initial values of recurrent by 0\.\d+: ‖∂error\/∂step 1‖ 1\.9e6 → \S+$/;

/** Adjoint's quick fixes for the text of now. */
async function offered(document: vscode.TextDocument, what = "Scale"): Promise<vscode.CodeAction[]> {
  // Whatever happens in the editor meanwhile cancels the question.
  const found = await Promise.resolve(
    vscode.commands.executeCommand<vscode.CodeAction[]>(
      "vscode.executeCodeActionProvider",
      document.uri,
      new vscode.Range(0, 0, document.lineCount, 0),
      vscode.CodeActionKind.QuickFix.value,
    ),
  ).catch(() => undefined);
  return (found ?? []).filter(({ title }) => title.startsWith(`${what} `) || title.startsWith(`Preview: ${what} `));
}

/** The same, once there are any. */
function quickFixes(document: vscode.TextDocument, what?: string): Promise<vscode.CodeAction[]> {
  const some = async () => {
    const found = await offered(document, what);
    return found.length > 0 && found;
  };
  return until("quick fixes", some, 90_000);
}

function explodes({ uri }: vscode.TextDocument): boolean {
  return problems(uri).some((problem) => /^\d+:\d+ warning exploding-gradient: The gradient explodes/.test(problem));
}

suite("Quick fixes", function () {
  // Fixes are tried in processes that give way to all others.
  this.timeout(150_000);
  let editor: vscode.TextEditor;
  let document: vscode.TextDocument;
  let original: string;

  suiteSetup(async () => {
    await adjoint();
  });

  setup(async () => {
    editor = await open("examples/rnn.ts");
    document = editor.document;
    original = document.getText();
    await until("the finding", () => explodes(document), 40_000);
  });

  teardown(async () => {
    await closeAll();
  });

  test("stand at the finding with their measured effect, mend it, and are one step to undo", async () => {
    const actions = await quickFixes(document);
    const [apply, preview, ...others] = actions;
    assert.deepEqual(others, []);
    assert.match(apply!.title, scaling);
    assert.equal(apply!.isPreferred, true);
    assert.match(preview!.title, /^Preview: Scale the initial values of recurrent by 0\.\d+$/);

    const cursor = place(document, "matmul(h, recurrent)", 3);
    editor.selection = new vscode.Selection(cursor, cursor);
    const workbench = await page();
    const menu = workbench.locator(".action-widget", { hasText: "Scale the initial values" });
    // Asked for before the editor has the focus, or while something else changes in it, the menu does not come, or goes again.
    await until("the menu of quick fixes", async () => {
      if (await menu.isVisible()) return true;
      await vscode.commands.executeCommand("editor.action.quickFix");
      return false;
    });
    await screenshotThemes("quick-fix");
    await dismissMenu();
    await until("the edit", async () => {
      if (document.getText() !== original) return true;
      await vscode.window.showTextDocument(document, { selection: new vscode.Range(cursor, cursor) });
      await vscode.commands.executeCommand("editor.action.autoFix");
      return document.getText() !== original;
    });
    assert.match(document.getText(), /scale: 2\.\d+ \/ Math\.sqrt\(16\)/);
    await until("a trace without a finding", () => problems(document.uri).length === 0);

    await vscode.commands.executeCommand("undo");
    assert.equal(document.getText(), original);
    assert.equal(document.isDirty, false);
    await document.save();
  });

  test("are shown beside the text as it is, and applied from there", async () => {
    const preview = (await quickFixes(document))[1]!;
    await vscode.commands.executeCommand(preview.command!.command, ...(preview.command!.arguments as unknown[]));
    const input = await until("the comparison", () => {
      const shown = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
      return shown instanceof vscode.TabInputTextDiff && shown;
    });
    assert.equal(input.original.toString(), document.uri.toString());
    const changed = await vscode.workspace.openTextDocument(input.modified);
    assert.match(changed.getText(), /scale: 2\.\d+ \/ Math\.sqrt\(16\)/);
    const workbench = await page();
    const button = workbench.locator('.editor-actions [aria-label^="Apply Fix"]');
    await button.waitFor();
    await screenshotThemes("quick-fix-preview");
    await button.click();
    await until("the edit", () => document.getText() === changed.getText());
    await until("a trace without a finding", () => problems(document.uri).length === 0);
    await until("the comparison to close", () =>
      vscode.window.tabGroups.all.every(({ tabs }) =>
        tabs.every((tab) => !(tab.input instanceof vscode.TabInputTextDiff)),
      ),
    );
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand("undo");
    assert.equal(document.getText(), original);
  });

  test("are not offered for a text that has changed, nor where they are switched off", async () => {
    await quickFixes(document);
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), "// More.\n"));
    assert.equal((await offered(document)).length, 0);
    await vscode.commands.executeCommand("undo");
    assert.equal(document.getText(), original);
    assert.equal((await quickFixes(document)).length, 2);
    const settings = vscode.workspace.getConfiguration("adjoint");
    await settings.update("fixes.enabled", false, vscode.ConfigurationTarget.Global);
    try {
      await vscode.commands.executeCommand(commands.retrace, document.uri);
      await new Promise((resolve) => setTimeout(resolve, 3000));
      assert.equal((await offered(document)).length, 0);
    } finally {
      await settings.update("fixes.enabled", undefined, vscode.ConfigurationTarget.Global);
    }
  });
});

suite("A fix of a line in a file that the model imports", function () {
  this.timeout(150_000);
  const [model, imported] = [file("models/fixed-model.ts"), file("models/fixed-part.ts")];
  const part = `export function standardise(x: number[]) {
  const mean = x.reduce((a, b) => a + b, 0) / x.length;
  const deviation = Math.sqrt(x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length);
  return x.map((v) => (v - mean) / deviation);
}
`;
  const whole = `import { standardise } from "./fixed-part";

export function weighted(w = [1, 2, 3], x = [4, 4, 4]) {
  return standardise(x).reduce((sum, v, i) => sum + v * w[i]!, 0);
}
`;

  setup(async () => {
    await adjoint();
    await writeFile(imported.fsPath, part);
    await writeFile(model.fsPath, whole);
  });

  teardown(async () => {
    await closeAll();
    await Promise.all([model, imported].map((uri) => vscode.workspace.fs.delete(uri)));
  });

  /** Both files side by side, the model traced and found wrong. */
  async function opened(): Promise<vscode.TextDocument> {
    const { document } = await vscode.window.showTextDocument(model, { viewColumn: vscode.ViewColumn.Two });
    await until("the finding", () => problems(imported).some((problem) => problem.includes("non-finite")), 40_000);
    return document;
  }

  test("is saved with it, so that the trace of the model shows its effect", async () => {
    const document = await opened();
    const other = await vscode.workspace.openTextDocument(imported);
    await vscode.window.showTextDocument(other, { viewColumn: vscode.ViewColumn.One });
    const [apply] = await quickFixes(other, "Keep");
    assert.match(apply!.title, /^Keep Math\.sqrt off 0 by 1e-5: ‖∇weighted‖ NaN → /);
    assert.ok(await vscode.workspace.applyEdit(apply!.edit!));
    await vscode.commands.executeCommand(apply!.command!.command, ...(apply!.command!.arguments as unknown[]));
    assert.match(other.getText(), /x\.length \+ 1e-5\)/);
    assert.equal(other.isDirty, false);
    await until("a trace without a finding", () => problems(imported).length === 0);
    await lensesMatching(document, /∇ 0 · ‖∇weighted‖ \d(?!.*stale)/);
  });

  test("is saved too where it is applied from its preview", async () => {
    const document = await opened();
    const other = await vscode.workspace.openTextDocument(imported);
    const preview = (await quickFixes(other, "Keep"))[1]!;
    await vscode.commands.executeCommand(preview.command!.command, ...(preview.command!.arguments as unknown[]));
    await until("the comparison", () => {
      const shown = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
      return shown instanceof vscode.TabInputTextDiff && shown.original.toString() === imported.toString();
    });
    await vscode.commands.executeCommand(commands.applyFix);
    await until("the edit", () => other.getText().includes("+ 1e-5)"));
    await until("the save", () => !other.isDirty);
    await lensesMatching(document, /∇ 0 · ‖∇weighted‖ \d(?!.*stale)/);
  });

  test("is not offered while the import has changes that are not saved, and the lens says that they wait", async () => {
    const document = await opened();
    const other = await vscode.workspace.openTextDocument(imported);
    assert.equal((await quickFixes(other, "Keep")).length, 2);
    const edit = new vscode.WorkspaceEdit();
    edit.insert(imported, new vscode.Position(0, 0), "// More.\n");
    assert.ok(await vscode.workspace.applyEdit(edit));
    await lensesMatching(document, /weighted‖ NaN \(stale\)/);
    assert.equal((await offered(other, "Keep")).length, 0);
    await other.save();
    await lensesMatching(document, /weighted‖ NaN (?!.*stale)/);
  });
});
