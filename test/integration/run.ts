// Runs the integration tests: `run.ts --results FOLDER [--desktop] [part of a file name]`. By default in VS Code from npm inside a headless
// browser; with --desktop in the desktop VS Code that @vscode/test-electron downloads.
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs, promisify } from "node:util";
import { downloadAndUnzipVSCode, resolveCliArgsFromVSCodeExecutablePath, runTests } from "@vscode/test-electron";
import { build } from "esbuild";
import { fail, npm, root, SetupError } from "../../scripts/steps.mjs";
import { add, none, type Counts } from "../host/counts.ts";
import { freePort } from "../host/ports.ts";
import { installExtension } from "../host/server.ts";
import { calmSettings } from "../host/settings.ts";
import { runOf, runs, type Run } from "./runs.ts";

const here = import.meta.dirname;

const { values, positionals } = parseArgs({
  options: { desktop: { type: "boolean" }, results: { type: "string" } },
  allowPositionals: true,
});
/** Where the counts go, and what each run leaves behind. Within the repository, so that the tests find its packages. */
const results = path.resolve(values.results!);
const desktop = values.desktop ? await downloadDesktop() : undefined;

let counts = none;
const files = (await readdir(here)).filter((file) => file.endsWith(".test.ts"));
for (const file of files) if (!runOf(file)) throw new Error(`${file} names a run that runs.ts does not have.`);
for (const run of runs) {
  if (run.asked === true && !positionals.includes(run.name)) continue;
  const chosen = files.filter((file) => runOf(file) === run && positionals.every((part) => file.includes(part)));
  if (chosen.length > 0) counts = add(counts, await execute(run, chosen).catch(broken));
}
await writeFile(path.join(results, "integration.json"), JSON.stringify(counts));
process.exitCode = counts.failed > 0 ? 1 : 0;

/** A run that could not be started counts as one failure, and the next is made all the same. */
function broken(error: unknown): Counts {
  console.error(error instanceof SetupError ? error.message : error);
  return { ...none, failed: 1 };
}

async function downloadDesktop(): Promise<string> {
  return downloadAndUnzipVSCode().catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    return fail(
      new SetupError(`The desktop VS Code could not be downloaded (${reason}): check the network, or run npm test.`),
    );
  });
}

async function execute(run: Run, chosen: readonly string[]): Promise<Counts> {
  console.log(`\nVS Code, ${run.name}: ${chosen.join(", ")}`);
  if (desktop && !run.trusted) {
    console.log("skipped: @vscode/test-electron always trusts the workspace");
    return { ...none, skipped: chosen.length };
  }
  const folder = path.join(results, run.name);
  const workspace = path.join(folder, "workspace");
  // The profile lies elsewhere, because VS Code keeps sockets in it and their paths must be short.
  const profile = await mkdtemp(path.join(tmpdir(), "adjoint-"));
  const dataFolder = path.join(profile, "data");
  const extensionsFolder = path.join(profile, "extensions");
  try {
    await mkdir(workspace, { recursive: true });
    for (const source of run.workspace) {
      await cp(path.join(root, source), path.join(workspace, path.basename(source)), { recursive: true });
    }
    const tests = await bundle(chosen, folder);
    await writeSettings(dataFolder, run);
    if (run.packaged) await installPackage(dataFolder, extensionsFolder);
    const counted = path.join(folder, "results.json");
    const debuggingPort = String(await freePort());
    await runTests({
      vscodeExecutablePath: desktop ?? path.join(root, "test", "host", "adapter"),
      // VS Code runs extension tests only beside an extension in development; the packaged one is not that.
      extensionDevelopmentPath: run.packaged ? path.join(here, "driver") : root,
      extensionTestsPath: tests,
      launchArgs: [
        workspace,
        `--user-data-dir=${dataFolder}`,
        `--extensions-dir=${extensionsFolder}`,
        ...(run.trusted ? [] : ["--untrusted"]),
        ...(desktop ? [`--remote-debugging-port=${debuggingPort}`] : []),
      ],
      extensionTestsEnv: {
        ADJOINT_TEST_RESULTS: counted,
        ADJOINT_TEST_LOG: path.join(folder, "workbench.log"),
        ADJOINT_TEST_SCREENSHOTS: path.join(root, "test-results", "screenshots"),
        ADJOINT_TEST_ROOT: root,
        ...(desktop ? { ADJOINT_TEST_CDP: `http://127.0.0.1:${debuggingPort}` } : {}),
      },
    }).catch((error: unknown) => error);
    // Whatever happened, what counts is what the tests themselves reported; no report is one failure.
    return await readFile(counted, "utf8").then(
      (text) => JSON.parse(text) as Counts,
      () => broken(new SetupError(`The tests ended without a result: see ${path.join(folder, "workbench.log")}`)),
    );
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** Bundles test files with the module that runs them into one that VS Code can load. */
async function bundle(chosen: readonly string[], folder: string): Promise<string> {
  const outfile = path.join(folder, "tests.cjs");
  const requires = chosen.map((file) => `require(${JSON.stringify(`./${file}`)});`).join(" ");
  await build({
    stdin: {
      contents: `import { runSuites } from "./index.ts"; export const run = () => runSuites(() => { ${requires} });`,
      resolveDir: here,
      loader: "ts",
    },
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node22",
    external: ["vscode", "mocha", "playwright-core"],
    sourcemap: true,
    logLevel: "warning",
  });
  return outfile;
}

async function writeSettings(dataFolder: string, run: Run): Promise<void> {
  // The desktop keeps a person's settings one folder higher than the server does.
  const user = path.join(dataFolder, ...(desktop ? [] : ["data"]), "User");
  const trust = run.trusted ? {} : { "security.workspace.trust.startupPrompt": "never" };
  await mkdir(user, { recursive: true });
  await writeFile(path.join(user, "settings.json"), JSON.stringify({ ...calmSettings, ...trust, ...run.settings }));
}

async function installPackage(dataFolder: string, extensionsFolder: string): Promise<void> {
  await npm(["run", "package"]);
  const vsix = path.join(root, "adjoint.vsix");
  console.log(`adjoint.vsix: ${((await stat(vsix)).size / 1e6).toFixed(2)} MB`);
  if (!desktop) return installExtension(vsix, { dataFolder, extensionsFolder });
  const [cli, ...args] = resolveCliArgsFromVSCodeExecutablePath(desktop, { reuseMachineInstall: true });
  const folders = [`--user-data-dir=${dataFolder}`, `--extensions-dir=${extensionsFolder}`];
  await promisify(execFile)(cli!, [...args, ...folders, "--install-extension", vsix], {
    shell: process.platform === "win32",
  });
}
