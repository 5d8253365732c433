/** A program holds what kernels cannot compute. The message is one whole sentence that says what, and what to do. */
export class UnsupportedOperationError extends Error {
  override name = "UnsupportedOperationError";
}

export function unsupported(operation: string): UnsupportedOperationError {
  return new UnsupportedOperationError(`${operation} is not computed on the GPU yet: train this model on the CPU.`);
}

/** A program has more parts than a GPU gains by. */
export function tooManyParts(parts: string): UnsupportedOperationError {
  return new UnsupportedOperationError(
    `One step of this model takes ${parts}, more than a GPU gains by: train it on the CPU, which runs loops over numbers faster.`,
  );
}
