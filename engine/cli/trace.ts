import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { EngineClient, TraceSession } from "../process/client.ts";
import type { Diagnostic, FunctionOutline, FunctionTrace } from "../process/protocol.ts";
import { exitCode, namesFor, readModel, readModelArguments, readPoint, tellProblems } from "./arguments.ts";
import { startEngine } from "./engine.ts";
import { fixesOf, fixText, type WithFixes } from "./fixes.ts";
import { badUsage } from "./problem.ts";
import { writeDocument } from "./traceDocument.ts";
import { traceFunction, type PointArguments } from "./traceFunction.ts";
import { writeTable } from "./traceTable.ts";

interface TraceArguments extends PointArguments {
  readonly fixes: boolean;
}

/** What is printed of one run. */
export interface Outcome {
  /** Files as people know them: the traced one as they wrote it, others relative to where they are. */
  readonly nameOf: (file: string) => string;
  readonly file: string;
  readonly text: string;
  readonly session: TraceSession | undefined;
  readonly traced: FunctionTrace | undefined;
  readonly outline: FunctionOutline | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** Tries what might mend a finding. */
  readonly withFixes: WithFixes;
}

/** `adjoint trace`. */
export async function trace(args: string[]): Promise<number> {
  const wanted = readArguments(args);
  const path = resolve(wanted.file);
  const nameOf = namesFor(wanted.file, path);
  const text = readModel(wanted.file, path);
  if (typeof text !== "string") {
    const outcome = {
      nameOf,
      file: path,
      text: "",
      session: undefined,
      traced: undefined,
      outline: undefined,
      diagnostics: [text],
      withFixes: unchanged,
    };
    await tell(outcome, wanted);
    return badUsage;
  }
  const engine = startEngine();
  try {
    const outcome = await run(engine, wanted, path, text, nameOf);
    await tell(outcome, wanted);
    return exitCode(outcome.diagnostics);
  } finally {
    engine.dispose();
  }
}

const unchanged: WithFixes = (finding) => Promise.resolve(finding);

function readArguments(args: string[]): TraceArguments {
  const options = { at: { type: "string" }, "no-fixes": { type: "boolean" } } as const;
  const { values, ...rest } = readModelArguments("trace", args, options);
  const at = values.at === undefined ? undefined : readPoint(values.at);
  return { ...rest, at, fixes: values["no-fixes"] !== true };
}

async function run(
  engine: EngineClient,
  wanted: TraceArguments,
  path: string,
  text: string,
  nameOf: (file: string) => string,
): Promise<Outcome> {
  const model = { file: path, text };
  const { request, session, name, traced, milliseconds } = await traceFunction(engine, wanted, model, "Tracing");
  const { summary } = session;
  const diagnostics = [...summary.diagnostics, ...(traced?.diagnostics ?? [])];
  const outline = summary.outline.functions.find((candidate) => candidate.name === name);
  const withFixes =
    wanted.fixes && traced !== undefined ? fixesOf({ engine, request, session, milliseconds }, traced) : unchanged;
  return { nameOf, file: path, text, session, traced, outline, diagnostics, withFixes };
}

async function tell(outcome: Outcome, { json }: TraceArguments): Promise<void> {
  const { diagnostics, withFixes, nameOf, text } = outcome;
  const textOf = (file: string): string => (file === outcome.file ? text : readFileSync(file, "utf8"));
  if (json) {
    const tried: Diagnostic[] = [];
    for (const found of diagnostics) tried.push(await withFixes(found));
    await writeDocument({ ...outcome, diagnostics: tried }, process.stdout);
    tellProblems(diagnostics, nameOf);
    return;
  }
  await writeTable(outcome, process.stdout);
  for (const found of diagnostics) {
    tellProblems([found], nameOf);
    process.stderr.write(fixText(await withFixes(found), textOf, nameOf));
  }
}
