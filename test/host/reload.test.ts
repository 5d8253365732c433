import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import type { Page } from "playwright-core";
import { openSession } from "./session.ts";

/** A machine that is busy with other tests takes its time. */
const patience = 120_000;

const folder = await mkdtemp(path.join(tmpdir(), "adjoint-reload-"));
after(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));

const line = (loss: string, epochs: string): string => `import { defineModel, mean, sgd, tensor } from "adjoint";
export const line = defineModel({
  parameters: { slope: 0, offset: 0 },
  data: { x: tensor([0, 1, 2, 3]), y: tensor([1, 3, 5, 7]) },
  loss: ({ slope, offset }, { x, y }) => ${loss},
  optimizer: sgd({ learningRate: 0.01 }),
  batchSize: 2,
  epochs: ${epochs},
});
`;

/** What VS Code keeps of the window, which it writes every few seconds and, in a browser, not while the page goes away. */
function keptEditors(page: Page): Promise<string> {
  // As text: no other file here knows a page's names.
  return page.evaluate(`(async () => {
    const settled = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const kept = [];
    for (const { name } of await indexedDB.databases()) {
      if (!name.startsWith("vscode-web-state-db")) continue;
      const database = await settled(indexedDB.open(name));
      for (const table of database.objectStoreNames)
        kept.push(await settled(database.transaction(table).objectStore(table).get("memento/workbench.parts.editor")));
      database.close();
    }
    return JSON.stringify(kept);
  })()`);
}

/** Asks again until it is so. */
async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + patience;
  while (!(await isSo())) {
    assert.ok(Date.now() < end, `Waited ${patience} ms for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/**
 * The window as a person reloads it: the same browser, the same folder, a new page and a new extension host. `kept`: of the
 * editors that are open, which must come back.
 */
async function reload(page: Page, kept: RegExp): Promise<void> {
  await until(`editors like ${kept.source} to be kept`, async () => kept.test(await keptEditors(page)));
  await page.reload();
  await page
    .locator(".monaco-workbench .explorer-folders-view .monaco-list-row")
    .first()
    .waitFor({ timeout: patience });
}

function trainingTabs(page: Page) {
  return page.locator(".tab", { hasText: "Training: line" });
}

/** What the page of the training says, once it says so. */
async function told(page: Page, pattern: RegExp): Promise<string> {
  const body = page.frameLocator("iframe.webview.ready").frameLocator("iframe").locator("body");
  await body.filter({ hasText: pattern }).waitFor({ timeout: patience });
  return body.innerText();
}

async function openFile(page: Page, name: string): Promise<void> {
  await page.locator(".explorer-folders-view .monaco-list-row", { hasText: name }).dblclick();
  await page.locator(".tab.active", { hasText: name }).waitFor({ timeout: patience });
}

async function train(page: Page): Promise<void> {
  const lens = page.locator(".codelens-decoration a", { hasText: /^Train$/ });
  await lens.waitFor({ timeout: patience });
  // A lens that is drawn anew while the mouse goes down and up is not clicked: what counts is that the page opens.
  const opened = page.locator("iframe.webview.ready");
  await until("the page of the training", async () => {
    if ((await opened.count()) > 0) return true;
    await lens.click({ timeout: patience });
    await opened.waitFor({ timeout: 10_000 }).catch(() => undefined);
    return (await opened.count()) > 0;
  });
}

test("a reload of the window in the middle of a training leaves its curves, says that it was cut short, and continues", async () => {
  await writeFile(path.join(folder, "line.ts"), line("mean((slope * x + offset - y) ** 2)", "1e9"));
  // A file named in the address would be opened in place of what stood open before the reload.
  await using session = await openSession({ folder, settings: { "adjoint.train.device": "cpu" } });
  const { page } = session;
  await openFile(page, "line.ts");
  await train(page);
  // Weights are kept from the end of an epoch on, which is after two steps.
  await told(page, /Step [\d,]+ of 2,000,000,000/);

  await reload(page, /adjoint\.training.*model/);
  const text = await told(page, /Stopped after [\d,]+ of 2,000,000,000 steps/);
  assert.match(
    text,
    /The run was cut short, as when the window is closed or loaded anew\. Its weights after step [\d,]+ /,
  );
  assert.equal(await trainingTabs(page).count(), 1);

  const frame = page.frameLocator("iframe.webview.ready").frameLocator("iframe");
  await frame.locator("vscode-button", { hasText: "Continue" }).click();
  const again = await told(page, /Step [\d,]+ of 2,0\d\d,\d\d\d,\d\d\d/);
  assert.doesNotMatch(again, /cut short/);
  await frame.locator("vscode-button", { hasText: "Stop" }).click();
  await told(page, /Stopped after/);
});

test("a run that failed is still told of as failed after a reload, and its tab, hidden meanwhile, is not opened twice", async () => {
  await rm(path.join(folder, ".adjoint"), { recursive: true, force: true });
  // The offset grows from step to step, until the root has no value.
  await writeFile(
    path.join(folder, "line.ts"),
    line("mean(Math.sqrt(0.5 - offset) + slope * x + 0 * y - 40 * offset)", "500"),
  );
  await writeFile(path.join(folder, "other.ts"), "export const other = 1;\n");
  await using session = await openSession({ folder, settings: { "adjoint.train.device": "cpu" } });
  const { page } = session;
  await openFile(page, "line.ts");
  await train(page);
  const [, failed] = /Failed at step ([\d,]+) of 1,000/.exec(await told(page, /Failed at step [\d,]+ of 1,000/))!;

  await reload(page, /adjoint\.training.*model/);
  const text = await told(page, /Failed at step/);
  assert.ok(text.includes(`Training stopped at step ${failed!}, where`), text);
  assert.ok(text.includes(`Failed at step ${failed!} of 1,000`), text);

  // Another file takes its place in front.
  await trainingTabs(page).click();
  await openFile(page, "other.ts");
  await reload(page, /adjoint\.training.*other\.ts/);
  await trainingTabs(page).waitFor({ timeout: patience });
  assert.equal(await page.locator("iframe.webview").count(), 0, "nobody has looked at the page yet");
  await train(page);
  await told(page, /Failed at step/);
  await trainingTabs(page).nth(1).waitFor({ state: "detached", timeout: patience });
  assert.equal(await trainingTabs(page).count(), 1);
});
