import { readFileSync, statSync } from "node:fs";
import { relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { EngineClient, TraceSession } from "../process/client.ts";
import type {
  Diagnostic,
  FunctionOutline,
  FunctionTrace,
  Limits,
  Outline,
  SourceRange,
  TraceRequest,
} from "../process/protocol.ts";
import { startEngine } from "./engine.ts";
import { badUsage, modelProblem, success, usageError } from "./problem.ts";
import { writeDocument } from "./traceDocument.ts";
import { writeTable } from "./traceTable.ts";

interface TraceArguments {
  /** As the person wrote it. */
  readonly file: string;
  readonly function: string | undefined;
  readonly at: Readonly<Record<string, unknown>> | undefined;
  readonly json: boolean;
  readonly limits: Partial<Limits>;
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
}

/** `adjoint trace`. */
export async function trace(args: string[]): Promise<number> {
  const wanted = readArguments(args);
  const path = resolve(wanted.file);
  const nameOf = (file: string): string => (file === path ? wanted.file : relative(process.cwd(), file));
  const text = read(wanted, path);
  if (typeof text !== "string") {
    const outcome = {
      nameOf,
      file: path,
      text: "",
      session: undefined,
      traced: undefined,
      outline: undefined,
      diagnostics: [text],
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

function readArguments(args: string[]): TraceArguments {
  const options = {
    function: { type: "string" },
    at: { type: "string" },
    json: { type: "boolean" },
    "time-limit": { type: "string" },
    "memory-limit": { type: "string" },
  } as const;
  const { values, positionals } = parsed(() => parseArgs({ args, options, allowPositionals: true }));
  const [file, ...more] = positionals;
  if (file === undefined)
    throw usageError("adjoint trace needs a file to trace: adjoint trace FILE (see adjoint trace --help).");
  if (more.length > 0) throw usageError(`adjoint trace takes one file, but ${positionals.join(" and ")} were given.`);
  const seconds = numberOf("--time-limit", values["time-limit"]);
  const megabytes = numberOf("--memory-limit", values["memory-limit"]);
  return {
    file,
    function: values.function,
    at: values.at === undefined ? undefined : readPoint(values.at),
    json: values.json ?? false,
    limits: {
      ...(seconds === undefined ? {} : { wallClockMs: seconds * 1000 }),
      ...(megabytes === undefined ? {} : { memoryBytes: megabytes * 2 ** 20 }),
    },
  };
}

/** Node's own sentences about arguments are clear; they are usage errors of ours. */
function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw usageError(
      `${(error as Error).message.replace(/\. To specify a positional[\s\S]*$/, ".")} See adjoint trace --help.`,
    );
  }
}

function numberOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!(number > 0)) throw usageError(`${option} takes a number greater than 0, not ${JSON.stringify(text)}.`);
  return number;
}

function readPoint(text: string): Readonly<Record<string, unknown>> {
  let point: unknown;
  try {
    point = JSON.parse(text);
  } catch {
    throw usageError(`--at takes JSON such as '{"x": 1}', but ${JSON.stringify(text)} is none.`);
  }
  if (typeof point !== "object" || point === null || Array.isArray(point))
    throw usageError(`--at takes an object with parameters by name, such as '{"x": 1}', not ${JSON.stringify(text)}.`);
  return point as Readonly<Record<string, unknown>>;
}

/** The file's text, or why it cannot be read. */
function read({ file }: TraceArguments, path: string): string | Diagnostic {
  const source = { file: path, line: 1, column: 1, endLine: 1, endColumn: 1 };
  const unreadable = (message: string): Diagnostic => ({ code: "unreadable-file", severity: "error", message, source });
  try {
    if (statSync(path).isDirectory())
      return unreadable(`${file} is a folder; name a TypeScript or JavaScript file in it.`);
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return unreadable(`There is no file ${file}.`);
    if (code === "EACCES" || code === "EPERM") return unreadable(`${file} may not be read: its permissions forbid it.`);
    return unreadable(`${file} cannot be read: ${message}.`);
  }
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
  const request: TraceRequest = {
    file: path,
    ...(name === undefined ? {} : { functions: [name] }),
    ...(wanted.at === undefined ? {} : { at: wanted.at }),
    limits: wanted.limits,
  };
  const session = await engine.trace(request);
  const { summary } = session;
  const traced = summary.functions.find((candidate) => candidate.function === name);
  const diagnostics = [...summary.diagnostics, ...(traced?.diagnostics ?? [])];
  if (wanted.function === undefined && !wanted.json) mentionOthers(outline, name);
  const found = summary.outline.functions.find((candidate) => candidate.name === name);
  return { nameOf, file: path, text, session, traced, outline: found, diagnostics };
}

function firstDifferentiable({ functions }: Outline): string | undefined {
  return functions.find(({ traceable, parameters }) => traceable && parameters.length > 0)?.name;
}

function mentionOthers({ functions }: Outline, name: string | undefined): void {
  const others = functions.filter((found) => found.traceable && found.parameters.length > 0 && found.name !== name);
  if (others.length === 0) return;
  const names = others.map((found) => found.name).join(", ");
  process.stderr.write(`Tracing ${String(name)}; --function takes the others: ${names}.\n`);
}

async function tell(outcome: Outcome, { json }: TraceArguments): Promise<void> {
  if (json) await writeDocument(outcome, process.stdout);
  else await writeTable(outcome, process.stdout);
  for (const { message, source, severity } of outcome.diagnostics) {
    const kind = severity === "error" ? "" : `${severity}: `;
    process.stderr.write(`${place(source, outcome.nameOf)}: ${kind}${message}\n`);
  }
}

function place({ file, line, column }: SourceRange, nameOf: (file: string) => string): string {
  return `${nameOf(file)}:${line}:${column}`;
}

/** A parameter that does not exist, or a function, is the caller's mistake and not the model's. */
const mistakes: ReadonlySet<string> = new Set(["no-such-function", "parameter-mismatch"]);

function exitCode(diagnostics: readonly Diagnostic[]): number {
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (errors.some(({ code }) => mistakes.has(code))) return badUsage;
  return errors.length > 0 ? modelProblem : success;
}
