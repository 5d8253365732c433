import { buildProgram } from "../../execute/build.ts";
import { Leaves } from "../../execute/leaves.ts";
import { PortableExecutor } from "../../execute/portable.ts";
import { numbersOf, recordStep } from "../../execute/record.ts";
import * as library from "../../library/index.ts";
import { checkedModel } from "../../library/model.ts";
import { measured, type Benchmark, type BenchmarkResult } from "./measure.ts";

const batchSize = 128;
const widths = [784, 256, 128, 10] as const;
const warmUp = 20;
const samples = 60;
/** Milliseconds of one step: of tfjs on WebAssembly, which the portable executor is to match. */
const goal = 33;
const bound = 1e-4;

export const benchMlp: Benchmark = {
  name: "mlp",
  title: `One SGD step of a ${widths.join("-")} network with relu and cross-entropy, batch ${batchSize}, float32`,
  run,
};

function network() {
  const rng = library.random(1);
  const [a, b, c, d] = widths;
  // As numbers, the shapes are looked at when the products are made.
  const layer = (x: number, w: number, bias: number): number => library.add(library.matmul(x, w), bias);
  return library.defineModel({
    parameters: {
      w1: library.heNormal(rng, [a, b]),
      b1: library.zeros([b]),
      w2: library.heNormal(rng, [b, c]),
      b2: library.zeros([c]),
      w3: library.heNormal(rng, [c, d]),
      b3: library.zeros([d]),
    },
    data: { x: rng.normal([batchSize, a]), y: rng.integers([batchSize], 0, d) },
    loss: (p, { x, y }) => {
      const first = library.relu(layer(x, p.w1, p.b1));
      const second = library.relu(layer(first, p.w2, p.b2));
      return library.crossEntropy(layer(second, p.w3, p.b3), y);
    },
    optimizer: library.sgd({ learningRate: 0.01 }),
    batchSize,
  });
}

async function run(): Promise<BenchmarkResult> {
  const model = checkedModel(network())!;
  const leaves = new Leaves(model);
  const rows = Int32Array.from({ length: batchSize }, (_, k) => k);
  const inputs = leaves.inputs(leaves.initial, rows);
  const recorded = recordStep(model, inputs, true);
  const executor = new PortableExecutor();
  await executor.load(leaves.residents(leaves.initial));
  const program = await executor.prepare(buildProgram(recorded, inputs));
  await executor.run(program, [rows]);
  const weights = await executor.read();
  const problem = recorded.parameters
    .map((value, k) => distance(weights.parameters[k]!, numbersOf(recorded.tape, value)))
    .some((error) => !(error < bound))
    ? "The weights after one step are not those of the float64 trace."
    : undefined;
  for (let k = 0; k < warmUp; k++) await executor.run(program, [rows]);
  const times: number[] = [];
  for (let k = 0; k < samples; k++) {
    const begin = performance.now();
    await executor.run(program, [rows]);
    times.push(performance.now() - begin);
  }
  executor.dispose();
  return { measurements: [measured("step", "ms", times, goal)], ...(problem === undefined ? {} : { problem }) };
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
