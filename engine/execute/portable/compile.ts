import { codeOf } from "../../primitives/names.ts";
import { rules } from "../../primitives/table.ts";
import { withoutRecording } from "../../tape/recording.ts";
import { Tensor } from "../../tape/tensor.ts";
import { Tape } from "../../tape/tape.ts";
import { sizeOf } from "../../tape/shape.ts";
import type { StepOutcome, StepResult } from "../executor.ts";
import type { Program } from "../program.ts";
import type { Storage } from "./storage.ts";

export interface Compiled {
  step(rows: Int32Array): StepResult;
  gradients(): Float32Array[];
}

export function compile(program: Program, storage: Storage): Compiled {
  const { values, outputs, guards } = program;
  const tape = new Tape();
  const held: (number | Tensor)[] = new Array<number | Tensor>(values.length);
  const f = (x: ArrayLike<number>, shape: readonly number[]): number | Tensor =>
    shape.length === 0 ? x[0]! : new Tensor(shape, Float64Array.from(x));
  return {
    step(rows) {
      withoutRecording(tape, () => {
        values.forEach((v, id) => {
          if (v.kind === "operation") {
            const y = rules[codeOf(v.name)]!.evaluate(
              v.inputs.map((i) => held[i]!),
              v.attributes,
              v.shape,
            );
            held[id] = typeof y === "number" ? y : new Tensor(y.shape, Float64Array.from(Float32Array.from(y.data)));
          } else if (v.kind === "parameter") held[id] = f(storage.parameters[v.leaf]!, v.shape);
          else if (v.kind === "state") held[id] = f(storage.state[v.leaf]!, v.shape);
          else if (v.kind === "constant") held[id] = typeof v.data === "number" ? v.data : f(v.data, v.shape);
          else {
            const { data } = storage.data[v.leaf]!;
            const row = sizeOf(v.shape.slice(1));
            const g = new Float64Array(rows.length * row);
            rows.forEach((r, k) => g.set(data.subarray(r * row, (r + 1) * row), k * row));
            held[id] = f(g, v.shape);
          }
        });
      });
      const n = (id: number): number => held[id] as number;
      const outcome: StepOutcome = guards.some(({ value, expected }) => n(value) !== expected)
        ? "guard"
        : [outputs.loss, ...outputs.gradientNorms].every((id) => Number.isFinite(n(id)))
          ? "done"
          : "non-finite";
      const d = (id: number) => (typeof held[id] === "number" ? [held[id]] : held[id]!.data);
      if (outcome === "done") {
        outputs.parameters.forEach((id, k) => storage.parameters[k]!.set(d(id)));
        outputs.state.forEach((id, k) => storage.state[k]!.set(d(id)));
      }
      return {
        outcome,
        loss: n(outputs.loss),
        metrics: outputs.metrics.map(n),
        gradientNorms: outputs.gradientNorms.map(n),
      };
    },
    gradients: () =>
      outputs.gradients.map((id) => Float32Array.from(typeof held[id] === "number" ? [held[id]] : held[id]!.data)),
  };
}
