import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { PortableExecutor } from "../../../engine/execute/portable.ts";
import { defaultLimits } from "../../../engine/process/limits.ts";
import { answerCall } from "../../../engine/process/remoteExecutor.ts";
import type { Executor, ExecutorCall } from "../../../engine/process/trainingProtocol.ts";
import { PageError, UnsupportedError, type GpuPage } from "../../../extension/training/gpu.ts";
import { columnsOf } from "../../../extension/training/history.ts";
import type { TrainingState } from "../../../extension/training/protocol.ts";
import { Training, type TrainingWishes } from "../../../extension/training/training.ts";
import { pack, unpack } from "../../../extension/panel/wire.ts";
import { startEngine } from "../../engine/process/engine.ts";

const folder = mkdtempSync(join(tmpdir(), "adjoint-training-"));
const engine = startEngine();
after(() => {
  engine.dispose();
  rmSync(folder, { recursive: true });
});

const line = `import { defineModel, mean, sgd, tensor } from "adjoint";
export const line = defineModel({
  parameters: { slope: 0, offset: 0 },
  data: { x: tensor([0, 1, 2, 3]), y: tensor([1, 3, 5, 7]) },
  loss: ({ slope, offset }, { x, y }) => mean((slope * x + offset - y) ** 2),
  metrics: ({ slope }) => ({ slope }),
  optimizer: sgd({ learningRate: 0.01 }),
  batchSize: 2,
  epochs: 50,
});
`;
const endless = line.replace("epochs: 50", "epochs: 1e9");

/** What a page with a graphics card answers, its messages carried as VS Code carries them. */
class Page implements GpuPage {
  found: unknown = {
    renderer: "Card 3000",
    software: false,
    name: "gpu.js",
    device: { kind: "gpu", description: "Card 3000" },
  };
  executor: Executor = new PortableExecutor();
  asked: string[] = [];

  findGpu(): Promise<unknown> {
    this.asked.push("findGpu");
    return Promise.resolve(this.found);
  }

  async call(call: ExecutorCall): Promise<unknown> {
    this.asked.push(call.method);
    return unpack(pack(await answerCall(this.executor, unpack(pack(call)) as ExecutorCall)));
  }

  release(): void {
    this.asked.push("release");
  }
}

interface Opened {
  readonly training: Training;
  readonly states: TrainingState[];
  readonly page: Page;
  readonly train: (wishes?: Partial<TrainingWishes>) => Promise<TrainingState>;
  /** Resolves once the run has told of a step from `step` on. */
  readonly reported: (step: number) => Promise<void>;
}

let files = 0;

