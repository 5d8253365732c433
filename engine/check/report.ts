/** What a gradient check tells. Types only. */
import type { Diagnostic, SourceRange } from "../language/instrument/sourceReport.ts";

/**
 * ok: the derivatives agree. wrong: they do not. non-finite: a derivative is NaN or infinite. kink: the point lies on or
 * next to a place where the derivative jumps, and the gradient is that of one side or between those of both.
 */
export type Verdict = "ok" | "wrong" | "kink" | "non-finite";

/**
 * Who is off. reverse, forward: that mode alone. rules: both alike, while differences and a complex step agree. program:
 * the modes and the complex step agree, the program varies otherwise. differences: the modes agree, differences do not, and
 * no complex step tells which. all: nobody agrees. kink: the gradient is outside of both sides of a kink; modes: there,
 * the modes differ. rounding: the modes and the complex step agree on what rounding left of terms that cancel.
 */
export type Dissent =
  "reverse" | "forward" | "rules" | "program" | "differences" | "all" | "kink" | "modes" | "rounding";

/** The votes on one derivative. */
export interface Votes {
  /** By one reverse pass. */
  readonly reverse: number;
  /** By a forward pass (JVP). */
  readonly forward: number;
  /** By extrapolated differences. */
  readonly numeric: number;
  /** By a complex step, where every operation on the way is analytic. */
  readonly complex?: number;
  /** |reverse − numeric| / (|reverse| + |numeric|). */
  readonly error: number;
  /** What `error` may be, from the error that the differences estimate of themselves. */
  readonly tolerance: number;
  readonly verdict: Verdict;
  readonly kink?: KinkReport;
  /** Of a wrong one: which vote disagrees, and what that means, in a sentence. */
  readonly dissent?: Dissent;
  readonly meaning?: string;
  /** Where the program takes a value that is not traced and that is another one beside the point. */
  readonly untraced?: SourceRange;
  /** Where rounding does most of what is wrong. */
  readonly cancelled?: SourceRange;
  /** Reverse and forward mode agree, but differences are too coarse to tell anything, and no complex step can be taken. */
  readonly inconclusive?: true;
}

export interface KinkReport {
  /**
   * The primitive with a kink, `branch` for a comparison in the program, `jump` where what chose is not traced, `domain`
   * where the function has values at this point and none beside it.
   */
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
  /** Of elements that are tied and were moved in step: the kink that each of them is on by itself. */
  readonly tie?: KinkReport;
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
  readonly complex?: number;
  readonly error: number;
  /**
   * Left out where the rule is wrong in this very run. not-linear: in its cotangent. elsewhere: for other inputs, near
   * those of the run; far: on the other side of zero or for other shapes, where the program need not ever be. second-order:
   * its cotangents are right, and cannot be differentiated again.
   */
  readonly kind?: "not-linear" | "elsewhere" | "far" | "second-order";
  /** What the operation was applied to: numbers, and of tensors their shapes. */
  readonly inputs?: readonly (number | readonly number[])[];
  readonly source: SourceRange;
  /** Of a custom rule: where it was defined. */
  readonly definition?: SourceRange;
  /** One sentence. */
  readonly message: string;
}

/** One custom rule that the function used, over all its executions. */
export interface RuleCheck {
  readonly definition: SourceRange;
  readonly executions: number;
  readonly passed: boolean;
}

/** All that the result hangs on, moved along a random direction at another point near the function's own. */
export interface NearbyCheck extends Votes {
  /** How far each parameter was moved to that point, as a share of its size. */
  readonly distance: number;
  readonly value: number;
}

/** Second derivatives along pairs of random directions, worst first. They do not decide whether a check passes. */
export interface SecondOrderCheck {
  readonly verdict: Verdict | "not-compared";
  /** wᵀHv: by reverse mode over a recorded reverse pass, and by differences of the gradient. */
  readonly directions: readonly Votes[];
  /** The custom rules that cannot be differentiated again. */
  readonly culprits?: readonly Culprit[];
  /** Why nothing was compared. */
  readonly reason?: string;
}

/** An executor in float32 against float64. It does not decide whether a check passes. */
export interface DriftCheck {
  readonly executor: string;
  readonly device: string;
  readonly verdict: "ok" | "drifts" | "not-compared";
  readonly value?: { readonly float64: number; readonly float32: number };
  /** The largest among the parameters, as a vector relative to its length, and of which. */
  readonly gradientError?: number;
  readonly parameter?: string;
  readonly reason?: string;
}

export interface Coverage {
  readonly elements: number;
  /** Checked one by one. */
  readonly checked: number;
  readonly directions: number;
  /** Why not every element was checked. */
  readonly limitedBy?: "count" | "time";
}

export interface Checked {
  readonly passed: boolean;
  readonly value?: number;
  readonly parameters: readonly ElementCheck[];
  readonly directions: readonly DirectionCheck[];
  readonly coverage: Coverage;
  readonly culprits: readonly Culprit[];
  readonly diagnostics: readonly Diagnostic[];
  /** Why there is no vote by a complex step, where there is none. */
  readonly notAnalytic?: { readonly op: string; readonly source: SourceRange; readonly message: string };
  /** The custom rules that the function used. */
  readonly rules?: readonly RuleCheck[];
  /** Random points near the function's own. */
  readonly nearby?: readonly NearbyCheck[];
  readonly secondOrder?: SecondOrderCheck;
  /** The executors in float32 that ran the function. */
  readonly drift?: readonly DriftCheck[];
}

/** What a check of one function found; parameters and directions stand worst first. */
export interface FunctionCheck extends Checked {
  readonly function: string;
  readonly source: SourceRange;
  readonly nameSource: SourceRange;
  readonly milliseconds: number;
}
