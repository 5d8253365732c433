import { resolve } from "node:path";
import type { EngineClient, TraceSession } from "../process/client.ts";
import type { Diagnostic, FunctionOutline, FunctionTrace, TraceRequest } from "../process/protocol.ts";
import {
  exitCode,
  firstDifferentiable,
  mentionOthers,
  namesFor,
  readModel,
  readModelArguments,
  readPoint,
  tellProblems,
  type ModelArguments,
} from "./arguments.ts";
import { startEngine } from "./engine.ts";
import { fixesOf, fixText, type WithFixes } from "./fixes.ts";
import { badUsage } from "./problem.ts";
import { writeDocument } from "./traceDocument.ts";
import { writeTable } from "./traceTable.ts";

interface TraceArguments extends ModelArguments {
  readonly at: Readonly<Record<string, unknown>> | undefined;
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
  const outline = await engine.outline(path, text);
  const name = wanted.function ?? firstDifferentiable(outline);
  const request: TraceRequest & { readonly text: string } = {
    file: path,
    text,
    ...(name === undefined ? {} : { functions: [name] }),
    ...(wanted.at === undefined ? {} : { at: wanted.at }),
    limits: wanted.limits,
  };
  const begun = Date.now();
  const session = await engine.trace(request);
  const milliseconds = Date.now() - begun;
  const { summary } = session;
  // Functions of other files that this one exports are known only once it has been loaded.
  const told = name ?? summary.functions[0]?.function;
  const traced = summary.functions.find((candidate) => candidate.function === told);
  const diagnostics = [...summary.diagnostics, ...(traced?.diagnostics ?? [])];
  if (wanted.function === undefined && !wanted.json) mentionOthers("Tracing", summary.outline, told);
  const found = summary.outline.functions.find((candidate) => candidate.name === told);
  const withFixes =
    wanted.fixes && traced !== undefined ? fixesOf({ engine, request, session, milliseconds }, traced) : unchanged;
  return { nameOf, file: path, text, session, traced, outline: found, diagnostics, withFixes };
}

async function tell(outcome: Outcome, { json }: TraceArguments): Promise<void> {
  const { diagnostics, withFixes, nameOf, text } = outcome;
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
    process.stderr.write(fixText(await withFixes(found), text, nameOf));
  }
}