function open(text = line, { page = new Page(), workspace = true } = {}): Opened {
  const own = join(folder, String(++files));
  const file = join(folder, `line${files}.ts`);
  writeFileSync(file, "// What is trained is the text that stands in the editor.\n");
  const states: TrainingState[] = [];
  const training = new Training({
    file,
    model: "line",
    workspace: workspace ? own : undefined,
    engine,
    page,
    listener: { changed: ({ state }) => states.push(state), reported: () => undefined, redrawn: () => undefined },
  });
  const wanted = { text, device: "cpu", onCpu: false, continues: false, limits: defaultLimits } as const;
  return {
    training,
    states,
    page,
    async train(wishes = {}) {
      await training.train({ ...wanted, ...wishes });
      return training.state;
    },
    async reported(step) {
      for (;;) {
        if ((training.latest?.step ?? 0) >= step) return;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
  };
}

function failed(state: TrainingState): Extract<TrainingState, { kind: "failed" }> {
  assert.equal(state.kind, "failed");
  return state;
}

test("trains the text of the editor on the CPU, and says what ran and where it is saved", async () => {
  const { train, states, page, training } = open();
  const state = await train();
  assert.deepEqual([...new Set(states.map(({ kind }) => kind))], ["starting", "running", "done"]);
  assert.ok(state.kind === "done" && state.continues);
  const { device, folder: saved } = state.run;
  assert.equal(device!.kind, "cpu");
  assert.equal(device!.executor, "portable");
  assert.equal(device!.reason, "Set in adjoint.train.device.");
  assert.match(saved!, /\.adjoint[\\/]runs[\\/]line[\\/]/);
  assert.deepEqual(page.asked, []);
  assert.equal(training.latest!.step, 100);
  assert.deepEqual(training.curves.metrics, ["slope"]);
  assert.deepEqual(training.curves.parameters, ["slope", "offset"]);
});

test("auto takes a graphics card, and no software in place of one", async () => {
  const hardware = open();
  await hardware.train({ device: "auto" });
  const { state } = hardware.training;
  assert.ok(state.kind === "done");
  assert.deepEqual(state.run.device, {
    kind: "gpu",
    description: "Card 3000",
    executor: "gpu.js",
    reason: "Chosen because this machine has a graphics card.",
  } satisfies typeof state.run.device);

  const page = new Page();
  page.found = { ...(page.found as object), renderer: "SwiftShader", software: true };
  const software = await open(line, { page }).train({ device: "auto" });
  assert.ok(software.kind === "done");
  assert.equal(software.run.device!.kind, "cpu");
  assert.equal(
    software.run.device!.reason,
    "Chosen because the only renderer here is software (SwiftShader), which is slower than the processor itself.",
  );
  assert.deepEqual(page.asked, ["findGpu", "release"]);

  const none = new Page();
  none.found = { unavailable: "There is no WebGL 2 here." };
  const cpu = await open(line, { page: none }).train({ device: "auto" });
  assert.ok(cpu.kind === "done");
  assert.equal(cpu.run.device!.reason, "Chosen because there is no GPU to use: There is no WebGL 2 here.");
});

test("gpu takes nothing else: where there is none, a sentence says so and offers the CPU", async () => {
  const page = new Page();
  page.found = { unavailable: "There is no WebGL 2 here." };
  const { train, training } = open(line, { page });
  const { diagnostics, offers, placed } = failed(await train({ device: "gpu" }));
  assert.equal(
    diagnostics[0]!.message,
    "There is no GPU to train on: There is no WebGL 2 here. Train on the CPU, or set adjoint.train.device to auto.",
  );
  assert.deepEqual(offers, ["trainOnCpu", "openSettings"]);
  assert.equal(placed, false);
  assert.deepEqual(training.findings, [], "nothing is wrong with the model");
  const cpu = await train({ device: "gpu", onCpu: true });
  assert.ok(cpu.kind === "done" && cpu.run.device!.reason === "You chose the CPU for this run.");

  const software = new Page();
  software.found = { ...(software.found as object), renderer: "SwiftShader", software: true };
  const ran = await open(line, { page: software }).train({ device: "gpu" });
  assert.ok(ran.kind === "done" && ran.run.device!.kind === "gpu");
});

/** As an executor that lacks a kernel. */
class Lacking extends PortableExecutor {
  override prepare(): Promise<number> {
    return Promise.reject(new UnsupportedError("sort is not computed on the GPU yet: train this model on the CPU."));
  }
}

test("a model that the GPU refuses runs on the CPU where that may be chosen, which is said", async () => {
  const page = new Page();
  page.executor = new Lacking();
  const { train, training } = open(line, { page });
  const state = await train({ device: "auto" });
  assert.ok(state.kind === "done");
  assert.equal(state.run.device!.kind, "cpu");
  assert.deepEqual(state.run.notices, [
    "The run began again on the CPU. Chosen because the GPU cannot run this model: sort is not computed on the GPU yet.",
  ]);
  assert.equal(training.latest!.step, 100);
  assert.equal(page.asked.at(-1), "release");

  const { diagnostics, offers } = failed(await open(line, { page }).train({ device: "gpu" }));
  assert.equal(
    diagnostics[0]!.message,
    "The GPU cannot run this model: sort is not computed on the GPU yet. Train on the CPU, or set adjoint.train.device to auto.",
  );
  assert.deepEqual(offers, ["trainOnCpu"]);
});

/** As a page that is closed while it works. */
class Closing extends PortableExecutor {
  left = 6;

  override async run(...parameters: Parameters<PortableExecutor["run"]>): ReturnType<PortableExecutor["run"]> {
    if (this.left-- <= 0) throw new PageError("the panel in which the GPU worked was closed");
    return super.run(...parameters);
  }
}

test("when the panel is closed the weights last saved are kept, and a run on the CPU goes on from them", async () => {
  const page = new Page();
  page.executor = new Closing();
  const { train, training } = open(endless, { page });
  const { diagnostics, offers } = failed(await train({ device: "gpu" }));
  const said = diagnostics[0]!.message;
  assert.match(
    said,
    /^Training ended (?:at step [\d,]+|before its first report): the panel in which the GPU worked was closed\. The weights after step [\d,]+ are saved: a run on the CPU can go on from them\.$/,
  );
  assert.deepEqual(offers, ["continueOnCpu", "train"]);
  const saved = Number(/after step ([\d,]+)/.exec(said)![1]!.replaceAll(",", ""));
  assert.ok(saved > 0);
  const state = await train({ text: line, onCpu: true, continues: true });
  assert.equal(state.kind, "done");
  assert.equal(training.latest!.step, saved + 100);
});

test("stops after a step, and a later run goes on from there with the curves it has", async () => {
  const { train, training, reported } = open(endless);
  const running = train();
  await reported(200);
  assert.ok(training.busy);
  await assert.rejects(train(), /line is being trained already: stop that run first\./);
  training.stop();
  const state = await running;
  assert.ok(state.kind === "stopped" && state.continues);
  const { step } = training.latest!;
  const rest = await train({ text: line, continues: true });
  assert.equal(rest.kind, "done");
  assert.equal(training.latest!.step, step + 100);
  const first = training.curves.table[columnsOf(training.curves).step]!;
  assert.ok(first <= step, `it begins at step ${first}, after the ${step} of the first run`);
});

test("the first NaN stops the run, with its line", async () => {
  const text = line.replace("mean((slope * x + offset - y) ** 2)", "mean((Math.sqrt(slope) * x + offset - y) ** 2)");
  const { train, training } = open(text);
  const { diagnostics, placed, offers } = failed(await train());
  assert.match(diagnostics[0]!.message, /^Training stopped at step 1, where the gradient is not finite\./);
  assert.equal(diagnostics[0]!.source.line, 5);
  assert.equal(placed, true);
  assert.deepEqual(training.findings, diagnostics);
  assert.deepEqual(offers, ["train"], "there is nothing yet to go on from");
});

test("a learning rate that is too large says so", async () => {
  const { diagnostics, offers } = failed(await open(line.replace("0.01", "10")).train());
  // Every step made it worse: there is nothing to go on from.
  assert.deepEqual(offers, ["train"]);
  assert.match(diagnostics[0]!.message, /had grown from .* to .* before: make the learning rate smaller\./);
});

test("a run that diverges is told of up to the very step before the one that its sentence names", async () => {
  const { train, training } = open(line.replace("0.01", "10"));
  const { diagnostics } = failed(await train());
  const [, named] = /^Training stopped at step ([\d,]+), /.exec(diagnostics[0]!.message)!;
  assert.equal(diagnostics[0]!.data!["step"], Number(named!.replaceAll(",", "")));
  assert.equal(training.latest!.step + 1, diagnostics[0]!.data!["step"]);
});

const wrong: Readonly<Record<string, readonly [from: string, to: string, message: RegExp]>> = {
  "without data": ["data:", "nodata:", /data are missing: give tensors or arrays/],
  "with empty data": [
    "data: { x: tensor([0, 1, 2, 3]), y: tensor([1, 3, 5, 7]) }",
    "data: { x: [], y: [] }",
    /data\.x is empty: there is no example in it/,
  ],
  "with ragged data": ["x: tensor([0, 1, 2, 3])", "x: [[0], [1, 2], [3], [4]]", /data\.x is ragged: example 1/],
  "with NaN in its data": ["x: tensor([0, 1, 2, 3])", "x: tensor([0, NaN, 2, 3])", /data\.x holds NaN in row 2/],
  "with a batch larger than its data": ["batchSize: 2", "batchSize: 5", /batchSize is 5, but there are 4 examples/],
};

for (const [what, [from, to, message]] of Object.entries(wrong))
  test(`a model ${what} is told of at its definition`, async () => {
    const { diagnostics, placed } = failed(await open(line.replace(from, to)).train());
    assert.match(diagnostics[0]!.message, message);
    assert.equal(diagnostics[0]!.source.line, 2);
    assert.equal(placed, true);
  });

test("a run that cannot be continued, and one in no folder, say so", async () => {
  const { diagnostics, placed } = failed(await open().train({ continues: true }));
  assert.match(diagnostics[0]!.message, /^There is no run of line to continue in \.adjoint[\\/]runs[\\/]line\.$/);
  assert.equal(placed, false);
  const state = await open(line, { workspace: false }).train();
  assert.ok(state.kind === "done" && !state.continues);
  assert.match(state.run.notices.join(), /The run is not saved, because the file is in no folder that is open/);
});

test("a folder that cannot be written does not keep a model from being trained", async () => {
  const opened = open();
  writeFileSync(join(folder, String(files)), "a file where the folder would be");
  const state = await opened.train();
  assert.ok(state.kind === "done" && !state.continues);
  assert.match(state.run.notices.join(), /^The run is not saved, because .* cannot be written/);
});

/** The same model's training where nothing is known but what was saved. */
function inAnotherWindow({ training: { file } }: ReturnType<typeof open>): Training {
  return new Training({
    file,
    model: "line",
    workspace: join(folder, String(files)),
    engine,
    page: new Page(),
    listener: { changed: () => undefined, reported: () => undefined, redrawn: () => undefined },
  });
}

test("what an earlier window has trained is there again", async () => {
  const first = open();
  await first.train();
  const again = inAnotherWindow(first);
  const kinds = [again.state.kind];
  await again.restore();
  const { state } = again;
  assert.deepEqual([...kinds, state.kind], ["empty", "done"]);
  assert.ok(state.kind === "done" && state.restored && state.continues);
  assert.equal(again.latest!.step, 100);
  assert.ok(again.curves.table.length > 0);
});

test("a run that has come to no weights but the first is not offered to be continued, in another window either", async () => {
  const first = open(line.replace("learningRate: 0.01", "learningRate: 100"));
  const { offers } = failed(await first.train());
  assert.deepEqual(offers, ["train"]);
  const again = inAnotherWindow(first);
  await again.restore();
  assert.deepEqual(failed(again.state).offers, ["train"]);
});

test("a run that failed is told of as failed in another window too, with its sentence and its line", async () => {
  const first = open(
    line.replace("mean((slope * x + offset - y) ** 2)", "mean((Math.sqrt(slope) * x + offset - y) ** 2)"),
  );
  const told = failed(await first.train());
  const again = inAnotherWindow(first);
  await again.restore();
  const { diagnostics, placed } = failed(again.state);
  assert.equal(diagnostics[0]!.message, told.diagnostics[0]!.message);
  assert.deepEqual(diagnostics[0]!.source, told.diagnostics[0]!.source);
  assert.equal(placed, true);
});

test("a run that was stopped, and one that was cut short, are told apart in another window", async () => {
  const first = open(endless);
  const run = first.train();
  await first.reported(1);
  first.training.stop();
  const ended = await run;
  assert.ok(ended.kind === "stopped");
  const stopped = inAnotherWindow(first);
  await stopped.restore();
  assert.ok(stopped.state.kind === "stopped" && stopped.state.run.notices.length === 0);

  // A window that goes away tells nothing of the end.
  rmSync(join(ended.run.folder!, "outcome.json"));
  const cut = inAnotherWindow(first);
  await cut.restore();
  assert.ok(cut.state.kind === "stopped" && cut.state.continues);
  assert.match(
    cut.state.run.notices.join(),
    /^The run was cut short, as when the window is closed or loaded anew\. Its weights after step [\d,]+ are kept: Continue goes on from them\.$/,
  );
});

test("a run that is continued is not told of as the failure it came from", async () => {
  const first = open();
  await first.train();
  const ended = first.training.state;
  assert.ok(ended.kind === "done");
  writeFileSync(join(ended.run.folder!, "outcome.json"), '{"kind":"failed","diagnostics":[],"placed":true}');
  assert.equal((await first.train({ continues: true })).kind, "done");
  const again = inAnotherWindow(first);
  await again.restore();
  assert.equal(again.state.kind, "done");
});
