import {
  LanguageServer,
  LanguageServerUnavailable,
  type Document,
  type LanguageServerOptions,
} from "./languageServer.ts";
import { readSignature, resultOf, type Result, type Signature } from "./signature.ts";

import type { Position, SourceRange } from "../instrument/sourceReport.ts";

export type { Document } from "./languageServer.ts";
export type { Result, Signature } from "./signature.ts";

export interface ExportedFunction {
  /** `default` for a default export without a name. */
  readonly name: string;
  readonly source: SourceRange;
  /** Undefined where TypeScript itself shortened the type. */
  readonly signature: Signature | undefined;
  /** Whether what it returns can be differentiated. */
  readonly result: Result;
}

export interface TypeProblem {
  readonly message: string;
  /** TypeScript's number of the message, as in TS2307. */
  readonly code: number;
  readonly severity: "error" | "warning" | "information";
  readonly source: SourceRange;
}

/**
 * What TypeScript knows and syntax alone cannot tell. Every answer may be undefined: there is no server, it is starting
 * again after a crash, or it took too long. Nobody may need an answer in order to work.
 */
export class Symbols {
  readonly #server: LanguageServer;
  readonly #log: ((sentence: string) => void) | undefined;

  constructor(options: LanguageServerOptions) {
    this.#server = new LanguageServer(options);
    this.#log = options.log;
  }

  /** The exported functions of a file and their types. */
  functions(document: Document): Promise<readonly ExportedFunction[] | undefined> {
    return this.#unlessUnavailable(async () => {
      const { childItems = [] } = (await this.#server.ask("navtree", document)) as NavigationTree;
      const candidates = childItems.filter(
        ({ kind, kindModifiers }) =>
          functionKinds.has(kind) && (kind === "alias" || kindModifiers.split(",").includes("export")),
      );
      const found = await Promise.all(candidates.map((item) => this.#function(document, item)));
      return found
        .filter((entry) => entry !== undefined)
        .sort((a, b) => a.source.line - b.source.line || a.source.column - b.source.column);
    });
  }

  /** Where the name at `position` is declared: its own range there, in this file or another. Undefined too where there is no name. */
  declaration(document: Document, position: Position): Promise<SourceRange | undefined> {
    return this.#unlessUnavailable(async () => {
      const at = { line: position.line, offset: position.column };
      const [first] = (await this.#server.ask("definition", document, at)) as (Span & { file: string })[];
      return first && range(first.file, first);
    });
  }

  /** The type errors of a file, syntax errors included. */
  problems(document: Document): Promise<readonly TypeProblem[] | undefined> {
    return this.#unlessUnavailable(async () => {
      const [syntactic, semantic] = await Promise.all(
        ["syntacticDiagnosticsSync", "semanticDiagnosticsSync"].map((command) => this.#server.ask(command, document)),
      );
      return [...(syntactic as RawDiagnostic[]), ...(semantic as RawDiagnostic[])].map((diagnostic) => ({
        message: diagnostic.text,
        code: diagnostic.code,
        severity: severities[diagnostic.category] ?? "information",
        source: range(document.file, diagnostic),
      }));
    });
  }

  /** The id of the server's process while there is one. */
  process(): Promise<number | undefined> {
    return this.#server.process();
  }

  /** Ends the server for good. */
  stop(): Promise<void> {
    return this.#server.stop();
  }

  async #function(
    document: Document,
    { text, kind, spans, nameSpan }: NavigationTree,
  ): Promise<ExportedFunction | undefined> {
    const source = nameSpan ?? keyword(document, spans[0]!);
    const information = await this.#server.ask("quickinfo", document, source.start).catch((error: unknown) => {
      // "No content available" is how TypeScript says that nothing is known of this place.
      if (error instanceof LanguageServerUnavailable && error.message.includes("No content available"))
        return undefined;
      throw error;
    });
    const description = (information as { displayString: string } | undefined)?.displayString ?? "";
    // An alias is an import just as well.
    if (kind === "alias" && !description.includes("\nexport ")) return undefined;
    const signature = readSignature(description);
    if (!signature && !/^(\(alias\) )?(async )?function /.test(description)) return undefined;
    return {
      name: text,
      source: range(document.file, source),
      signature,
      result: signature ? resultOf(signature) : "unknown",
    };
  }

  async #unlessUnavailable<T>(question: () => Promise<T>): Promise<T | undefined> {
    try {
      return await question();
    } catch (error) {
      if (!(error instanceof LanguageServerUnavailable)) throw error;
      this.#log?.(`TypeScript did not answer: ${error.message}`);
      return undefined;
    }
  }
}

// What of the TypeScript server's own protocol is read here.
interface Location {
  readonly line: number;
  readonly offset: number;
}
interface Span {
  readonly start: Location;
  readonly end: Location;
}
interface NavigationTree {
  readonly text: string;
  readonly kind: string;
  readonly kindModifiers: string;
  readonly spans: readonly Span[];
  readonly nameSpan?: Span;
  readonly childItems?: readonly NavigationTree[];
}
interface RawDiagnostic extends Span {
  readonly text: string;
  readonly code: number;
  readonly category: string;
}

const functionKinds = new Set(["function", "const", "let", "var", "alias"]);
const severities: Readonly<Record<string, TypeProblem["severity"]>> = { error: "error", warning: "warning" };

/** Where the word `function` of a default export without a name stands: TypeScript describes such a function there. */
function keyword(document: Document, { start }: Span): Span {
  const line = document.text.split(/\r\n|\r|\n/)[start.line - 1] ?? "";
  const at = line.indexOf("function", start.offset - 1);
  const offset = at < 0 ? start.offset : at + 1;
  return { start: { line: start.line, offset }, end: { line: start.line, offset: offset + "function".length } };
}

function range(file: string, { start, end }: Span): SourceRange {
  return { file, line: start.line, column: start.offset, endLine: end.line, endColumn: end.offset };
}
