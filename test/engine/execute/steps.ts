/** One training step of a model, recorded in float64 and compiled. */
import assert from "node:assert/strict";
import { buildProgram } from "../../../engine/execute/build.ts";
import type { StepResult, Weights } from "../../../engine/execute/executor.ts";
import { Leaves } from "../../../engine/execute/leaves.ts";
import { PortableExecutor } from "../../../engine/execute/portable.ts";
import type { Program } from "../../../engine/execute/program.ts";
import { numbersOf, recordStep, type RecordedStep } from "../../../engine/execute/record.ts";
import { checkedModel, defineModel, type ModelDefinition } from "../../../engine/library/model.ts";
import { sgd } from "../../../engine/library/optimizers/sgd.ts";

/** A definition as tests write it: its functions take values of the tape. */
export type Definition = Partial<Record<keyof ModelDefinition<unknown, unknown>, unknown>>;

export interface Compiled {
  readonly leaves: Leaves;
  readonly recorded: RecordedStep;
  readonly program: Program;
  readonly executor: PortableExecutor;
  readonly handle: number;
  readonly rows: Int32Array;
  run(rows?: Int32Array): Promise<StepResult>;
}

export function leavesOf(definition: Definition): Leaves {
  const model = defineModel({
    data: [0],
    optimizer: sgd({ learningRate: 0.1 }),
    ...definition,
  } as ModelDefinition<unknown, unknown>);
  return new Leaves(checkedModel(model)!);
}

export async function compileStep(definition: Definition): Promise<Compiled> {
  const leaves = leavesOf(definition);
  const rows = Int32Array.from({ length: leaves.model.batchSize }, (_, k) => k);
  const inputs = leaves.inputs(leaves.initial, rows);
  const recorded = recordStep(leaves.model, inputs, true);
  const program = structuredClone(buildProgram(recorded, inputs));
  const executor = new PortableExecutor();
  await executor.load(leaves.residents(leaves.initial));
  const handle = await executor.prepare(program);
  const run = async (chosen = rows): Promise<StepResult> => (await executor.run(handle, [chosen]))[0]!;
  return { leaves, recorded, program, executor, handle, rows, run };
}

/** Holds a step that was run against its float64 recording: loss, gradients, and what the update made of the weights. */
export async function assertAgrees(step: Compiled, bound = 1e-5): Promise<void> {
  const { recorded, executor } = step;
  const result = await step.run();
  assert.equal(result.outcome, "done");
  near([result.loss], numbersOf(recorded.tape, recorded.loss), bound, "loss");
  const gradients = await executor.gradients();
  recorded.gradients.forEach((gradient, k) =>
    near(gradients[k]!, numbersOf(recorded.tape, gradient), bound, `gradient ${k}`),
  );
  const weights: Weights = await executor.read();
  recorded.parameters.forEach((value, k) =>
    near(weights.parameters[k]!, numbersOf(recorded.tape, value), bound, `parameter ${k}`),
  );
  recorded.state.forEach((value, k) => near(weights.state[k]!, numbersOf(recorded.tape, value), bound, `state ${k}`));
}

/** Within `bound` of the largest element. */
export function near(actual: ArrayLike<number>, expected: ArrayLike<number>, bound: number, what: string): void {
  assert.equal(actual.length, expected.length, what);
  const scale = Math.max(1e-3, ...Array.from(expected, Math.abs).filter(Number.isFinite));
  for (let k = 0; k < expected.length; k++) {
    if (Object.is(actual[k], expected[k])) continue;
    const message = `${what}, element ${k}: ${actual[k]} instead of ${expected[k]}`;
    assert.ok(Math.abs(actual[k]! - expected[k]!) <= bound * scale, message);
  }
}
