import { reverse } from "../../engine/differentiate/reverse.ts";
import { createRuntime } from "../../engine/language/runtime/createRuntime.ts";
import { loadModel, type LoadedModel } from "../../engine/language/load/load.ts";
import { inputsOf } from "../../engine/language/runtime/parameters.ts";
import type { Runtime } from "../../engine/language/runtime/runtime.ts";
import * as library from "../../engine/library/index.ts";
import { recording } from "../../engine/tape/recording.ts";
import { SiteTable } from "../../engine/tape/site.ts";
import { Tape } from "../../engine/tape/tape.ts";
import { TracedNumber } from "../../engine/tape/tensor.ts";
import { describe } from "./describe.ts";
import { functionsOf, outcomeOf, type TracedOutcome } from "./outcomes.ts";

/** Runs the functions that each file exports instrumented, with every parameter an input, and tells the parent. */
const sources: LoadedModel["sources"][] = [];
const sites = new SiteTable();
const { runtime, calls, findings } = createRuntime({
  sites,
  originalText: (generated) =>
    sources
      .flatMap((files) => [...files.values()])
      .map((file) => file.originalText(generated))
      .find((text) => text !== undefined),
});

/** While a derivative is taken numerically: which input is moved by how much. Inputs are counted as they come. */
let nudge: { readonly input: number; readonly by: number } | undefined;
let nudged = 0;

const nudgeable: Runtime = {
  ...runtime,
  parameter(functionId, index, name, site, value) {
    return nudge === undefined ? runtime.parameter(functionId, index, name, site, value) : nudgedCopy(value);
  },
};

function nudgedCopy(value: unknown): unknown {
  if (typeof value === "number") return nudged++ === nudge!.input ? value + nudge!.by : value;
  if (value instanceof Float64Array || value instanceof Float32Array)
    return value.map((element) => nudgedCopy(element) as number);
  if (Array.isArray(value)) return value.map(nudgedCopy);
  if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype)
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, nudgedCopy(member)]));
  return value;
}

/** Central differences with two steps, extrapolated: the error is of the fourth order in the step. */
async function numericDerivative(call: () => unknown, input: number, at: number): Promise<number> {
  const difference = async (step: number): Promise<number> => {
    const ends: number[] = [];
    for (const by of [step, -step]) {
      nudge = { input, by };
      nudged = 0;
      ends.push((await call()) as number);
      nudge = undefined;
    }
    return (ends[0]! - ends[1]!) / (2 * step);
  };
  const step = 1e-4 * Math.max(1, Math.abs(at));
  return (4 * (await difference(step / 2)) - (await difference(step))) / 3;
}

async function trace(model: LoadedModel, name: string, call: () => unknown): Promise<TracedOutcome> {
  const tape = new Tape();
  Object.assign(recording, { tape, on: true, site: 0, scope: 0 });
  findings.clear();
  const id = model.functionIds.get(name);
  if (id !== undefined) calls.begin(id);
  let output: unknown;
  const keep = async (): Promise<unknown> => (output = await call());
  const outcome = await outcomeOf(name, keep, (value) => describe(value, (item) => runtime.primal(item)));
  const parameters = calls.end();
  recording.on = false;
  const noted = findings.list.map((finding) => finding.code);
  if (!(output instanceof TracedNumber)) return { ...outcome, findings: noted };
  const adjoints = reverse(tape, output.node);
  const gradient: { input: string; reverse: number; numeric: number }[] = [];
  const silent = (): unknown => call();
  for (const [k, node] of parameters.flatMap(({ structure }) => inputsOf(structure)).entries()) {
    const numeric = await outcomeOf(name, async () => numericDerivative(silent, k, tape.primal[node]!), String);
    gradient.push({ input: tape.inputName(node)!, reverse: adjoints.scalar(node), numeric: Number(numeric.result) });
  }
  return { ...outcome, findings: noted, gradient };
}

const outcomes: Record<string, TracedOutcome[]> = {};
for (const file of process.argv.slice(2)) {
  const model = await loadModel({ file, runtime: nudgeable, sites, library });
  sources.push(model.sources);
  const list: TracedOutcome[] = (outcomes[file] = []);
  for (const [name, call] of functionsOf(model.namespace)) list.push(await trace(model, name, () => call()));
}
process.send!(outcomes);
process.disconnect();
