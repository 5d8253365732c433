import { resolve } from "node:path";
import { problemsOf } from "../process/checkSentences.ts";
import { formatCount } from "../process/format.ts";
import type { CheckSummary, Diagnostic, FunctionCheck, Notifications } from "../process/protocol.ts";
import { exitCode, namesFor, placeText, readModel, readModelArguments, tellProblems } from "./arguments.ts";
import { checkLines } from "./checkTable.ts";
import { coloursFor } from "./colours.ts";
import { startEngine } from "./engine.ts";
import { badUsage, modelProblem } from "./problem.ts";
import { json } from "./traceDocument.ts";

type NameOf = (file: string) => string;

/** `adjoint check`. */
export async function check(args: string[]): Promise<number> {
  const wanted = readModelArguments("check", args, {});
  const path = resolve(wanted.file);
  const nameOf = namesFor(wanted.file, path);
  const text = readModel(wanted.file, path);
  if (typeof text !== "string") {
    if (wanted.json) writeDocument({ passed: false, functions: [], diagnostics: [text] }, path, nameOf);
    tellProblems([text], nameOf);
    return badUsage;
  }
  const engine = startEngine();
  const progress = new ProgressLine(!wanted.json || process.stderr.isTTY);
  const colours = coloursFor(process.stdout);
  const tell = (checked: FunctionCheck): void => {
    progress.clear();
    if (!wanted.json) process.stdout.write(`${checkLines(checked, nameOf, colours).join("\n")}\n`);
    tellProblems(problemsOf(checked), nameOf);
    if (!wanted.json)
      tellProblems(
        checked.diagnostics.filter(({ severity }) => severity === "warning"),
        nameOf,
      );
    for (const { related = [] } of problemsOf(checked))
      for (const { message, source } of related) process.stderr.write(`${placeText(source, nameOf)}:   ${message}\n`);
  };
  try {
    const summary = await engine.check(
      {
        file: path,
        ...(wanted.function === undefined ? {} : { functions: [wanted.function] }),
        limits: wanted.limits,
      },
      { onChecked: tell, onProgress: (now) => progress.show(now) },
    );
    progress.clear();
    if (wanted.json) writeDocument(summary, path, nameOf);
    tellProblems(summary.diagnostics, nameOf);
    return codeOf(summary);
  } finally {
    progress.clear();
    engine.dispose();
  }
}

function codeOf({ passed, diagnostics }: Pick<CheckSummary, "passed" | "diagnostics">): number {
  return exitCode(diagnostics) || (passed ? 0 : modelProblem);
}

/** The one JSON document of `adjoint check --json`. */
function writeDocument(
  {
    passed,
    functions,
    diagnostics,
  }: { passed: boolean; functions: readonly FunctionCheck[]; diagnostics: readonly Diagnostic[] },
  path: string,
  nameOf: NameOf,
): void {
  const document = { file: path, passed, functions, diagnostics };
  // Every place in it names its file.
  const named = (key: string, part: unknown): unknown =>
    key === "file" && typeof part === "string" ? nameOf(part) : part;
  process.stdout.write(`${json(JSON.parse(json(document), named))}\n`);
}

/** What is being done, in a line of a terminal that goes away again. */
class ProgressLine {
  readonly #shown: boolean;
  #length = 0;

  constructor(wanted: boolean) {
    this.#shown = wanted && process.stderr.isTTY;
  }

  show({ stage, function: name, checked = 0, of = 0 }: Notifications["progress"]): void {
    if (!this.#shown || stage !== "checking" || of === 0) return;
    const text = `Checking ${String(name)}: ${formatCount(checked)} of ${formatCount(of)} elements …`;
    process.stderr.write(`\r${text}${" ".repeat(Math.max(0, this.#length - text.length))}`);
    this.#length = text.length;
  }

  clear(): void {
    if (this.#length > 0) process.stderr.write(`\r${" ".repeat(this.#length)}\r`);
    this.#length = 0;
  }
}
