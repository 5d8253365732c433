import { existsSync, readFileSync, realpathSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { SiteTable } from "../../tape/site.ts";
import type { InstrumentedFile } from "../instrument/instrumentedFile.ts";
import { LineTable } from "../instrument/lineTable.ts";
import { loadDiagnostic } from "./loadDiagnostic.ts";
import { beginSession } from "./moduleHooks.ts";
import { outline } from "../instrument/outline.ts";
import { runtimeName, type Runtime } from "../runtime/runtime.ts";
import type { Diagnostic, FunctionOutline, Outline } from "../instrument/sourceReport.ts";

export interface LoadRequest {
  /** Absolute path of the model file. */
  readonly file: string;
  /** Its text where that differs from what is on disk. */
  readonly text?: string;
  /** Those of files that it imports, by their paths, where they differ from what is on disk. */
  readonly texts?: Readonly<Record<string, string>>;
  /** What instrumented code calls; becomes globalThis.$adjoint. */
  readonly runtime: Runtime;
  readonly sites: SiteTable;
  /** What `import … from "adjoint"` gives: the library's own namespace, so that model and engine share one tape. */
  readonly library: object;
}

export interface LoadedModel {
  readonly namespace: Readonly<Record<string, unknown>>;
  readonly outline: Outline;
  /** Every instrumented file by its path: the model, its local imports, the packages it imports. */
  readonly sources: ReadonlyMap<string, InstrumentedFile>;
  /** Export name → the function's id in `$adjoint.parameter`. */
  readonly functionIds: ReadonlyMap<string, number>;
}

/** Why a model file could not be loaded: `syntax-error`, `import-not-found` or `model-error` (it threw while loading). */
export class LoadError extends Error {
  readonly diagnostic: Diagnostic;
  /** What had been instrumented until then. */
  readonly sources: ReadonlyMap<string, InstrumentedFile>;
  constructor(diagnostic: Diagnostic, sources: ReadonlyMap<string, InstrumentedFile>, options?: ErrorOptions) {
    super(diagnostic.message, options);
    this.name = "LoadError";
    this.diagnostic = diagnostic;
    this.sources = sources;
  }
}

/** The text that a function runs with, whatever the program's own Function.prototype.toString tells. */
const nativeText: (this: unknown) => string = Reflect.get(Function.prototype, "toString");
const runningText = (value: object): string => nativeText.call(value);

let loaded = 0;

/**
 * Instruments and imports a model file and everything it imports, each under its own URL. Loading a file again, in one
 * process, runs it again; what it imports stays as it was loaded first. Throws LoadError.
 */
export async function loadModel(request: LoadRequest): Promise<LoadedModel> {
  const { sites, library, runtime } = request;
  const file = path.resolve(request.file);
  const sources = new Map<string, InstrumentedFile>();
  const text = request.text ?? readModel(file, sources);
  // Node loads what a link leads to; people know the file by the name that they gave.
  const url = pathToFileURL(existsSync(file) ? realpathSync(file) : file);
  if (loaded++ > 0) url.searchParams.set("load", `${loaded}`);
  Object.defineProperty(globalThis, runtimeName, { value: runtime, configurable: true, writable: true });
  beginSession({
    entryUrl: url.href,
    entryFile: file,
    entryText: text,
    texts: new Map(Object.entries(request.texts ?? {})),
    sites,
    library,
    sources,
  });
  // Before the import, which needs the same syntax.
  const outlined = outline(file, text);
  let namespace: Record<string, unknown>;
  try {
    namespace = (await import(url.href)) as Record<string, unknown>;
  } catch (error) {
    throw new LoadError(loadDiagnostic(error, file, text, sources, library), sources, { cause: error });
  }
  const functionIds = new Map<string, number>();
  const own = sources.get(file);
  for (const { names, id } of own?.functions ?? []) for (const name of names) functionIds.set(name, id);
  if (own?.format === "commonjs") namespace = withAssigned(namespace);
  const reexported = [...reexportedFunctions(namespace, functionIds, sources)];
  for (const { name, id } of reexported) functionIds.set(name, id);
  const functions = [...outlined.functions, ...reexported.map((found) => found.outline)];
  return { namespace, outline: { ...outlined, functions }, sources, functionIds };
}

/** What a script assigned to `module.exports`, by name also where Node does not see the names in its text. */
function withAssigned(namespace: Record<string, unknown>): Record<string, unknown> {
  const { default: assigned } = namespace;
  return typeof assigned === "object" && assigned !== null ? { ...assigned, ...namespace } : namespace;
}

interface ReexportedFunction {
  readonly name: string;
  readonly id: number;
  readonly outline: FunctionOutline;
}

const parameterCall = new RegExp(`${runtimeName.replace("$", "\\$")}\\.parameter\\((\\d+),`);

/** Traceable functions of other files that a model exports as well: `export { f } from "./f.ts"`. */
function* reexportedFunctions(
  namespace: Readonly<Record<string, unknown>>,
  own: ReadonlyMap<string, number>,
  sources: ReadonlyMap<string, InstrumentedFile>,
): Generator<ReexportedFunction> {
  for (const [name, value] of Object.entries(namespace)) {
    if (typeof value !== "function" || own.has(name) || name === "module.exports") continue;
    const id = Number(parameterCall.exec(runningText(value))?.[1]);
    for (const source of sources.values()) {
      const known = source.functions.find((candidate) => candidate.id === id);
      if (known === undefined) continue;
      const found = outline(source.file, source.text).functions.find((item) => known.names.includes(item.name));
      if (found !== undefined) yield { name, id, outline: { ...found, name } };
    }
  }
}

function readModel(file: string, sources: ReadonlyMap<string, InstrumentedFile>): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    const message = isMissing ? `There is no file ${file}.` : `${file} cannot be read.`;
    const source = new LineTable("").range(file, 0, 0);
    throw new LoadError({ code: "file-not-readable", severity: "error", message, source }, sources, { cause: error });
  }
}
