import type * as t from "@babel/types";
import type { SiteTable } from "../../tape/site.ts";
import { bindingIndex, noIndex } from "./bindingIndex.ts";
import { Edits } from "./edits.ts";
import { exportedFunctions, isTraceable } from "./exportedFunctions.ts";
import type { InstrumentedFile, TraceableFunction } from "./instrumentedFile.ts";
import { resolveScopes } from "./lexicalScopes.ts";
import { parse, SourceSyntaxError, type Parsed } from "./parse.ts";
import { Rewriter, type DecoratorKind } from "./rewrite/rewriter.ts";
import { finishFile } from "./rewrite/statements.ts";
import { SourceMapper } from "./sourceMapper.ts";
import { analyse } from "./untraced.ts";

export interface InstrumentOptions {
  readonly file: string;
  readonly text: string;
  readonly sites: SiteTable;
  /** As the module system sees the file; undefined: a module where it has module syntax. */
  readonly format?: "module" | "commonjs" | undefined;
  readonly parsed?: Parsed;
  /** What decorators are, as tsconfig.json tells. */
  readonly decorators?: DecoratorKind | undefined;
  /** False: nobody will hover over it, so its syntax need not be kept. */
  readonly isRead?: boolean;
  /** Of a text that is handed to `eval`: whether the code around it is strict. Names then mean what they mean there. */
  readonly evaluated?: { readonly strict: boolean };
}

/**
 * Rewrites a file so that everything traced values can go through is a call of the runtime, and its types are gone.
 * Lines stay where they are. Throws SourceSyntaxError.
 */
export function instrument({
  file,
  text,
  sites,
  format,
  parsed = parse(file, text, format),
  decorators = "standard",
  isRead = true,
  evaluated,
}: InstrumentOptions): InstrumentedFile {
  const [problem] = parsed.problems;
  if (problem !== undefined) throw new SourceSyntaxError(problem);
  const { program } = parsed;
  const strict =
    parsed.format === "module" ||
    evaluated?.strict === true ||
    program.directives.some(({ value }) => value.value === "use strict");
  const resolved = resolveScopes(program, strict);
  const scopes = evaluated === undefined ? resolved : { ...resolved, dynamic: true };
  const edits = new Edits(text);
  const rewriter = new Rewriter({
    file,
    edits,
    scopes,
    known: analyse(scopes),
    sites,
    typescript: parsed.typescript,
    strict,
    format: parsed.format,
    decorators,
    hasValue: evaluated !== undefined,
  });
  const exported = exportedFunctions(program);
  rewriter.traceable = new Set(exported.filter(({ node }) => isTraceable(node)).map(({ node }) => node));
  const firstSite = sites.length;
  rewriter.visit(program);
  finishFile(program, rewriter);

  const code = edits.toString();
  const mapper = new SourceMapper(text, code, edits, sites, rewriter.functions);
  const index = isRead ? bindingIndex(rewriter, sites, firstSite) : noIndex;
  return {
    file,
    text,
    code,
    format: parsed.format,
    firstSite,
    endSite: sites.length,
    functions: traceableFunctions(rewriter, exported),
    get bindings() {
      return index.bindings;
    },
    bindingAt: index.bindingAt,
    operandAt: index.operandAt,
    operandText: index.operandText,
    innermostSites: index.innermostSites,
    original: (line, column) => mapper.original(line, column),
    originalText: (generated) => mapper.originalText(generated),
  };
}

function traceableFunctions(
  rewriter: Rewriter,
  exported: readonly { name: string; node: t.Node }[],
): TraceableFunction[] {
  return [...rewriter.functionIds].map(([node, id]) => ({
    names: exported.filter((item) => item.node === node).map(({ name }) => name),
    id,
    parameters: rewriter.parameterSites.get(node) ?? [],
  }));
}
