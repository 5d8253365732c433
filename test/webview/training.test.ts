import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import type { TrainingReport } from "../../engine/process/trainingProtocol.ts";
import { History, noCurves } from "../../extension/training/history.ts";
import type { FromTrainingPage, RunFacts, TrainingState } from "../../extension/training/protocol.ts";
import { launchBrowser } from "../host/browser.ts";
import { example, startEngine } from "../engine/process/engine.ts";
import { openTrainingPage, type OpenTrainingPage, type TrainingPageOptions } from "./trainingHarness.ts";

const file = example("digits.ts");
const run: RunFacts = {
  model: "digits",
  file,
  fileName: "digits.ts",
  notices: [],
  device: { kind: "cpu", description: "EPYC 9", executor: "portable", reason: "Set in adjoint.train.device." },
  folder: "/work/.adjoint/runs/digits/2026-01-01T00-00-00-000Z",
};
const running: TrainingState = { kind: "running", run, stopping: false };
const done: TrainingState = { kind: "done", run, restored: false, continues: true };

let browser: Browser;
/** Of a real run. */
const reports: TrainingReport[] = [];

before(async () => {
  const engine = startEngine();
  try {
    const { summary } = await engine.train(
      { file },
      { onTraining: (told) => told.kind === "report" && reports.push(told.report) },
    );
    assert.ok(summary!.validation!.metrics["accuracy"]! >= 0.95);
  } finally {
    engine.dispose();
  }
  browser = await launchBrowser();
});
after(() => browser.close());

function open(options?: TrainingPageOptions): Promise<OpenTrainingPage> {
  return openTrainingPage(browser, options);
}

/** A page on which the run has told all that it had to tell. */
async function shown(state: TrainingState, options?: TrainingPageOptions): Promise<OpenTrainingPage> {
  const opened = await open(options);
  const history = new History();
  for (const report of reports) history.add(report);
  await opened.send({ type: "show", state });
  await opened.send({ type: "curves", curves: history.curves, latest: history.latest });
  await opened.page.waitForSelector(".plot canvas");
  return opened;
}

function acts(sent: readonly FromTrainingPage[]): string[] {
  return sent.flatMap((message) => (message.type === "act" ? [message.act] : []));
}

type Colour = readonly [red: number, green: number, blue: number];

/** What a colour of the page's own comes to in its theme. */
async function resolved(page: Page, colour: string): Promise<Colour> {
  return page.evaluate((css) => {
    const context = document.createElement("canvas").getContext("2d")!;
    const probe = document.body.appendChild(document.createElement("span"));
    probe.style.color = css;
    context.fillStyle = getComputedStyle(probe).color;
    context.fillRect(0, 0, 1, 1);
    probe.remove();
    const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
    return [red!, green!, blue!];
  }, colour);
}

/** How many pixels of a plot are of about this colour. */
async function pixels(page: Page, title: string, colour: Colour): Promise<number> {
  return page.evaluate(
    ([name, [red, green, blue]]) => {
      const canvas = document.querySelector<HTMLCanvasElement>(`.plot[aria-label="${name}"] canvas`)!;
      const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let k = 0; k < data.length; k += 4) {
        const near = [red, green, blue].every((part, channel) => Math.abs(data[k + channel]! - part) < 12);
        if (near && data[k + 3]! > 200) count++;
      }
      return count;
    },
    [title, colour] as const,
  );
}

async function screenshot(page: Page, name: string): Promise<void> {
  const folder = path.resolve(import.meta.dirname, "../../test-results/screenshots");
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, `${name}.png`) });
}

test("a run begins, tells of its steps as they come, and can be stopped", async () => {
  const { page, send, sent, complaints } = await open();
  await send({
    type: "show",
    state: { kind: "starting", run: { ...run, device: undefined } as never, doing: "Looking for a graphics card" },
  });
  await page.waitForSelector(".screen p:has-text('Looking for a graphics card')");
  await send({ type: "curves", curves: noCurves, latest: undefined });
  await send({ type: "show", state: running });
  await page.waitForSelector("text=Making the first step");
  for (const report of reports.slice(0, 4)) await send({ type: "report", report });
  const { step, steps } = reports[3]!;
  await page.waitForSelector(`text=Step ${step} of ${steps}`);
  await page.waitForSelector("text=/examples\\/s/");
  await page.waitForSelector("text=/left$/");
  await page.waitForSelector(".plot canvas");
  assert.match(
    await page.innerText(".training-device"),
    /CPU EPYC 9 · compiled for the processor Set in adjoint\.train\.device\./,
  );
  await page.click("vscode-button:has-text('Stop')");
  assert.deepEqual(acts(sent), ["stop"]);
  await send({ type: "show", state: { ...running, stopping: true } });
  await page.waitForSelector("text=/stopping$/");
  assert.deepEqual(complaints, []);
});

