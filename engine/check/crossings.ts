import { customRuleOf } from "../primitives/custom.ts";
import { codeOf, operationName } from "../primitives/names.ts";
import { dataOf, type Primal } from "../primitives/rule.ts";
import type { Evaluation } from "./evaluation.ts";
import { pieces } from "./pieces.ts";

/** Where two runs of a function are on different pieces of it. */
export interface Crossing {
  /** The primitive, or `branch` for a comparison in the program. */
  readonly op: string;
  readonly site: number;
}

const custom = codeOf("custom");

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
    const own = this.#evaluation.tape;
    const { tape } = other;
    const branch = this.#differentBranch(other);
    const end = branch?.node ?? own.length;
    for (const node of this.#nodes) {
      if (node >= end) break;
      const operation = own.operation[node]!;
      // What ran differs without a comparison that tells why: the program asked for a number in another way.
      if (tape.operation[node] !== operation) return { op: operationName(operation), site: own.site[node]! };
      if (!samePieces(this.#piecesOf(node), piecesOf(other, node)))
        return { op: operationName(operation), site: own.site[node]! };
    }
    if (branch !== undefined) return { op: "branch", site: branch.site };
    if (tape.length === own.length) return undefined;
    const last = Math.min(tape.length, own.length) - 1;
    return { op: operationName(own.operation[last]!), site: own.site[last]! };
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

function piecesOf({ tape }: Evaluation, node: number): Primal {
  return pieces[tape.operation[node]!]!(tape.inputPrimals(node), tape.primalOf(node), tape.attributes(node));
}

function samePieces(a: Primal, b: Primal): boolean {
  if (typeof a === "number" && typeof b === "number") return Object.is(a, b) || a === b;
  const [left, right] = [dataOf(a), dataOf(b)];
  return left.length === right.length && left.every((piece, k) => piece === right[k] || Object.is(piece, right[k]));
}

/** Those before the output that it depends on, also by way of what custom functions do inside. */
function piecewiseNodes({ tape, output }: Evaluation): number[] {
  const needed = new Uint8Array(output + 1);
  if (output >= 0) needed[output] = 1;
  const found: number[] = [];
  for (let node = output; node >= 0; node--) {
    if (needed[node] === 0) continue;
    const operation = tape.operation[node]!;
    for (const input of tape.inputsOf(node)) needed[input] = 1;
    if (operation === custom) {
      const { inside } = customRuleOf(tape.attributes(node));
      if (inside !== undefined) needed.fill(1, inside.from, inside.to);
    }
    if (pieces[operation] !== undefined) found.push(node);
  }
  return found.reverse();
}
