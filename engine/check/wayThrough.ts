import { customRuleOf } from "../primitives/custom.ts";
import { codeOf } from "../primitives/names.ts";
import { firstPrimitive } from "../tape/tape.ts";
import type { Evaluation } from "./evaluation.ts";

const custom = codeOf("custom");

/** By node up to the output: 1 where the output depends on it, also by way of what custom functions do inside. */
export function neededNodes({ tape, output }: Evaluation): Uint8Array {
  const needed = new Uint8Array(output + 1);
  if (output >= 0) needed[output] = 1;
  for (let node = output; node >= 0; node--) {
    if (needed[node] === 0) continue;
    tape.forEachWord(node, (word) => {
      if (word >= 0) needed[word] = 1;
    });
    if (tape.operation[node] !== custom) continue;
    const { inside } = customRuleOf(tape.attributes(node));
    if (inside !== undefined) needed.fill(1, inside.from, inside.to);
  }
  return needed;
}

/** The way forward through a run that goes through what custom functions do inside, not by their rules. */
export class WayThrough {
  readonly #tape: Evaluation["tape"];
  readonly #needed: Uint8Array;
  /** Of the inputs inside of custom functions: the words that they stand for outside. */
  readonly #outer = new Map<number, number>();

  constructor(run: Evaluation) {
    const { tape, output } = run;
    this.#tape = tape;
    this.#needed = neededNodes(run);
    for (let node = 0; node <= output; node++) {
      if (tape.operation[node] !== custom) continue;
      const { inside } = customRuleOf(tape.attributes(node));
      if (inside !== undefined) tape.forEachWord(node, (word, k) => this.#outer.set(inside.from + k, word));
    }
  }

  /** Whether the output depends on a node. */
  needs(node: number): boolean {
    return this.#needed[node] !== 0;
  }

  /** Whether a node is no operation: an input, or one inside of a custom function. */
  isInput(node: number): boolean {
    return this.#tape.operation[node]! < firstPrimitive;
  }

  /** What moves at an input inside of a custom function: what moves outside, at what it stands for. */
  entering<T>(node: number, moving: ReadonlyMap<number, T>): T | undefined {
    const outer = this.#outer.get(node);
    return outer === undefined || outer < 0 ? undefined : moving.get(outer);
  }
}