test("draws loss and metrics in the value's colour and gradients in the adjoint's, and names the latest figures", async () => {
  const { page, complaints } = await shown(done);
  await page.waitForTimeout(200);
  assert.deepEqual(await page.locator(".plot h3").allInnerTexts(), ["Loss", "Accuracy", "Gradient norm by parameter"]);
  const [blue, orange] = [await resolved(page, "var(--value)"), await resolved(page, "var(--adjoint)")];
  assert.ok((await pixels(page, "Loss", blue)) > 200);
  assert.ok((await pixels(page, "Accuracy", blue)) > 200);
  assert.equal(await pixels(page, "Gradient norm by parameter", blue), 0);
  assert.ok((await pixels(page, "Gradient norm by parameter", orange)) > 200);
  assert.equal(await pixels(page, "Loss", orange), 0);
  const latest = reports.at(-1)!;
  const table = await page.locator(".training-figures").innerText();
  assert.match(table, /accuracy\s+[\d.]+\s+0\.9\d+/);
  for (const path of Object.keys(latest.gradientNorms)) assert.ok(table.includes(path));
  assert.match(await page.innerText(".training-progress"), /^Trained for 440 steps · .* s · [\d,]+ examples\/s$/);
  assert.deepEqual(complaints, []);
  await screenshot(page, "training-page-dark");
});

test("offers what can be done about a run that has ended", async () => {
  const { page, sent } = await shown(done);
  await page.click("vscode-button:has-text('Train Again')");
  await page.click("vscode-button:has-text('Continue')");
  await page.click("button:has-text('runs/digits/2026-01-01T00-00-00-000Z')");
  await page.click("button:has-text('digits.ts')");
  assert.deepEqual(acts(sent), ["train", "continue", "showSaved", "showModel"]);
  assert.deepEqual(await page.evaluate(() => JSON.parse(sessionStorage.getItem("state")!) as unknown), {
    file,
    model: "digits",
  });
});

test("a run that was told to stop says so, and one that made no step is not trained again but trained", async () => {
  const { page, send } = await open();
  await send({ type: "show", state: { kind: "running", run, stopping: false } });
  await page.waitForSelector("vscode-button:has-text('Stop'):not([disabled])");
  await send({ type: "show", state: { kind: "running", run, stopping: true } });
  await page.waitForSelector("vscode-button[disabled]:has-text('Stopping…')");
  const source = { file, line: 1, column: 1, endLine: 1, endColumn: 1 };
  const message = "There is no run of digits to continue in .adjoint/runs/digits.";
  const diagnostics = [{ code: "cannot-continue", severity: "error" as const, message, source }];
  await send({ type: "show", state: { kind: "failed", run, placed: false, offers: ["train"], diagnostics } });
  await page.waitForSelector(`.notice.error:has-text('${message}')`);
  assert.equal((await page.innerText(".training-head .actions")).trim(), "Train");
});

test("a failure names the step at which it stopped once, as its sentence does", async () => {
  const source = { file, line: 20, column: 3, endLine: 20, endColumn: 9 };
  const message = "Training stopped at step 441, where the loss is NaN.";
  const diagnostics = [{ code: "non-finite", severity: "error" as const, message, source, data: { step: 441 } }];
  const { page } = await shown({ kind: "failed", run, placed: true, offers: ["train"], diagnostics });
  assert.match(await page.innerText(".training-progress"), /^Failed at step 441 of [\d,]+ · /);
});

test("a failure says what and where, and keeps the curves", async () => {
  const source = { file, line: 20, column: 3, endLine: 20, endColumn: 9 };
  const message = "Training stopped at step 12, where the loss is NaN.";
  const { page, sent } = await shown({
    kind: "failed",
    run,
    placed: true,
    offers: ["train", "continue"],
    diagnostics: [{ code: "non-finite", severity: "error", message, source }],
  });
  await page.waitForSelector(`.notice.error:has-text('${message}')`);
  await page.click("button:has-text('digits.ts:20:3')");
  assert.deepEqual(
    sent.find(({ type }) => type === "reveal"),
    { type: "reveal", source },
  );
  assert.ok(await page.isVisible(".plot canvas"));
});

test("where there is no GPU, a button trains on the CPU", async () => {
  const { page, send, sent } = await open({ width: 400 });
  await send({
    type: "show",
    state: {
      kind: "failed",
      run: { ...run, notices: ["The run is not saved."] },
      placed: false,
      offers: ["trainOnCpu", "openSettings"],
      diagnostics: [
        {
          code: "gpu-unavailable",
          severity: "error",
          message: "There is no GPU to train on: there is no WebGL 2 here. Train on the CPU.",
          source: { file, line: 1, column: 1, endLine: 1, endColumn: 1 },
        },
      ],
    },
  });
  await page.waitForSelector("text=The run is not saved.");
  assert.equal(await page.locator(".notice .link").count(), 0, "it speaks of no place in the file");
  await page.click("vscode-button:has-text('Train on the CPU')");
  assert.deepEqual(acts(sent), ["trainOnCpu"]);
  await screenshot(page, "training-page-no-gpu");
});

test("says what to do before the first run", async () => {
  const { page, send, sent } = await open();
  await send({
    type: "show",
    state: { kind: "empty", reason: "no-run", title: "digits has not been trained yet", text: "…", offer: "train" },
  });
  await page.click("vscode-button:has-text('Train')");
  assert.deepEqual(acts(sent), ["train"]);
});

