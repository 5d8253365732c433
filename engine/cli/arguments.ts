/** What the commands that run a model file have in common: their arguments, the file, and how problems are told. */
import { readFileSync, statSync } from "node:fs";
import { relative } from "node:path";
import { parseArgs, type ParseArgsConfig } from "node:util";
import type { Diagnostic, Limits, Outline, SourceRange } from "../process/protocol.ts";
import { badUsage, modelProblem, success, usageError } from "./problem.ts";

export interface ModelArguments {
  /** As the person wrote it. */
  readonly file: string;
  readonly function: string | undefined;
  readonly json: boolean;
  readonly limits: Partial<Limits>;
}

/** Longer is no limit, milliseconds: timers wait for 24 days at most. */
const longestLimit = 20 * 86_400_000;

const common = {
  function: { type: "string" },
  json: { type: "boolean" },
  "time-limit": { type: "string" },
  "memory-limit": { type: "string" },
} as const;

type Options = NonNullable<ParseArgsConfig["options"]>;
type Values<O extends Options> = { readonly [Name in keyof O]?: O[Name]["type"] extends "boolean" ? boolean : string };

/** The arguments of `adjoint <command> FILE …`; `options` are those of this command alone. */
export function readModelArguments<const O extends Options>(
  command: string,
  args: string[],
  options: O,
): ModelArguments & { readonly values: Values<O> } {
  const { values, positionals } = parsedAs(command, () =>
    parseArgs({ args, options: { ...common, ...options }, allowPositionals: true }),
  );
  const [file, ...more] = positionals;
  if (file === undefined || file === "")
    throw usageError(
      `adjoint ${command} needs a file to ${command === "memory" ? "look at" : command}: adjoint ${command} FILE (see adjoint ${command} --help).`,
    );
  if (more.length > 0)
    throw usageError(`adjoint ${command} takes one file, but ${positionals.join(" and ")} were given.`);
  const given = values as Values<typeof common> & Values<O>;
  const seconds = numberOf("--time-limit", given["time-limit"]);
  const megabytes = numberOf("--memory-limit", given["memory-limit"]);
  return {
    file,
    function: given.function,
    json: given.json ?? false,
    limits: {
      ...(seconds === undefined ? {} : { wallClockMs: Math.min(seconds * 1000, longestLimit) }),
      ...(megabytes === undefined ? {} : { memoryBytes: megabytes * 2 ** 20 }),
    },
    values: given,
  };
}

/** Node's own sentences about arguments are clear; they are usage errors of ours. */
export function parsedAs<T>(command: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const [told] = (error as Error).message.replace(/\. To specify a positional[\s\S]*$/, "").split("\n");
    throw usageError(`${told!.replace(/\.$/, "")}. See adjoint ${command} --help.`);
  }
}

function numberOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!(number > 0)) throw usageError(`${option} takes a number greater than 0, not ${JSON.stringify(text)}.`);
  return number;
}

/** `--at`: parameters by name. */
export function readPoint(text: string): Readonly<Record<string, unknown>> {
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

/** Whether it is named as the files are that can be run. */
export function isModelFile(file: string): boolean {
  return /\.[cm]?[jt]sx?$/.test(file);
}

/** The file's text, or why it cannot be read. */
export function readModel(file: string, path: string): string | Diagnostic {
  const source = { file: path, line: 1, column: 1, endLine: 1, endColumn: 1 };
  const unreadable = (message: string): Diagnostic => ({ code: "unreadable-file", severity: "error", message, source });
  try {
    if (statSync(path).isDirectory())
      return unreadable(`${file} is a folder; name a TypeScript or JavaScript file in it.`);
    if (!isModelFile(file)) return unreadable(`${file} is no TypeScript or JavaScript file.`);
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return unreadable(`There is no file ${file}.`);
    if (code === "EACCES" || code === "EPERM") return unreadable(`${file} may not be read: its permissions forbid it.`);
    return unreadable(`${file} cannot be read: ${message}.`);
  }
}

/** The function that is meant where none is named. */
export function firstDifferentiable({ functions }: Outline): string | undefined {
  return functions.find(({ traceable, parameters }) => traceable && parameters.length > 0)?.name;
}

/** Says which functions were left out. `doing`: "Tracing". */
export function mentionOthers(doing: string, { functions }: Outline, name: string | undefined): void {
  const others = functions.filter((found) => found.traceable && found.parameters.length > 0 && found.name !== name);
  if (others.length === 0) return;
  const names = others.map((found) => found.name).join(", ");
  process.stderr.write(`${doing} ${String(name)}; --function takes the others: ${names}.\n`);
}

/** Files as people know them: the model as they wrote it, others relative to where they are. */
export function namesFor(written: string, path: string): (file: string) => string {
  return (file) => (file === path ? written : relative(process.cwd(), file));
}

/** One sentence for each problem, with its place, on stderr. */
export function tellProblems(diagnostics: readonly Diagnostic[], nameOf: (file: string) => string): void {
  for (const { message, source, severity } of diagnostics) {
    const kind = severity === "error" ? "" : `${severity}: `;
    process.stderr.write(`${placeText(source, nameOf)}: ${kind}${message}\n`);
  }
}

/** `file:line:column` */
export function placeText({ file, line, column }: SourceRange, nameOf: (file: string) => string): string {
  return `${nameOf(file)}:${line}:${column}`;
}

/** A parameter that does not exist, or a function, is the caller's mistake and not the model's. */
const mistakes: ReadonlySet<string> = new Set(["no-such-function", "parameter-mismatch"]);

export function exitCode(diagnostics: readonly Diagnostic[]): number {
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (errors.some(({ code }) => mistakes.has(code))) return badUsage;
  return errors.length > 0 ? modelProblem : success;
}
