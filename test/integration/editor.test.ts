import assert from "node:assert/strict";
import { setup, suite, suiteSetup, teardown, test } from "mocha";
import * as vscode from "vscode";
import { hover, inlayValues, lenses, lensesMatching, problems } from "./reading.ts";
import { adjoint, closeAll, open, screenshotThemes, until } from "./workbench.ts";

suite("A model in the editor", () => {
  let editor: vscode.TextEditor;
  let document: vscode.TextDocument;

  suiteSetup(async () => {
    await adjoint();
  });

  setup(async () => {
    editor = await open("examples/formula.ts");
    document = editor.document;
    await lensesMatching(document, /∇/);
  });

  teardown(closeAll);

  test("is traced on open: the lens gives value and size of the gradient", async () => {
    assert.deepEqual(await lenses(document), ["1: ∇ 2.127 · ‖∇f‖ 1.864 | Trace | Graph | Check"]);
    assert.deepEqual(problems(document.uri), []);
  });

  test("tells in a hover the value, the adjoint and what it means", async () => {
    assert.equal(
      await hover(document, "const e", 6),
      "`e` = 7.389  `∂f/∂e` = 0.1192\n\nA small rise of `e` raises `f` 0.1192 times as much.\n\n[Reveal in graph]",
    );
    assert.match(
      await hover(document, "x = 1"),
      /^`x` = 1 {2}`∂f\/∂x` = −1\.642\n\nA small rise of `x` lowers `f` 1\.642 times as much\./,
    );
    assert.match(await hover(document, "y / x", 2), /^`y \/ x` = 2 {2}`∂f\/∂\(y \/ x\)` = 0\.8808/);
    assert.match(await hover(document, "x + e", 2), /^`x \+ e` = 8\.389 {2}`∂f\/∂\(x \+ e\)` = 0\.1192/);
    assert.equal(await hover(document, "// f(x, y)", 3), "");
  });

  test("writes value and adjoint after each declaration", async () => {
    const values = await until("inlay values", async () => {
      const now = await inlayValues();
      return now.length >= 4 && now;
    });
    assert.deepEqual(values, ["∂ −1.642", "∂ 0.8808", "= 7.389", "∂ 0.1192"]);
    await screenshotThemes("editor");
  });

  test("says that a trace is stale until the file is saved", async () => {
    await editor.edit((edit) => edit.replace(new vscode.Range(0, 22, 0, 23), "2"));
    assert.deepEqual(await lensesMatching(document, /stale/), [
      "1: ∇ 2.127 · ‖∇f‖ 1.864 (stale) | Trace | Graph | Check",
    ]);
    assert.match(
      await hover(document, "const e", 6),
      /\$\(history\) stale: the text has changed since this was traced/,
    );
    await document.save();
    // ln(2 + e^{2/2})
    assert.match((await lensesMatching(document, /∇ 1\.551(?!.*stale)/))[0]!, /^1: ∇ 1\.551 · ‖∇f‖ /);
    await editor.edit((edit) => edit.replace(new vscode.Range(0, 22, 0, 23), "1"));
    await document.save();
    await lensesMatching(document, /∇ 2\.127(?!.*stale)/);
  });

  test("keeps the last good answer while the text does not parse", async () => {
    await editor.edit((edit) => edit.insert(new vscode.Position(1, 0), "  const = ;\n"));
    assert.match((await lensesMatching(document, /stale/))[0]!, /∇ 2\.127 · ‖∇f‖ 1\.864 \(stale\)/);
  });
});
