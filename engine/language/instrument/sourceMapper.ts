import type { SiteTable } from "../../tape/site.ts";
import type { Edits } from "./edits.ts";
import type { TextRange } from "./instrumentedFile.ts";
import { LineTable } from "./lineTable.ts";
import { runtimeName } from "../runtime/runtime.ts";
import type { Position } from "./sourceReport.ts";

/** Calls that were put into the text, and their site. */
const insertedCall = /([\w.]*)\((\d+)/y;

/** From places in instrumented text to places in the original. Lines and columns count from 1. */
export class SourceMapper {
  readonly #text: string;
  readonly #code: string;
  readonly #edits: Edits;
  readonly #sites: SiteTable;
  readonly #functions: readonly TextRange[];
  #lines: { readonly text: LineTable; readonly code: LineTable } | undefined;

  /** @param functions Where functions and classes stand in the text. */
  constructor(text: string, code: string, edits: Edits, sites: SiteTable, functions: readonly TextRange[]) {
    this.#functions = functions;
    this.#text = text;
    this.#code = code;
    this.#edits = edits;
    this.#sites = sites;
  }

  original(line: number, column: number): Position {
    const site = this.#siteAt(line, column);
    if (site !== undefined) {
      const { line: siteLine, column: siteColumn } = this.#sites.get(site);
      return { line: siteLine, column: siteColumn };
    }
    const place = this.#edits.original(line - 1, column - 1);
    return { line: place.line + 1, column: place.column + 1 };
  }

  originalText(generated: string): string | undefined {
    const start = this.#code.indexOf(generated);
    if (start < 0) return undefined;
    const from = this.#offset(start);
    // Where it ends, other text may have been put: the function that `from` is in tells.
    let found: TextRange | undefined;
    for (const range of this.#functions) {
      if (range.start <= from && from < range.end && (found === undefined || range.start >= found.start)) found = range;
    }
    return found && this.#text.slice(from, found.end);
  }

  #offset(generated: number): number {
    const { line, column } = this.#lineTables.code.position(generated);
    const place = this.#edits.original(line - 1, column - 1);
    return this.#lineTables.text.offset({ line: place.line + 1, column: place.column + 1 });
  }

  /** The site of the inserted call at a place, which V8 tells by the name behind the dot. */
  #siteAt(line: number, column: number): number | undefined {
    const offset = this.#lineTables.code.offset({ line, column });
    const start = this.#code.lastIndexOf(runtimeName, offset);
    if (start < 0 || offset - start > runtimeName.length + 30) return undefined;
    insertedCall.lastIndex = start + runtimeName.length;
    const call = insertedCall.exec(this.#code);
    if (call === null || insertedCall.lastIndex <= offset) return undefined;
    return Number(call[2]);
  }

  get #lineTables(): { readonly text: LineTable; readonly code: LineTable } {
    return (this.#lines ??= { text: new LineTable(this.#text), code: new LineTable(this.#code) });
  }
}
