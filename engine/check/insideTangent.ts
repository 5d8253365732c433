import { passed } from "../differentiate/recordedPasses.ts";
import { customRuleOf } from "../primitives/custom.ts";
import { codeOf } from "../primitives/names.ts";
import type { Primal } from "../primitives/rule.ts";
import { rules } from "../primitives/table.ts";
import { withoutRecording } from "../tape/recording.ts";
import type { Direction, Evaluation } from "./evaluation.ts";
import { WayThrough } from "./wayThrough.ts";

const custom = codeOf("custom");

/**
 * Forward mode that passes through what custom functions do inside instead of using their rules. It is no vote, since it
 * believes the engine's own rules and sees nothing that is not traced; but it takes one pass, at kinks too, and what it has
 * against the adjoints is the fault of custom rules alone.
 */
export class InsideTangent {
  readonly #run: Evaluation;
  readonly #way: WayThrough;

  constructor(run: Evaluation) {
    this.#run = run;
    this.#way = new WayThrough(run);
  }

  /** The derivative along it; undefined where it is not known what a custom function does inside. */
  along(direction: Direction): number | undefined {
    const { tape, output } = this.#run;
    if (output < 0) return 0;
    const moving = new Map<number, Primal>(direction.tangents(tape));
    try {
      return withoutRecording(tape, () => {
        for (let node = 0; node <= output; node++) {
          if (!this.#way.needs(node)) continue;
          const tangent = this.#tangentOf(node, moving);
          if (tangent === "unknown") return undefined;
          if (tangent !== undefined) moving.set(node, tangent);
        }
        return (moving.get(output) ?? 0) as number;
      });
    } catch {
      // There is an operation without a derivative here.
      return undefined;
    }
  }

  #tangentOf(node: number, moving: ReadonlyMap<number, Primal>): Primal | "unknown" | undefined {
    const { tape } = this.#run;
    const code = tape.operation[node]!;
    if (this.#way.isInput(node)) return this.#way.entering(node, moving);
    const attributes = tape.attributes(node);
    if (code === custom) {
      const { inside, name } = customRuleOf(attributes);
      if (inside !== undefined) return typeof inside.result === "number" ? undefined : moving.get(inside.result.node);
      if (name === undefined) return "unknown";
    }
    const rule = rules[code]!;
    const tangents: (Primal | undefined)[] = [];
    tape.forEachWord(node, (word, position) =>
      tangents.push(passed(rule, position, moving.get(word)) as Primal | undefined),
    );
    if (tangents.every((tangent) => tangent === undefined)) return undefined;
    return rule.jvp(tangents, tape.inputPrimals(node), tape.primalOf(node), attributes) as Primal;
  }
}
