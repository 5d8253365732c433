/** What a gradient check tells. Types only. */
import type { SourceRange } from "../language/instrument/sourceReport.ts";
import type { Checked } from "./check.ts";

/**
 * ok: the derivatives agree. wrong: they do not. non-finite: a derivative is NaN or infinite. kink: the point lies on or
 * next to a place where the derivative jumps, and the gradient is that of one side or between those of both.
 */
export type Verdict = "ok" | "wrong" | "kink" | "non-finite";

/** Three votes on one derivative. */
export interface Votes {
  /** By one reverse pass. */
  readonly reverse: number;
  /** By a forward pass (JVP). */
  readonly forward: number;
  /** By extrapolated differences. */
  readonly numeric: number;
  /** |reverse − numeric| / (|reverse| + |numeric|). */
  readonly error: number;
  /** What `error` may be, from the error that the differences estimate of themselves. */
  readonly tolerance: number;
  readonly verdict: Verdict;
  readonly kink?: KinkReport;
}

export interface KinkReport {
  /** The primitive with a kink, or `branch` for a comparison in the program. */
  readonly op: string;
  readonly source: SourceRange;
  /** The parameter is at most so far from it; 0 where it is on it. */
  readonly distance: number;
  /** The derivatives on both sides, where the parameter is on the kink. */
  readonly sides?: readonly [below: number, above: number];
}

/** One element of one parameter. */
export interface ElementCheck extends Votes {
  /** `x`, `A`, `layers[0].w`. */
  readonly name: string;
  /** Its place in the parameter: `[]` for a number, `[0, 1]` for an element of a matrix. */
  readonly index: readonly number[];
}

/** All elements of a parameter at once, moved along a random direction. */
export interface DirectionCheck extends Votes {
  readonly name: string;
  readonly elements: number;
}

/** An operation whose own derivative is wrong. */
export interface Culprit {
  readonly op: string;
  /** Of the operation's inputs, counted from 0, and the element in it. */
  readonly input: number;
  readonly index: readonly number[];
  readonly reverse: number;
  readonly forward: number;
  readonly numeric: number;
  readonly error: number;
  readonly source: SourceRange;
  /** Of a custom rule: where it was defined. */
  readonly definition?: SourceRange;
  /** One sentence. */
  readonly message: string;
}

export interface Coverage {
  readonly elements: number;
  /** Checked one by one. */
  readonly checked: number;
  readonly directions: number;
  /** Why not every element was checked. */
  readonly limitedBy?: "count" | "time";
}

/** What a check of one function found; parameters and directions stand worst first. */
export interface FunctionCheck extends Checked {
  readonly function: string;
  readonly source: SourceRange;
  readonly nameSource: SourceRange;
  readonly milliseconds: number;
}
