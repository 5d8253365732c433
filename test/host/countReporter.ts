import type { TestEvent } from "node:test/reporters";
import type { Counts, CountsByFile } from "./counts.ts";

/** A reporter for node:test that writes nothing but how many tests ended which way, and those of each file with a failure. */
export default async function* countReporter(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const failedFiles: Record<string, Counts> = {};
  for await (const event of events) {
    // One summary a file, and one of everything, which names no file.
    if (event.type !== "test:summary") continue;
    const { tests, passed, skipped, todo } = event.data.counts;
    const counts: Counts = { passed, failed: tests - passed - skipped - todo, skipped: skipped + todo };
    if (event.data.file === undefined) yield JSON.stringify({ ...counts, failedFiles } satisfies CountsByFile);
    else if (counts.failed > 0) failedFiles[event.data.file] = counts;
  }
}
