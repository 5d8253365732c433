/**
 * What is told of a source file: places in it, what is wrong there, which functions it exports. Types only.
 * Lines and columns count from 1, columns in UTF-16 units; the end is exclusive.
 */

export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface SourceRange {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

export interface Diagnostic {
  /** Kebab case, one per kind of finding: `syntax-error`, `model-error`, `value-left-trace`, … */
  readonly code: string;
  readonly severity: "error" | "warning" | "information";
  /** One clear sentence: what, where it matters, what to do. */
  readonly message: string;
  readonly source: SourceRange;
  readonly related?: readonly { readonly message: string; readonly source: SourceRange }[];
  /** The figures behind the message. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** Best first. */
  readonly fixes?: readonly Fix[];
}

/** A change of the text that was tried: the changed text was traced, with the same seed, and the finding is weaker or gone. */
export interface Fix {
  /** What changes, and the effect that was measured. */
  readonly title: string;
  /** Of the file that was traced, which may import the one that the finding is in; none over another. */
  readonly edits: readonly { readonly source: SourceRange; readonly text: string }[];
  /** The figure that the title speaks of, in the text as it is and as it would be. */
  readonly predicted: { readonly measure: string; readonly before: number; readonly after: number };
}

export interface Outline {
  readonly functions: readonly FunctionOutline[];
  /** Why the file, or a function in it, cannot be traced. */
  readonly diagnostics: readonly Diagnostic[];
  /** Exported functions that nobody could differentiate, and why: "it is a generator". */
  readonly unsuited?: readonly { readonly name: string; readonly nameSource: SourceRange; readonly reason: string }[];
}

/** An exported function that is, or might become, differentiable; or an exported model. */
export interface FunctionOutline {
  readonly name: string;
  /** From `export` to the closing brace. */
  readonly source: SourceRange;
  readonly nameSource: SourceRange;
  readonly parameters: readonly { readonly name: string; readonly hasDefault: boolean; readonly source: SourceRange }[];
  /** Every parameter has a default, so it can be traced as it stands. */
  readonly traceable: boolean;
  /** It is a model, which can be trained. Traced, it is its loss on the first batch where training begins. */
  readonly model?: true;
}
