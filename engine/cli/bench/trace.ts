import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FunctionTrace } from "../../process/protocol.ts";
import { startEngine } from "../engine.ts";
import { json } from "../traceDocument.ts";
import { measured, type Benchmark, type BenchmarkResult } from "./measure.ts";

const turns = 250_000;
/** Of one turn of the loop: a product, a sine, a product, a sum. */
const operationsPerTurn = 4;
const freshProcesses = 7;

/** Scalar code as people write it: a loop, a call in each turn, constants and names. */
const model = `export function trajectory(a = 0.999, start = 0.5) {
  let x = start;
  for (let i = 0; i < ${turns}; i++) {
    x = step(x, a);
  }
  return x;
}

function step(x: number, a: number): number {
  const kick = Math.sin(x) * 0.002;
  return x * a + kick;
}
`;

export const benchTrace: Benchmark = {
  name: "trace",
  title: "First trace of 10⁶ scalar operations with sites and scopes in a fresh process, then backward",
  run,
};

async function run(): Promise<BenchmarkResult> {
  const folder = await mkdtemp(join(tmpdir(), "adjoint-bench-"));
  try {
    const file = join(folder, "trajectory.ts");
    await writeFile(file, model);
    const traces: FunctionTrace[] = [];
    for (let k = 0; k < freshProcesses; k++) {
      const traced = await traceOnce(file);
      if (typeof traced === "string") return { measurements: [], problem: traced };
      traces.push(traced);
    }
    return summed(traces);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** In a process of its own; what went wrong, where something did. */
async function traceOnce(file: string): Promise<FunctionTrace | string> {
  const engine = startEngine();
  try {
    const { summary } = await engine.trace({ file, limits: { wallClockMs: 60_000 } });
    const [traced] = summary.functions;
    const problem = summary.diagnostics[0] ?? traced?.diagnostics[0];
    return problem?.message ?? traced ?? "Nothing was traced.";
  } finally {
    engine.dispose();
  }
}

function summed(traces: readonly FunctionTrace[]): BenchmarkResult {
  const per = (amount: (trace: FunctionTrace) => number): number[] =>
    traces.map((trace) => amount(trace) / trace.tape.operations);
  const problem = wrong(traces);
  return {
    measurements: [
      measured(
        "forward",
        "ns/operation",
        per(({ time }) => time.forwardMs * 1e6),
        100,
      ),
      measured(
        "backward",
        "ns/operation",
        per(({ time }) => time.backwardMs * 1e6),
        10,
      ),
      measured(
        "tape",
        "B/operation",
        per(({ tape }) => tape.bytes),
        48,
      ),
      measured(
        "operations",
        "operations",
        traces.map(({ tape }) => tape.operations),
      ),
    ],
    ...(problem === undefined ? {} : { problem }),
  };
}

/** Against the same loop in plain numbers, with its derivatives carried forward. */
function wrong(traces: readonly FunctionTrace[]): string | undefined {
  const a = 0.999;
  let x = 0.5;
  let toA = 0;
  let toStart = 1;
  for (let i = 0; i < turns; i++) {
    const slope = a + Math.cos(x) * 0.002;
    toA = x + slope * toA;
    toStart *= slope;
    x = x * a + Math.sin(x) * 0.002;
  }
  const close = (got: unknown, expected: number): boolean =>
    typeof got === "number" && Math.abs(got - expected) <= 1e-9 * Math.max(1e-30, Math.abs(expected));
  for (const { value, gradient, tape } of traces) {
    if (value !== x) return `The value is ${String(value)} instead of ${x}.`;
    if (!close(gradient?.["a"], toA)) return `The derivative to a is ${json(gradient?.["a"])} instead of ${toA}.`;
    if (!close(gradient?.["start"], toStart) && Math.abs(toStart) > 1e-290)
      return `The derivative to start is ${json(gradient?.["start"])} instead of ${toStart}.`;
    if (tape.operations !== turns * operationsPerTurn)
      return `The tape has ${tape.operations} operations instead of ${turns * operationsPerTurn}.`;
  }
  return undefined;
}
