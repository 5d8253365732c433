import assert from "node:assert/strict";
import { suite, suiteSetup, teardown, test } from "mocha";
import * as vscode from "vscode";
import { commands } from "../../extension/ids.ts";
import { hover, lensesMatching, place, problems } from "./reading.ts";
import { adjoint, closeAll, open, page, screenshotThemes, webview } from "./workbench.ts";

/** Opens an example and waits for its values. */
async function example(name: string): Promise<vscode.TextDocument> {
  const { document } = await open(`examples/${name}`);
  await lensesMatching(document, /∇/, 40_000);
  assert.deepEqual(problems(document.uri), []);
  return document;
}

/** Shows the hover at `text` on the screen, and photographs it. */
async function photographHover(document: vscode.TextDocument, text: string, name: string): Promise<void> {
  const editor = await vscode.window.showTextDocument(document);
  const position = place(document, text);
  editor.selection = new vscode.Selection(position, position);
  editor.revealRange(new vscode.Range(position, position), vscode.TextEditorRevealType.InCenter);
  await vscode.commands.executeCommand("editor.action.showHover");
  const workbench = await page();
  await workbench.locator(".monaco-hover:visible a", { hasText: "Reveal in graph" }).first().waitFor();
  await screenshotThemes(name);
}

suite("The examples, as they are hovered over", () => {
  suiteSetup(async () => {
    await adjoint();
  });

  teardown(closeAll);

  test("formula: ln(x + e^{y/x}) at (1, 2)", async () => {
    const document = await example("formula.ts");
    const read = async (text: string, offset = 0) => (await hover(document, text, offset)).split("\n", 1)[0];
    assert.equal(await read("x = 1"), "`x` = 1  `∂f/∂x` = −1.642");
    assert.equal(await read("y = 2"), "`y` = 2  `∂f/∂y` = 0.8808");
    assert.equal(await read("y / x", 2), "`y / x` = 2  `∂f/∂(y / x)` = 0.8808");
    assert.equal(await read("x + e", 2), "`x + e` = 8.389  `∂f/∂(x + e)` = 0.1192");
    await photographHover(document, "e = Math", "hover-formula");
  });

  test("least squares: the value is 53, the gradient [46, 64]", async () => {
    const document = await example("least-squares.ts");
    // ‖[46, 64]‖ = 78.82
    assert.match(
      (await lensesMatching(document, /∇/))[0]!,
      /: ∇ 53 · ‖∇leastSquares‖ 78\.82 \| Trace \| Graph \| Check$/,
    );
    const text = await hover(document, "X = tensor");
    assert.match(text, /^‖`X`‖ = 1\.414 {2}‖`∂leastSquares\/∂X`‖ = 78\.82 {2}shape 2\n/);
    assert.match(text, /\| adjoint \|\s+46 \|\s+55 \|\s+64 \|/);
    await photographHover(document, "X = tensor", "hover-least-squares");
  });

  test("pendulum: what ran in a loop says how often, over which range, and how it began and ended", async () => {
    const document = await example("pendulum.ts");
    const text = await hover(document, "slowing");
    assert.match(text, /\[value and adjoint\]\n\nran \d+ times: first \S+ ∂ \S+, last \S+ ∂ \S+\n/);
    await photographHover(document, "slowing", "hover-pendulum");
  });

  test("digits: a tensor gives its shape, its norms and a histogram", async () => {
    const document = await example("digits.ts");
    const text = await hover(document, "hidden =");
    assert.match(text, /^‖`hidden`‖ = \S+ {2}‖`∂surprise\/∂hidden`‖ = \S+ {2}shape 1797 × 32\n\n\[value and adjoint\]/);
    await photographHover(document, "hidden =", "hover-digits");
    await vscode.commands.executeCommand(commands.showGraph);
    await webview(".card");
    await screenshotThemes("panel-digits");
  });
});
