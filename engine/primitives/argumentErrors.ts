/** A value that a function does not take: an index that names no element, a rate beyond 1. The message is a whole sentence. */
export class ValueError extends RangeError {}

/** Something that is no value a function takes: a text, an object. The message is a whole sentence. */
export class KindError extends TypeError {}

export function isArgumentError(thrown: unknown): thrown is ValueError | KindError {
  return thrown instanceof ValueError || thrown instanceof KindError;
}
