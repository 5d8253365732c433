/** Texts with proposed changes made. */
import type { Position, ProposedEdit, SourceRange } from "../process/protocol.ts";
import { textWith } from "../fix/proposal.ts";

export interface Edit {
  readonly source: SourceRange;
  readonly text: string;
}

export function editsOf(edits: readonly ProposedEdit[], factor: number): Edit[] {
  return edits.map((edit) => ({ source: edit.source, text: textWith(edit, factor) }));
}

/** `edits` in the order of the text, none over another. */
export function applied(text: string, edits: readonly Edit[]): string {
  const starts = lineStarts(text);
  const offset = ({ line, column }: Position): number =>
    Math.min((starts[line - 1] ?? text.length) + column - 1, text.length);
  let result = "";
  let from = 0;
  for (const { source, text: inserted } of edits) {
    result += text.slice(from, offset(source)) + inserted;
    from = offset({ line: source.endLine, column: source.endColumn });
  }
  return result + text.slice(from);
}

/** Where a range of the text is once edits that keep to their lines are made. Of what is inserted at its ends, nothing is part of it. */
export function moved(range: SourceRange, edits: readonly Edit[]): SourceRange {
  const shift = (line: number, column: number, isStart: boolean): number =>
    edits.reduce((sum, { source, text }) => {
      const before = source.endColumn < column || (source.endColumn === column && (isStart || source.column < column));
      return source.file === range.file && source.endLine === line && before
        ? sum + text.length - (source.endColumn - source.column)
        : sum;
    }, column);
  return {
    ...range,
    column: shift(range.line, range.column, true),
    endColumn: shift(range.endLine, range.endColumn, false),
  };
}

/** Lines end as the language has them end. */
function lineStarts(text: string): number[] {
  const starts = [0];
  for (const { index, 0: end } of text.matchAll(/\r\n|[\n\r\u2028\u2029]/g)) starts.push(index + end.length);
  return starts;
}
