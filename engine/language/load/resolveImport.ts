import { existsSync, statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createPathsMatcher } from "get-tsconfig";
import { configurationFor } from "./tsconfig.ts";

/** What TypeScript lets an import leave out, in the order in which it is tried. */
const extensions = [".ts", ".tsx", ".mts", ".cts", ".js", ".mjs", ".cjs", ".json"];
const sourceOf: Readonly<Record<string, readonly string[]>> = {
  ".js": [".ts", ".tsx"],
  ".mjs": [".mts"],
  ".cjs": [".cts"],
};

/**
 * A relative import without its extension, of a folder, or of what a TypeScript file compiles to; also a name that
 * `paths` or `baseUrl` of the nearest tsconfig.json stands for.
 */
export function resolveAsTypescript(specifier: string, parentURL: string | undefined): string | undefined {
  if (parentURL?.startsWith("file:") !== true) return undefined;
  const targets = /^\.{0,2}\/|^\.\.?$/.test(specifier)
    ? [fileURLToPath(new URL(specifier, parentURL))]
    : aliasesOf(specifier, fileURLToPath(parentURL));
  const found = targets.map(fileAt).find((file) => file !== undefined);
  return found === undefined ? undefined : pathToFileURL(found).href;
}

/** What a name may stand for, in the order in which it is tried. */
function aliasesOf(specifier: string, importer: string): readonly string[] {
  const configuration = configurationFor(importer);
  try {
    return (configuration && createPathsMatcher(configuration)?.(specifier)) ?? [];
  } catch {
    // Its paths cannot be followed: TypeScript says so where the person edits them.
    return [];
  }
}

/** The file that an import's path leads to. */
function fileAt(target: string): string | undefined {
  const extension = path.extname(target);
  const stem = target.slice(0, target.length - extension.length);
  const candidates = [
    ...(extension === "" ? [] : [target]),
    ...(sourceOf[extension] ?? []).map((source) => stem + source),
    ...extensions.map((added) => target + added),
    ...extensions.map((added) => path.join(target, `index${added}`)),
  ];
  return candidates.find((candidate) => existsSync(candidate) && statSync(candidate).isFile());
}
