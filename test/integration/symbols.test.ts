import assert from "node:assert/strict";
import { setup, suite, suiteSetup, suiteTeardown, test } from "mocha";
import * as vscode from "vscode";
import { hover, lenses, lensesMatching, problems } from "./reading.ts";
import { adjoint, closeAll, open, screenshotThemes, until } from "./workbench.ts";

suite("A model that imports another file of the person's", () => {
  let document: vscode.TextDocument;

  suiteSetup(async () => {
    await adjoint();
  });

  setup(async () => {
    ({ document } = await open("models/imports.ts"));
    await lensesMatching(document, /∇ 12/);
  });

  suiteTeardown(closeAll);

  test("shows the values of a name from there where it is imported and where it is used", async () => {
    const shown = await until("a hover on the import", () => hover(document, "energy, force"));
    assert.match(shown, /^`energy` = 6 {2}`∂total\/∂energy` = 1\n/);
    assert.match(await hover(document, "energy;"), /^`energy` = 6 /);
  });

  test("shows in the imported file what ran there", async () => {
    const { document: spring } = await open("models/spring.ts");
    assert.match(await hover(spring, "pull * stretch"), /^`pull` = 6 {2}`∂total\/∂pull` = 2\n/);
  });

  test("offers no lens over a function that TypeScript knows to return no number", async () => {
    await until("the lens of label to go", async () => (await lenses(document)).length === 1, 30_000);
    assert.match((await lenses(document)).join("\n"), /^3: ∇ 12/);
  });

  test("says that it was traced in spite of type errors", async () => {
    const note =
      "10:14 information type-errors: TypeScript finds a type error in this file; it was traced all the same.";
    await until("the note", () => problems(document.uri).some((problem) => problem.includes("type-errors")), 30_000);
    assert.deepEqual(problems(document.uri), [note]);
    await screenshotThemes("imports");
  });
});
