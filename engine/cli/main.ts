/** The `adjoint` command. */
import { readFileSync } from "node:fs";
import { isModelFile } from "./arguments.ts";
import { bench } from "./bench.ts";
import { check } from "./check.ts";
import { benchHelp, checkHelp, help, memoryHelp, traceHelp, trainHelp } from "./help.ts";
import { memory } from "./memory.ts";
import { modelProblem, Problem, usageError } from "./problem.ts";
import { trace } from "./trace.ts";
import { json } from "./traceDocument.ts";
import { train } from "./train.ts";

interface Command {
  readonly help: string;
  /** Gives the exit code. */
  readonly run: (args: string[]) => Promise<number>;
  /** What `--json` prints besides diagnostics where nothing could be run. */
  readonly nothing: object;
}

const commands: ReadonlyMap<string, Command> = new Map([
  ["trace", { help: traceHelp, run: trace, nothing: { nodes: [] } }],
  ["check", { help: checkHelp, run: check, nothing: { passed: false, functions: [] } }],
  ["memory", { help: memoryHelp, run: memory, nothing: {} }],
  ["train", { help: trainHelp, run: train, nothing: { done: true } }],
  ["bench", { help: benchHelp, run: bench, nothing: { benchmarks: [] } }],
]);

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined) throw usageError(help.trimEnd());
  if (name === "--help" || name === "-h" || name === "help") return print(commands.get(args[0] ?? "")?.help ?? help);
  if (name === "--version" || name === "-v") return print(`${version()}\n`);
  const command = commands.get(name);
  if (command === undefined) {
    const known = [...commands.keys()].join(", ");
    throw usageError(`adjoint has no command ${name}; it has ${known} (see adjoint --help).`);
  }
  if (args.includes("--help") || args.includes("-h")) return print(command.help);
  return command.run(args);
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

function version(): string {
  for (const place of ["../package.json", "../../package.json"]) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(place, import.meta.url), "utf8")) as Record<
        string,
        string
      >;
      if (name === "adjoint" && version !== undefined) return version;
    } catch {
      // Built, the package stands one folder above; in the sources, two.
    }
  }
  return "unknown";
}

// Whoever reads the output may stop reading: `adjoint trace … | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
});

const words = process.argv.slice(2);
try {
  process.exitCode = await main(words);
} catch (error) {
  const problem = error instanceof Problem ? error : undefined;
  const message = error instanceof Error ? error.message : String(error);
  if (words.includes("--json")) writeProblem(words, problem === undefined ? "failed" : "bad-usage", message);
  process.stderr.write(`${message}\n`);
  process.exitCode = problem?.exitCode ?? modelProblem;
}

/** What stands in the way of a whole command, as the document that its `--json` prints. */
function writeProblem([name, ...args]: readonly string[], code: string, message: string): void {
  const { nothing = {} } = commands.get(name ?? "") ?? {};
  const file = args.find((word) => isModelFile(word));
  const source = { file: file ?? "", line: 1, column: 1, endLine: 1, endColumn: 1 };
  const diagnostics = [{ code, severity: "error", message, source }];
  process.stdout.write(`${json({ ...(file === undefined ? {} : { file }), ...nothing, diagnostics })}\n`);
}
