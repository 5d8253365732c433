import assert from "node:assert/strict";
import { suite, suiteSetup, teardown, test } from "mocha";
import * as vscode from "vscode";
import { commands } from "../../extension/ids.ts";
import { hover, inlayValues, lenses, lensesMatching, place } from "./reading.ts";
import { adjoint, closeAll, open, page, screenshotThemes, until, webview } from "./workbench.ts";

async function set(name: string, value: unknown): Promise<void> {
  await vscode.workspace.getConfiguration("adjoint").update(name, value, vscode.ConfigurationTarget.Global);
}

const changed = ["trace.onType", "trace.onOpen", "inlayValues", "codeLens.enabled", "hover.enabled", "limits.time"];

suite("What a person asks for", () => {
  suiteSetup(async () => {
    await adjoint();
  });

  teardown(async () => {
    for (const name of changed) await set(name, undefined);
    await closeAll();
  });

  test("a trace while typing, once they pause", async () => {
    await set("trace.onType", true);
    const editor = await open("examples/formula.ts");
    await lensesMatching(editor.document, /∇ 2\.127/);
    await editor.edit((edit) => edit.replace(new vscode.Range(0, 22, 0, 23), "2"));
    await lensesMatching(editor.document, /∇ 1\.551(?!.*stale)/);
    assert.equal(editor.document.isDirty, true);
    await closeAll();
    const { document } = await open("examples/formula.ts");
    await lensesMatching(document, /∇ 2\.127(?!.*stale)/);
  });

  test("no trace before they ask, when that is how they set it", async () => {
    await set("trace.onOpen", false);
    const { document } = await open("examples/least-squares.ts");
    assert.match((await lensesMatching(document, /Trace/)).join("\n"), /^10: Trace/);
    await vscode.commands.executeCommand(commands.trace, document.uri, "leastSquares");
    await lensesMatching(document, /∇ 53 · ‖∇leastSquares‖ 78\.82/);
  });

  test("inlay values at names, at every expression, or not at all", async () => {
    const { document } = await open("examples/formula.ts");
    await lensesMatching(document, /∇/);
    const shown = async (name: string, fits: (count: number) => boolean) => {
      await set("inlayValues", name);
      return until(`inlay values with ${name}`, async () => {
        const now = await inlayValues();
        return fits(now.filter((text) => text.startsWith("∂")).length) && now;
      });
    };
    await shown("names", (count) => count === 3);
    await shown("all", (count) => count > 3);
    await screenshotThemes("inlay-all");
    await shown("off", (count) => count === 0);
  });

  test("no lenses and no hovers", async () => {
    await set("codeLens.enabled", false);
    await set("hover.enabled", false);
    const { document } = await open("examples/formula.ts");
    await until("a trace", async () => {
      await vscode.commands.executeCommand(commands.trace, document.uri);
      return true;
    });
    assert.deepEqual(await lenses(document), []);
    assert.equal(await hover(document, "const e", 6), "");
  });

  test("the value they point at, in the graph", async () => {
    const { document } = await open("examples/formula.ts");
    await lensesMatching(document, /∇/);
    const found = await vscode.commands.executeCommand<vscode.Hover[]>(
      "vscode.executeHoverProvider",
      document.uri,
      place(document, "x + e", 2),
    );
    const text = found.flatMap(({ contents }) => contents as vscode.MarkdownString[]).map(({ value }) => value);
    const link = /\(command:adjoint\.revealInGraph\?([^ )]+)/.exec(text.join("\n"))![1]!;
    const target = JSON.parse(decodeURIComponent(link)) as unknown[];
    await vscode.commands.executeCommand(commands.revealInGraph, ...target);
    const frame = await webview(".card.selected");
    assert.match((await frame.locator(".card.selected").first().getAttribute("aria-label"))!, /^x \+ e,/);
  });

  test("an end to a run that goes on for too long", async () => {
    await set("limits.time", 60);
    await set("trace.onOpen", false);
    const { document } = await open("models/waiting.ts");
    void vscode.commands.executeCommand(commands.trace, document.uri);
    await lensesMatching(document, /tracing… \| Stop/);
    const notification = (await page()).locator(".notification-list-item", { hasText: "Tracing waiting.ts" });
    await until("the progress", async () => {
      await vscode.commands.executeCommand("notifications.showList");
      return notification.first().isVisible();
    });
    await screenshotThemes("progress");
    const cancel = notification.first().getByText("Cancel", { exact: true });
    await until("the run to stop", async () => {
      // The list closes when the focus goes elsewhere.
      if (!(await cancel.isVisible())) await vscode.commands.executeCommand("notifications.showList");
      await cancel.click({ timeout: 2000 }).catch(() => undefined);
      return !(await lenses(document)).join("\n").includes("tracing…");
    });
    assert.deepEqual(await lensesMatching(document, /^1: Trace/), ["1: Trace"]);
    const { document: next } = await open("models/square.ts");
    await vscode.commands.executeCommand(commands.trace, next.uri);
    await lensesMatching(next, /∇ 9 · ‖∇square‖ 6/);
  });
});
