import { readFileSync } from "node:fs";
import { registerHooks, type LoadHookContext, type ResolveHookContext } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { SiteTable } from "../../tape/site.ts";
import { bitScalingHint } from "./bitScaling.ts";
import { commonjsExportHints } from "./commonjsExports.ts";
import { instrument } from "../instrument/instrument.ts";
import type { InstrumentedFile } from "../instrument/instrumentedFile.ts";
import { nameThroughLink } from "./linkedNames.ts";
import { isTypescript, SourceSyntaxError } from "../instrument/parse.ts";
import { siteTexts } from "../runtime/construct.ts";
import { runtimeName } from "../runtime/runtime.ts";
import { decoratorsIn } from "./tsconfig.ts";
import { resolveAsTypescript } from "./resolveImport.ts";

/** What one model is loaded with. Its modules are told from the engine's own by who imported them. */
export interface Session {
  readonly entryUrl: string;
  readonly entryFile: string;
  readonly entryText: string | undefined;
  /** Of files that are imported, by path, in place of what is on disk. */
  readonly texts: ReadonlyMap<string, string>;
  readonly sites: SiteTable;
  readonly library: object;
  /** By path. */
  readonly sources: Map<string, InstrumentedFile>;
}

/** An import that leads nowhere. */
export interface MissingImport {
  readonly specifier: string;
  readonly parentURL: string | undefined;
}

/** The errors of imports that were not found, for whoever reports them: programs may also catch them. */
export const missingImports = new WeakMap<Error, MissingImport>();

const libraryName = "adjoint";
const libraryUrl = "adjoint:library";
const libraryKey = Symbol.for("adjoint.library");
const script = /\.[cm]?[jt]sx?$/;

/** Calls of the runtime in instrumented text, with their site. */
const siteInText = new RegExp(`${runtimeName.replace("$", "\\$")}[\\w.]*\\((\\d+)`);

/** The text that a function or class was written with, from the text that it runs with: for `Function.prototype.toString`. */
export function originalFunctionText(generated: string): string | undefined {
  const site = Number(siteInText.exec(generated)?.[1]);
  if (Number.isNaN(site)) return undefined;
  for (const session of new Set(sessions.values())) {
    for (const source of session.sources.values()) {
      if (source.firstSite > site || site >= source.endSite) continue;
      const text = source.originalText(generated);
      if (text !== undefined) return text;
    }
  }
  return undefined;
}

/** Modules that belong to a model, and the session they were loaded in. */
const sessions = new Map<string, Session>();
/** That of the model that runs: each numbers its sites anew. */
let latest: Session | undefined;
let installed = false;

siteTexts.at = (site) => {
  if (latest === undefined) return undefined;
  const { sites, sources } = latest;
  for (const source of sources.values()) {
    if (source.firstSite > site || site >= source.endSite) continue;
    const { start, end } = sites.get(site);
    return source.text.slice(start, end);
  }
  return undefined;
};

export function beginSession(session: Session): void {
  sessions.set(session.entryUrl, session);
  latest = session;
  (globalThis as Record<symbol, unknown>)[libraryKey] = session.library;
  if (installed) return;
  installed = true;
  registerHooks({ resolve, load });
}

type NextResolve = (specifier: string, context?: Partial<ResolveHookContext>) => ReturnType<ResolveHook>;
type ResolveHook = NonNullable<Parameters<typeof registerHooks>[0]["resolve"]>;
type LoadHook = NonNullable<Parameters<typeof registerHooks>[0]["load"]>;

const resolve: ResolveHook = (specifier, context, nextResolve) => {
  const { parentURL } = context;
  const session = parentURL === undefined ? undefined : sessions.get(parentURL);
  if (session === undefined) return nextResolve(specifier, context);
  if (specifier === libraryName) return { url: libraryUrl, format: "module", shortCircuit: true };
  const found = resolveInModel(specifier, context, nextResolve);
  // A model that was loaded before has a URL of its own, by which a cycle of imports comes back to it.
  const resolved = found.url === withoutQuery(session.entryUrl) ? { ...found, url: session.entryUrl } : found;
  if (resolved.url.startsWith("file:") && !sessions.has(resolved.url)) sessions.set(resolved.url, session);
  if (
    !resolved.url.endsWith(".json") ||
    context.conditions.includes("require") ||
    context.importAttributes.type !== undefined
  )
    return resolved;
  return { ...resolved, importAttributes: { ...context.importAttributes, type: "json" } };
};

