import { operationName } from "../primitives/names.ts";
import { dataOf, type Primal } from "../primitives/rule.ts";
import { constantOperation, inputOperation, type Tape } from "../tape/tape.ts";
import type { Evaluation } from "./evaluation.ts";
import { neededNodes } from "./wayThrough.ts";
import { pieces } from "./pieces.ts";

/** Where two runs of a function are on different pieces of it. */
export interface Crossing {
  /** The primitive, `branch` for a comparison in the program, or `jump` where what chose is not traced. */
  readonly op: string;
  readonly site: number;
}

/** One run, against which others are held: the way it took through its branches and the pieces of its primitives. */
export class Path {
  readonly #evaluation: Evaluation;
  /** The nodes that have pieces and that the result depends on. */
  readonly #nodes: readonly number[];
  readonly #pieces = new Map<number, Primal>();

  constructor(evaluation: Evaluation) {
    this.#evaluation = evaluation;
    this.#nodes = piecewiseNodes(evaluation);
  }

  /** The first place where `other` left this path; undefined where it stayed on it. */
  crossing(other: Evaluation): Crossing | undefined {
    const branch = this.#differentBranch(other);
    const another = this.#otherOperation(other);
    const end = Math.min(branch?.node ?? Infinity, another ?? Infinity);
    for (const node of this.#nodes) {
      if (node >= end) break;
      if (this.#otherPiece(other, node)) return this.#at(node);
    }
    // The node that was to come when the comparison was made.
    if (branch !== undefined && branch.node <= end) return { op: "branch", site: branch.site };
    // What ran differs without a comparison that tells why: the program asked for a number in another way.
    return another === undefined ? undefined : (this.#cause(other, another) ?? this.#at(another));
  }

  /**
   * The first constant that is another one in `other`, which takes the same path: what it comes from is not traced, or it
   * jumps where something before it does.
   */
  foreign(other: Evaluation): Crossing | undefined {
    const { tape } = this.#evaluation;
    const shared = Math.min(tape.length, other.tape.length);
    for (let node = 0; node < shared; node++) {
      if (tape.operation[node] === inputOperation) continue;
      if (!sameConstants(tape, other.tape, node)) return this.#cause(other, node) ?? { ...this.#at(node), op: "jump" };
    }
    return undefined;
  }

  #at(node: number): Crossing {
    const { tape } = this.#evaluation;
    const at = Math.min(node, tape.length - 1);
    return { op: operationName(tape.operation[at]!), site: tape.site[at]! };
  }

  /** The first operation before `end`, also one that the result does not hang on, that is on another piece. */
  #cause(other: Evaluation, end: number): Crossing | undefined {
    const { tape } = this.#evaluation;
    for (let node = 0; node < Math.min(end, tape.length, other.tape.length); node++)
      if (pieces[tape.operation[node]!] !== undefined && this.#otherPiece(other, node)) return this.#at(node);
    return undefined;
  }

  #otherPiece(other: Evaluation, node: number): boolean {
    return (
      other.tape.operation[node] === this.#evaluation.tape.operation[node] &&
      !samePieces(this.#piecesOf(node), piecesOf(other, node))
    );
  }

  /** The first node that is another operation, or one of other nodes. */
  #otherOperation({ tape }: Evaluation): number | undefined {
    const own = this.#evaluation.tape;
    const shared = Math.min(own.length, tape.length);
    for (let node = 0; node < shared; node++)
      if (
        own.operation[node] !== tape.operation[node] ||
        own.input0[node] !== tape.input0[node] ||
        own.input1[node] !== tape.input1[node]
      )
        return node;
    return own.length === tape.length ? undefined : shared;
  }

  #differentBranch(other: Evaluation): { readonly node: number; readonly site: number } | undefined {
    const own = this.#evaluation.tape.branches;
    const { branches } = other.tape;
    const shared = Math.min(own.length, branches.length);
    for (let k = 0; k < shared; k++) {
      const [a, b] = [own.at(k), branches.at(k)];
      if (a.site !== b.site || a.outcome !== b.outcome || a.node !== b.node) return a;
    }
    if (own.length === branches.length) return undefined;
    return own.length > shared ? own.at(shared) : branches.at(shared);
  }

  #piecesOf(node: number): Primal {
    let found = this.#pieces.get(node);
    if (found === undefined) this.#pieces.set(node, (found = piecesOf(this.#evaluation, node)));
    return found;
  }
}

function sameConstants(a: Tape, b: Tape, node: number): boolean {
  if (a.operation[node] === constantOperation) return samePieces(a.primalOf(node), b.primalOf(node));
  let same = true;
  const own: number[] = [];
  a.forEachWord(node, (word) => own.push(word < 0 ? a.constants.get(~word) : NaN));
  b.forEachWord(node, (word, k) => {
    if (word < 0 && !Object.is(own[k], b.constants.get(~word))) same = false;
  });
  return same;
}

function piecesOf({ tape }: Evaluation, node: number): Primal {
  return pieces[tape.operation[node]!]!(tape.inputPrimals(node), tape.primalOf(node), tape.attributes(node));
}

function samePieces(a: Primal, b: Primal): boolean {
  if (typeof a === "number" && typeof b === "number") return Object.is(a, b) || a === b;
  const [left, right] = [dataOf(a), dataOf(b)];
  if (left.length !== right.length) return false;
  for (let k = 0; k < left.length; k++) if (left[k] !== right[k] && !Object.is(left[k], right[k])) return false;
  return true;
}

/** Those before the output that it depends on. */
function piecewiseNodes(evaluation: Evaluation): number[] {
  const needed = neededNodes(evaluation);
  const found: number[] = [];
  for (let node = 0; node <= evaluation.output; node++)
    if (needed[node] === 1 && pieces[evaluation.tape.operation[node]!] !== undefined) found.push(node);
  return found;
}
