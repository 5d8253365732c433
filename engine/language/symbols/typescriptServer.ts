import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

/** The versions of TypeScript whose `tsserver.js` the language server can use: 7 has none. */
const usable = /^(5\.[4-9]|6)\b/;

/**
 * The `tsserver.js` to use for what stands in `folder`: of the TypeScript installed there or above it, else of the first
 * of `fallbacks` (folders of a `typescript` package) that has a usable one. Without `folder`, which is code of the
 * workspace's and so must be trusted, only of the fallbacks.
 */
export function findTypeScriptServer(folder: string | undefined, fallbacks: readonly string[]): string | undefined {
  const candidates =
    folder === undefined ? [] : ancestors(folder).map((above) => path.join(above, "node_modules", "typescript"));
  return [...candidates, ...fallbacks].map(serverOf).find((file) => file !== undefined);
}

function serverOf(typescript: string): string | undefined {
  const file = path.join(typescript, "lib", "tsserver.js");
  try {
    const { version } = JSON.parse(readFileSync(path.join(typescript, "package.json"), "utf8")) as { version?: string };
    return usable.test(version ?? "") && existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
}

function ancestors(folder: string): string[] {
  const above = path.dirname(folder);
  return above === folder ? [folder] : [folder, ...ancestors(above)];
}
