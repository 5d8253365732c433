import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fixture, startEngine, withTimeFor } from "./engine.ts";

test("traces a function and keeps its tape for questions", async () => {
  const engine = startEngine();
  try {
    const session = await engine.trace({ file: fixture("formula.ts") });
    const [traced] = session.summary.functions;
    assert.equal(traced?.function, "f");
    assert.ok(Math.abs(traced.value! - 2.1269280110429727) < 1e-15);
    assert.ok(Math.abs((traced.gradient!["x"] as number) + 1.6423912339336473) < 1e-15);
    assert.ok(Math.abs((traced.gradient!["y"] as number) - 0.8807970779778824) < 1e-15);
    assert.equal(traced.tape.operations, 4);
    const nodes = await session.ask("nodes", { function: "f" });
    assert.deepEqual(
      nodes.map(({ op, name }) => name ?? op),
      ["x", "y", "div", "e", "add", "log"],
    );
  } finally {
    engine.dispose();
  }
});

test("runs the text it is given in place of the file's", async () => {
  const engine = startEngine();
  try {
    const file = fixture("formula.ts");
    const text = readFileSync(file, "utf8").replace("y / x", "y * x");
    const { summary } = await engine.trace({ file, text });
    assert.ok(Math.abs(summary.functions[0]!.value! - Math.log(1 + Math.exp(2))) < 1e-12);
  } finally {
    engine.dispose();
  }
});

test("traces at the point that is asked for", async () => {
  const engine = startEngine();
  try {
    const { summary } = await engine.trace({ file: fixture("formula.ts"), at: { x: 2 } });
    assert.ok(Math.abs(summary.functions[0]!.value! - Math.log(2 + Math.E)) < 1e-12);
  } finally {
    engine.dispose();
  }
});

test("a run that is killed leaves the answers of an earlier one", async () => {
  const engine = startEngine({ spare: true });
  try {
    const good = await engine.trace({ file: fixture("formula.ts") });
    const bad = await withTimeFor(
      (wallClockMs) => engine.trace({ file: fixture("bad/endless-loop.ts"), limits: { wallClockMs } }),
      ({ summary }) => summary.functions.length > 0,
    );
    assert.equal(bad.summary.functions[0]?.diagnostics[0]?.code, "time-limit");
    assert.equal((await good.ask("nodes", { function: "f" })).length, 6);
    const next = await engine.trace({ file: fixture("formula.ts") });
    assert.equal(next.summary.functions[0]?.function, "f");
  } finally {
    engine.dispose();
  }
});

test("one endless function does not keep the others from being traced", async () => {
  const engine = startEngine({ spare: true });
  try {
    const session = await withTimeFor(
      (wallClockMs) => engine.trace({ file: fixture("several.ts"), limits: { wallClockMs } }),
      ({ summary }) => summary.functions.filter(({ value }) => value !== undefined).length === 2,
    );
    assert.deepEqual(
      session.summary.functions.map(({ function: name, value, diagnostics }) => [name, value, diagnostics[0]?.code]),
      [
        ["first", 9, undefined],
        ["endless", undefined, "time-limit"],
        ["last", 0.5, undefined],
      ],
    );
    assert.equal((await session.ask("nodes", { function: "last" })).length, 2);
  } finally {
    engine.dispose();
  }
});

test("cancelling ends the run at once", async () => {
  const engine = startEngine({ spare: true });
  try {
    const abort = new AbortController();
    const stages: string[] = [];
    const run = engine.trace(
      { file: fixture("bad/endless-loop.ts") },
      {
        cancellation: abort.signal,
        onProgress: ({ stage }) => {
          stages.push(stage);
          if (stage === "running") abort.abort();
        },
      },
    );
    await assert.rejects(run, { name: "AbortError" });
    assert.deepEqual(stages, ["loading", "running"]);
  } finally {
    engine.dispose();
  }
});

test("a run that is cancelled before it begins does not begin", async () => {
  const engine = startEngine();
  try {
    await assert.rejects(engine.trace({ file: fixture("formula.ts") }, { cancellation: AbortSignal.abort() }), {
      name: "AbortError",
    });
  } finally {
    engine.dispose();
  }
});

test("answers several questions at once", async () => {
  const engine = startEngine();
  try {
    const session = await engine.trace({ file: fixture("loop.ts") });
    const answers = await Promise.all([
      session.ask("graph", { function: "loop", budget: 50 }),
      session.ask("nodes", { function: "loop" }),
      session.ask("steps", { function: "loop", from: 0, count: 3 }),
    ]);
    assert.equal(answers[0].totalNodes, 22);
    assert.equal(answers[1].length, 22);
    assert.equal(answers[2].steps.length, 3);
  } finally {
    engine.dispose();
  }
});

test("whoever asks a process that has gone away is told so", async () => {
  const engine = startEngine();
  try {
    const session = await engine.trace({ file: fixture("formula.ts") });
    const pending = session.ask("nodes", { function: "f" });
    session.dispose();
    await assert.rejects(pending, {
      message: "The engine process that held this trace has ended: trace the file again.",
    });
    await assert.rejects(session.ask("nodes", { function: "f" }));
  } finally {
    engine.dispose();
  }
});

test("a restart ends every process, and the next question starts a new one", async () => {
  const engine = startEngine({ spare: true });
  try {
    const session = await engine.trace({ file: fixture("formula.ts") });
    engine.restart();
    await assert.rejects(session.ask("nodes", { function: "f" }));
    const outline = await engine.outline(fixture("formula.ts"), "export function g(x = 1) { return x; }");
    assert.deepEqual(
      outline.functions.map(({ name }) => name),
      ["g"],
    );
  } finally {
    engine.dispose();
  }
});

test("what the model prints is handed on line by line", async () => {
  const lines: string[] = [];
  const { promise: printed, resolve } = Promise.withResolvers<readonly string[]>();
  const onOutput = (text: string): void => {
    if (lines.push(text) === 3) resolve(lines);
  };
  const engine = startEngine({ onOutput });
  try {
    const { summary } = await engine.trace({ file: fixture("bad/prints.ts") });
    assert.equal(summary.functions[0]?.value, 9);
    assert.deepEqual((await printed).toSorted(), ["loading\n", "running with 3\n", "to stderr\n"]);
  } finally {
    engine.dispose();
  }
});

test("an engine that cannot be started says so in one sentence", async () => {
  const engine = startEngine({ engine: "/nowhere/engine.mjs" });
  try {
    await assert.rejects(
      engine.outline("f.ts", ""),
      /^Error: The engine process could not be started: Error: Cannot find module/,
    );
  } finally {
    engine.dispose();
  }
});
