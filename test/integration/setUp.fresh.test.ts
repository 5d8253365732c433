import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { suite, suiteSetup, test } from "mocha";
import * as vscode from "vscode";
import { adjoint, closeAll, file, open, page, screenshotThemes, until } from "./workbench.ts";

/** What TypeScript itself, not Adjoint, finds wrong. */
function typeErrors(uri: vscode.Uri): vscode.Diagnostic[] {
  return vscode.languages.getDiagnostics(uri).filter(({ source }) => source === "ts");
}

suite("Set Up This Workspace", () => {
  suiteSetup(async () => {
    // Else the folder would be part of this repository's own package, which needs no types of itself.
    await writeFile(file("package.json").fsPath, '{ "name": "fresh", "private": true }\n');
    await adjoint();
  });

  test("shows what it will change, and changes nothing when cancelled", async () => {
    const done = vscode.commands.executeCommand("adjoint.setUpWorkspace");
    const list = (await page()).locator(".quick-input-widget .quick-input-list");
    await list.getByText("Create model.ts").waitFor();
    const text = await list.innerText();
    assert.match(text, /Create tsconfig\.json\s+strict TypeScript/);
    assert.match(text, /Create types\/adjoint\.d\.ts\s+the types of adjoint \d/);
    assert.match(text, /Create model\.ts\s+a first model/);
    await screenshotThemes("set-up");
    await (await page()).keyboard.press("Escape");
    await done;
    assert.equal(existsSync(file("tsconfig.json").fsPath), false);
  });

  test("an import of adjoint type-checks after one click on its quick fix", async () => {
    const { document } = await open("fresh/line.ts");
    const unresolved = await until("the error on the import", () => typeErrors(document.uri)[0], 60_000);
    assert.equal(unresolved.code, 2307);
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      "vscode.executeCodeActionProvider",
      document.uri,
      unresolved.range,
      vscode.CodeActionKind.QuickFix.value,
    );
    const fix = actions.find(({ title }) => title === 'Set up this workspace for "adjoint"')!;
    await vscode.commands.executeCommand(fix.command!.command, ...(fix.command!.arguments as unknown[]));
    await until("the error to go", () => typeErrors(document.uri).length === 0, 60_000);
    assert.equal(existsSync(file("types/adjoint.d.ts").fsPath), true);
    assert.equal(document.isDirty, false);
  });

  test("says what it did, and takes it back when asked", async () => {
    const workbench = await page();
    const told = workbench.locator(".notification-list-item", {
      hasText: "Adjoint created tsconfig.json, created types/adjoint.d.ts.",
    });
    const undo = told.getByText("Undo", { exact: true });
    // The list closes when the focus goes elsewhere.
    const gone = (): boolean => !["types/adjoint.d.ts", "tsconfig.json"].some((name) => existsSync(file(name).fsPath));
    await until("the files to go", async () => {
      if (gone()) return true;
      if (!(await undo.isVisible())) await vscode.commands.executeCommand("notifications.showList");
      await undo.click({ timeout: 2000 }).catch(() => undefined);
      return gone();
    });
    await vscode.commands.executeCommand("adjoint.setUpWorkspace", file("fresh/line.ts"));
    assert.equal(existsSync(file("types/adjoint.d.ts").fsPath), true);
  });

  test("a wrong inner dimension of a product is underlined at the argument", async () => {
    const uri = file("fresh/wrong.ts");
    const text = 'import { matmul, zeros } from "adjoint";\nexport const y = matmul(zeros([2, 3]), zeros([4, 5]));\n';
    await writeFile(uri.fsPath, text);
    await open("fresh/wrong.ts");
    // Until TypeScript has read the types anew, it says that they are missing (2307).
    const error = await until("the error", () => typeErrors(uri).find(({ code }) => code !== 2307), 60_000);
    assert.deepEqual([error.range.start.line, error.range.start.character], [1, 39]);
  });

  test("offers a first model to a workspace that is set up, and opens it", async () => {
    await closeAll();
    void vscode.commands.executeCommand("adjoint.setUpWorkspace");
    // In tests VS Code shows notifications only in their list.
    const offer = (await page()).getByText("Create a First Model").first();
    const shown = async (): Promise<boolean> => {
      if (await offer.isVisible()) return true;
      await vscode.commands.executeCommand("notifications.showList");
      return offer.isVisible();
    };
    await until("the offer", shown);
    await screenshotThemes("set-up-again");
    const editor = await until("the model", async () => {
      if (!vscode.window.activeTextEditor && (await shown()))
        await offer.click({ timeout: 2000 }).catch(() => undefined);
      return vscode.window.activeTextEditor;
    });
    assert.equal(editor.document.uri.fsPath, file("model.ts").fsPath);
    await until("no type errors", () => typeErrors(editor.document.uri).length === 0, 60_000);
    await screenshotThemes("first-model");
  });
});
