import { resolve } from "node:path";
import type { EngineClient } from "../process/client.ts";
import type { Diagnostic, MemoryRefusal, MemoryReport } from "../process/protocol.ts";
import {
  exitCode,
  namesFor,
  readModel,
  readModelArguments,
  readPoint,
  tellProblems,
  type ModelArguments,
} from "./arguments.ts";
import { coloursFor } from "./colours.ts";
import { startEngine } from "./engine.ts";
import { memoryLines } from "./memoryTable.ts";
import { badUsage } from "./problem.ts";
import { json } from "./traceDocument.ts";
import { traceFunction, type PointArguments } from "./traceFunction.ts";

type NameOf = (file: string) => string;

interface Outcome {
  readonly report: MemoryReport | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** `adjoint memory`. */
export async function memory(args: string[]): Promise<number> {
  const { values, ...others } = readModelArguments("memory", args, { at: { type: "string" } });
  const wanted = { ...others, at: values.at === undefined ? undefined : readPoint(values.at) };
  const path = resolve(wanted.file);
  const nameOf = namesFor(wanted.file, path);
  const text = readModel(wanted.file, path);
  if (typeof text !== "string") {
    tell({ report: undefined, diagnostics: [text] }, wanted, path, "", nameOf);
    return badUsage;
  }
  const engine = startEngine();
  try {
    const outcome = await run(engine, wanted, { file: path, text });
    tell(outcome, wanted, path, text, nameOf);
    return exitCode(outcome.diagnostics);
  } finally {
    engine.dispose();
  }
}

async function run(
  engine: EngineClient,
  wanted: PointArguments,
  model: { readonly file: string; readonly text: string },
): Promise<Outcome> {
  const { session, traced } = await traceFunction(engine, wanted, model, "Looking at");
  // What is found in the values is for `trace` to tell; here only what stands in the way.
  const inTheWay = [...session.summary.diagnostics, ...(traced?.diagnostics ?? [])].filter(
    ({ severity, code }) => severity === "error" && (traced?.value === undefined || code === "unreadable-file"),
  );
  if (traced?.value === undefined) return { report: undefined, diagnostics: inTheWay };
  const answer = await session.ask("memory", { function: traced.function });
  if (!isRefusal(answer)) return { report: answer, diagnostics: inTheWay };
  const refused: Diagnostic = {
    code: "no-memory-report",
    severity: "error",
    message: answer.refused,
    source: answer.source ?? traced.source,
  };
  return { report: undefined, diagnostics: [...inTheWay, refused] };
}

function isRefusal(answer: MemoryReport | MemoryRefusal): answer is MemoryRefusal {
  return "refused" in answer;
}

function tell(
  { report, diagnostics }: Outcome,
  { json: asJson, file }: ModelArguments,
  path: string,
  text: string,
  nameOf: NameOf,
): void {
  if (asJson) writeDocument({ ...(report ?? {}), diagnostics }, file, nameOf);
  else if (report !== undefined) {
    const lines = memoryLines(report, { path, text, nameOf, colours: coloursFor(process.stdout) });
    process.stdout.write(`${lines.join("\n")}\n`);
  }
  tellProblems(diagnostics, nameOf);
}

/** The one JSON document of `adjoint memory --json`. */
function writeDocument(
  document: Partial<MemoryReport> & Pick<Outcome, "diagnostics">,
  file: string,
  nameOf: NameOf,
): void {
  // Every place in it names its file.
  const named = (key: string, part: unknown): unknown =>
    key === "file" && typeof part === "string" ? nameOf(part) : part;
  const rest = JSON.stringify(JSON.parse(json(document)), named);
  process.stdout.write(`{"file":${JSON.stringify(file)},${rest.slice(1)}\n`);
}
