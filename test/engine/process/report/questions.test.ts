import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { EngineClient, TraceSession } from "../../../../engine/process/client.ts";
import type { Summary } from "../../../../engine/process/protocol.ts";
import { fixture, patientLimits, startEngine } from "../engine.ts";

test("the graph of an array of more numbers than a call takes as arguments", async () => {
  const engine = startEngine();
  try {
    const text = `export function f(x = new Array(150_000).fill(0.5)) {
      let sum = 0;
      for (const each of x) sum += each;
      return sum;
    }`;
    const session = await engine.trace({ file: fixture("formula.ts"), text, limits: { wallClockMs: 60_000 } });
    const { groups } = await session.ask("graph", { function: "f", budget: 50 });
    assert.ok(groups.some(({ label, nodes }) => label.startsWith("x") && nodes === 150_000));
  } finally {
    engine.dispose();
  }
});

/** Traces one fixture for all questions of a group. */
function traced(name: string): { ask: TraceSession["ask"] } {
  let engine: EngineClient;
  let session: TraceSession;
  before(async () => {
    engine = startEngine();
    session = await engine.trace({ file: fixture(name), limits: patientLimits });
  });
  after(() => engine.dispose());
  return { ask: (method, params) => session.ask(method, params) };
}

function close(actual: Summary | undefined, expected: number): void {
  assert.ok(
    typeof actual === "number" && Math.abs(actual - expected) < 1e-6,
    `${JSON.stringify(actual)} is not ${expected}`,
  );
}

describe("ln(x + e^(y/x)) at (1, 2)", () => {
  const { ask } = traced("formula.ts");

  test("a hover on a use tells of that use", async () => {
    const hover = await ask("hover", { position: { line: 3, column: 23 } });
    assert.equal(hover?.title, "e");
    assert.equal(hover.executions, 1);
    assert.deepEqual(hover.source, { file: fixture("formula.ts"), line: 3, column: 23, endLine: 3, endColumn: 24 });
    close(hover.last.value, Math.exp(2));
    close(hover.last.adjoint, 0.1192029);
  });

  test("a hover on a parameter tells of the input", async () => {
    const hover = await ask("hover", { position: { line: 1, column: 19 } });
    assert.equal(hover?.title, "x");
    assert.equal(hover.executions, 1);
    close(hover.last.adjoint, -1.6423912);
  });

  test("a hover on an operator tells of the innermost expression around it", async () => {
    const hover = await ask("hover", { position: { line: 2, column: 24 } });
    assert.equal(hover?.title, "y / x");
    close(hover.last.adjoint, 0.8807971);
  });

  test("there is nothing to tell where nothing was traced", async () => {
    assert.equal(await ask("hover", { position: { line: 2, column: 3 } }), undefined);
    assert.equal(await ask("hover", { position: { line: 40, column: 1 } }), undefined);
    assert.equal(await ask("hover", { position: { line: 1, column: 1 }, file: "/elsewhere.ts" }), undefined);
  });

  test("hints stand after declarations", async () => {
    const hints = await ask("hints", { names: "names", from: 1, to: 4 });
    assert.deepEqual(
      hints.map(({ position, executions }) => [position.line, position.column, executions]),
      [
        [1, 24, 1],
        [1, 31, 1],
        [2, 28, 1],
      ],
    );
    close(hints[2]!.adjoint, 0.1192029);
  });

  test("hints of all values also stand after expressions without a name", async () => {
    const hints = await ask("hints", { names: "all", from: 2, to: 3 });
    assert.deepEqual(
      hints.map(({ position }) => [position.line, position.column]),
      [
        [2, 27],
        [2, 28],
        [3, 25],
      ],
    );
  });

  test("details give the rule in symbols and with its figures", async () => {
    const details = await ask("details", { function: "f", node: 2 });
    assert.equal(details.text, "y / x");
    assert.deepEqual(details.rule, {
      title: "v = a/b",
      letters: [
        ["v", "y / x"],
        ["a", "y"],
        ["b", "x"],
      ],
      symbolic: ["ā += v̄ · 1/b", "b̄ −= v̄ · a/b²"],
      numeric: ["ȳ += 0.8808 · 1/1 = 0.8808", "x̄ −= 0.8808 · 2/1² = 1.762"],
    });
    assert.deepEqual(
      details.scopes.map(({ label }) => label),
      ["f"],
    );
    assert.deepEqual(details.excerpt.lines.slice(0, 2), [
      "export function f(x = 1, y = 2) {",
      "  const e = Math.exp(y / x);",
    ]);
  });

  test("what an adjoint comes from adds up to it", async () => {
    const { from, adjoint } = await ask("details", { function: "f", node: 0 });
    assert.deepEqual(
      from.map(({ op, line }) => [op, line]),
      [
        ["div", 2],
        ["add", 3],
      ],
    );
    close(from[0]!.amount, -1.7615942);
    close(from[1]!.amount, 0.1192029);
    close(
      from.reduce((sum, { amount }) => sum + amount, 0),
      adjoint as number,
    );
  });

  test("the backward pass goes from the seed to the inputs", async () => {
    const { total, steps } = await ask("steps", { function: "f", from: 0, count: 10 });
    assert.equal(total, 5);
    assert.deepEqual(
      steps.map(({ rule, line }) => [line, rule]),
      [
        [3, "f̄ = 1"],
        [3, "v̄(x + e) += f̄ · 1/(x + e)"],
        [3, "x̄ += v̄(x + e) · 1   ē += v̄(x + e) · 1"],
        [2, "v̄(y / x) += ē · e"],
        [2, "ȳ += v̄(y / x) · 1/x   x̄ −= v̄(y / x) · y/x²"],
      ],
    );
    assert.deepEqual((await ask("steps", { function: "f", from: 3, count: 1 })).steps, steps.slice(3, 4));
    assert.deepEqual((await ask("steps", { function: "f", from: 99, count: 1 })).steps, []);
  });

  test("the graph has the step at which each adjoint is complete", async () => {
    const { cards, edges, groups, output } = await ask("graph", { function: "f", budget: 20 });
    assert.deepEqual(
      cards.map(({ label, step }) => [label, step]),
      [
        ["x", 5],
        ["y", 5],
        ["y / x", 4],
        ["e", 3],
        ["x + e", 2],
        ["f", 1],
      ],
    );
    assert.equal(output, "n5");
    assert.deepEqual(groups, []);
    close(edges.find(({ from, to }) => from === "n0" && to === "n2")?.contribution, -1.7615942);
  });

  test("search finds by name, operation, line, size and kind", async () => {
    const found = async (query: string): Promise<string[]> =>
      (await ask("search", { function: "f", query, limit: 10 })).map(({ label }) => label);
    assert.deepEqual(await found("log"), ["f"]);
    assert.deepEqual(await found("input"), ["x", "y"]);
    assert.deepEqual(await found("line 2"), ["y / x", "e"]);
    assert.deepEqual(await found("|v̄| > 0.9"), ["x", "f"]);
    assert.deepEqual(await found("adjoint < 0"), ["x"]);
    assert.deepEqual(await found("value >= 7 line 3"), ["x + e"]);
    assert.deepEqual(await found("nan"), []);
    assert.deepEqual(await found(""), []);
  });

  test("a place leads to its nodes", async () => {
    assert.deepEqual(await ask("nodesAt", { position: { line: 2, column: 9 } }), { function: "f", nodes: [3] });
    assert.equal(await ask("nodesAt", { position: { line: 9, column: 9 } }), undefined);
  });

  test("a node or function that does not exist is refused", async () => {
    await assert.rejects(ask("details", { function: "f", node: 6 }), /The trace of f has no node 6\./);
    await assert.rejects(ask("nodes", { function: "g" }), /There is no trace of g\./);
  });
});

