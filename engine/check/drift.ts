import { pullBack } from "../differentiate/recordedPasses.ts";
import { buildProgram } from "../execute/build.ts";
import type { Executor } from "../execute/executor.ts";
import { Guards } from "../execute/guards.ts";
import type { InputSource, LeafData } from "../execute/record.ts";
import { dataOf, type Primal } from "../primitives/rule.ts";
import { recording, recordOn } from "../tape/recording.ts";
import { sizeOf } from "../tape/shape.ts";
import { Tensor, type Value } from "../tape/tensor.ts";
import type { Evaluate, Evaluation } from "./evaluation.ts";
import type { DriftCheck } from "./report.ts";

/**
 * How far float32 may be from float64: the value relative to its size, the gradient by each input, as a vector, relative to
 * its length (or to a thousandth of the whole gradient's, where it is shorter). Rounding alone stays below a hundredth of
 * it even in deep models.
 */
export const driftBound = 1e-3;
const smallShare = 1e-3;
/** Larger programs take longer to compile than a person waits for a check. */
const mostNodes = 20_000;
const mostInputs = 2_000;

/** The function and its gradient as a program for an executor in float32, which is disposed of, against the run in float64. */
export async function checkDrift(evaluate: Evaluate, executor: Executor): Promise<DriftCheck> {
  const about = { executor: executor.name, device: executor.device.description };
  const refused = (reason: string): DriftCheck => ({ ...about, verdict: "not-compared", reason });
  try {
    const run = await guarded(evaluate);
    if (run === undefined) return refused("it cannot be compiled");
    if (run.evaluation.output < 0) return refused("the result hangs on no parameter");
    const { tape, output } = run.evaluation;
    if (tape.length > mostNodes) return refused(`a run of ${tape.length} operations takes too long to compile`);
    if (tape.inputs.length > mostInputs) return refused(`${tape.inputs.length} inputs are too many to compile`);
    const reference = recordOn(tape, () => gradientOf(run.evaluation));
    const found = await inFloat32(executor, run.evaluation, run.guards, reference.values);
    if (found === "guard")
      return refused("in float32 a comparison comes out otherwise, so the program takes another way");
    const value = { float64: tape.primal[output]!, float32: found.loss };
    if (!Number.isFinite(value.float64)) return refused("the value is not finite");
    if (!Number.isFinite(found.loss) || found.gradients.some((data) => !data.every(Number.isFinite)))
      return { ...about, verdict: "drifts", value, reason: "in float32 it is not finite" };
    return { ...about, ...judged(run.evaluation, value, reference.primals, found.gradients) };
  } catch (error) {
    return refused(error instanceof Error ? error.message : String(error));
  } finally {
    executor.dispose();
  }
}

/** A run with what it rests on noted beside. */
async function guarded(
  evaluate: Evaluate,
): Promise<{ readonly evaluation: Evaluation; readonly guards: Guards["list"] } | undefined> {
  const guards = new Guards();
  const { watcher } = recording;
  recording.watcher = guards;
  try {
    const evaluation = await evaluate();
    return evaluation && { evaluation, guards: guards.list };
  } finally {
    recording.watcher = watcher;
  }
}

function gradientOf({ tape, output }: Evaluation): { readonly values: Value[]; readonly primals: Primal[] } {
  const adjoints = pullBack(tape, new Map([[output, 1]]), tape.inputs);
  const values = tape.inputs.map((node): Value => {
    const shape = tape.shapeOf(node);
    return adjoints.get(node) ?? (shape.length === 0 ? 0 : new Tensor(shape, new Float64Array(sizeOf(shape))));
  });
  const primals = values.map((value): Primal =>
    typeof value === "number" ? value : tape.holds(value) ? tape.primalOf(value.node) : (value as Primal),
  );
  return { values, primals };
}

/** A row of no data, since every program takes some. */
const noData = { shape: [1], data: new Float32Array(1) };

async function inFloat32(
  executor: Executor,
  { tape, output }: Evaluation,
  guards: Guards["list"],
  gradients: readonly Value[],
): Promise<{ readonly loss: number; readonly gradients: readonly Float32Array[] } | "guard"> {
  const sources = new Map(tape.inputs.map((node, leaf): [number, InputSource] => [node, { kind: "parameter", leaf }]));
  const parameters = tape.inputs.map((node): LeafData => {
    const shape = tape.shapeOf(node);
    const data = dataOf(tape.primalOf(node));
    const kind = shape.length === 0 ? "number" : "tensor";
    return { shape, data, leaf: { path: tape.inputName(node) ?? "", kind, shape, data } };
  });
  const batch: LeafData = { ...noData, leaf: { path: "", kind: "tensor", shape: [1], data: new Float64Array(1) } };
  const program = buildProgram(
    {
      tape,
      sources,
      guards,
      lossGuards: guards.length,
      gradients,
      loss: tape.valueOf(output),
      metrics: new Map(),
      gradientNorms: [],
      parameters: [],
      state: [],
    },
    { parameters, state: [], batch: [batch], stateTree: { leaves: [], rebuild: () => ({}) } },
  );
  await executor.load({
    data: [noData],
    parameterShapes: parameters.map(({ shape }) => shape),
    stateShapes: [],
    weights: { parameters: parameters.map(({ data }) => Float32Array.from(data)), state: [] },
  });
  const [result] = await executor.run(await executor.prepare(program), [Int32Array.of(0)]);
  if (result!.outcome === "guard") return "guard";
  return { loss: result!.loss, gradients: await executor.gradients() };
}

function judged(
  { tape }: Evaluation,
  value: { readonly float64: number; readonly float32: number },
  reference: readonly Primal[],
  computed: readonly Float32Array[],
): Pick<DriftCheck, "verdict" | "value" | "gradientError" | "parameter"> {
  const length = (data: Iterable<number>): number => {
    let squares = 0;
    for (const x of data) squares += x * x;
    return Math.sqrt(squares);
  };
  const whole = length(reference.map((primal) => length(dataOf(primal))));
  let gradientError = 0;
  let parameter: string | undefined;
  reference.forEach((primal, k) => {
    const data = dataOf(primal);
    const distance = length(data.map((x, i) => x - computed[k]![i]!));
    const error = distance / Math.max(length(data), smallShare * whole, Number.MIN_VALUE);
    if (!(error <= gradientError)) [gradientError, parameter] = [error, tape.inputName(tape.inputs[k]!)];
  });
  const valueError = Math.abs(value.float32 - value.float64) / Math.max(Math.abs(value.float64), 1e-6);
  const ok = valueError <= driftBound && gradientError <= driftBound;
  return {
    verdict: ok ? "ok" : "drifts",
    value,
    gradientError,
    ...(parameter === undefined ? {} : { parameter }),
  };
}
