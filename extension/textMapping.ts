/** Where the places of a traced text are in the text of now, and back. Everything outside the changed stretch keeps its place. */
import type { Position, SourceRange } from "../engine/process/protocol.ts";

export class TextMapping {
  readonly #from: Text;
  readonly #to: Text;
  /** How many UTF-16 units both texts share at their start and at their end. */
  readonly #prefix: number;
  readonly #suffix: number;

  constructor(from: string, to: string) {
    this.#from = new Text(from);
    this.#to = new Text(to);
    const shortest = Math.min(from.length, to.length);
    let prefix = 0;
    while (prefix < shortest && from.charCodeAt(prefix) === to.charCodeAt(prefix)) prefix++;
    let suffix = 0;
    const left = shortest - prefix;
    while (suffix < left && from.charCodeAt(from.length - 1 - suffix) === to.charCodeAt(to.length - 1 - suffix))
      suffix++;
    this.#prefix = prefix;
    this.#suffix = suffix;
  }

  get identical(): boolean {
    return this.#prefix === this.#from.length && this.#prefix === this.#to.length;
  }

  /** Undefined where the text has changed. */
  forward(position: Position): Position | undefined {
    return this.#map(position, this.#from, this.#to);
  }

  back(position: Position): Position | undefined {
    return this.#map(position, this.#to, this.#from);
  }

  /** Undefined where either end lies in changed text. A change inside the range stretches it. */
  forwardRange(range: SourceRange): SourceRange | undefined {
    const start = this.forward({ line: range.line, column: range.column });
    const end = this.forward({ line: range.endLine, column: range.endColumn });
    return start && end && { ...range, ...start, endLine: end.line, endColumn: end.column };
  }

  #map(position: Position, from: Text, to: Text): Position | undefined {
    if (this.identical) return position;
    const offset = from.offset(position);
    if (offset <= this.#prefix) return to.position(offset);
    if (offset >= from.length - this.#suffix) return to.position(offset + to.length - from.length);
    return undefined;
  }
}

/** A text and where its lines begin. */
export class Text {
  readonly length: number;
  readonly #lines: number[] = [0];

  constructor(text: string) {
    this.length = text.length;
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.#lines.push(at + 1);
  }

  offset({ line, column }: Position): number {
    const start = this.#lines[line - 1];
    return start === undefined ? this.length : Math.min(start + column - 1, this.length);
  }

  position(offset: number): Position {
    let low = 0;
    let high = this.#lines.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#lines[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - this.#lines[low]! + 1 };
  }
}