test("a loss that has exploded is drawn on a logarithmic scale, until a person chooses otherwise", async () => {
  const { page, send, complaints } = await shown(done);
  const log = page.locator("vscode-button:has-text('Log')");
  assert.equal(await log.getAttribute("aria-pressed"), "false");
  const history = new History();
  for (const [k, report] of reports.entries()) history.add({ ...report, loss: 2 * 10 ** k });
  await send({ type: "curves", curves: history.curves, latest: history.latest });
  await page.waitForSelector("vscode-button[aria-pressed='true']:has-text('Log')");
  await log.click();
  await page.waitForSelector("vscode-button[aria-pressed='false']:has-text('Log')");
  await send({ type: "report", report: { ...reports.at(-1)!, step: 10_000, loss: 1e30 } });
  await page.waitForFunction(() => document.body.innerText.includes("1e30"));
  assert.equal(await log.getAttribute("aria-pressed"), "false");
  assert.deepEqual(complaints, []);
});

test("what a run begins with is said once", async () => {
  const { page, send } = await open();
  const doing = "Tracing and compiling the first step";
  await send({ type: "show", state: { kind: "starting", run, doing } });
  await page.waitForSelector(".screen p");
  assert.equal((await page.innerText("body")).split(doing).length - 1, 1);
});

test("the loss can be seen on a logarithmic scale", async () => {
  const { page } = await shown(done);
  const picture = (): Promise<string> =>
    page.evaluate(() => document.querySelector<HTMLCanvasElement>(".plot canvas")!.toDataURL());
  await page.waitForTimeout(100);
  const linear = await picture();
  const log = page.locator("vscode-button:has-text('Log')");
  await log.click();
  await page.waitForTimeout(100);
  assert.equal(await log.getAttribute("aria-pressed"), "true");
  assert.notEqual(await picture(), linear);
  await log.click();
  await page.waitForTimeout(100);
  assert.equal(await picture(), linear);
});

test("the arrow keys read all plots at the same step", async () => {
  const { page } = await shown(done);
  await page.waitForTimeout(100);
  await page.locator(".plot[aria-label='Loss'] .plot-canvas").focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowRight");
  const second = reports[1]!;
  for (const at of await page.locator(".plot-at").allInnerTexts()) assert.equal(at, `step ${second.step}`);
  const spoken = await page.locator(".plot[aria-label='Loss'] .unseen").innerText();
  assert.ok(spoken.startsWith(`step ${second.step}, training`), spoken);
  await page.keyboard.press("Escape");
  assert.equal(await page.locator(".plot-at").first().innerText(), "over steps");
});

test("a screen reader hears how a run goes, but not every step", async () => {
  const { page, send } = await open();
  const said = (): Promise<string> => page.locator("[role=status].unseen").innerText();
  await send({ type: "show", state: running });
  assert.equal(await said(), "Training digits.");
  for (const report of reports.slice(0, 5)) await send({ type: "report", report });
  await page.waitForTimeout(100);
  assert.equal(await said(), "Training digits.");
  await send({ type: "show", state: done });
  await page.waitForTimeout(50);
  assert.match(await said(), /^digits is trained after \d+ steps: loss/);
});

for (const theme of ["dark", "light"] as const)
  test(`fits into 400 pixels, ${theme}`, async () => {
    const { page, complaints } = await shown(done, { theme, width: 400, height: 1200 });
    await page.waitForTimeout(200);
    const [width, scroll] = await page.evaluate(() => [innerWidth, document.body.scrollWidth]);
    assert.ok(scroll <= width, `${scroll} of ${width}`);
    await screenshot(page, `training-page-narrow-${theme}`);
    assert.deepEqual(complaints, []);
  });

test("follows a change of the theme", async () => {
  const { page } = await shown(done);
  await page.waitForTimeout(100);
  await page.evaluate(() => document.documentElement.style.setProperty("--vscode-charts-blue", "#00ff00"));
  await page.evaluate(() => document.documentElement.style.setProperty("--vscode-adjoint-value", "#00ff00"));
  await page.waitForTimeout(300);
  assert.ok((await pixels(page, "Loss", [0, 255, 0])) > 200);
});

test("finds the graphics card of the page and says what it is", async () => {
  const { send, message } = await open();
  await send({ type: "findGpu", id: 7 });
  const answer = await message(({ type }) => type === "answer");
  assert.ok(answer.type === "answer" && answer.id === 7 && "ok" in answer.result);
  const found = answer.result.ok as { renderer: string; software: boolean; name: string };
  assert.match(found.renderer, /SwiftShader/);
  assert.equal(found.software, true);
  assert.equal(found.name, "gpu.js");
});

test("a call after the graphics card was let go is refused in a sentence", async () => {
  const { send, message } = await open();
  await send({ type: "call", id: 3, call: { method: "read", parameters: [] } });
  const answer = await message(({ type }) => type === "answer");
  assert.deepEqual(answer, {
    type: "answer",
    id: 3,
    result: { error: "The GPU was let go before the run had ended." },
  });
});
