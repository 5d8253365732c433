/** What is told of the memory that a function's derivative takes. Types only. */
import type { SourceRange } from "../language/instrument/sourceReport.ts";

/**
 * What a backward pass by one run of a function needs in memory, worked out from the record of that run and of its backward
 * pass: a value goes as soon as nobody reads it any more.
 *
 * Bytes are those of the values themselves, 8 for each element: the trace is float64. Training in float32 takes half.
 */
export interface MemoryReport {
  readonly function: string;
  /** Held throughout, whether or not there is a backward pass: no part of the other figures. */
  readonly held: Held;
  /** The residuals: what the forward pass saves for the backward pass, parameters and data left out. */
  readonly kept: { readonly bytes: number; readonly values: number };
  /** What checkpoints of the program compute again in the backward pass, as a share of the forward pass. */
  readonly recomputed: number;
  /** Where as much is alive at once as ever, besides what is held. */
  readonly peaks: {
    /** The value alone, nothing saved. */
    readonly inference: Peak;
    readonly forward: Peak;
    /** Residuals, adjoints and the gradients that are finished. */
    readonly backward: Peak;
  };
  /** Of a model that can be trained: what its compiled steps take. */
  readonly compiled?: CompiledBytes;
  /** Bytes alive in the course of each pass, in at most 120 stretches of equally many operations: the most of each. */
  readonly course: {
    readonly inference: readonly number[];
    readonly forward: readonly number[];
    readonly backward: readonly number[];
  };
  /** What is kept, by the expression that made it, the largest first. */
  readonly lines: readonly MemoryLine[];
  /** What is kept, by calls and loops: a tree, each after its parent, among siblings the largest first. */
  readonly scopes: readonly MemoryScope[];
  /** What `checkpoint` would save and cost, by scope, those first that keep most. Empty where nothing is worth it. */
  readonly checkpoints: readonly CheckpointAdvice[];
}

/** Why there is no report. */
export interface MemoryRefusal {
  /** One sentence. */
  readonly refused: string;
  /** Where it stands in the way, if anywhere. */
  readonly source?: SourceRange;
}

export interface Held {
  readonly parameterBytes: number;
  readonly dataBytes: number;
  /** Bytes of both that the backward pass reads. */
  readonly readBytes: number;
}

/** Bytes in float32 on the processor, besides weights, optimizer state and data; the batch is counted. */
export interface CompiledBytes {
  /** Of a step that computes loss and metrics. */
  readonly evaluation: number;
  /** Of one that also has the backward pass and the update. */
  readonly training: number;
}

export interface Peak {
  readonly bytes: number;
  /** The expression at which it is reached; in the backward pass the one whose adjoint is passed on. */
  readonly source: SourceRange;
  /** Its operation, "matmul". */
  readonly op: string;
  readonly node: number;
}

/** All values that one expression made with one operation and that are kept. */
export interface MemoryLine {
  readonly source: SourceRange;
  /** The variable's name, or the expression's text, shortened. */
  readonly label: string;
  readonly op: string;
  readonly bytes: number;
  /** How many of its values are kept, and how often it ran. */
  readonly values: number;
  readonly executions: number;
  /** The shapes of what is kept, the most frequent first, three at most. */
  readonly shapes: readonly (readonly number[])[];
  /** Who reads it in the backward pass, and what for: those first that read most. */
  readonly reasons: readonly Reason[];
  /** The first of its nodes that is kept. */
  readonly node: number;
}

export interface Reason {
  /** "`matmul` on line 7 reads its left input for the adjoint of its right input" */
  readonly text: string;
  /** The reader. */
  readonly op: string;
  readonly source: SourceRange;
  readonly node: number;
  /** Kept because a checkpoint's policy says so, or because a checkpoint computes from it again. */
  readonly checkpoint: boolean;
}

/** Calls of one function, or turns of one loop, from one place. */
export interface MemoryScope {
  readonly id: string;
  readonly parent?: string;
  /** "layer", "i = 0 … 99" */
  readonly label: string;
  readonly source: SourceRange;
  readonly kind: "call" | "loop";
  /** Calls or turns. */
  readonly repeats: number;
  /** Kept of what is computed in it and in the scopes inside. */
  readonly bytes: number;
  /** Kept of what is computed in it alone. */
  readonly ownBytes: number;
  readonly values: number;
  /** Share of the forward pass's work that is done in it and in the scopes inside, from 0 to 1. */
  readonly work: number;
  /** The first and the last of its nodes. */
  readonly first: number;
  readonly last: number;
}

/** What `checkpoint` gives for a function or a loop. */
export interface CheckpointAdvice {
  /** "layer", "i = 0 … 99" */
  readonly label: string;
  readonly source: SourceRange;
  readonly kind: "call" | "loop";
  /** Calls or turns. */
  readonly repeats: number;
  /** As it is ("everything") first, then what saves most. */
  readonly policies: readonly PolicyReport[];
}

export interface PolicyReport {
  readonly policy:
    "everything" | "nothing" | "sqrt" | { readonly names: readonly string[] } | { readonly bytes: number };
  /** How it is written: `checkpoint(layer, { policy: "sqrt" })`. Undefined of "everything". */
  readonly code?: string;
  /** Of the function as a whole, then. */
  readonly keptBytes: number;
  readonly peakForward: number;
  readonly peakBackward: number;
  /**
   * All that is computed again, as a share of the forward pass: 0.25 is a quarter of it. Work is counted in elements, of
   * products and convolutions in multiply-adds.
   */
  readonly extraWork: number;
  /** "Keeps 1.2 MB in place of 9.6 MB; the backward pass computes 25 % of the forward pass again." */
  readonly text: string;
}
