// Stands in for the `code` executable when @vscode/test-electron runs extension tests: takes the same flags, runs the tests in
// VS Code from npm inside a headless browser, and ends with the code that the tests ended with.
import { createWriteStream } from "node:fs";
import path from "node:path";
import { format, parseArgs } from "node:util";
import { launchBrowser, newPage } from "./browser.ts";
import { freePort } from "./ports.ts";
import { reported } from "./report.ts";
import { startServer } from "./server.ts";

/** A run that takes longer hangs: every single test has a limit of its own. */
const runLimit = 15 * 60_000;

const { values, positionals } = parseArgs({
  strict: false,
  allowPositionals: true,
  options: {
    extensionDevelopmentPath: { type: "string", multiple: true },
    extensionTestsPath: { type: "string" },
    "extensions-dir": { type: "string" },
    "user-data-dir": { type: "string" },
    // Not a flag of VS Code's: runTests always passes --disable-workspace-trust, and this takes it back.
    untrusted: { type: "boolean" },
  },
});

const folder = path.resolve(positionals[0] ?? ".");
const dataFolder = String(values["user-data-dir"]);
const debuggingPort = await freePort();
process.env["ADJOINT_TEST_CDP"] = `http://127.0.0.1:${String(debuggingPort)}`;

const browser = await launchBrowser({ debuggingPort });
const server = await startServer({
  dataFolder,
  extensionsFolder: String(values["extensions-dir"]),
  trusted: values.untrusted !== true,
  testing: true,
});

// All that the workbench itself says; of interest when a test fails.
const log = createWriteStream(process.env["ADJOINT_TEST_LOG"] ?? path.join(dataFolder, "workbench.log"));
const page = await newPage(browser);
const finished = new Promise<number>((resolve) => {
  void page.exposeFunction("codeAutomationLog", (type: string, parts: unknown[]) => {
    const line = format(...parts);
    if (line.startsWith(reported)) console.log(line.slice(reported.length));
    else log.write(`${type}: ${line}\n`);
  });
  void page.exposeFunction("codeAutomationExit", resolve);
  page.once("crash", () => resolve(1));
  page.once("close", () => resolve(1));
  void server.ended.then(() => resolve(1));
  setTimeout(() => {
    console.error("The tests did not end within fifteen minutes.");
    resolve(1);
  }, runLimit).unref();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve(1));
});

const developed = [values.extensionDevelopmentPath ?? []].flat().map(String);
await page.goto(
  server.url({
    folder,
    payload: [
      ...developed.map((extension) => ["extensionDevelopmentPath", server.remote(extension)] as const),
      ["extensionTestsPath", server.remote(String(values.extensionTestsPath))],
    ],
  }),
);
const code = await finished;
await browser.close();
await server.stop();
process.exit(code);
