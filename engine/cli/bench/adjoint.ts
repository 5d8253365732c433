import { buildProgram } from "../../execute/build.ts";
import { Leaves } from "../../execute/leaves.ts";
import { PortableExecutor } from "../../execute/portable.ts";
import { numbersOf, recordStep, type RecordedStep } from "../../execute/record.ts";
import * as library from "../../library/index.ts";
import { checkedModel } from "../../library/model.ts";
import { Tensor } from "../../tape/tensor.ts";
import type { Elements, Library, Operations, Prepared, Workload } from "./workload.ts";

/** Adjoint's compiled program on the processor, as training runs it. */
export const adjoint: Library = { name: "Adjoint", prepare };

/** Too small a step to change a float32: the gradient alone is wanted. */
const still = 1e-30;
/** Of gradients in float32. */
const bound = 1e-4;

// A traced value, which TypeScript takes for a number as it does in a model.
const operations: Operations<number> = {
  ...library,
  mean: (x) => library.mean(x, -1, { keepDims: true }),
  meanOfAll: (x) => library.mean(x),
  reshape: (x, shape) => library.reshape(x, shape),
  transpose: (x, axes) => library.transpose(x, axes),
  column: (x, at) => library.slice(x, [null, at]),
  softmax: (x) => library.softmax(x),
};

async function prepare({ parameters, data, loss, learningRate = still }: Workload): Promise<Prepared> {
  const rows = Object.values(data)[0]!.shape[0]!;
  const model = checkedModel(
    library.defineModel({
      parameters: tensorsOf(parameters),
      data: tensorsOf(data),
      loss: (p, batch) => loss(operations, p as never, batch as never),
      optimizer: library.sgd({ learningRate }),
      batchSize: rows,
    }),
  )!;
  const leaves = new Leaves(model);
  const batch = Int32Array.from({ length: rows }, (_, k) => k);
  const inputs = leaves.inputs(leaves.initial, batch);
  const executor = new PortableExecutor();
  await executor.load(leaves.residents(leaves.initial));
  const recorded = recordStep(model, inputs, true);
  const program = await executor.prepare(buildProgram(recorded, inputs));
  const step = async (): Promise<number> => (await executor.run(program, [batch]))[0]!.loss;
  await step();
  const problem = wrong(recorded, await executor.gradients());
  await executor.write(leaves.initial);
  return { step, problem, dispose: () => executor.dispose() };
}

/** Against the float64 trace. */
function wrong({ tape, gradients }: RecordedStep, found: readonly Float32Array[]): string | undefined {
  const far = gradients.some((gradient, k) => !(distance(found[k]!, numbersOf(tape, gradient)) < bound));
  return far ? "The gradients are not those of the float64 trace." : undefined;
}

/** Of two vectors, relative to the length of the second. */
function distance(a: ArrayLike<number>, b: Float64Array): number {
  let difference = 0;
  let size = 0;
  b.forEach((value, k) => {
    difference += (value - a[k]!) ** 2;
    size += value * value;
  });
  return Math.sqrt(difference / Math.max(size, Number.MIN_VALUE));
}

function tensorsOf(values: Readonly<Record<string, Elements>>): Record<string, number | Tensor> {
  return Object.fromEntries(
    Object.entries(values).map(([name, { shape, data }]) => [
      name,
      shape.length === 0 ? data[0]! : new Tensor(shape, Float64Array.from(data)),
    ]),
  );
}
