import type { Shape } from "../tape/shape.ts";
import type { Program } from "./program.ts";

/** One leaf of a tree: a tensor in float32, row-major. A number has the empty shape and one element. */
export interface Leaf {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** What a step changes, by leaf. A number of the state (it counts steps, say) is a Float64Array of one element. */
export interface Weights {
  readonly parameters: readonly Float32Array[];
  readonly state: readonly (Float32Array | Float64Array)[];
}

/** What an executor keeps resident. */
export interface Residents {
  /** Every leaf has the rows along its first axis; its `shape` is that of the whole data. */
  readonly data: readonly Leaf[];
  readonly parameterShapes: readonly Shape[];
  readonly stateShapes: readonly Shape[];
  readonly weights: Weights;
}

/** Where a program really runs. */
export interface Device {
  readonly kind: "cpu" | "gpu";
  /** The processor's or renderer's own name. */
  readonly description: string;
}

/**
 * done: the update was made (or the program has none).
 * guard: the program does not apply to this step (see `Guard`). non-finite: the loss, the norm of a gradient, or a
 * weight that the update would make is NaN or infinite. In both cases parameters and state are as before the step.
 */
export type StepOutcome = "done" | "guard" | "non-finite";

export interface StepResult {
  readonly outcome: StepOutcome;
  readonly loss: number;
  /** In the order of `Program.metrics`. */
  readonly metrics: readonly number[];
  /** By leaf of the parameters. */
  readonly gradientNorms: readonly number[];
}

/** Runs programs, one at a time. Everything rejects with an Error of one clear sentence. */
export interface Executor {
  /** "portable", "gpu.js". */
  readonly name: string;
  readonly device: Device;
  /** Before anything else; again to begin anew. */
  load(residents: Residents): Promise<void>;
  /** Compiles a program and gives the number that `run` knows it by. */
  prepare(program: Program): Promise<number>;
  /**
   * One step for each list of rows of the data, in order, each of `batchSize` rows. Stops after the first step that is not
   * done, so there may be fewer results than lists; the last of them tells why.
   */
  run(program: number, batches: readonly Int32Array[]): Promise<readonly StepResult[]>;
  /** The gradients of the latest step that was run, by leaf of the parameters. */
  gradients(): Promise<readonly Float32Array[]>;
  /** Copies. */
  read(): Promise<Weights>;
  write(weights: Weights): Promise<void>;
  dispose(): void;
}
