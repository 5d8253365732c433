/** Changes of a program's text that might mend what a finding is about. Whether they do, a trace of the changed text tells. */
import type { SourceRange } from "../language/instrument/sourceReport.ts";

export interface Proposal {
  /** What changes; `{factor}` stands for the factor. */
  readonly title: string;
  /** In the order of the text, none over another. */
  readonly edits: readonly ProposedEdit[];
  /** The factor to begin a search with; undefined where the edits have none. */
  readonly factor?: number;
  /** What is expected of the measure's excess at factor 1, where the edits do more than to scale. */
  readonly excess?: number;
  /** Significant digits of the factor that matter; 2 when left out. */
  readonly digits?: number;
}

export interface ProposedEdit {
  readonly source: SourceRange;
  /** `number` is multiplied with the factor and stands between the two. */
  readonly text: string | { readonly before: string; readonly number: number; readonly after: string };
}

/** What a finding is measured by before and after, and what might mend it. */
export interface Proposals {
  readonly measure: Measure;
  readonly proposals: readonly Proposal[];
  /** Texts of imported files that they change, by path. */
  readonly texts: Readonly<Record<string, string>>;
}

export type Measure =
  | {
      readonly kind: "flow";
      /** What its stations are the executions of. */
      readonly along: FlowPlace;
      readonly element?: number;
      /** "layer 1": the station whose adjoint is told of. */
      readonly station: string;
    }
  /** The Euclidean norm of the gradient. */
  | { readonly kind: "gradient" }
  /** Of findings of one kind: how many units are dead, rows held by one entry, outputs saturated. */
  | { readonly kind: "count"; readonly of: "units" | "rows" | "outputs" };

/** The executions of the expression at a place, or operations of one kind. */
export type FlowPlace = { readonly source: SourceRange } | { readonly family: "activations" | "products" };

const digits = 3;

/** The number that is written for `number`, scaled: as the text then runs, it is this one. */
export function scaled(number: number, factor: number): number {
  return Number((number * factor).toPrecision(digits));
}

export function textWith({ text }: ProposedEdit, factor: number): string {
  return typeof text === "string" ? text : `${text.before}${scaled(text.number, factor)}${text.after}`;
}
