import { parseArgs } from "node:util";
import { parsedAs } from "./arguments.ts";
import { comparisons } from "./bench/comparisons.ts";
import { benchTrace } from "./bench/trace.ts";
import { lineOf, type Benchmark } from "./bench/measure.ts";
import { modelProblem, success, usageError } from "./problem.ts";
import { json } from "./traceDocument.ts";

const benchmarks: readonly Benchmark[] = [benchTrace, ...comparisons];

/** `adjoint bench`. */
export async function bench(args: string[]): Promise<number> {
  const { values, positionals } = parsedAs("bench", () =>
    parseArgs({ args, options: { json: { type: "boolean" } }, allowPositionals: true }),
  );
  const unknown = positionals.find((name) => !benchmarks.some((benchmark) => benchmark.name === name));
  if (unknown !== undefined)
    throw usageError(`There is no benchmark ${unknown}; there is ${benchmarks.map(({ name }) => name).join(", ")}.`);
  const chosen = benchmarks.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const results = [];
  const absent = new Set<string>();
  for (const { name, title, run } of chosen) {
    const { measurements, problem, ...facts } = await run();
    results.push({
      name,
      title,
      ...facts,
      correct: problem === undefined,
      ...(problem === undefined ? {} : { problem }),
      measurements,
    });
    if (values.json !== true) {
      process.stdout.write(`${title}\n${measurements.map(lineOf).join("")}`);
      for (const failure of facts.failed ?? []) process.stdout.write(`  ${failure}\n`);
      for (const packages of facts.absent ?? []) absent.add(packages);
    }
    if (problem !== undefined) process.stderr.write(`${name}: ${problem}\n`);
  }
  if (absent.size > 0) process.stdout.write(`\nTo measure peers too: npm install --no-save ${[...absent].join(" ")}\n`);
  if (values.json === true) process.stdout.write(`${json({ benchmarks: results })}\n`);
  return results.every(({ correct }) => correct) ? success : modelProblem;
}
