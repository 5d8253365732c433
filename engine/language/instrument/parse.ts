import { parse as babelParse, type ParserOptions } from "@babel/parser";
import type * as t from "@babel/types";
import type { Diagnostic } from "./sourceReport.ts";

export interface Parsed {
  readonly program: t.Program;
  readonly format: "module" | "commonjs";
  readonly typescript: boolean;
  /** What is wrong, where the parser could go on in spite of it. */
  readonly problems: readonly Diagnostic[];
}

/** A file that cannot be parsed, or has syntax that cannot run. A SyntaxError, as the language itself would throw. */
export class SourceSyntaxError extends SyntaxError {
  readonly diagnostic: Diagnostic;
  constructor(diagnostic: Diagnostic) {
    super(diagnostic.message);
    this.name = "SyntaxError";
    this.diagnostic = diagnostic;
  }
}

interface ParserProblem {
  readonly message: string;
  readonly loc: { readonly line: number; readonly column: number };
  readonly reasonCode?: string;
}

/** @param format As the module system sees the file; undefined: a module where it has module syntax. Throws SourceSyntaxError. */
export function parse(file: string, text: string, format = formatOfName(file)): Parsed {
  if (format === undefined && file.endsWith(".cts")) return parseCommonjsTypescript(file, text);
  if (format !== undefined) return parseAs(file, text, format);
  if (!/\b(?:import|export|await)\b/.test(text)) return parseAs(file, text, "commonjs");
  let asModule: Parsed;
  try {
    asModule = parseAs(file, text, "module");
  } catch (error) {
    if (/^\s*(?:import|export)\b/m.test(text)) throw error;
    return parseAs(file, text, "commonjs");
  }
  if (hasModuleSyntax(asModule.program)) return asModule;
  try {
    const asScript = parseAs(file, text, "commonjs");
    if (asScript.problems.length === 0) return asScript;
  } catch {
    // `await` at the top: a module.
  }
  return asModule;
}

function formatOfName(file: string): "module" | "commonjs" | undefined {
  if (/\.m[jt]s$/.test(file)) return "module";
  return file.endsWith(".cjs") ? "commonjs" : undefined;
}

/** `.cts` is a script with `require` and `export =`; with `export` and `import … from` it is a module all the same. */
function parseCommonjsTypescript(file: string, text: string): Parsed {
  if (!/^\s*(?:import|export)\b/m.test(text)) return parseAs(file, text, "commonjs");
  const parsed = parseAs(file, text, "module");
  const isScript = parsed.program.body.some(
    ({ type }) => type === "TSExportAssignment" || type === "TSImportEqualsDeclaration",
  );
  return isScript ? { ...parsed, format: "commonjs" } : parsed;
}

export const isTypescript = (file: string): boolean => /\.[cm]?tsx?$/.test(file);

/** What was parsed last: a file that is about to run is first asked what stands in it. */
let kept: { readonly file: string; readonly text: string; readonly parsed: Parsed } | undefined;

function parseAs(file: string, text: string, format: "module" | "commonjs"): Parsed {
  const { parsed } = kept?.file === file && kept.text === text && kept.parsed.format === format ? kept : {};
  kept = undefined;
  if (parsed !== undefined) return parsed;
  const made = parseWith(file, text, format, { sourceType: format });
  kept = { file, text, parsed: made };
  return made;
}

function parseWith(file: string, text: string, format: "module" | "commonjs", options: ParserOptions): Parsed {
  const typescript = isTypescript(file);
  const plugins: NonNullable<ParserOptions["plugins"]> = ["decorators", "decoratorAutoAccessors"];
  if (typescript) plugins.push(["typescript", { dts: /\.d\.[cm]?ts$/.test(file) }]);
  if (file.endsWith("x")) plugins.push("jsx");
  try {
    const parsed = babelParse(text, {
      ...options,
      plugins,
      attachComment: false,
      createParenthesizedExpressions: true,
      errorRecovery: true,
    });
    const problems = parsed.errors as unknown as readonly ParserProblem[];
    return {
      program: parsed.program,
      format,
      typescript,
      // Whether a parameter may have decorators hangs on tsconfig.json.
      problems: problems.filter(isProblem).map((problem) => syntaxDiagnostic(file, problem)),
    };
  } catch (error) {
    if (error instanceof SyntaxError && "loc" in error) {
      throw new SourceSyntaxError(syntaxDiagnostic(file, error as unknown as ParserProblem));
    }
    throw error;
  }
}

const isProblem = ({ reasonCode }: ParserProblem): boolean => reasonCode !== "UnsupportedParameterDecorator";

/** A text that is handed to `eval`. What stands around it may allow more than is known here. */
export function parseEvaluated(file: string, text: string, strict: boolean): Parsed {
  return parseWith(file, text, "commonjs", {
    sourceType: "script",
    strictMode: strict,
    allowNewTargetOutsideFunction: true,
    allowSuperOutsideMethod: true,
  });
}

function syntaxDiagnostic(file: string, { message, loc }: ParserProblem): Diagnostic {
  const sentence = message.replace(/\s*\(\d+:\d+\)$/, "").replace(/\s+/g, " ");
  const line = loc.line;
  const column = loc.column + 1;
  return {
    code: "syntax-error",
    severity: "error",
    message: `Syntax error: ${sentence.charAt(0).toLowerCase()}${sentence.slice(1).replace(/\.$/, "")}.`,
    source: { file, line, column, endLine: line, endColumn: column + 1 },
  };
}

function hasModuleSyntax(program: t.Program): boolean {
  return program.body.some(
    ({ type }) => type.startsWith("Import") || type.startsWith("Export") || type === "TSExportAssignment",
  );
}
