/** A model as a function to trace: its loss, where training begins, on the first examples. */
import type { Weights } from "../execute/executor.ts";
import { gathered, Leaves } from "../execute/leaves.ts";
import { fitParameter } from "../language/runtime/parameterValues.ts";
import { wrapParameter } from "../language/runtime/parameters.ts";
import type { TracedParameter } from "../language/runtime/tracedCalls.ts";
import { checkedModel, type CheckedModel } from "../library/model.ts";
import { Tensor } from "../tape/tensor.ts";

/** To be called while a recording is on. `at` may give `parameters` in place of the initial ones. */
export function callLoss(exported: unknown, at: Readonly<Record<string, unknown>>): TracedLoss {
  const model = modelOf(exported);
  const initial = model.parameters.rebuild(model.parameters.leaves.map(valueOf));
  const given = "parameters" in at ? fitParameter("parameters", at["parameters"], initial) : initial;
  return traced(model, given, firstBatch(model));
}

/** The loss where a training is now, on the rows of one step. To be called while a recording is on. */
export function callLossAt(leaves: Leaves, weights: Weights, rows: Int32Array): TracedLoss {
  const { model } = leaves;
  const inputs = leaves.inputs(weights, rows);
  const values = (list: typeof inputs.batch): unknown[] =>
    list.map(({ leaf: { kind }, shape, data }) => valueOf({ kind, shape, data: Float64Array.from(data) }));
  return traced(model, model.parameters.rebuild(values(inputs.parameters)), model.data.rebuild(values(inputs.batch)));
}

export interface TracedLoss {
  readonly result: unknown;
  readonly parameters: readonly TracedParameter[];
}

function traced(model: CheckedModel, given: unknown, batch: unknown): TracedLoss {
  const { value, structure } = wrapParameter(given, "parameters", 0);
  return { result: model.loss(value, batch), parameters: [{ name: "parameters", structure }] };
}

/** @throws TypeError where what is exported is no model after all. */
export function modelOf(exported: unknown): CheckedModel {
  const model = checkedModel(exported);
  if (model === undefined) throw new TypeError("what is exported is not what defineModel returned");
  return model;
}

function firstBatch(model: CheckedModel): unknown {
  const leaves = new Leaves(model);
  const rows = Int32Array.from({ length: model.batchSize }, (_, k) => k);
  return model.data.rebuild(
    model.data.leaves.map(({ kind, shape }, k) =>
      valueOf({
        kind,
        shape: [rows.length, ...shape.slice(1)],
        data: Float64Array.from(gathered(leaves.data[k]!, rows)),
      }),
    ),
  );
}

function valueOf({
  kind,
  shape,
  data,
}: Pick<CheckedModel["data"]["leaves"][number], "kind" | "shape" | "data">): unknown {
  if (kind === "number") return data[0];
  return kind === "tensor" ? new Tensor(shape, data) : nested(shape, data);
}

function nested(shape: readonly number[], data: Float64Array): unknown {
  const [extent, ...inner] = shape;
  if (extent === undefined) return data[0];
  const size = data.length / extent;
  return Array.from({ length: extent }, (_, k) => nested(inner, data.subarray(k * size, (k + 1) * size)));
}
