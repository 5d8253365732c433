import { readFileSync } from "node:fs";
import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from "vscode-jsonrpc/node";
import { outline } from "../language/instrument/outline.ts";
import { answer, notify } from "./channel.ts";
import { checkModel } from "./checkRun.ts";
import { ModelRun, type FinishedRun, type ModelRunOptions } from "./modelRun.ts";
import { ownProcess } from "./ownProcess.ts";
import type { CheckSummary, TraceRequest, TraceSummary } from "./protocol.ts";
import { answers } from "./report/answers.ts";
import type { ExecutorCall, TrainAnswer } from "./trainingProtocol.ts";
// Not when it is needed: by then a program may run, and the language's own functions take traced values.
import { trainModel } from "./trainRun.ts";
import { Watchdog } from "./watchdog.ts";

/** Frames of a stack that are kept: the ten of Node may all be of the library, and the model's own line is wanted. */
Error.stackTraceLimit = 64;

const own = ownProcess();
const connection = createMessageConnection(new IPCMessageReader(own.channel), new IPCMessageWriter(own.channel));
const watchdog = new Watchdog();
let finished: FinishedRun | undefined;
let begun = false;

/** Everything after the run is a question about it. */
function theRun(): FinishedRun {
  if (finished === undefined) throw new Error("Nothing has been traced yet.");
  return finished;
}

answer(connection, "outline", ({ file, text }) => outline(file, text ?? readFileSync(file, "utf8")));

/** The one run of this process. */
function begin(request: TraceRequest): { run: ModelRun; onProgress: ModelRunOptions["onProgress"] } {
  if (begun) throw new Error("This process has already run a file.");
  begun = true;
  own.hide(request.file);
  const onProgress: ModelRunOptions["onProgress"] = (progress) => {
    if (progress.stage === "running" || progress.stage === "checking") own.running(progress.function!);
    notify(connection, "progress", progress);
  };
  const run = new ModelRun(request, { watchdog, crashed: own.crashed, onProgress });
  own.placeOf = (stack) => run.placeOf(stack);
  return { run, onProgress };
}

answer(connection, "trace", async (request): Promise<TraceSummary> => {
  const { run } = begin(request);
  finished = await run.finish();
  watchdog.disarm();
  return finished.summary;
});

answer(connection, "check", async (request): Promise<CheckSummary> => {
  const { run, onProgress } = begin(request);
  const call = (asked: ExecutorCall) => connection.sendRequest("execute", asked);
  const summary = await checkModel(request, run, { watchdog, onProgress, call });
  watchdog.disarm();
  return summary;
});

const stopped = new AbortController();
answer(connection, "train", async (request): Promise<TrainAnswer> => {
  const { run, onProgress } = begin(request);
  return trainModel(request, run, {
    watchdog,
    onProgress,
    stop: stopped.signal,
    onTraining: (progress) => notify(connection, "training", progress),
    call: (call) => connection.sendRequest("execute", call),
  });
});
answer(connection, "stopTraining", () => {
  stopped.abort();
  return null;
});

answer(connection, "hover", (params) => answers.hover(theRun(), params));
answer(connection, "hints", (params) => answers.hints(theRun(), params));
answer(connection, "nodes", (params) => answers.nodes(theRun(), params));
answer(connection, "places", (params) => answers.places(theRun(), params));
answer(connection, "graph", (params) => answers.graph(theRun(), params));
answer(connection, "details", (params) => answers.details(theRun(), params));
answer(connection, "steps", (params) => answers.steps(theRun(), params));
answer(connection, "flow", (params) => answers.flow(theRun(), params));
answer(connection, "layerJacobian", (params) => answers.layerJacobian(theRun(), params));
answer(connection, "memory", (params) => answers.memory(theRun(), params));
answer(connection, "proposals", (params) => answers.proposals(theRun(), params));
answer(connection, "measure", (params) => answers.measure(theRun(), params));
answer(connection, "search", (params) => answers.search(theRun(), params));
answer(connection, "nodesAt", (params) => answers.nodesAt(theRun(), params));
answer(connection, "tensor", (params) => answers.tensor(theRun(), params));

connection.listen();
notify(connection, "ready", {});
