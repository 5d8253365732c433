/** A range of source text. Lines and columns count from 1, columns in UTF-16 units; `start` and `end` are offsets. */
export interface Site {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  /** The variable that this expression initialises or is assigned to. */
  readonly name?: string;
  readonly kind: SiteKind;
}

/**
 * expression: something that makes nodes. binding: a variable whose values are observed.
 * call and iteration: what opens a scope (a function body, a loop body).
 */
export type SiteKind = "expression" | "binding" | "call" | "iteration";

/** A site is known on the tape by its number in this table. Number 0 is "nowhere". */
export class SiteTable {
  readonly #sites: Site[] = [
    { file: "", start: 0, end: 0, line: 0, column: 0, endLine: 0, endColumn: 0, kind: "expression" },
  ];

  get length(): number {
    return this.#sites.length;
  }

  add(site: Site): number {
    this.#sites.push(site);
    return this.#sites.length - 1;
  }

  get(index: number): Site {
    const site = this.#sites[index];
    if (site === undefined) throw new RangeError(`there is no site ${index}`);
    return site;
  }

  *entries(): IterableIterator<[number, Site]> {
    for (let index = 1; index < this.#sites.length; index++) yield [index, this.#sites[index]!];
  }
}
