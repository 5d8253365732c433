/** The first steps of a training in float64: what every executor is held to. */
import { Leaves } from "../../../engine/execute/leaves.ts";
import { numbersOf, recordStep } from "../../../engine/execute/record.ts";
import { loadModel } from "../../../engine/language/load/load.ts";
import { createRuntime } from "../../../engine/language/runtime/createRuntime.ts";
import * as library from "../../../engine/library/index.ts";
import { checkedModel } from "../../../engine/library/model.ts";
import { SiteTable } from "../../../engine/tape/site.ts";
import type { Value } from "../../../engine/tape/tensor.ts";
import { Rows } from "../../../engine/train/rows.ts";

export interface ReferenceStep {
  readonly loss: number;
  readonly metrics: readonly number[];
  /** By leaf of the parameters. */
  readonly gradientNorms: readonly number[];
  /** After the step, by leaf. */
  readonly weights: readonly Float64Array[];
}

export interface Reference {
  readonly leaves: Leaves;
  /** The rows of each step. */
  readonly batches: readonly Int32Array[];
  readonly steps: readonly ReferenceStep[];
}

export async function referenceOf(file: string, name: string, count: number): Promise<Reference> {
  const sites = new SiteTable();
  const { runtime } = createRuntime({ sites, originalText: () => undefined });
  const { namespace } = await loadModel({ file, runtime, sites, library });
  const model = checkedModel(namespace[name])!;
  const leaves = new Leaves(model);
  const rows = new Rows(model.examples, model.validationFraction, model.batchSize, model.seed);
  const batches = Array.from(
    { length: count },
    (_, step) => rows.epoch(Math.floor(step / rows.stepsPerEpoch))[step % rows.stepsPerEpoch]!,
  );
  let state: { parameters: Float64Array[]; state: Float64Array[] } = {
    parameters: model.parameters.leaves.map(({ data }) => data),
    state: leaves.state.leaves.map(({ data }) => data),
  };
  const steps = batches.map((batch) => {
    const recorded = recordStep(model, leaves.inputs(state as never, batch), true);
    const numbers = (values: readonly Value[]): Float64Array[] =>
      values.map((value) => numbersOf(recorded.tape, value));
    const scalars = (values: readonly Value[]): number[] => numbers(values).map(([number]) => number!);
    state = { parameters: numbers(recorded.parameters), state: numbers(recorded.state) };
    return {
      loss: scalars([recorded.loss])[0]!,
      metrics: scalars([...recorded.metrics.values()]),
      gradientNorms: scalars(recorded.gradientNorms),
      weights: state.parameters,
    };
  });
  return { leaves, batches, steps };
}