const withoutQuery = (url: string): string => url.split(/[?#]/, 1)[0]!;

function resolveInModel(
  specifier: string,
  context: ResolveHookContext,
  nextResolve: NextResolve,
): ReturnType<ResolveHook> {
  try {
    return nextResolve(specifier, context);
  } catch (error) {
    const url = isNotFound(error) ? resolveAsTypescript(specifier, context.parentURL) : undefined;
    if (url !== undefined) return { url, shortCircuit: true };
    if (error instanceof Error) missingImports.set(error, { specifier, parentURL: context.parentURL });
    throw error;
  }
}

const notFound = new Set([
  "ERR_PACKAGE_IMPORT_NOT_DEFINED",
  "ERR_INVALID_MODULE_SPECIFIER",
  "ERR_MODULE_NOT_FOUND",
  "MODULE_NOT_FOUND",
  "ERR_UNSUPPORTED_DIR_IMPORT",
]);

const isNotFound = (error: unknown): boolean =>
  error instanceof Error && "code" in error && notFound.has(String(error.code));

const load: LoadHook = (url, context, nextLoad) => {
  if (url === libraryUrl) return { format: "module", source: libraryModule(), shortCircuit: true };
  const session = sessions.get(url);
  const location = withoutQuery(url);
  if (session === undefined || !script.test(location)) return nextLoad(url, context);
  return loadScript(url, fileURLToPath(location), session, context, nextLoad);
};

function loadScript(
  url: string,
  location: string,
  session: Session,
  context: LoadHookContext,
  nextLoad: Parameters<LoadHook>[2],
): ReturnType<LoadHook> {
  const isEntry = url === session.entryUrl;
  const file = nameThroughLink(location, session.entryFile, fileURLToPath(session.entryUrl));
  const text = (isEntry ? session.entryText : session.texts.get(file)) ?? readFileSync(file, "utf8");
  const instrumented = instrumentFile(file, text, session, formatOf(file, context.format));
  // A package that only Node itself can read runs as it is.
  if (instrumented === undefined) return nextLoad(url, context);
  session.sources.set(file, instrumented);
  const { format, code } = instrumented;
  if (format === "module") return { format, source: code, shortCircuit: true };
  return { format, source: code + bitScalingHint(file) + commonjsExportHints(text), shortCircuit: true };
}

function instrumentFile(
  file: string,
  text: string,
  { sites }: Session,
  format: "module" | "commonjs" | undefined,
): InstrumentedFile | undefined {
  const isPackage = file.includes(`${path.sep}node_modules${path.sep}`);
  try {
    const decorators = isTypescript(file) && text.includes("@") ? decoratorsIn(file) : undefined;
    return instrument({ file, text, sites, format, decorators, isRead: !isPackage });
  } catch (error) {
    if (error instanceof SourceSyntaxError && isPackage && !isTypescript(file)) return undefined;
    throw error;
  }
}

/**
 * TypeScript with module syntax is a module, whatever the package says: so it is when TypeScript compiles it. Where the
 * package says that its files are modules, TypeScript without module syntax is one as well.
 */
function formatOf(file: string, format: string | null | undefined): "module" | "commonjs" | undefined {
  if (isTypescript(file)) return format === "module-typescript" ? "module" : undefined;
  return format === "module" || format === "commonjs" ? format : undefined;
}

/** A module whose exports are the library that runs in this process. */
function libraryModule(): string {
  const library = (globalThis as Record<symbol, unknown>)[libraryKey] as object;
  const names = Object.keys(library).filter((name) => name !== "default");
  return [
    `const library = globalThis[Symbol.for("adjoint.library")];`,
    ...names.map((name) => `export const ${name} = library[${JSON.stringify(name)}];`),
  ].join("\n");
}
