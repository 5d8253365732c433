import { NotDifferentiableError } from "../primitives/unsolvable.ts";
import type { Tape } from "../tape/tape.ts";

/** What `derive` gives for a node; where its operation has no derivative, the error is told the site of it. */
export function atSite<T>(tape: Tape, node: number, derive: () => T): T {
  try {
    return derive();
  } catch (error) {
    if (error instanceof NotDifferentiableError && error.site === 0) error.site = tape.site[node]!;
    throw error;
  }
}
