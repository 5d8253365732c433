import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { root } from "../../scripts/steps.mjs";
import { launchBrowser, newPage, openWorkbench } from "./browser.ts";

const profile = await mkdtemp(path.join(tmpdir(), "adjoint-"));
after(() => rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));

test("npm start prints an address, at which the first example stands traced, and ends when it is told to", async () => {
  const start = spawn(process.execPath, ["scripts/start.mjs", "--no-open", `--profile=${profile}`], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => start.once("close", resolve));
  try {
    const url = await addressOf(start.stdout);
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/\?folder=.*\/examples&payload=.*formula\.ts.*&tkn=[0-9a-f]{32}$/);
    await using browser = await launchBrowser();
    const page = await newPage(browser);
    await openWorkbench(page, url);
    await page.locator(".codelens-decoration", { hasText: "∇ 2.127 · ‖∇f‖ 1.864" }).waitFor({ timeout: 60_000 });
  } finally {
    start.kill("SIGTERM");
  }
  assert.equal(await ended, 0);
});

async function addressOf(output: NodeJS.ReadableStream): Promise<string> {
  const lines: string[] = [];
  for await (const line of createInterface(output)) {
    lines.push(line);
    const [, url] = /^Adjoint is open at (\S+)$/.exec(line) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error(`npm start gave no address:\n${lines.join("\n")}`);
}
