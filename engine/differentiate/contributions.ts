import type { Primal } from "../primitives/rule.ts";
import { withoutRecording } from "../tape/recording.ts";
import type { Tape } from "../tape/tape.ts";
import { passBack, type Adjoints } from "./reverse.ts";

/** What one node gives to the adjoint of one of its inputs. */
export interface Contribution {
  /** Which input of the node, counted from 0. */
  readonly position: number;
  /** The node that is this input. */
  readonly input: number;
  /** The term that is added to the input's adjoint, of the input's shape. */
  readonly contribution: Primal;
}

/**
 * How the adjoint of `node` passes on to each of its inputs: adjoint · ∂node/∂input. An input used at two positions has
 * an entry for each; constants and inputs that the node does not vary with have none. Empty where the output does not
 * depend on the node. The adjoint of a node is the sum of what the nodes that use it contribute.
 */
export function contributions(tape: Tape, adjoints: Adjoints, node: number): Contribution[] {
  const terms: Contribution[] = [];
  const cotangent = tape.isTensor(node) ? adjoints.tensor(node) : adjoints.scalar(node);
  if (cotangent === undefined || !adjoints.reached(node)) return terms;
  withoutRecording(tape, () => {
    passBack(tape, node, cotangent, tape.inputPrimals(node), tape.primalOf(node), (input, contribution, position) =>
      terms.push({ position, input, contribution: contribution as Primal }),
    );
  });
  return terms;
}
