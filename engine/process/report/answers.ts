/** Every question about a finished run, and who answers it. */
import { layerJacobian } from "../../diagnose/layerJacobian.ts";
import type { FinishedRun } from "../modelRun.ts";
import type { FunctionTrace, Questions } from "../protocol.ts";
import { details } from "./details.ts";
import { flow } from "./flow.ts";
import type { FunctionRun } from "./functionRun.ts";
import { graph } from "./graph.ts";
import { hints } from "./hints.ts";
import { hover, nodesAt } from "./hover.ts";
import { measure, proposals } from "./fixes.ts";
import { memory } from "./memory.ts";
import { nodes } from "./nodes.ts";
import { places } from "./places.ts";
import { search } from "./search.ts";
import { steps } from "./steps.ts";
import { tensor } from "./tensor.ts";

type Answers = {
  readonly [M in Exclude<keyof Questions, "outline" | "trace" | "check" | "train" | "stopTraining">]: (
    run: FinishedRun,
    params: Questions[M][0],
  ) => Questions[M][1];
};

export const answers: Answers = {
  hover: (run, params) => hover(run, params.position, params.file),
  hints: (run, params) => hints(run, params),
  nodes: (run, params) => nodes(functionRun(run, params.function), params.from, params.count),
  places: (run, params) => places(functionRun(run, params.function)),
  graph: (run, params) => graph(functionRun(run, params.function), params),
  details: (run, params) => details(functionRun(run, params.function), params.node),
  steps: (run, params) => steps(functionRun(run, params.function), params.from, params.count),
  flow: (run, params) => flow(functionRun(run, params.function)),
  layerJacobian: (run, params) => layerJacobian(functionRun(run, params.function).tape, params.from, params.to),
  memory: (run, params) => {
    const traced = functionRun(run, params.function);
    return memory(traced, traced.outline.model === true ? run.model?.namespace[traced.name] : undefined);
  },
  proposals: (run, params) =>
    proposals(functionRun(run, params.function), params.finding, functionTrace(run, params.function).diagnostics),
  measure: (run, params) => measure(functionRun(run, params.function), params.measure),
  search: (run, params) => search(functionRun(run, params.function), params.query, params.limit),
  nodesAt: (run, params) => nodesAt(run, params.position, params.file),
  tensor: (run, params) => tensor(functionRun(run, params.function), params.node, params.of),
};

function functionTrace({ summary }: FinishedRun, name: string): FunctionTrace {
  const trace = summary.functions.find((candidate) => candidate.function === name);
  if (trace === undefined) throw new Error(`There is no trace of ${name}.`);
  return trace;
}

function functionRun({ runs }: FinishedRun, name: string): FunctionRun {
  const run = runs.get(name);
  if (run === undefined) throw new Error(`There is no trace of ${name}.`);
  return run;
}
