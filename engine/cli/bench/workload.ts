/** Work that any library for derivatives can do, written once for all of them. */

/** What a workload computes with. Shapes and broadcasting as in NumPy; `softmax` and `mean` along the last axis. */
export interface Operations<T> {
  matmul(a: T, b: T): T;
  add(a: T, b: T | number): T;
  sub(a: T, b: T): T;
  mul(a: T, b: T | number): T;
  square(x: T): T;
  rsqrt(x: T): T;
  exp(x: T): T;
  log(x: T): T;
  sin(x: T): T;
  div(a: T, b: T): T;
  tanh(x: T): T;
  relu(x: T): T;
  softmax(x: T): T;
  /** Keeps the axis, with length 1. */
  mean(x: T): T;
  reshape(x: T, shape: number[]): T;
  transpose(x: T, axes: number[]): T;
  /** x[:, at] of a tensor with three axes. */
  column(x: T, at: number): T;
  /** The mean of all elements. */
  meanOfAll(x: T): T;
  /** Mean cross-entropy of rows of logits with rows of probabilities. */
  crossEntropy(logits: T, probabilities: T): T;
}

/** A tensor's elements, row-major. */
export interface Elements {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface Workload {
  readonly parameters: Readonly<Record<string, Elements>>;
  /** The same number of rows along the first axis of each. */
  readonly data: Readonly<Record<string, Elements>>;
  readonly loss: <T extends object | number>(
    operations: Operations<T>,
    parameters: Readonly<Record<string, T>>,
    data: Readonly<Record<string, T>>,
  ) => T;
  /** A step of plain gradient descent. Undefined: the gradient alone is wanted. */
  readonly learningRate?: number;
}

/** A workload made ready by one library. */
export interface Prepared {
  /** One step from the weights as they are now. Gives the loss before it, once the step is done. */
  step(): Promise<number>;
  /** Why its results are wrong, where it can tell. */
  readonly problem?: string | undefined;
  dispose(): void;
}

export interface Library {
  /** "tfjs (wasm)" */
  readonly name: string;
  prepare(workload: Workload): Promise<Prepared>;
}
