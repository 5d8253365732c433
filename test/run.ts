// `npm test [unit|webview|integration|host] [--desktop] [part of a file name]`: every test there is, or those of one kind, and one line in the end.
import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import path from "node:path";
import { ensureChromium } from "../scripts/chromium.mjs";
import { ensureVSCodeServer } from "../scripts/vscodeServer.mjs";
import { fail, root, SetupError } from "../scripts/steps.mjs";
import { add, none, subtract, summary, type Counts, type CountsByFile } from "./host/counts.ts";

const kinds = { unit, webview, integration, host };
const allResults = path.join(root, "test-results");
/** Of this very run, so that two at a time do not get in each other's way. Kept when a test failed. */
const results = path.join(allResults, `run-${process.pid}`);
const keptFor = 24 * 3_600_000;
/** Hundreds of processes load the same sources: Node keeps what it has compiled here. */
const compiled = path.join(allResults, "compiled");

function unit(parts: readonly string[]): Promise<Counts> {
  const files = globSync("test/**/*.test.ts", { cwd: root });
  const elsewhere = /^test[\\/](host|integration|webview|workspaces|fixtures)[\\/]/;
  return nodeTest(
    "unit",
    files.filter((file) => !elsewhere.test(file)),
    parts,
  );
}

async function webview(parts: readonly string[]): Promise<Counts> {
  return inBrowser("webview", parts);
}

/** The commands that a newcomer calls. */
async function host(parts: readonly string[]): Promise<Counts> {
  return inBrowser("host", parts);
}

async function inBrowser(kind: string, parts: readonly string[]): Promise<Counts> {
  const files = globSync(`test/${kind}/**/*.test.ts`, { cwd: root });
  if (files.length > 0) await ensureChromium();
  return nodeTest(kind, files, parts);
}

async function integration(parts: readonly string[]): Promise<Counts> {
  if (!parts.includes("--desktop")) await Promise.all([ensureChromium(), ensureVSCodeServer()]);
  return counted("integration", ["test/integration/run.ts", `--results=${results}`, ...parts]);
}

async function nodeTest(kind: string, files: readonly string[], parts: readonly string[]): Promise<Counts> {
  const chosen = files.filter((file) => parts.every((part) => file.includes(part))).sort();
  if (chosen.length === 0) return none;
  // By itself Node leaves one core free, which of two is half.
  const counts = await testFiles(kind, chosen, availableParallelism());
  const failed = Object.keys(counts.failedFiles);
  // A browser under load loses its page or its time. In CI, where nobody can look again, a few files have a second try by
  // themselves, and which did is told. Many that fail are no accident, nor is anything that fails without a browser.
  if (process.env["CI"] === undefined || kind === "unit" || failed.length === 0 || failed.length > 3) return counts;
  console.log(`Tried again after a first failure:\n${failed.map((file) => path.relative(root, file)).join("\n")}`);
  const others = Object.values(counts.failedFiles).reduce<Counts>(subtract, counts);
  return add(others, await testFiles(kind, failed, 1));
}

async function testFiles(kind: string, files: readonly string[], concurrency: number): Promise<CountsByFile> {
  const reporters = ["--test-reporter=spec", "--test-reporter-destination=stdout"];
  reporters.push("--test-reporter=./test/host/countReporter.ts", `--test-reporter-destination=${resultsFile(kind)}`);
  const counts = await counted(kind, ["--test", `--test-concurrency=${concurrency}`, ...reporters, ...files]);
  return { failedFiles: {}, ...counts };
}

/** Runs Node, which leaves its counts in the results file of `kind`. Without one, that is a failure. */
async function counted(kind: string, args: readonly string[]): Promise<Counts> {
  const file = resultsFile(kind);
  await rm(file, { force: true });
  const env = { ...process.env, NODE_COMPILE_CACHE: compiled };
  const child = spawn(process.execPath, args, { cwd: root, stdio: "inherit", env });
  const code = await new Promise((resolve) => child.on("close", resolve));
  const counts = await readFile(file, "utf8").then(
    (text) => JSON.parse(text) as Counts,
    () => ({ ...none, failed: 1 }),
  );
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

function resultsFile(kind: string): string {
  return path.join(results, `${kind}.json`);
}

async function removeOldResults(): Promise<void> {
  for (const name of await readdir(allResults).catch(() => [])) {
    const folder = path.join(allResults, name);
    if (!name.startsWith("run-") || Date.now() - (await stat(folder)).mtimeMs < keptFor) continue;
    await rm(folder, { recursive: true, force: true });
  }
}

async function run(): Promise<void> {
  const args = process.argv.slice(2);
  const kind = Object.keys(kinds).find((name) => name === args[0]) as keyof typeof kinds | undefined;
  const parts = kind ? args.slice(1) : args;
  await removeOldResults();
  await mkdir(results, { recursive: true });
  let total = none;
  for (const name of kind ? [kind] : (Object.keys(kinds) as (keyof typeof kinds)[]))
    total = add(total, await kinds[name](parts));
  if (total.passed + total.failed + total.skipped === 0)
    throw new SetupError(`No test file matches ${args.join(" ")}.`);
  if (total.failed === 0) await rm(results, { recursive: true, force: true });
  else console.log(`\nWhat the runs left behind: ${path.relative(root, results)}`);
  console.log(`\n${summary(total)}`);
  process.exitCode = total.failed > 0 ? 1 : 0;
}

await run().catch(fail);
