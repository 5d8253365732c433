import { isLineEnd } from "./syntax.ts";
import type { Position, SourceRange } from "./sourceReport.ts";

/** Turns offsets of a text into lines and columns, both from 1, and back. */
export class LineTable {
  readonly #starts: number[] = [0];
  readonly #length: number;

  constructor(text: string) {
    this.#length = text.length;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (!isLineEnd(code)) continue;
      if (code === 0x0d && text.charCodeAt(at + 1) === 0x0a) at++;
      this.#starts.push(at + 1);
    }
  }

  position(offset: number): Position {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - this.#starts[low]! + 1 };
  }

  /** The nearest offset inside the text. */
  offset({ line, column }: Position): number {
    const start = this.#starts[Math.min(line, this.#starts.length) - 1] ?? 0;
    return Math.min(start + column - 1, this.#length);
  }

  range(file: string, start: number, end: number): SourceRange {
    const from = this.position(start);
    const to = this.position(end);
    return { file, line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
  }
}
