import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { sgd } from "../../../engine/library/optimizers/sgd.ts";
import { mul } from "../../../engine/primitives/arithmetic.ts";
import type { Value } from "../../../engine/tape/tensor.ts";
import { compileStep, type Compiled } from "../../engine/execute/steps.ts";
import { launchBrowser } from "../../host/browser.ts";
import { openGpuPage } from "./gpuPage.ts";

let browser: Browser;
before(async () => {
  browser = await launchBrowser();
});
after(async () => {
  await browser.close();
});

const model = (): Promise<Compiled> =>
  compileStep({
    parameters: { w: 2 },
    data: [1, 2, 3],
    batchSize: 1,
    optimizer: sgd({ learningRate: 0.1 }),
    loss: ({ w }: Record<string, Value>, [x]: Value[]) => mul(w!, x!),
  });

const gone = {
  message:
    "The GPU was taken away while it trained (its driver was reset, or the page lost its WebGL context): train again, or on the CPU.",
};

test("what computes is told by name, and whether it is a processor that stands in for a GPU", async () => {
  const { found } = await openGpuPage(browser);
  assert.ok("renderer" in found);
  assert.match(found.renderer, /SwiftShader/);
  assert.equal(found.software, true);
});

test("after the context was lost every call rejects in one sentence, and never gives zeros", async () => {
  const page = await openGpuPage(browser);
  const gpu = await page.executor();
  const step = await model();
  const residents = step.leaves.residents(step.leaves.initial);
  await gpu.load(residents);
  const handle = await gpu.prepare(step.program);
  assert.equal((await gpu.run(handle, [step.rows]))[0]!.outcome, "done");
  const running = gpu.run(
    handle,
    Array.from({ length: 500 }, () => step.rows),
  );
  const lost = page.call({ method: "loseContext" });
  await assert.rejects(running, gone);
  await lost;
  await assert.rejects(gpu.run(handle, [step.rows]), gone);
  await assert.rejects(gpu.gradients(), gone);
  await assert.rejects(gpu.read(), gone);
  await assert.rejects(gpu.write(step.leaves.initial), gone);
  await assert.rejects(gpu.load(residents), gone);
  await assert.rejects(gpu.prepare(step.program), gone);
  // Looked for anew, there is one again.
  assert.ok("renderer" in ((await page.call({ method: "find" })) as object));
  const again = await page.executor();
  await again.load(residents);
  const [result] = await again.run(await again.prepare(step.program), [step.rows]);
  assert.equal(result!.loss, 2);
});

test("a page without WebGL 2 says so in one sentence", async () => {
  const { found, complaints } = await openGpuPage(browser, () => {
    HTMLCanvasElement.prototype.getContext = () => null;
  });
  assert.deepEqual(found, {
    unavailable:
      "There is no WebGL 2 here, which training on the GPU needs (the machine that shows this page may have no graphics driver): train on the CPU.",
  });
  assert.deepEqual(complaints, []);
});

test("a GPU that writes no float textures is refused by name", async () => {
  const { found } = await openGpuPage(browser, () => {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the context below
    const { getExtension } = WebGL2RenderingContext.prototype;
    WebGL2RenderingContext.prototype.getExtension = function (this: WebGL2RenderingContext, name: string) {
      return name === "EXT_color_buffer_float" ? null : (getExtension.call(this, name as "WEBGL_multi_draw") as never);
    } as typeof getExtension;
  });
  assert.ok("unavailable" in found);
  assert.match(
    found.unavailable,
    /^The GPU \(.*SwiftShader.*\) writes no float textures, and so cannot train: train on the CPU\.$/,
  );
});

test("calls before there is data, and data that does not fit, are refused in one sentence", async () => {
  const page = await openGpuPage(browser);
  const gpu = await page.executor();
  const step = await model();
  await assert.rejects(gpu.prepare(step.program), { message: "The executor was given no data yet." });
  await assert.rejects(gpu.gradients(), { message: "No step has been run yet." });
  await assert.rejects(gpu.read(), { message: "The executor was given no data yet." });
});
