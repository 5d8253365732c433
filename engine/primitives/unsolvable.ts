/** Linear algebra that has no answer: a singular matrix, one that is not positive definite. The message is a whole sentence. */
export class UnsolvableError extends Error {
  override name = "UnsolvableError";
}

/** A value that is there, at a point where it has no derivative. The message is a whole sentence. */
export class NotDifferentiableError extends Error {
  override name = "NotDifferentiableError";
  /** The site of the operation; 0 until who walks the tape fills it in. */
  site = 0;
}
