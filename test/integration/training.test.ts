import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { suite, suiteSetup, teardown, test } from "mocha";
import type { Frame } from "playwright-core";
import * as vscode from "vscode";
import type { TrainingReport } from "../../engine/process/trainingProtocol.ts";
import { decodeTensors } from "../../engine/train/safetensors.ts";
import { commands } from "../../extension/ids.ts";
import { lensesMatching, problems } from "./reading.ts";
import { adjoint, closeAll, file, open, page, root, screenshotThemes, until, webview } from "./workbench.ts";

/** A run on software that stands in for a graphics card takes its time, all the more on a machine that is busy. */
const long = 900_000;
const runs = file(".adjoint/runs").fsPath;

async function device(wanted: "auto" | "cpu" | "gpu"): Promise<void> {
  await vscode.workspace.getConfiguration("adjoint").update("train.device", wanted, vscode.ConfigurationTarget.Global);
}

/** Another text for the document, left unsaved. */
async function edit(document: vscode.TextDocument, ...changes: readonly (readonly [string, string])[]): Promise<void> {
  let text = document.getText();
  for (const [from, to] of changes) {
    assert.ok(text.includes(from), from);
    text = text.replace(from, to);
  }
  const all = new vscode.WorkspaceEdit();
  all.replace(document.uri, new vscode.Range(0, 0, document.lineCount, 0), text);
  assert.ok(await vscode.workspace.applyEdit(all));
}

/** Presses the lens that says `title`. */
async function press(document: vscode.TextDocument, title: string): Promise<void> {
  await lensesMatching(document, new RegExp(`\\| ${title}`));
  const found = await vscode.commands.executeCommand<vscode.CodeLens[]>(
    "vscode.executeCodeLensProvider",
    document.uri,
    100,
  );
  const { command } = found.find((lens) => lens.command?.title === title)!;
  void vscode.commands.executeCommand(command!.command, ...(command!.arguments as unknown[]));
}

/** The page once it says so of its run. */
async function told(pattern: RegExp, timeout = long): Promise<{ frame: Frame; text: string }> {
  const frame = await webview(".training-head");
  const text = await until(
    `the page to say ${pattern.source}`,
    async () => {
      const now = await frame.locator("body").innerText();
      return pattern.test(now) && now;
    },
    timeout,
  );
  return { frame, text };
}

/** The latest held-out accuracy on the page. */
async function accuracy(frame: Frame): Promise<number> {
  const row = frame.locator(".training-figures tr", { hasText: "accuracy" });
  return Number(await row.locator("td").nth(1).innerText());
}

async function latestFolder(model: string): Promise<string> {
  const names = await readdir(path.join(runs, model), { withFileTypes: true });
  const folders = names.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return path.join(runs, model, folders.sort().at(-1)!);
}

async function historyIn(folder: string): Promise<TrainingReport[]> {
  const text = await readFile(path.join(folder, "history.jsonl"), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as TrainingReport);
}

async function statusBar(): Promise<string> {
  return (await page()).locator(".statusbar").innerText();
}

