// What runs inside VS Code: hands the test files to Mocha and leaves the counts where the process that started it all reads them.
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { SourceMap, type SourceMapPayload } from "node:module";
import path from "node:path";
import { format } from "node:util";
import Mocha from "mocha";
import type { Counts } from "../host/counts.ts";
import { reported } from "../host/report.ts";

/** Runs every suite that `load` defines. Rejects when a test fails, which is how VS Code learns of it. */
export async function runSuites(load: () => void): Promise<void> {
  // A workbench under load closes a menu or moves the focus on its own. In CI, where nobody can look again, a test has a second
  // try, and what took one is told.
  const retries = process.env["CI"] ? 1 : 0;
  const mocha = new Mocha({ ui: "tdd", timeout: 60_000, slow: 10_000, retries, reporter: "spec", color: false });
  mocha.suite.emit("pre-require", globalThis, "", mocha);
  try {
    load();
  } catch (error) {
    report(`A test file could not be loaded: ${error instanceof Error ? error.stack! : String(error)}`);
    throw error;
  }
  Mocha.reporters.Base.consoleLog = (...parts: unknown[]) => report(format(...parts));
  const retried: string[] = [];
  const stats = await new Promise<Mocha.Stats>((resolve) => {
    const runner = mocha.run(() => {
      if (runner.stats) resolve(runner.stats);
    });
    runner.on("retry", (test: Mocha.Test, error: unknown) => retried.push(`${test.fullTitle()}: ${String(error)}`));
  });
  if (retried.length > 0) report(`Tried again after a first failure:\n${retried.join("\n")}`);
  const counts: Counts = { passed: stats.passes, failed: stats.failures, skipped: stats.pending };
  await writeFile(process.env["ADJOINT_TEST_RESULTS"]!, JSON.stringify(counts));
  if (stats.failures > 0) throw new Error(`${stats.failures} failed`);
}

/** Writes a line where who ran the tests reads it. */
export function report(text: string): void {
  for (const line of inSources(text).split("\n")) console.log(reported + line);
}

/** Places in the bundle of all tests become places in the sources. (VS Code formats stack traces itself, without source maps.) */
function inSources(text: string): string {
  if (!text.includes("tests.cjs:")) return text;
  const map = new SourceMap(JSON.parse(readFileSync(`${__filename}.map`, "utf8")) as SourceMapPayload);
  return text.replaceAll(/([^\s(]*tests\.cjs):(\d+):(\d+)/g, (place, _, line: string, column: string) => {
    const entry = map.findEntry(Number(line) - 1, Number(column) - 1);
    if (!("originalSource" in entry)) return place;
    const source = path.resolve(path.dirname(__filename), entry.originalSource);
    return `${path.relative(process.env["ADJOINT_TEST_ROOT"]!, source)}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  });
}
