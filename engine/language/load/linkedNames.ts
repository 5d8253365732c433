import { realpathSync } from "node:fs";
import path from "node:path";
import type { InstrumentedFile } from "../instrument/instrumentedFile.ts";

/**
 * The name by which a person knows a file that Node knows by its real path. Who opened the model `given`, which really is
 * `real`, through a link to a folder above it, opens what it imports through the same link.
 */
export function nameThroughLink(file: string, given: string, real: string): string {
  if (file === real || given === real) return file === real ? given : file;
  // The last folders in which both names agree stand below the link.
  let [link, target] = [given, real];
  while (path.basename(link) === path.basename(target) && link !== path.dirname(link)) {
    link = path.dirname(link);
    target = path.dirname(target);
  }
  const name = path.join(link, path.relative(target, file));
  return realPathOf(name) === file ? name : file;
}

/** A file of the program by its real path, which is what stacks and URLs name. Packages have no other name. */
export function sourceOf(file: string, sources: ReadonlyMap<string, InstrumentedFile>): InstrumentedFile | undefined {
  const isOwn = (name: string): boolean => !/[\\/]node_modules[\\/]/.test(name);
  return (
    sources.get(file) ?? [...sources.values()].find((source) => isOwn(source.file) && realPathOf(source.file) === file)
  );
}

/** What a path leads to; itself where there is no such file. */
function realPathOf(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
