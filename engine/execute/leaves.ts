import { flatten, type FlatTree } from "../library/tree.ts";
import type { CheckedModel } from "../library/model.ts";
import { sizeOf, type Shape } from "../tape/shape.ts";
import { Tensor } from "../tape/tensor.ts";
import type { Leaf, Residents, Weights } from "./executor.ts";
import type { StepInputs } from "./record.ts";

/** A model's parameters, state and data as lists of leaves: what executors keep, and what a recording takes as inputs. */
export class Leaves {
  readonly model: CheckedModel;
  /** The optimizer's state before the first step. */
  readonly state: FlatTree;
  readonly data: readonly Leaf[];

  constructor(model: CheckedModel) {
    this.model = model;
    const { parameters, optimizer, data } = model;
    const packed = parameters.rebuild(parameters.leaves.map(({ kind, shape, data }) => packedLeaf(kind, shape, data)));
    this.state = flatten(`The state of ${optimizer.name}`, optimizer.init(packed as never));
    this.data = data.leaves.map((leaf) => ({ shape: leaf.shape, data: Float32Array.from(leaf.data) }));
  }

  get initial(): Weights {
    return {
      parameters: this.model.parameters.leaves.map(({ data }) => Float32Array.from(data)),
      state: this.state.leaves.map(({ data, shape }) =>
        shape.length === 0 ? Float64Array.from(data) : Float32Array.from(data),
      ),
    };
  }

  residents(weights: Weights): Residents {
    return {
      data: this.data,
      weights,
      parameterShapes: this.model.parameters.leaves.map(({ shape }) => shape),
      stateShapes: this.state.leaves.map(({ shape }) => shape),
    };
  }

  /** What a recording of a step with these weights and rows takes. */
  inputs({ parameters, state }: Weights, rows: Int32Array): StepInputs {
    return {
      parameters: this.model.parameters.leaves.map((leaf, k) => ({ leaf, shape: leaf.shape, data: parameters[k]! })),
      state: this.state.leaves.map((leaf, k) => ({ leaf, shape: leaf.shape, data: state[k]! })),
      stateTree: this.state,
      batch: this.model.data.leaves.map((leaf, k) => ({
        leaf,
        shape: [rows.length, ...leaf.shape.slice(1)],
        data: gathered(this.data[k]!, rows),
      })),
    };
  }
}

function packedLeaf(kind: "number" | "tensor" | "array", shape: Shape, data: Float64Array): number | Tensor {
  return kind === "number" ? data[0]! : new Tensor(shape, data);
}

/** Rows of a leaf of the data, one after the other. */
export function gathered({ shape, data }: Leaf, rows: Int32Array): Float32Array {
  const size = sizeOf(shape.slice(1));
  const batch = new Float32Array(rows.length * size);
  rows.forEach((row, k) => batch.set(data.subarray(row * size, (row + 1) * size), k * size));
  return batch;
}
