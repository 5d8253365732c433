import { carried } from "../diagnose/traits.ts";
import { operationOf, type Subject } from "../diagnose/subject.ts";
import type { SourceRange } from "../language/instrument/sourceReport.ts";
import { binds } from "./expressions.ts";
import type { Program } from "./program.ts";
import type { Proposal } from "./proposal.ts";
import { editsAt } from "./spots.ts";

/**
 * Scores of queries and keys of size d divided by √d, as attention does (Vaswani et al. 2017): `softmax(scores / Math.sqrt(64))`.
 * Undefined where the scores are no product of two tensors.
 *
 * @param source of the softmax
 * @param node of the softmax
 */
export function scaleScores(
  program: Program,
  subject: Subject,
  source: SourceRange,
  node: number,
): Proposal | undefined {
  const call = program.callAt(source);
  const [argument] = call?.arguments ?? [];
  if (call === undefined || argument === undefined || program.libraryName(call.callee) !== "softmax") return undefined;
  const size = sizeOfKeys(subject, node);
  if (size === undefined || argument.type === "SpreadElement") return undefined;
  const close = ` / Math.sqrt(${size})`;
  const edits = editsAt(
    program,
    binds.has(argument.type)
      ? [{ start: argument.end!, end: argument.end!, text: close }]
      : [
          { start: argument.start!, end: argument.start!, text: "(" },
          { start: argument.end!, end: argument.end!, text: `)${close}` },
        ],
  );
  return { title: `Divide the scores by √${size}, the size of queries and keys`, edits };
}

/** The extent over which the product that scores are made of sums: what comes between only masks or arranges them. */
function sizeOfKeys(subject: Subject, softmax: number): number | undefined {
  const { tape } = subject;
  let node: number | undefined = tape.inputsOf(softmax)[0];
  while (node !== undefined) {
    node = carried(tape, node);
    if (operationOf(subject, node) === "matmul") return tape.shapeOf(tape.inputsOf(node)[0]!).at(-1);
    if (!["add", "sub", "where"].includes(operationOf(subject, node))) return undefined;
    node = tape.inputsOf(node)[0];
  }
  return undefined;
}