suite("Training", function () {
  this.timeout(long);

  suiteSetup(async () => {
    await adjoint();
  });

  teardown(async () => {
    await vscode.commands.executeCommand(commands.stopTraining);
    await until("no run", async () => !/\d+ %|: (?:starting|stopping|first step)/.exec(await statusBar()), long);
    await vscode.commands.executeCommand("notifications.clearAll");
    await closeAll();
  });

  test("the lens trains the digits on the CPU to 95 % of what was held out, and keeps the run", async () => {
    await device("cpu");
    const { document } = await open("examples/digits.ts");
    await press(document, "Train");
    const { frame, text } = await told(/Trained for 440 steps/);
    assert.match(text, /CPU .* · compiled for the processor Set in adjoint\.train\.device\./);
    assert.ok((await accuracy(frame)) >= 0.95);
    const folder = await latestFolder("digits");
    const { metadata } = decodeTensors(await readFile(path.join(folder, "weights.safetensors")));
    assert.equal(metadata["step"], "440");
    assert.equal((await historyIn(folder)).at(-1)!.step, 440);
    assert.deepEqual(problems(document.uri), []);

    await edit(document, ["learningRate: 0.01", "learningRate: 0.02"]);
    await told(/The file has changed since this run began/);
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand("undo");
    await until(
      "the notice to go",
      async () => !(await frame.locator("body").innerText()).includes("has changed since"),
    );
    await screenshotThemes("training");
  });

  test("on the GPU too, in kernels, and the page names the renderer", async () => {
    await device("gpu");
    const { document } = await open("examples/digits.ts");
    await press(document, "Train");
    const { frame, text } = await told(/Trained for 440 steps/);
    assert.match(text, /GPU .*SwiftShader.* · gpu\.js kernels Set in adjoint\.train\.device\./);
    assert.ok((await accuracy(frame)) >= 0.95);
    await screenshotThemes("training-gpu");
  });

  for (const where of ["cpu", "gpu"] as const)
    test(`its first 20 steps on the ${where.toUpperCase()} are those of float64, of a text that is not saved`, async () => {
      await device(where);
      const { document } = await open("examples/digits.ts");
      // One batch is an epoch, after each of which the history has a line.
      await edit(
        document,
        ["data: { images, labels }", "data: { images: slice(images, [[0, 80]]), labels: slice(labels, [[0, 80]]) }"],
        ["export const digits =", "export const few ="],
      );
      await press(document, "Train");
      await told(/Trained for 20 steps/);
      const folder = await latestFolder("few");
      const history = await historyIn(folder);
      const { tensors } = decodeTensors(await readFile(path.join(folder, "weights.safetensors")));
      const copy = path.join(path.dirname(document.fileName), "few.ts");
      await writeFile(copy, document.getText());
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [path.join(root, "test/engine/train/printReference.ts"), copy, "few", "20"],
        { maxBuffer: 2 ** 24, env: { ...process.env, ELECTRON_RUN_AS_NODE: "1" } },
      ).finally(() => rm(copy));
      const reference = JSON.parse(stdout) as {
        steps: { loss: number; metrics: number[]; gradientNorms: number[] }[];
        weights: number[][];
      };
      assert.equal(history.length, 20);
      for (const [k, { loss, metrics, gradientNorms }] of reference.steps.entries()) {
        near([history[k]!.loss], [loss], `loss of step ${k + 1}`);
        near(Object.values(history[k]!.gradientNorms), gradientNorms, `gradients of step ${k + 1}`);
        near([history[k]!.metrics["accuracy"]!], metrics, `accuracy of step ${k + 1}`);
      }
      reference.weights.forEach((leaf, k) => near([...tensors[k]!.data], leaf, `weights of ${tensors[k]!.name}`));
    });

  test("a page that is open lends its graphics card to a gradient check", async () => {
    const { document } = await open("examples/digits.ts");
    await lensesMatching(document, /Check/);
    const terminal = vscode.workspace.getConfiguration("terminal.integrated");
    // What a canvas shows cannot be read.
    await terminal.update("gpuAcceleration", "off", vscode.ConfigurationTarget.Global);
    await vscode.commands.executeCommand(commands.showTraining, document.uri, "digits");
    await webview(".training-head");
    await vscode.commands.executeCommand(commands.check, document.uri, "surprise");
    await vscode.commands.executeCommand("workbench.panel.testResults.view.focus");
    const output = (await page()).locator(".part.panel .xterm-rows");
    await until("the verdict on the GPU", async () =>
      (await output.innerText()).replaceAll("\u00a0", " ").includes("float32 on the GPU within"),
    );
  });

  test("auto takes the CPU where the renderer is software, and says why", async () => {
    await device("auto");
    const { document } = await open("examples/digits.ts");
    await edit(document, ["epochs: 20", "epochs: 1"]);
    await press(document, "Train");
    const { text } = await told(/Trained for 22 steps/);
    assert.match(text, /CPU .* Chosen because the only renderer here is software \(.*SwiftShader/);
  });

  test("a run goes on without its panel, is stopped, and continued", async () => {
    await device("cpu");
    const { document } = await open("examples/digits.ts");
    await edit(document, ["epochs: 20", "epochs: 100000"]);
    await press(document, "Train");
    await told(/Step [\d,]+ of 2,200,000/);
    await lensesMatching(document, /training….*Stop Training/);
    await until("how far it is, in the status bar", async () => /digits \d+ %/.test(await statusBar()));

    // The editor is as quick as ever, and another Train does not begin a second run.
    await edit(document, ["seed: 7", "seed: 8"]);
    void vscode.commands.executeCommand(commands.train, document.uri, "digits");
    const refusal = (await page()).getByText("digits is being trained already").first();
    await until("the refusal", () => refusal.isVisible());
    await vscode.commands.executeCommand("notifications.clearAll");

    await closeTab("Training: digits");
    await until(
      "the page to go",
      async () => (await (await page()).locator(".tab", { hasText: "Training:" }).count()) === 0,
    );
    // The status bar forgets a run as soon as it ends.
    await until("the run in the status bar", async () => /digits \d+ %/.test(await statusBar()));
    await vscode.commands.executeCommand(commands.showTraining, document.uri, "digits");
    const before = await told(/Step [\d,]+ of 2,200,000/);
    // The curves are there again.
    await before.frame.locator(".plot canvas").first().waitFor();

    await before.frame.locator("vscode-button", { hasText: "Stop" }).click();
    const { text, frame } = await told(/Stopped after [\d,]+ of 2,200,000 steps/);
    const stopped = Number(/Stopped after ([\d,]+)/.exec(text)![1]!.replaceAll(",", ""));
    await edit(document, ["epochs: 100000", "epochs: 1"]);
    await frame.locator("vscode-button", { hasText: "Continue" }).click();
    const rest = await told(/Trained for/);
    assert.match(rest.text.replaceAll(",", ""), new RegExp(`Trained for ${stopped + 22} steps`));
  });

  test("the GPU works on while its panel is hidden, and when it is closed the weights are kept", async () => {
    await device("gpu");
    const { document } = await open("examples/digits.ts");
    await edit(document, ["epochs: 20", "epochs: 1000"]);
    await press(document, "Train");
    const { frame, text } = await told(/Step [\d,]+ of 22,000/);
    const seen = Number(/Step ([\d,]+)/.exec(text)![1]!.replaceAll(",", ""));
    const other = await vscode.workspace.openTextDocument({ content: "something else" });
    await vscode.window.showTextDocument(other, vscode.ViewColumn.Two);
    await until("steps of the hidden page", async () => {
      const now = /Step ([\d,]+)/.exec(
        await frame
          .locator("body")
          .innerText()
          .catch(() => ""),
      );
      return now !== null && Number(now[1]!.replaceAll(",", "")) > seen;
    });

    await closeTab("Training: digits");
    const message = (await page())
      .getByText(
        /Training ended at step [\d,]+: the panel in which the GPU worked was closed\. The weights after step [\d,]+ are saved/,
      )
      .first();
    await until("what became of the run", () => message.isVisible());
    await edit(document, ["epochs: 1000", "epochs: 1"]);
    await vscode.commands.executeCommand("notifications.showList");
    const notification = (await page()).locator(".notification-list-item", { hasText: "was closed" }).first();
    await notification.getByText("Continue on the CPU", { exact: true }).click();
    const after = await told(/Trained for [\d,]+ steps/);
    assert.match(after.text, /CPU .*You chose the CPU for this run\./);
  });

  test("the first NaN stops the run at its line, in Problems and on the page", async () => {
    await device("cpu");
    const { document } = await open("examples/digits.ts");
    await edit(document, [
      "crossEntropy(scores(batch.images, w1, b1, w2, b2), batch.labels),",
      "Math.log(0 * crossEntropy(scores(batch.images, w1, b1, w2, b2), batch.labels)),",
    ]);
    await vscode.commands.executeCommand(commands.train, document.uri, "digits");
    const { frame } = await told(
      /Training stopped at step 1, where the loss is -?∞|Training stopped at step 1, where the loss is/,
    );
    const [problem] = await until("a problem", () => {
      const found = problems(document.uri).filter((text) => text.includes("Training stopped"));
      return found.length > 0 && found;
    });
    assert.match(problem!, /^55:\d+ error non-finite: Training stopped at step 1, where the loss is /);
    await screenshotThemes("training-nan");
    await frame.locator(".notice .link").click();
    await until("the line", () => vscode.window.activeTextEditor?.selection.start.line === 54);
  });
});

async function closeTab(label: string): Promise<void> {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  await vscode.window.tabGroups.close(tabs.find((tab) => tab.label === label)!);
}

/** Of losses, gradient norms and weights, relative to the largest. On software GL measured below 2e-5. */
const bound = 1e-4;

function near(actual: readonly number[], expected: readonly number[], what: string): void {
  assert.equal(actual.length, expected.length, what);
  const size = Math.max(...expected.map(Math.abs), 1e-12);
  expected.forEach((value, k) =>
    assert.ok(Math.abs(actual[k]! - value) <= bound * size, `${what}, element ${k}: ${actual[k]!} instead of ${value}`),
  );
}
