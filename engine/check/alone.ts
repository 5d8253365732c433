import { customRuleOf } from "../primitives/custom.ts";
import { mul } from "../primitives/arithmetic.ts";
import { codeOf, operationName } from "../primitives/names.ts";
import { sum } from "../primitives/reduction.ts";
import { apply, isTraced, noAttributes, type Primal } from "../primitives/rule.ts";
import { rules } from "../primitives/table.ts";
import { recordOn } from "../tape/recording.ts";
import { hasAttributes, type Tape } from "../tape/tape.ts";
import { Tensor, type Value } from "../tape/tensor.ts";
import { MovedTape, type Evaluate, type Evaluation, type Move } from "./evaluation.ts";

const custom = codeOf("custom");

/**
 * One operation as a function of its inputs: ⟨cotangent, operation(inputs)⟩. Constants stay what they are. `alive` is
 * called, and waited for, before each run.
 */
export function alone(run: Tape, node: number, cotangent: Primal, alive?: () => unknown): Evaluate {
  const operation = run.operation[node]!;
  const attributes = (run.flags[node]! & hasAttributes) === 0 ? noAttributes : run.attributes(node);
  const applied = (inputs: readonly Value[]): Value =>
    operation === custom
      ? customRuleOf(attributes).apply(inputs)
      : apply(operation, rules[operation]!, inputs, attributes);
  return aloneWith(applied, run.inputPrimals(node), variesOn(run, node), cotangent, alive);
}

/** The same of anything that can be applied. `moving`: which of the inputs move. */
export function aloneWith(
  applied: (inputs: readonly Value[]) => Value,
  primals: readonly Primal[],
  moving: readonly boolean[],
  cotangent: Primal,
  alive?: () => unknown,
): Evaluate {
  return async (move?: Move): Promise<Evaluation | undefined> => {
    await alive?.();
    const tape = new MovedTape(move);
    const parameters: Evaluation["parameters"][number][] = [];
    try {
      return recordOn(tape, () => {
        const inputs = primals.map((primal, k): Value => {
          if (!moving[k]!) return still(primal);
          const input = tape.addInput(still(primal), String(k), 0);
          const kind = input instanceof Tensor ? ("tensor" as const) : ("number" as const);
          parameters.push({ name: String(k), structure: { kind, node: input.node } });
          return input;
        });
        const total = sum(mul(applied(inputs), still(cotangent)));
        if (!isTraced(total)) return { tape, value: total as number, output: -1, parameters };
        const output = (total as Exclude<Value, number>).node;
        return { tape, value: tape.primal[output]!, output, parameters };
      });
    } catch {
      return undefined;
    }
  };
}

/** A tensor that no tape knows. */
export function still(primal: Primal): Primal {
  return typeof primal === "number" ? primal : new Tensor(primal.shape, primal.data);
}

/** Of each input of a node, whether it is no constant. */
export function variesOn(tape: Tape, node: number): boolean[] {
  const found: boolean[] = [];
  tape.forEachWord(node, (word) => found.push(word >= 0 && operationName(tape.operation[word]!) !== "constant"));
  return found;
}
