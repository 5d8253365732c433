import path from "node:path";
import { getNodeValue, parseTree, type ParseError } from "jsonc-parser";

/** A file's text as it is in the editor or on disk; undefined where there is none. */
export type Read = (file: string) => string | undefined;

/** Something a person has to mend before the workspace can be set up, in a sentence. */
export class SetUpProblem extends Error {}

/** What decides which files a `tsconfig.json` covers. Patterns are absolute. */
export interface TypeScriptConfig {
  readonly file: string;
  readonly files: readonly string[] | undefined;
  readonly include: readonly string[] | undefined;
  readonly exclude: readonly string[];
  /** The configurations that it only gathers. */
  readonly references: readonly string[];
  /** The configuration that states `include` itself, rather than a base that it extends. */
  readonly statesInclude: boolean;
  /** Modules that `paths` already maps. */
  readonly mapped: readonly string[];
}

interface Stated {
  readonly extends?: string | readonly string[];
  readonly files?: readonly string[];
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly references?: readonly { readonly path?: string }[];
  readonly compilerOptions?: { readonly paths?: Readonly<Record<string, unknown>>; readonly outDir?: string };
}

/** The nearest `tsconfig.json`, or else `jsconfig.json`, from `start` up to `folder`. */
export function nearestConfig(start: string, folder: string, read: Read): string | undefined {
  for (const name of ["tsconfig.json", "jsconfig.json"]) {
    const file = path.join(start, name);
    if (read(file) !== undefined) return file;
  }
  const above = path.dirname(start);
  return start === folder || above === start ? undefined : nearestConfig(above, folder, read);
}

/**
 * Reads a configuration with what it inherits.
 * @throws SetUpProblem where it is not JSON, comments allowed
 */
export function readConfig(file: string, read: Read): TypeScriptConfig {
  return resolve(file, read, path.dirname(file), []);
}

function resolve(file: string, read: Read, root: string, extended: readonly string[]): TypeScriptConfig {
  const stated = parse(file, read);
  const here = path.dirname(file);
  const absolute = (entries: readonly string[] | undefined) =>
    entries?.map((entry) => path.resolve(here, entry.replaceAll("${configDir}", root)));
  const bases = [stated.extends ?? []]
    .flat()
    .map((base) => findBase(base, here, read))
    .filter((base) => base !== undefined && !extended.includes(base))
    .map((base) => resolve(base!, read, root, [...extended, file]));
  const inherited = <Key extends "files" | "include" | "exclude">(key: Key) =>
    bases.findLast((base) => base[key] !== undefined)?.[key];
  const outDir = stated.compilerOptions?.outDir;
  return {
    file,
    files: absolute(stated.files) ?? inherited("files"),
    include: absolute(stated.include) ?? inherited("include"),
    exclude:
      absolute(stated.exclude) ?? inherited("exclude") ?? absolute(["node_modules", ...(outDir ? [outDir] : [])])!,
    references: (stated.references ?? []).flatMap((reference) =>
      reference.path === undefined ? [] : [configAt(path.resolve(here, reference.path))],
    ),
    statesInclude: stated.include !== undefined,
    mapped: [...Object.keys(stated.compilerOptions?.paths ?? {}), ...bases.flatMap(({ mapped }) => mapped)],
  };
}

function parse(file: string, read: Read): Stated {
  const errors: ParseError[] = [];
  const text = read(file) ?? "{}";
  const tree = parseTree(text, errors, { allowTrailingComma: true });
  const first = errors[0];
  if (first && text.trim() !== "") {
    const line = text.slice(0, first.offset).split("\n").length;
    throw new SetUpProblem(`${path.basename(file)}:${line} is not valid JSON: mend it, then set up again.`);
  }
  const stated: unknown = tree && getNodeValue(tree);
  return typeof stated === "object" && stated !== null ? stated : {};
}

function findBase(base: string, here: string, read: Read): string | undefined {
  const named = [base, `${base}.json`, path.join(base, "tsconfig.json")];
  const folders =
    /^\.|^\//.test(base) || path.isAbsolute(base)
      ? [here]
      : ancestors(here).map((folder) => path.join(folder, "node_modules"));
  return folders
    .flatMap((folder) => named.map((name) => path.resolve(folder, name)))
    .find((file) => file.endsWith(".json") && read(file) !== undefined);
}

/** A reference names a configuration or the folder of one. */
function configAt(reference: string): string {
  return reference.endsWith(".json") ? reference : path.join(reference, "tsconfig.json");
}

export function ancestors(folder: string): string[] {
  const above = path.dirname(folder);
  return above === folder ? [folder] : [folder, ...ancestors(above)];
}

/** Whether the program that `config` describes holds `file` without anybody importing it. */
export function covers(config: TypeScriptConfig, file: string): boolean {
  if (config.files?.includes(file)) return true;
  const include = config.include ?? (config.files ? [] : [path.dirname(config.file)]);
  return include.some((pattern) => matches(pattern, file)) && !excludes(config, file);
}

export function excludes(config: TypeScriptConfig, file: string): boolean {
  return config.exclude.some((pattern) => matches(pattern, file));
}

/** TypeScript's patterns: `?` and `*` within a folder's name, `**` over folders; a folder means all that is in it. */
function matches(pattern: string, file: string): boolean {
  const slashed = pattern.replaceAll("\\", "/").replace(/\/$/, "");
  const last = slashed.slice(slashed.lastIndexOf("/") + 1);
  const whole = /[*?]/.test(last) || /\.[cm]?[jt]sx?$|\.json$/.test(last) ? slashed : `${slashed}/**/*`;
  const source = whole.replace(/\*\*\/|\*\*$|[*?]|[.+^${}()|[\]\\]/g, (token) =>
    token === "**/"
      ? "(?:.*/)?"
      : token === "**"
        ? ".*"
        : token === "*"
          ? "[^/]*"
          : token === "?"
            ? "[^/]"
            : `\\${token}`,
  );
  return new RegExp(`^${source}$`).test(file.replaceAll("\\", "/"));
}

/** The first folder that the configuration's patterns name: where a new file belongs. */
export function sourceFolder({ file, include, files }: TypeScriptConfig): string {
  const here = path.dirname(file);
  const pattern =
    include?.find((entry) => !entry.endsWith(".d.ts")) ?? files?.find((entry) => !entry.endsWith(".d.ts"));
  if (pattern === undefined) return here;
  const parts = pattern.split(path.sep);
  const end = parts.findIndex((part) => /[*?]/.test(part));
  const fixed = (end < 0 ? parts : parts.slice(0, end)).join(path.sep) || path.sep;
  return /\.[cm]?[jt]sx?$/.test(fixed) ? path.dirname(fixed) : fixed;
}
