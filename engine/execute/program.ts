/**
 * A recorded computation as plain data: it can be cloned to another process or page and compiled there. Types only.
 *
 * One training step is one program: forward, backward and the optimizer's update. Whoever runs it keeps the parameters,
 * the optimizer's state and the data resident; a step is told only which rows of the data it takes.
 */
import type { PrimitiveName } from "../primitives/names.ts";
import type { Shape } from "../tape/shape.ts";

/** Every operation that a program may hold: the primitives, except those that are functions of the model's own. */
export type OperationName = Exclude<PrimitiveName, "custom">;

/**
 * A value of a program, known by its place in `Program.values`. Inputs of an operation stand before it.
 *
 * Values are float32. Those of the empty shape are single numbers; where all that an operation takes and gives is of the
 * empty shape, it may be computed in float64, and it should be where it hangs on neither batch nor parameters (as the
 * bias corrections of Adam do).
 */
export type ProgramValue =
  /** A leaf of the parameters, of the optimizer's state. */
  | { readonly kind: "parameter" | "state"; readonly leaf: number; readonly shape: Shape }
  /** The rows of a leaf of the data that the step takes: `shape[0]` of them. */
  | { readonly kind: "batch"; readonly leaf: number; readonly shape: Shape }
  /** Row-major; a plain number where the shape is empty. */
  | { readonly kind: "constant"; readonly shape: Shape; readonly data: Float32Array | number }
  | {
      readonly kind: "operation";
      readonly name: OperationName;
      readonly inputs: readonly number[];
      readonly shape: Shape;
      /** As the primitive's rule in engine/primitives takes them: axes, a shape, a region. Plain data. */
      readonly attributes: Readonly<Record<string, unknown>>;
    };

/** Numbers of values. */
export interface ProgramOutputs {
  /** Of the empty shape. */
  readonly loss: number;
  /** Of the empty shape, in the order of `Program.metrics`. */
  readonly metrics: readonly number[];
  /** ∂loss/∂parameter of each leaf, of its shape. Empty in a program that only evaluates. */
  readonly gradients: readonly number[];
  /** The Euclidean norm of each of them, of the empty shape. */
  readonly gradientNorms: readonly number[];
  /** What each leaf of the parameters and of the state becomes. Empty in a program that only evaluates. */
  readonly parameters: readonly number[];
  readonly state: readonly number[];
}

/**
 * What the recording rests on: a comparison that came out this way, a value that the model's text read. Where the value
 * (of the empty shape) differs, the program does not apply to the step, and nothing that it computed may be kept.
 */
export interface Guard {
  readonly value: number;
  readonly expected: number;
}

export interface Program {
  /** Rows of the data that it takes. */
  readonly batchSize: number;
  /** The names of the metrics. */
  readonly metrics: readonly string[];
  readonly values: readonly ProgramValue[];
  readonly outputs: ProgramOutputs;
  readonly guards: readonly Guard[];
}
