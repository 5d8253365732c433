import { buildProgram } from "../../execute/build.ts";
import { Leaves } from "../../execute/leaves.ts";
import { PortableExecutor } from "../../execute/portable.ts";
import { recordStep } from "../../execute/record.ts";
import * as library from "../../library/index.ts";
import { checkedModel } from "../../library/model.ts";
import { measured, type Benchmark, type BenchmarkResult } from "./measure.ts";

const turns = 10_000;
const [a, start] = [0.25, 0.5];
const warmUp = 60;
const samples = 100;
/** Times what the same costs written by hand. */
const goal = 5;

export const benchLoop: Benchmark = {
  name: "loop",
  title: `x ← x·a + sin x, ${turns} times: the gradient to a and x₀`,
  run,
};

async function run(): Promise<BenchmarkResult> {
  const model = checkedModel(
    library.defineModel({
      parameters: { a, start },
      data: [0],
      // The loop as it is traced: one operation after the other. The step is too short to change a float32.
      loss: (parameters) => {
        let x = parameters.start;
        for (let k = 0; k < turns; k++) x = library.add(library.mul(x, parameters.a), library.sin(x));
        return x;
      },
      optimizer: library.sgd({ learningRate: 1e-30 }),
    }),
  )!;
  const leaves = new Leaves(model);
  const rows = Int32Array.of(0);
  const inputs = leaves.inputs(leaves.initial, rows);
  const executor = new PortableExecutor();
  await executor.load(leaves.residents(leaves.initial));
  const program = await executor.prepare(buildProgram(recordStep(model, inputs, true), inputs));

  for (let k = 0; k < warmUp; k++) {
    await executor.run(program, [rows]);
    byHand(a, start);
  }
  const compiled: number[] = [];
  const hand: number[] = [];
  // In turns, so that both see the same machine.
  for (let k = 0; k < samples; k++) {
    const begin = performance.now();
    await executor.run(program, [rows]);
    const between = performance.now();
    byHand(a, start);
    compiled.push(between - begin);
    hand.push(performance.now() - between);
  }
  const [result] = await executor.run(program, [rows]);
  const gradients = (await executor.gradients()).map(([value]) => value!);
  const expected = byHand(a, start);
  const close = (got: number, wanted: number): boolean =>
    Math.abs(got - wanted) <= 1e-6 * Math.max(1e-6, Math.abs(wanted));
  const right = [result!.loss, ...gradients].every((value, k) => close(value, expected[k]!));
  executor.dispose();
  const ratios = compiled.map((time, k) => time / hand[k]!);
  return {
    measurements: [
      measured("compiled", "ms", compiled),
      measured("by hand", "ms", hand),
      measured("ratio", "× by hand", ratios, goal),
    ],
    ...(right
      ? {}
      : { problem: `It gives ${[result!.loss, ...gradients].join(", ")} instead of ${expected.join(", ")}.` }),
  };
}

/** Value, ∂/∂a and ∂/∂x₀ as a person would write them. */
function byHand(a: number, start: number): [value: number, toA: number, toStart: number] {
  const values = new Float64Array(turns + 1);
  values[0] = start;
  for (let k = 0; k < turns; k++) values[k + 1] = values[k]! * a + Math.sin(values[k]!);
  let adjoint = 1;
  let toA = 0;
  for (let k = turns - 1; k >= 0; k--) {
    toA += adjoint * values[k]!;
    adjoint *= a + Math.cos(values[k]!);
  }
  return [values[turns]!, toA, adjoint];
}
