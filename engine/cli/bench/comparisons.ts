import { comparison } from "./compare.ts";
import type { Benchmark } from "./measure.ts";
import { formula, formulaAt, loop, loopAt, network, recurrent, transformer, turns } from "./workloads.ts";

/** The goals of the portable executor: tfjs on WebAssembly for the network, five times the loop by hand. */
export const comparisons: readonly Benchmark[] = [
  comparison({
    name: "mlp",
    title: "One SGD step of a 784-256-128-10 network with relu and cross-entropy, batch 128, float32",
    workload: network,
    goal: 33,
  }),
  comparison({
    name: "rnn",
    title: "The gradient of a recurrent network through 100 steps, 32 inputs, 128 hidden, batch 16, float32",
    workload: recurrent,
  }),
  comparison({
    name: "transformer",
    title: "The gradient of a transformer block, width 128, 4 heads, 64 tokens, batch 8, float32",
    workload: transformer,
  }),
  comparison({
    name: "formula",
    title: "Value and gradient of ln(x + e^{y/x})",
    workload: formula,
    byHand: { run: formulaByHand, goal: 2 },
    atOnce: 1000,
  }),
  comparison({
    name: "loop",
    title: `x ← x·a + sin x, ${turns} times: the gradient to a and x₀`,
    workload: loop,
    byHand: { run: loopByHand, goal: 5 },
  }),
];

/** Derivatives are kept, so that nobody can leave them out. */
export const kept = new Float64Array(2);

function formulaByHand(): number {
  const { x, y } = formulaAt;
  const e = Math.exp(y / x);
  const sum = x + e;
  kept[0] = (1 - (e * y) / (x * x)) / sum;
  kept[1] = e / x / sum;
  return Math.log(sum);
}

function loopByHand(): number {
  const { a, start } = loopAt;
  const values = new Float64Array(turns + 1);
  values[0] = start;
  for (let k = 0; k < turns; k++) values[k + 1] = values[k]! * a + Math.sin(values[k]!);
  let adjoint = 1;
  let toA = 0;
  for (let k = turns - 1; k >= 0; k--) {
    toA += adjoint * values[k]!;
    adjoint *= a + Math.cos(values[k]!);
  }
  kept[0] = toA;
  kept[1] = adjoint;
  return values[turns]!;
}
