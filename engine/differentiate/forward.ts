import { rules } from "../primitives/table.ts";
import { passed } from "./recordedPasses.ts";
import type { Primal } from "../primitives/rule.ts";
import { withoutRecording } from "../tape/recording.ts";
import type { Tape } from "../tape/tape.ts";
import type { Value } from "../tape/tensor.ts";
import { atSite } from "./atSite.ts";

/**
 * Forward mode over a recorded tape: the tangent of `output` when the inputs move along `tangents` (by node; nodes not
 * named do not move). Undefined where the output does not move.
 */
export function forward(tape: Tape, output: number, tangents: ReadonlyMap<number, Primal>): Primal | undefined {
  // What the output does not hang on may have no tangent where all else has one.
  const needed = new Uint8Array(output + 1);
  needed[output] = 1;
  for (let node = output; node >= 0; node--)
    if (needed[node] === 1)
      tape.forEachWord(node, (word) => {
        if (word >= 0) needed[word] = 1;
      });
  const moving = new Map<number, Primal>(tangents);
  withoutRecording(tape, () => {
    for (let node = 0; node <= output; node++) {
      const rule = rules[tape.operation[node]!];
      if (rule === undefined || needed[node] === 0) continue;
      const inputTangents: (Primal | undefined)[] = [];
      tape.forEachWord(node, (word, position) =>
        inputTangents.push(passed(rule, position, moving.get(word)) as Primal | undefined),
      );
      if (inputTangents.every((tangent) => tangent === undefined)) continue;
      const derive = (): Value =>
        rule.jvp(inputTangents, tape.inputPrimals(node), tape.primalOf(node), tape.attributes(node));
      moving.set(node, atSite(tape, node, derive) as Primal);
    }
  });
  return moving.get(output);
}
