import assert from "node:assert/strict";
import { suite, suiteSetup, teardown, test } from "mocha";
import type { Frame } from "playwright-core";
import * as vscode from "vscode";
import { commands } from "../../extension/ids.ts";
import { hover, place, problems } from "./reading.ts";
import { adjoint, allowRuns, closeAll, open, screenshotThemes, until, webview } from "./workbench.ts";

/** Opens an example and waits for what is found in it. */
async function example(name: string, code: string): Promise<vscode.TextDocument> {
  const { document } = await open(`examples/${name}`);
  const told = () => problems(document.uri);
  await until(`a ${code} in ${name}`, () => told().some((problem) => problem.includes(code)), 50_000).catch(() =>
    assert.fail(`no ${code} among ${told().join("; ")}`),
  );
  return document;
}

/** Goes from the finding among the problems to the panel, as the light bulb does. */
async function showFinding(document: vscode.TextDocument, code: string): Promise<Frame> {
  const found = vscode.languages.getDiagnostics(document.uri).find((diagnostic) => diagnostic.code === code);
  const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
    "vscode.executeCodeActionProvider",
    document.uri,
    found!.range,
  );
  const action = actions.find(({ title }) => title.startsWith("Show in Graph"));
  assert.ok(action?.command, `no way to the panel among ${actions.map(({ title }) => title).join("; ")}`);
  assert.equal(action.command.command, commands.showFinding);
  await vscode.commands.executeCommand(action.command.command, ...(action.command.arguments as unknown[]));
  return webview(".finding-details");
}

suite("Findings, from the text to the panel and back", () => {
  allowRuns(60);

  suiteSetup(async () => {
    await adjoint();
  });

  teardown(closeAll);

  test("the hover on a responsible line tells of the finding and leads to it", async () => {
    const document = await example("deep-sigmoid.ts", "vanishing-gradient");
    const text = await hover(document, "h = sigmoid(z)", 6);
    assert.match(
      text,
      /\*\*Vanishing gradient\*\*: `sigmoid\(z\)` gives −27\.4 of −27\.6 nats \(20 layers, ×0\.2336 a layer\)\./,
    );
    assert.match(text, /\[Show finding\]/);
    assert.doesNotMatch(await hover(document, "last = glorot"), /Vanishing gradient/);
  });

  test("a finding opens with its lines, its plot and the graph's heat", async () => {
    const document = await example("deep-sigmoid.ts", "vanishing-gradient");
    const frame = await showFinding(document, "vanishing-gradient");
    await frame.locator(".finding-details h2", { hasText: "Vanishing gradient" }).waitFor();
    // Beside an editor the plot stands with the finding.
    await frame.locator(".finding-details .flow-plot .curve").waitFor();
    assert.equal(await frame.locator(".flow-table .row:not(.head)").count(), 20);
    assert.equal(await frame.locator(".finding-lines .responsible .line").innerText(), "27");
    await frame.locator(".graph.heat .group.closed.hot").first().waitFor();
    await screenshotThemes("panel-finding");
  });

  test("a layer, its group in the graph and its text are one selection, and lead back to the finding", async () => {
    const document = await example("deep-sigmoid.ts", "vanishing-gradient");
    const frame = await showFinding(document, "vanishing-gradient");
    await frame.locator("#flow-tab").click();
    await frame.locator(".flow-table .row", { hasText: /^14/ }).click();
    await frame.locator(".group.closed.selected, .card.selected").first().waitFor();
    await frame.locator("#details-tab").click();
    await frame.locator(".details .back", { hasText: "Vanishing gradient" }).waitFor();

    const editor = await vscode.window.showTextDocument(document, vscode.ViewColumn.One);
    const position = place(document, "const z", 6);
    editor.selection = new vscode.Selection(position, position);
    await vscode.commands.executeCommand("cursorRight");
    await frame.locator(".details h2", { hasText: "z" }).waitFor();
    await frame.locator(".details .back .link").click();
    await frame.locator(".finding-details").waitFor();
  });

  test("a gradient that explodes along time, and one that is not finite", async () => {
    const rnn = await example("rnn.ts", "exploding-gradient");
    const exploding = await showFinding(rnn, "exploding-gradient");
    await exploding.locator(".finding-details h2", { hasText: "Exploding gradient" }).waitFor();
    await screenshotThemes("panel-exploding");
    const nan = await example("nan.ts", "non-finite");
    const frame = await showFinding(nan, "non-finite");
    await frame.locator(".finding-details h2", { hasText: "Gradient not finite" }).waitFor();
    await frame.locator(".card.flawed").first().waitFor();
    await screenshotThemes("panel-not-finite");
  });

  test("what is revealed from a hover is shown as a card, wherever it stands", async () => {
    const document = await example("deep-sigmoid.ts", "vanishing-gradient");
    const { document: same } = await open("examples/deep-sigmoid.ts");
    assert.equal(same, document);
    const found = await vscode.commands.executeCommand<vscode.Hover[]>(
      "vscode.executeHoverProvider",
      document.uri,
      place(document, "const z", 6),
    );
    const text = found.flatMap(({ contents }) => contents as vscode.MarkdownString[]).map(({ value }) => value);
    const link = /command:adjoint\.revealInGraph\?([^ )]+)/.exec(text.join("\n"))?.[1];
    assert.ok(link !== undefined);
    await vscode.commands.executeCommand(
      commands.revealInGraph,
      ...(JSON.parse(decodeURIComponent(link)) as unknown[]),
    );
    const frame = await webview(".graph");
    await frame.locator('.card.selected[aria-label^="z,"]').waitFor();
  });
});
