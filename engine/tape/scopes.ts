import { enlarged } from "./numbers.ts";

const bytesPerScope = 4 * 4;

/** Calls and loop iterations, a tree. Scope 0 is the whole run. */
export class Scopes {
  length = 1;
  #parent = new Int32Array(64);
  #site = new Int32Array(64);
  #iteration = new Int32Array(64);
  #mark = new Int32Array(64);

  /**
   * `iteration` counts from 0 for a turn of a loop and is -1 for a call. `mark` is how much had been recorded when the
   * scope was opened.
   */
  add(parent: number, site: number, iteration: number, mark = -1): number {
    const scope = this.length;
    if (scope === this.#parent.length) {
      this.#parent = enlarged(this.#parent, scope * 2);
      this.#site = enlarged(this.#site, scope * 2);
      this.#iteration = enlarged(this.#iteration, scope * 2);
      this.#mark = enlarged(this.#mark, scope * 2);
    }
    this.#parent[scope] = parent;
    this.#site[scope] = site;
    this.#iteration[scope] = iteration;
    this.#mark[scope] = mark;
    this.length = scope + 1;
    return scope;
  }

  /** Whether nothing was recorded since the latest scope was opened. False of any other scope. */
  isEmpty(scope: number, mark: number): boolean {
    return scope === this.length - 1 && this.#mark[scope] === mark;
  }

  /** Takes the latest scope back and gives its parent. */
  remove(scope: number): number {
    this.length = scope;
    return this.#parent[scope]!;
  }

  get bytes(): number {
    return this.length * bytesPerScope;
  }

  parent(scope: number): number {
    return this.#parent[scope]!;
  }

  site(scope: number): number {
    return this.#site[scope]!;
  }

  iteration(scope: number): number {
    return this.#iteration[scope]!;
  }
}
