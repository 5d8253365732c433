import { MagicString } from "magic-string";

const wordBegins = /^[\w$]/;
const wordEnds = /[\w$]/;

/**
 * Changes to a text that keep its lines where they are. At one place, what goes `before` the text there is put outermost
 * first, what goes `after` the text that ends there innermost first: in the order in which a walk over a tree meets them.
 */
export class Edits {
  readonly text: string;
  readonly #string: MagicString;
  #lines: readonly (readonly (readonly number[])[])[] | undefined;

  constructor(text: string) {
    this.text = text;
    this.#string = new MagicString(text);
  }

  before(offset: number, inserted: string): void {
    this.#string.appendRight(offset, this.#apart(offset, inserted));
  }

  /** Before everything that has been put `before` this place so far. */
  outermostBefore(offset: number, inserted: string): void {
    this.#string.prependRight(offset, this.#apart(offset, inserted));
  }

  after(offset: number, inserted: string): void {
    this.#string.appendLeft(offset, inserted);
  }

  replace(start: number, end: number, replacement: string): void {
    this.#string.update(start, end, this.#apart(start, replacement));
  }

  /** Puts `replacement` in the place of edited text, which is given back to be put elsewhere. */
  take(start: number, end: number, replacement: string): string {
    const taken = this.#string.slice(start, end);
    this.#string.update(start, end, replacement, { overwrite: true });
    return taken;
  }

  /** Takes text away, all but its line breaks. */
  erase(start: number, end: number): void {
    if (start >= end) return;
    const breaks = this.text.slice(start, end).replace(/[^\n\r\u2028\u2029]+/g, "");
    if (breaks === "") this.#string.remove(start, end);
    else this.#string.update(start, end, breaks);
  }

  /** In `return-x` and `case-1` nothing stands between a word and what is put after it. */
  #apart(offset: number, inserted: string): string {
    return wordBegins.test(inserted) && wordEnds.test(this.text.charAt(offset - 1)) ? ` ${inserted}` : inserted;
  }

  toString(): string {
    return this.#string.toString();
  }

  /** The place in the original text, line and column from 0, that a place in the edited text came from. */
  original(line: number, column: number): { line: number; column: number } {
    this.#lines ??= this.#string.generateDecodedMap({ hires: "boundary" }).mappings;
    const segments = this.#lines[line] ?? [];
    let low = 0;
    let high = segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (segments[middle]![0]! <= column) low = middle;
      else high = middle - 1;
    }
    const segment = segments[low];
    if (segment === undefined) return { line, column: 0 };
    const beyond = Math.max(0, column - segment[0]!);
    const length = (segments[low + 1]?.[0] ?? Infinity) - segment[0]!;
    return { line: segment[2]!, column: segment[3]! + (beyond < length && length !== Infinity ? beyond : 0) };
  }
}
