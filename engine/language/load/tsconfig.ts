import path from "node:path";
import { getTsconfig, type TsConfigResult } from "get-tsconfig";
import type { DecoratorKind } from "../instrument/rewrite/rewriter.ts";

/** Configurations that were read, by folder. */
const configurations = new Map<string, TsConfigResult | null>();

/** The nearest tsconfig.json; null where there is none, or it cannot be read: TypeScript says so where the person edits it. */
export function configurationFor(file: string): TsConfigResult | null {
  try {
    return getTsconfig(path.dirname(file), "tsconfig.json", configurations);
  } catch {
    return null;
  }
}

/** Targets of which the language has no fields: TypeScript then assigns them. */
const withoutFields = /^es(?:[356]|20(?:1\d|2[01]))$/i;

/** What decorators in a file are. Only TypeScript has others than the language's own. */
export function decoratorsIn(file: string): DecoratorKind {
  const options = configurationFor(file)?.config.compilerOptions;
  if (options?.experimentalDecorators !== true) return "standard";
  const defines = options.useDefineForClassFields ?? !withoutFields.test(options.target ?? "");
  return defines ? "experimental, fields defined" : "experimental, fields assigned";
}
