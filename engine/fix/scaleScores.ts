import type * as t from "@babel/types";
import { carried } from "../diagnose/traits.ts";
import { operationOf, type Subject } from "../diagnose/subject.ts";
import type { SourceRange } from "../language/instrument/sourceReport.ts";
import { binds, isMemberObject } from "./expressions.ts";
import type { Program } from "./program.ts";
import type { Proposal } from "./proposal.ts";
import { editsAt, type Spot } from "./spots.ts";

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
  const edits = editsAt(program, divided(argument, close));
  return { title: `Divide the scores by √${size}, the size of queries and keys`, edits };
}

/**
 * The same for scores of plain numbers, in e^(s − m) / Σe: at the argument of the exponential, or, where a function that
 * several places call makes the shares, at what this call gives it.
 *
 * @param node of one of the shares
 * @param call of that function, in `caller`
 */
export function scaleWrittenScores(
  program: Program,
  subject: Subject,
  node: number,
  call: t.CallExpression | undefined,
  caller: Program | undefined,
): Proposal | undefined {
  const { tape, sites } = subject;
  const exponential = tape.input0[node]!;
  if (exponential < 0 || operationOf(subject, exponential) !== "exp") return undefined;
  const size = factorsIn(subject, tape.inputsOf(exponential)[0]!);
  if (size < 2) return undefined;
  const close = ` / Math.sqrt(${size})`;
  const title = `Divide the scores by √${size}, the size of queries and keys`;
  if (caller !== undefined) {
    const [scores] = call?.arguments ?? [];
    if (scores === undefined || scores.type === "SpreadElement") return undefined;
    const [open, end] = isMemberObject(scores) ? ["", ""] : ["(", ")"];
    const spots = [
      ...(open === "" ? [] : [{ start: scores.start!, end: scores.start!, text: open }]),
      { start: scores.end!, end: scores.end!, text: `${end}.map((score) => score${close})` },
    ];
    return { title, edits: editsAt(caller, spots) };
  }
  const { file, line, column, endLine, endColumn } = sites.get(tape.site[exponential]!);
  const [argument] = program.callAt({ file, line, column, endLine, endColumn })?.arguments ?? [];
  if (argument === undefined || argument.type === "SpreadElement") return undefined;
  return { title, edits: editsAt(program, divided(argument, close)) };
}

function divided(argument: t.Node, close: string): Spot[] {
  return binds.has(argument.type)
    ? [{ start: argument.end!, end: argument.end!, text: close }]
    : [
        { start: argument.start!, end: argument.start!, text: "(" },
        { start: argument.end!, end: argument.end!, text: `)${close}` },
      ];
}

/** How many products a score is the sum of. */
function factorsIn(subject: Subject, score: number): number {
  const { tape } = subject;
  const products = new Set<number>();
  const operation = operationOf(subject, score);
  const stack = [operation === "sub" ? tape.input0[score]! : score];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node < 0) continue;
    if (operationOf(subject, node) === "mul" && tape.inputsOf(node).length === 2) products.add(node);
    else if (operationOf(subject, node) === "add") stack.push(...tape.inputsOf(node));
  }
  return products.size;
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
