import assert from "node:assert/strict";
import { suite, suiteSetup, teardown, test } from "mocha";
import * as vscode from "vscode";
import { adjoint, closeAll, file, open, page, screenshotThemes, until } from "./workbench.ts";

suite("Check Gradients", () => {
  suiteSetup(async () => {
    await adjoint();
  });
  teardown(closeAll);

  /** The text of the Test Explorer. */
  async function tests(): Promise<string> {
    return (await page()).locator(".test-explorer").innerText();
  }

  /** The numbers of the lines of the editor beside which failures stand. */
  async function failingLines(): Promise<number[]> {
    return (await page()).evaluate(() =>
      [...document.querySelectorAll(".part.editor .test-error-content-widget")].flatMap((widget) => {
        const { top } = widget.getBoundingClientRect();
        const number = [...document.querySelectorAll(".part.editor .line-numbers")].find(
          (candidate) => Math.abs(candidate.getBoundingClientRect().top - top) < 5,
        );
        return number === undefined ? [] : [Number(number.textContent)];
      }),
    );
  }

  test("the Test Explorer lists every differentiable function of the workspace", async () => {
    await vscode.commands.executeCommand("workbench.view.testing.focus");
    await vscode.commands.executeCommand("testing.refreshTests");
    await until("the example in the Test Explorer", async () => (await tests()).includes("custom-rule.ts"), 60_000);
    assert.match(await tests(), /examples\/formula\.ts/);
  });

  test("running a file marks the wrong rule at its line, with expected and actual", async () => {
    await open("examples/custom-rule.ts");
    await vscode.commands.executeCommand("testing.runCurrentFile");
    await vscode.commands.executeCommand("workbench.panel.testResults.view.focus");
    const results = (await page()).locator(".test-output-peek-tree");
    const failure = results.locator("[aria-label^='The gradient of wrong with respect to x[0] is wrong']").first();
    await until("the failure", () => failure.isVisible(), 60_000);
    assert.equal(
      (await failure.locator(".label").innerText()).replace(/\s+/g, " "),
      "wrong" +
        "The gradient of wrong with respect to x[0] is wrong: reverse mode gives 1.98898 where differences give 0.99449, and 2 more elements fail." +
        " @ examples/custom-rule.ts",
    );
    assert.match(await results.innerText(), /right\s*examples\/custom-rule\.ts/);
    // The expression that uses the wrong rule, and the rule itself, a test of its own whose result comes last: while results
    // come in, the list sorts its rows anew, and a click lands on the row that has just come under it.
    await until("the figures beside the lines", async () => {
      const lines = await failingLines();
      return lines.includes(20) && lines.includes(14);
    });
    await failure.click();
    const panel = (await page()).locator(".part.panel");
    const figures = await until("expected and actual", async () => {
      const text = (await panel.innerText()).replace(/\u00a0/g, " ");
      return text.includes("x[0] = 0.99449") && text;
    });
    assert.ok(figures.includes("x[0] = 1.98898"));
    await screenshotThemes("check-gradients");
  });

  test("while tests run continuously, a rule that is saved wrong is marked, and no longer when it is mended", async () => {
    const { document } = await open("examples/custom-rule.ts");
    const [right, wrong] = ["[cotangent / (1 + Math.exp(-x))]", "[(3 * cotangent) / (1 + Math.exp(-x))]"];
    const saveWith = async (from: string, to: string): Promise<void> => {
      const at = document.getText().indexOf(from);
      assert.ok(at >= 0, `${from} stands in the file`);
      const edit = new vscode.WorkspaceEdit();
      edit.replace(document.uri, new vscode.Range(document.positionAt(at), document.positionAt(at + from.length)), to);
      assert.ok(await vscode.workspace.applyEdit(edit));
      assert.ok(await document.save());
    };
    await vscode.commands.executeCommand("testing.startContinuousRun");
    try {
      await saveWith(right, wrong);
      // The expression that uses the rule, and the rule.
      await until("the failing lines", async () => {
        const lines = await failingLines();
        return lines.includes(10) && lines.includes(4);
      });
      const widgets = (await page()).locator(".part.editor .test-error-content-widget");
      const told = (await widgets.allInnerTexts()).map((text) => text.replace(/\s+/g, " "));
      // Actual, and what was expected in its place.
      assert.ok(told.includes("x = -0.0743582 y = 0.221675 != x = -0.0247861 y = 0.0738917"), told.join("; "));
      await screenshotThemes("check-gradients-on-save");
      await saveWith(wrong, right);
      await until("the failures of the other rule alone", async () => {
        const lines = await failingLines();
        return lines.length === 2 && lines.includes(20) && lines.includes(14);
      });
    } finally {
      await vscode.commands.executeCommand("testing.stopContinuousRun");
    }
  });

  test("while tests run continuously, saving a file that a model imports checks the model again", async () => {
    const [rule, model] = [file("rules.ts"), file("importsRules.ts")];
    const write = (uri: vscode.Uri, text: string): Thenable<void> =>
      vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
    const ruleText = (factor: number): string =>
      'import { customVjp } from "adjoint";\n\n' +
      `export const squared = customVjp((x: number) => x * x, (cotangent, [x]) => [${factor} * cotangent * x]);\n`;
    await write(rule, ruleText(2));
    await write(
      model,
      'import { squared } from "./rules.ts";\n\nexport function energy(x = 3) {\n  return squared(x);\n}\n',
    );
    try {
      await open("importsRules.ts");
      await vscode.commands.executeCommand("adjoint.checkGradients", model, "energy");
      const status = (await page()).locator(".statusbar");
      await until("the right rule's verdict", async () =>
        (await status.innerText()).includes("The gradient of energy is right"),
      );
      await vscode.commands.executeCommand("testing.startContinuousRun");
      try {
        const { document } = await open("rules.ts");
        const edit = new vscode.WorkspaceEdit();
        edit.replace(rule, new vscode.Range(0, 0, document.lineCount, 0), ruleText(5));
        assert.ok(await vscode.workspace.applyEdit(edit));
        assert.ok(await document.save());
        await open("importsRules.ts");
        await until("the failing line of the model", async () => (await failingLines()).includes(4));
      } finally {
        await vscode.commands.executeCommand("testing.stopContinuousRun");
      }
    } finally {
      await vscode.workspace.fs.delete(model);
      await vscode.workspace.fs.delete(rule);
    }
  });

  test("the lens checks one function, and a right one says so in the status bar", async () => {
    const { document } = await open("examples/custom-rule.ts");
    await vscode.commands.executeCommand("adjoint.checkGradients", document.uri, "right");
    const status = (await page()).locator(".statusbar");
    await until("the verdict", async () =>
      (await status.innerText()).includes("The gradient of right is right: all 2 elements checked."),
    );
  });
});
