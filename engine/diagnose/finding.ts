import type { SourceRange } from "../language/instrument/sourceReport.ts";

/** What a diagnostic found in one traced run. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: "error" | "warning" | "information";
  /** What is the matter, with this model's figures, and what to do. */
  readonly message: string;
  /** The site to blame; 0 where it is the function as a whole. */
  readonly site: number;
  /** The call to tell in place of the site, where that stands in a function that several places share. */
  readonly called?: SourceRange;
  readonly related?: readonly { readonly site: number; readonly message: string }[];
  /** The figures behind the message. */
  readonly data: Readonly<Record<string, unknown>>;
}

export type FindingCode =
  | "non-finite"
  | "severed-gradient"
  | "dead-relu"
  | "saturated-activation"
  | "vanishing-gradient"
  | "exploding-gradient";
