import { OwnMap } from "./intrinsics.ts";
/** What the runtime noticed while a model ran, once for each code and site. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: "error" | "warning" | "information";
  /** One clear sentence: what, and what to do. */
  readonly message: string;
  /** Of the operation at hand; 0 where it is not known. */
  readonly site: number;
  /** Where there is no site of its own: the stack, whose topmost line in the person's files is the place. */
  readonly stack?: string;
  /** What is wrong with the `input`-th operand: the message, but for the operand. */
  readonly operand?: { readonly input: number; readonly tail: string };
}

export type FindingCode =
  | "value-left-trace"
  | "gradient-ended-at-integer-array"
  | "gradient-ended-at-bitwise"
  /** Matters where the result is NaN. */
  | "operand-is-no-number";

export class Findings {
  readonly #bySite = new OwnMap<string, Finding>();

  get list(): readonly Finding[] {
    return [...this.#bySite.values()];
  }

  has(code: FindingCode, site: number): boolean {
    return this.#bySite.has(`${code} ${site}`);
  }

  add(finding: Finding): void {
    // Without a site, places are told apart by their stacks.
    const key = `${finding.code} ${finding.stack ?? finding.site}`;
    if (!this.#bySite.has(key)) this.#bySite.set(key, finding);
  }

  clear(): void {
    this.#bySite.clear();
  }
}
