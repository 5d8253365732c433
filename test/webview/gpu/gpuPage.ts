/** A page of a real browser that has nothing but the GPU executor, under the policy of VS Code's panels. */
import { after } from "node:test";
import * as esbuild from "esbuild";
import type { Browser, Page } from "playwright-core";
import type { Executor } from "../../../engine/execute/executor.ts";
import { RemoteExecutor } from "../../../engine/process/remoteExecutor.ts";
import type { ExecutorCall } from "../../../engine/process/trainingProtocol.ts";
import { launchBrowser } from "../../host/browser.ts";
import type { PageCall } from "./pageEntry.ts";
import { packed, unpacked } from "./wire.ts";

export type Found = { readonly renderer: string; readonly software: boolean } | { readonly unavailable: string };

export interface GpuPage {
  readonly page: Page;
  readonly found: Found;
  /** Whether the policy kept the page from compiling text. */
  readonly evalIsBlocked: boolean;
  /** What the page complained of. */
  readonly complaints: readonly string[];
  call(call: PageCall): Promise<unknown>;
  /** The executor of the page, called as the engine's process calls it. */
  executor(): Promise<Executor>;
}

const origin = "http://gpu.test";
const nonce = "harness";
const policy = `default-src 'none'; script-src 'nonce-${nonce}'`;

let bundle: Promise<string> | undefined;

function script(): Promise<string> {
  bundle ??= esbuild
    .build({
      entryPoints: [new URL("pageEntry.ts", import.meta.url).pathname],
      bundle: true,
      write: false,
      format: "iife",
      platform: "browser",
      target: "es2022",
      // As the panel's own: minified names must do no harm to the kernels.
      minify: true,
    })
    .then(({ outputFiles }) => outputFiles[0]!.text);
  return bundle;
}

/** A page for all tests of the file that asks, in a browser of its own that is closed after them. */
export async function gpuPage(): Promise<GpuPage> {
  const browser = await launchBrowser();
  after(() => browser.close());
  return openGpuPage(browser);
}

/** `before` runs in the page before its script. */
export async function openGpuPage(browser: Browser, before?: () => void): Promise<GpuPage> {
  const text = await script();
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("pageerror", ({ message }) => complaints.push(message));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let last = 0;
  const expect = (id: number): Promise<unknown> => {
    const answer = Promise.withResolvers<unknown>();
    waiting.set(id, answer);
    return answer.promise;
  };
  await page.exposeFunction("answer", (id: number, answer: { ok: unknown } | { error: [string, string] }) => {
    if ("ok" in answer) waiting.get(id)!.resolve(unpacked(answer.ok));
    else waiting.get(id)!.reject(Object.assign(new Error(answer.error[1]), { name: answer.error[0] }));
    waiting.delete(id);
  });
  if (before !== undefined) await page.addInitScript(before);
  await page.route(`${origin}/**`, async (route) => {
    const isScript = route.request().url().endsWith(".js");
    const document = `<!doctype html><meta http-equiv="Content-Security-Policy" content="${policy}"><script nonce="${nonce}" src="page.js"></script>`;
    await route.fulfill({
      contentType: isScript ? "text/javascript" : "text/html; charset=utf-8",
      body: isScript ? text : document,
    });
  });
  const ready = expect(0);
  await page.goto(`${origin}/`);
  const { blocked } = (await ready) as { blocked: boolean };
  // Through a message, so that it is the page's own code that runs: what a test evaluates is under no policy.
  const call = async (content: PageCall): Promise<unknown> => {
    const id = ++last;
    const answer = expect(id);
    await page.evaluate((message) => window.postMessage(message), { id, call: packed(content) });
    return answer;
  };
  const found = (await call({ method: "find" })) as Found;
  return {
    page,
    found,
    evalIsBlocked: blocked,
    complaints,
    call,
    executor: () => RemoteExecutor.find((executorCall: ExecutorCall) => call(executorCall)),
  };
}
