import * as comparison from "../primitives/comparison.ts";
import { isTraced, primalOf } from "../primitives/rule.ts";
import { reshape } from "../primitives/shaping.ts";
import { recording, type Watcher } from "../tape/recording.ts";
import { Tensor, type Value } from "../tape/tensor.ts";

/** A node of the tape and the number it holds: where a run with other values gives another one, it goes another way. */
export interface RecordedGuard {
  readonly node: number;
  readonly expected: number;
}

/**
 * Notes on the tape what a recording rests on: each comparison as an operation of its own, each number that the program
 * read as it is.
 */
export class Guards implements Watcher {
  readonly compiles = true;
  readonly list: RecordedGuard[] = [];

  readonly compared: Watcher["compared"] = (name, a, b) => {
    if (recording.on) this.#add(comparison[name](a, b));
  };

  readonly read: Watcher["read"] = (value) => {
    if (recording.on && isTraced(value)) this.#add(value instanceof Tensor ? reshape(value, []) : value);
  };

  #add(value: Value): void {
    if (!isTraced(value)) return;
    this.list.push({ node: (value as Exclude<Value, number>).node, expected: primalOf(value) as number });
  }
}