describe("a loop of ten turns", () => {
  const { ask } = traced("loop.ts");

  test("a hover sums up all executions", async () => {
    const hover = await ask("hover", { position: { line: 5, column: 11 } });
    assert.equal(hover?.title, "scaled");
    assert.equal(hover.executions, 10);
    assert.equal(hover.first.value, 1);
    assert.equal(hover.series?.value.length, 10);
    assert.deepEqual(hover.range?.adjoint, [0.5 ** 9, 1]);
  });

  test("the turns are one group, opened as far as the budget goes", async () => {
    const closed = await ask("graph", { function: "loop", budget: 4 });
    assert.deepEqual(
      closed.groups.map(({ label, repeats, nodes, open }) => ({ label, repeats, nodes, open })),
      [{ label: "i = 0 … 9", repeats: 10, nodes: 20, open: false }],
    );
    assert.deepEqual(
      closed.edges.map(({ from, count }) => [from, count]),
      [
        ["n0", 10],
        ["n1", 1],
      ],
    );
    const open = await ask("graph", { function: "loop", budget: 100 });
    assert.equal(open.cards.length, 22);
    assert.deepEqual(
      open.groups.slice(1, 3).map(({ label, parent }) => [label, parent]),
      [
        ["i = 0", closed.groups[0]!.id],
        ["i = 1", closed.groups[0]!.id],
      ],
    );
  });

  test("what flows out of a closed group is what its inputs get from it", async () => {
    const { cards, edges } = await ask("graph", { function: "loop", budget: 4 });
    for (const { id, adjoint } of cards) close(edges.find(({ from }) => from === id)?.contribution, adjoint as number);
  });

  test("groups open and close by their names, and open around a node that is revealed", async () => {
    const closed = await ask("graph", { function: "loop", budget: 100, open: [] });
    assert.equal(closed.cards.length, 2);
    const outer = closed.groups[0]!.id;
    const opened = await ask("graph", { function: "loop", budget: 100, open: [outer] });
    assert.deepEqual(opened.open, [outer]);
    assert.equal(opened.groups.length, 11);
    const revealed = await ask("graph", { function: "loop", budget: 3, open: [], reveal: 7 });
    assert.ok(revealed.cards.some(({ node }) => node === 7));
  });

  test("places are summed up", async () => {
    const places = await ask("places", { function: "loop" });
    assert.deepEqual(
      places.map(({ name, op, executions }) => [name, op, executions]),
      [
        ["a", "input", 1],
        ["x0", "input", 1],
        ["scaled", "mul", 10],
        ["x", "add", 10],
      ],
    );
  });
});

