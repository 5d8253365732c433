// What runs inside VS Code: hands the test files to Mocha and leaves the counts where the process that started it all reads them.
import { writeFile } from "node:fs/promises";
import { format } from "node:util";
import Mocha from "mocha";
import type { Counts } from "../host/counts.ts";
import { reported } from "../host/report.ts";

/** Runs every suite that `load` defines. Rejects when a test fails, which is how VS Code learns of it. */
export async function runSuites(load: () => void): Promise<void> {
  const mocha = new Mocha({ ui: "tdd", timeout: 60_000, slow: 10_000, reporter: "spec", color: false });
  mocha.suite.emit("pre-require", globalThis, "", mocha);
  load();
  Mocha.reporters.Base.consoleLog = (...parts: unknown[]) => {
    for (const line of format(...parts).split("\n")) console.log(reported + line);
  };
  const stats = await new Promise<Mocha.Stats>((resolve) => {
    const runner = mocha.run(() => {
      if (runner.stats) resolve(runner.stats);
    });
  });
  const counts: Counts = { passed: stats.passes, failed: stats.failures, skipped: stats.pending };
  await writeFile(process.env["ADJOINT_TEST_RESULTS"]!, JSON.stringify(counts));
  if (stats.failures > 0) throw new Error(`${stats.failures} failed`);
}
