import { checkGradient } from "../../../engine/check/check.ts";
import type { Checked } from "../../../engine/check/report.ts";
import { MovedTape, type Evaluate } from "../../../engine/check/evaluation.ts";
import type { Budget } from "../../../engine/check/survey.ts";
import { isTraced, type Primal } from "../../../engine/primitives/rule.ts";
import { recordOn } from "../../../engine/tape/recording.ts";
import { Tensor, type Value } from "../../../engine/tape/tensor.ts";

export type Model = (...inputs: Value[]) => Value;

/** The gradient check of a model written with primitives. Its sites stand in the lines of their numbers. */
export function check(model: Model, at: readonly Primal[], budget: Partial<Budget> = {}): Promise<Checked> {
  const evaluate: Evaluate = (move) => {
    const tape = new MovedTape(move);
    return recordOn(tape, () => {
      const inputs = at.map((primal, k) => tape.addInput(primal, `x${k}`, 0));
      const parameters = inputs.map((input, k) => ({
        name: `x${k}`,
        structure: {
          kind: input instanceof Tensor ? ("tensor" as const) : ("number" as const),
          node: (input as Tensor).node,
        },
      }));
      const result = model(...inputs);
      if (!isTraced(result)) return { tape, value: result as number, output: -1, parameters };
      const { node } = result as Tensor;
      return { tape, value: tape.primal[node]!, output: node, parameters };
    });
  };
  return checkGradient(evaluate, {
    name: "f",
    placeOf: (site) => ({ file: "f.ts", line: site, column: 1, endLine: site, endColumn: 2 }),
    budget,
  });
}

/** The check of a function of one number. */
export async function checkAt(model: (x: Value) => Value, x: number): Promise<Checked["parameters"][number]> {
  const { parameters } = await check(model, [x]);
  return parameters[0]!;
}
