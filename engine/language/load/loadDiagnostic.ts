import type { InstrumentedFile } from "../instrument/instrumentedFile.ts";
import { LineTable } from "../instrument/lineTable.ts";
import { sourceOf } from "./linkedNames.ts";
import { missingImports } from "./moduleHooks.ts";
import { SourceSyntaxError } from "../instrument/parse.ts";
import { suggestion } from "./nearestName.ts";
import { pathOf, stackFrames, withoutInsertedCalls } from "./positions.ts";
import type { Diagnostic, SourceRange } from "../instrument/sourceReport.ts";

type Sources = ReadonlyMap<string, InstrumentedFile>;

/** What went wrong when a model was loaded, and where in its files. `library`: what "adjoint" exports. */
export function loadDiagnostic(
  error: unknown,
  file: string,
  text: string,
  sources: Sources,
  library: object,
): Diagnostic {
  if (error instanceof SourceSyntaxError) return error.diagnostic;
  const start = new LineTable(text).range(file, 0, 0);
  if (!(error instanceof Error)) {
    return modelError(`The file threw ${shown(error)} while it was loaded.`, start);
  }
  const missing = missingImports.get(error);
  if (missing !== undefined) {
    const { specifier, parentURL } = missing;
    const importer = parentURL === undefined ? undefined : sourceOf(pathOf(parentURL), sources);
    const source = placeOfImport(importer?.file ?? file, importer?.text ?? text, specifier) ?? start;
    return { code: "import-not-found", severity: "error", message: importSentence(specifier), source };
  }
  const link = linkError(error, sources, library);
  if (link !== undefined) return link;
  const frames = stackFrames(error.stack ?? "", sources);
  const place = frames.find((frame) => frame.file === file) ?? frames[0] ?? start;
  return modelError(`${error.name}: ${oneLine(withoutInsertedCalls(error.message))}`, place);
}

function modelError(message: string, source: SourceRange): Diagnostic {
  return { code: "model-error", severity: "error", message, source };
}

const shown = (value: unknown): string => (typeof value === "string" ? JSON.stringify(value) : String(value));

const oneLine = (text: string): string => text.replace(/\s*\n\s*/g, " ");

function importSentence(specifier: string): string {
  if (/^(?:\.|\/|file:)/.test(specifier)) return `There is no file "${specifier}": check the import's path.`;
  const name = /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
  return `The package "${name}" is not found: install it, or check the import's name.`;
}

/** The text of an import's specifier, quotes included. */
function placeOfImport(file: string, text: string, specifier: string): SourceRange | undefined {
  for (const quote of [`"`, `'`, "`"]) {
    const start = text.indexOf(quote + specifier + quote);
    if (start >= 0) return new LineTable(text).range(file, start, start + specifier.length + 2);
  }
  return undefined;
}

/** `import { name } from "./file"`, where that file has no such export: V8 tells the line in the stack's head. */
function linkError(error: Error, sources: Sources, library: object): Diagnostic | undefined {
  const missing = /(?:does not provide an export named|Named export) '([^']+)'/.exec(error.message)?.[1];
  if (!(error instanceof SyntaxError) || missing === undefined) return undefined;
  const specifier = /requested module '([^']+)'/.exec(error.message)?.[1] ?? "";
  const [, location, line] = /^(file:.*|\/.*|[A-Z]:.*):(\d+)$/m.exec(error.stack?.split("\n", 1)[0] ?? "") ?? [];
  const source = location === undefined ? undefined : sourceOf(pathOf(location), sources);
  if (source === undefined) return undefined;
  const advice = specifier === "adjoint" ? suggestion(missing, library) : "check the import's name.";
  const lines = new LineTable(source.text);
  const from = lines.offset({ line: Number(line), column: 1 });
  const found = new RegExp(`\\b${missing.replace(/[$]/g, "\\$&")}\\b`).exec(source.text.slice(from));
  const start = from + (found?.index ?? 0);
  return {
    code: "import-not-found",
    severity: "error",
    message: `"${specifier}" exports nothing named ${missing}: ${advice}`,
    source: lines.range(source.file, start, start + (found ? missing.length : 1)),
  };
}
