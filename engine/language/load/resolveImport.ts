import { existsSync, statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** What TypeScript lets an import leave out, in the order in which it is tried. */
const extensions = [".ts", ".tsx", ".mts", ".cts", ".js", ".mjs", ".cjs", ".json"];
const sourceOf: Readonly<Record<string, readonly string[]>> = {
  ".js": [".ts", ".tsx"],
  ".mjs": [".mts"],
  ".cjs": [".cts"],
};

/** A relative import without its extension, of a folder, or of what a TypeScript file compiles to. */
export function resolveAsTypescript(specifier: string, parentURL: string | undefined): string | undefined {
  if (!/^\.{0,2}\//.test(specifier) && specifier !== "." && specifier !== "..") return undefined;
  if (parentURL?.startsWith("file:") !== true) return undefined;
  const target = fileURLToPath(new URL(specifier, parentURL));
  const extension = path.extname(target);
  const stem = target.slice(0, target.length - extension.length);
  const candidates = [
    ...(sourceOf[extension] ?? []).map((source) => stem + source),
    ...extensions.map((added) => target + added),
    ...extensions.map((added) => path.join(target, `index${added}`)),
  ];
  const found = candidates.find((candidate) => existsSync(candidate) && statSync(candidate).isFile());
  return found === undefined ? undefined : pathToFileURL(found).href;
}
