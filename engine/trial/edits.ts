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

/** Those of one file. */
export function editsIn(edits: readonly Edit[], file: string): Edit[] {
  return edits.filter(({ source }) => source.file === file);
}

/** Where a range of the text is once `edits`, in the order of the text, are made. Of what is inserted at its ends, nothing is part of it. */
export function moved(range: SourceRange, edits: readonly Edit[]): SourceRange {
  const own = editsIn(edits, range.file);
  const start = movedPosition({ line: range.line, column: range.column }, own, () => true);
  const end = movedPosition(
    { line: range.endLine, column: range.endColumn },
    own,
    ({ source }) => !isInsertion(source),
  );
  return { ...range, ...start, endLine: end.line, endColumn: end.column };
}

const isInsertion = ({ line, column, endLine, endColumn }: SourceRange): boolean =>
  line === endLine && column === endColumn;

/** `counts`: whether an edit that ends at the position comes before it. */
function movedPosition({ line, column }: Position, edits: readonly Edit[], counts: (edit: Edit) => boolean): Position {
  let lines = 0;
  /** How far the rest of a line has moved along it. */
  let shift = { line: 0, columns: 0 };
  for (const edit of edits) {
    const { source, text } = edit;
    const isAt = source.endLine === line && source.endColumn === column;
    if (source.endLine > line || (source.endLine === line && source.endColumn > column) || (isAt && !counts(edit)))
      break;
    const starts = lineStarts(text);
    const added = starts.length - 1;
    const from = source.column + (shift.line === source.line ? shift.columns : 0);
    const end = added === 0 ? from + text.length : text.length - starts.at(-1)! + 1;
    lines += added - (source.endLine - source.line);
    shift = { line: source.endLine, columns: end - source.endColumn };
  }
  return { line: line + lines, column: column + (shift.line === line ? shift.columns : 0) };
}

/** Lines end as the language has them end. */
function lineStarts(text: string): number[] {
  const starts = [0];
  for (const { index, 0: end } of text.matchAll(/\r\n|[\n\r\u2028\u2029]/g)) starts.push(index + end.length);
  return starts;
}
