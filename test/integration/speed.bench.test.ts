// How long a person waits, in the real VS Code: `npm run bench:editor`. Asserts no time, only that what is measured is right.
import assert from "node:assert/strict";
import { rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { suite, suiteSetup, suiteTeardown, teardown, test } from "mocha";
import * as vscode from "vscode";
import { lineOf, measured, type Measurement } from "../../engine/cli/bench/measure.ts";
import { commands } from "../../extension/ids.ts";
import { report } from "./index.ts";
import { lensesMatching } from "./reading.ts";
import { adjoint, allowRuns, closeAll, file, page, root, until, webview } from "./workbench.ts";

const saves = 15;
const openings = 5;
const pauseMs = 2000;
/** Of one turn of the loops below. */
const operationsPerTurn = 100;

/** A file of `lines` lines whose first function makes `turns` turns of a hundred operations; nobody calls the others. */
function model(turns: number, lines: number): string {
  const body = Array.from({ length: operationsPerTurn / 2 }, (_, k) => `    x = x * 0.9999 + ${k}e-4;`);
  const text = [
    "export function trajectory(start = 0.5) {",
    "  let x = start + 0.25;",
    `  for (let turn = 0; turn < ${turns}; turn++) {`,
    ...body,
    "  }",
    "  return x;",
    "}",
  ];
  for (let k = 0; text.length < lines - 4; k++)
    text.push("", `function helper${k}(x: number): number {`, `  return x * ${k} + Math.exp(-x);`, "}");
  return text.join("\n");
}

function tell(measurement: Measurement): void {
  report(lineOf(measurement).trimEnd());
}

/** Waits until `value` is drawn in the text. */
async function drawn(value: string): Promise<void> {
  const workbench = await page();
  await workbench.waitForFunction(
    (text) =>
      [...document.querySelectorAll(".view-line span")].some((span) =>
        ["::before", "::after"].some((part) => getComputedStyle(span, part).content.includes(text)),
      ),
    `= ${value}`,
    { polling: "raf" },
  );
}

suite("Speed", () => {
  allowRuns(60);

  suiteSetup(async () => {
    await adjoint();
    await writeFile(file("long.ts").fsPath, model(100, 2000));
    await writeFile(file("deep.ts").fsPath, model(1000, 100));
  });

  teardown(closeAll);

  suiteTeardown(async () => {
    for (const name of ["long.ts", "deep.ts"]) await rm(file(name).fsPath);
  });

  test("activation of the extension, and the size of its bundle", async () => {
    await vscode.commands.executeCommand("workbench.action.showRuntimeExtensions");
    const row = (await page()).locator(".runtime-extensions-editor .monaco-list-row", { hasText: "Adjoint" });
    const time = await row.locator(".activation-time").innerText();
    tell(measured("activation", "ms", [Number(/(\d+)\s*ms/.exec(time)![1])], 50));
    const { size } = await stat(path.join(root, "dist", "extension.cjs"));
    tell(measured("bundle of the extension host", "KB", [size / 1000], 300));
  });

  test("save of 2,000 lines with a trace of 10⁴ operations → new values on the screen", async function () {
    this.timeout(300_000);
    const editor = await vscode.window.showTextDocument(file("long.ts"));
    const { document } = editor;
    await lensesMatching(document, /∇/, 50_000);
    const times: number[] = [];
    for (let k = 1; k <= saves; k++) {
      const before = document.lineAt(0).text;
      const range = new vscode.Range(0, before.indexOf("= ") + 2, 0, before.indexOf(")"));
      await editor.edit((edit) => edit.replace(range, String(k)));
      // As a person does, who reads what there is.
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      const start = performance.now();
      void document.save();
      await drawn(String(k + 0.25));
      times.push(performance.now() - start);
    }
    assert.equal(document.isDirty, false);
    tell(measured("save → values", "ms", times, 150));
  });

  test("open the panel on a trace of 10⁵ nodes", async function () {
    this.timeout(300_000);
    const times: number[] = [];
    for (let k = 0; k < openings; k++) {
      const { document } = await vscode.window.showTextDocument(file("deep.ts"));
      await lensesMatching(document, /∇/, 50_000);
      const start = performance.now();
      void vscode.commands.executeCommand(commands.showGraph);
      const frame = await webview(".card, .group");
      await frame.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
      times.push(performance.now() - start);
      await closeAll();
      await until("the panel gone", () => vscode.window.tabGroups.all.every(({ tabs }) => tabs.length === 0));
    }
    tell(measured("open → first picture", "ms", times, 1000));
  });
});