describe("tensors and nested parameters", () => {
  const { ask } = traced("dot.ts");

  test("a tensor is told by its norm, extremes and mean", async () => {
    const hover = await ask("hover", { position: { line: 6, column: 10 } });
    assert.equal(hover?.title, "product");
    assert.deepEqual(hover.shape, [3]);
    assert.deepEqual(hover.last.value, {
      norm: Math.sqrt(64 + 400 + 1296),
      min: 8,
      max: 36,
      mean: 64 / 3,
      finite: true,
    });
    assert.equal(
      hover.histogram?.value.counts.reduce((a, b) => a + b),
      3,
    );
  });

  test("a constant tensor is told by the operand that it is", async () => {
    const nodes = await ask("search", { function: "dot", query: "constant", limit: 10 });
    assert.deepEqual(
      nodes.map(({ label, op }) => [label, op]),
      [["weights", "constant"]],
    );
  });

  test("all elements come when they are asked for", async () => {
    const x = (await ask("nodes", { function: "dot" })).find(({ name }) => name === "x")!;
    assert.deepEqual(await ask("tensor", { function: "dot", node: x.id, of: "adjoint" }), {
      shape: [3],
      data: Float64Array.of(2, 4, 6),
    });
  });

  test("an array parameter is one thing with an element for each input", async () => {
    const hover = await ask("hover", { position: { line: 10, column: 25 } });
    assert.equal(hover?.title, "xs");
    assert.deepEqual(hover.shape, [2]);
    assert.equal(hover.executions, 1);
    assert.deepEqual(
      (await ask("nodes", { function: "lengths", count: 4 })).map(({ name }) => name),
      ["xs[0]", "xs[1]", "p.a", "p.b[0]"],
    );
  });
});

describe("the adjoint's way through layers and steps", () => {
  const { ask } = traced("chain.ts");

  test("is told station by station, with the lines that make it", async () => {
    const flow = await ask("flow", { function: "decay" });
    assert.equal(flow?.kind, "steps");
    assert.equal(flow.steps, 9);
    close(flow.perStep, 0.9);
    assert.deepEqual(
      flow.layers.map(({ label, lines }) => `${label}: ${lines.join()}`),
      Array.from({ length: 10 }, (_, k) => `step ${k + 1}: 6`),
    );
    flow.layers.forEach(({ log10Norm }, k) => close(log10Norm, (9 - k) * Math.log10(0.9)));
    assert.deepEqual(
      flow.lines.map(({ text, op }) => [text, op]),
      [["0.9 * h", "mul"]],
    );
    close(flow.lines[0]!.nats, 9 * Math.log(0.9));
  });

  test("is thinned out where there are thousands of steps, and keeps both ends", async () => {
    const flow = await ask("flow", { function: "longDecay" });
    assert.ok(flow!.layers.length <= 513);
    assert.deepEqual([flow!.layers[0]!.label, flow!.layers.at(-1)!.label, flow!.steps], ["step 1", "step 3000", 2999]);
  });

  test("is of the recurrence, not of what is read from it at every step", async () => {
    const flow = await ask("flow", { function: "readAtEveryStep" });
    assert.equal(flow?.steps, 11);
    assert.deepEqual(flow.layers[3]?.lines, [21]);
  });

  test("data that a turn of a loop reads stands in that turn, and what every turn reads beside the loop", async () => {
    const folded = await ask("graph", { function: "foretell", open: [], budget: 100 });
    assert.deepEqual(
      folded.cards.filter(({ op }) => op === "constant").map(({ label }) => label),
      ["always"],
    );
    const [loop] = folded.groups;
    const opened = await ask("graph", { function: "foretell", open: [loop!.id], budget: 100 });
    const turns = opened.groups.filter(({ parent }) => parent === loop!.id);
    assert.equal(turns.length, 8);
    assert.ok(opened.cards.every(({ op, label }) => op !== "constant" || label === "always"));
  });

  test("is nothing where nothing is done twice, one after the other", async () => {
    assert.equal(await ask("flow", { function: "once" }), undefined);
  });
});
