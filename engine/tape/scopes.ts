import { enlarged } from "./numbers.ts";

/** Words of one scope: its parent, site, iteration and mark. They stand side by side: a scope is written in one go. */
const words = 4;

/** Calls and loop iterations, a tree. Scope 0 is the whole run. */
export class Scopes {
  length = 1;
  #entries = new Int32Array(64 * words);
  /** Of the entries: a program may put something of its own in the place of typed arrays' `length`. */
  #capacity = 64 * words;

  /**
   * `iteration` counts from 0 for a turn of a loop and is -1 for a call. `mark` is how much had been recorded when the
   * scope was opened.
   */
  add(parent: number, site: number, iteration: number, mark = -1): number {
    const scope = this.length;
    const at = scope * words;
    if (at === this.#capacity) {
      this.#entries = enlarged(this.#entries);
      this.#capacity = this.#entries.length;
    }
    const entries = this.#entries;
    entries[at] = parent;
    entries[at + 1] = site;
    entries[at + 2] = iteration;
    entries[at + 3] = mark;
    this.length = scope + 1;
    return scope;
  }

  /** Whether nothing was recorded since the latest scope was opened. False of any other scope. */
  isEmpty(scope: number, mark: number): boolean {
    return scope === this.length - 1 && this.#entries[scope * words + 3] === mark;
  }

  /** Takes the latest scope back and gives its parent. */
  remove(scope: number): number {
    this.length = scope;
    return this.#entries[scope * words]!;
  }

  get bytes(): number {
    return this.length * words * this.#entries.BYTES_PER_ELEMENT;
  }

  parent(scope: number): number {
    return this.#entries[scope * words]!;
  }

  site(scope: number): number {
    return this.#entries[scope * words + 1]!;
  }

  iteration(scope: number): number {
    return this.#entries[scope * words + 2]!;
  }
}
