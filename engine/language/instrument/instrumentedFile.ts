import type { Position } from "./sourceReport.ts";

/** A half-open range of offsets, in UTF-16 units, in the original text. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** A place where a variable is given a value. */
export interface Assignment {
  readonly site: number;
  /** Where the expression that gives the value ends; the end of the name, or of its type, where the value comes from elsewhere. */
  readonly end: number;
}

/** A variable, parameter, import or function of a file, for hovers. */
export interface Binding extends TextRange {
  readonly name: string;
  /**
   * By the sites whose values it has held: of operations that were assigned to it straight away (kind "expression"), and
   * of everything else it was given (kind "binding").
   */
  readonly assignments: readonly Assignment[];
  /** Everywhere its name stands, the declaration included, in the order of the text. */
  readonly references: readonly TextRange[];
}

/** An identifier or expression that stands as the `input`-th operand, from 0, of the operation at `site`. */
export interface Operand extends TextRange {
  readonly site: number;
  readonly input: number;
}

/** An exported function whose parameters the runtime is asked for by `$adjoint.parameter(id, …)`. */
export interface TraceableFunction {
  /** The names it is exported by. */
  readonly names: readonly string[];
  /** Its function id: the number of its site of kind "call". */
  readonly id: number;
  readonly parameters: readonly { readonly name: string; readonly index: number; readonly site: number }[];
}

/** A file as it was written and as it runs. */
export interface InstrumentedFile {
  readonly file: string;
  readonly text: string;
  readonly code: string;
  readonly format: "module" | "commonjs";
  /** Its sites are the numbers from `firstSite` up to, not including, `endSite`. */
  readonly firstSite: number;
  readonly endSite: number;
  readonly functions: readonly TraceableFunction[];
  readonly bindings: readonly Binding[];
  /** The variable whose name stands at `offset`, or ends there. */
  bindingAt(offset: number): Binding | undefined;
  /** The operand that is an identifier or member expression at `offset`. */
  operandAt(offset: number): Operand | undefined;
  /** The text of the `input`-th operand of the operation at `site`, where it is an identifier or member expression. */
  operandText(site: number, input: number): string | undefined;
  /** The sites of kind "expression" around `offset`, innermost first. */
  innermostSites(offset: number): readonly number[];
  /** Where a position in `code` came from. */
  original(line: number, column: number): Position;
  /** The original text of a function or class of which `generated` is the instrumented text; undefined when it is not from here. */
  originalText(generated: string): string | undefined;
}
