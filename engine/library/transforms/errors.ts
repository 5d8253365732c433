/** A transformation was given what it cannot work on, or its loop does not end. The message is one whole sentence. */
export class TransformError extends Error {
  override name = "TransformError";
  readonly code: "transformation" | "not-converged";

  constructor(message: string, code: TransformError["code"] = "transformation") {
    super(message);
    this.code = code;
  }
}
