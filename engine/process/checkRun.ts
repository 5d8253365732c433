/** The gradient check of one model file, in the process that is there for nothing else. */
import { performance } from "node:perf_hooks";
import { checkGradient } from "../check/check.ts";
import type { Checked } from "../check/report.ts";
import { MovedTape, type Evaluate } from "../check/evaluation.ts";
import type { LoadedModel } from "../language/load/load.ts";
import { recording } from "../tape/recording.ts";
import { limitsOf } from "./limits.ts";
import type { ModelRun, ModelRunOptions } from "./modelRun.ts";
import { isOwn } from "./stackPlaces.ts";
import { RemoteExecutor } from "./remoteExecutor.ts";
import type { ExecutorCall } from "./trainingProtocol.ts";
import type { CheckRequest, CheckSummary, Diagnostic, FunctionCheck, FunctionOutline } from "./protocol.ts";

/** Between two words about progress. */
const tellEveryMs = 100;
const tellWaitingEveryMs = 1000;

export interface CheckRunOptions extends Pick<ModelRunOptions, "watchdog" | "onProgress"> {
  /** A call of the asker's executor. */
  readonly call: (call: ExecutorCall) => Promise<unknown>;
}

/** Each call of the function has the whole time limit: what ends the check is its budget. */
export async function checkModel(
  request: CheckRequest,
  run: ModelRun,
  options: CheckRunOptions,
): Promise<CheckSummary> {
  const { file } = request;
  const model = await run.load();
  if (!("namespace" in model)) {
    const { outline, diagnostics } = model;
    return { file, outline, functions: [], diagnostics, passed: false };
  }
  const wanted = run.wanted(model.outline);
  const functions: FunctionCheck[] = [];
  for (const outline of wanted.functions) functions.push(await checkFunction(request, run, model, outline, options));
  const passed =
    functions.every((checked) => checked.passed) && !wanted.diagnostics.some(({ severity }) => severity === "error");
  const files = [...model.sources.keys()].filter(isOwn);
  return { file, files, outline: model.outline, functions, diagnostics: wanted.diagnostics, passed };
}

async function checkFunction(
  request: CheckRequest,
  run: ModelRun,
  model: LoadedModel,
  outline: FunctionOutline,
  { watchdog, onProgress, call }: CheckRunOptions,
): Promise<FunctionCheck> {
  const begin = performance.now();
  const limits = limitsOf(request.limits);
  const { name } = outline;
  onProgress({ stage: "checking", function: name, operations: 0, checked: 0, of: 0 });
  let problem: Diagnostic | undefined;
  let beside: Diagnostic | undefined;
  let calls = 0;
  let operations = 0;
  let progress = { checked: 0, of: 0 };
  let told = begin;
  const alive = async (): Promise<void> => {
    if (performance.now() - told > tellEveryMs) {
      told = performance.now();
      onProgress({ stage: "checking", function: name, operations, ...progress });
      // What waits at the event loop, such as a parent that is gone, gets its turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
    watchdog.arm(limits);
  };
  const evaluate: Evaluate = async (move) => {
    await alive();
    const tape = new MovedTape(move, limits.tapeBytes);
    const called = await run.call(model, outline, tape, { late: calls++ === 0 });
    if ("problem" in called) {
      // What cannot be compiled is no less right for it: only the comparison with float32 is left out.
      if (recording.watcher?.compiles === true) return undefined;
      if (move === undefined) problem = called.problem;
      else beside = called.problem;
      return undefined;
    }
    const { result, parameters } = called;
    operations = tape.length;
    if (typeof result === "number") return { tape, value: result, output: -1, parameters };
    return { tape, value: tape.primal[result.node]!, output: result.node, parameters };
  };
  // However long the graphics card takes: it is not the model's code that runs there.
  const patiently = async (asked: ExecutorCall): Promise<unknown> => {
    watchdog.disarm();
    const beat = setInterval(
      () => onProgress({ stage: "checking", function: name, operations, ...progress }),
      tellWaitingEveryMs,
    );
    try {
      return await call(asked);
    } finally {
      clearInterval(beat);
      watchdog.arm(limits);
    }
  };
  let checked: Checked;
  try {
    const executor = request.executor === undefined ? undefined : await RemoteExecutor.find(patiently);
    checked = await checkGradient(evaluate, {
      name,
      placeOf: (site) => run.rangeOfSite(site, outline),
      ...(request.budget === undefined ? {} : { budget: request.budget }),
      alive,
      failureBeside: () => beside,
      ...(executor === undefined ? {} : { executor }),
      onProgress: (checked, of) => (progress = { checked, of }),
    });
  } catch (error) {
    problem = run.problemOf(error, outline);
    checked = { passed: false, ...emptyCheck };
  }
  const diagnostics = [...(problem === undefined ? [] : [problem]), ...checked.diagnostics];
  const explained = diagnostics.some(({ code }) => code === "wrong-gradient" || code === "no-value")
    ? run.findings(outline)
    : [];
  return {
    function: name,
    source: outline.source,
    nameSource: outline.nameSource,
    ...checked,
    passed: checked.passed && problem === undefined,
    diagnostics: [...diagnostics, ...explained],
    milliseconds: performance.now() - begin,
  };
}

/** Of a function that could not be checked. */
export const emptyCheck = {
  parameters: [],
  directions: [],
  coverage: { elements: 0, checked: 0, directions: 0 },
  culprits: [],
  diagnostics: [],
} as const satisfies Omit<Checked, "passed">;
