import assert from "node:assert/strict";
import { test } from "node:test";
import { reverse } from "../../../../engine/differentiate/reverse.ts";
import { add, mul } from "../../../../engine/primitives/arithmetic.ts";
import { sin } from "../../../../engine/primitives/transcendental.ts";
import type { Graph } from "../../../../engine/process/protocol.ts";
import { FunctionRun } from "../../../../engine/process/report/functionRun.ts";
import { graph } from "../../../../engine/process/report/graph.ts";
import { recordOn, recording } from "../../../../engine/tape/recording.ts";
import { SiteTable, type SiteKind } from "../../../../engine/tape/site.ts";
import { Tape } from "../../../../engine/tape/tape.ts";
import type { Value } from "../../../../engine/tape/tensor.ts";

/** x ← x · a + 0.002 sin x, each turn in a scope with a call in it; then as many steps without any scope. */
function record(turns: number, straight = 0): FunctionRun {
  const sites = new SiteTable();
  const site = (kind: SiteKind, line: number, name?: string): number =>
    sites.add({
      file: "/model.ts",
      start: 0,
      end: 0,
      line,
      column: 1,
      endLine: line,
      endColumn: 2,
      kind,
      ...(name === undefined ? {} : { name }),
    });
  const turn = site("iteration", 2);
  const call = site("call", 9, "step");
  const operations = [
    site("expression", 10),
    site("expression", 11, "kick"),
    site("expression", 12),
    site("expression", 13),
  ];
  const lines = Array.from({ length: straight }, (_, k) => site("expression", 20 + k));
  const tape = new Tape();
  const output = recordOn(tape, () => {
    const a = tape.addInput(0.999, "a", 0);
    let x: Value = tape.addInput(0.5, "x", 0);
    const at = <T>(place: number, value: () => T): T => {
      recording.site = place;
      return value();
    };
    for (let k = 0; k < turns; k++) {
      recording.scope = tape.scopes.add(tape.scopes.add(0, turn, k), call, -1);
      const previous: Value = x;
      const wave: Value = at(operations[0]!, () => sin(previous));
      const kick: Value = at(operations[1]!, () => mul(wave, 0.002));
      const scaled: Value = at(operations[2]!, () => mul(previous, a));
      x = at(operations[3]!, () => add(scaled, kick));
    }
    recording.scope = 0;
    for (const line of lines) {
      const previous: Value = x;
      x = at(line, () => mul(previous, 1.0001));
    }
    return (x as { node: number }).node;
  });
  const range = { file: "/model.ts", line: 1, column: 1, endLine: 1, endColumn: 1 };
  const outline = { name: "f", source: range, nameSource: range, parameters: [], traceable: true };
  return new FunctionRun({
    outline,
    tape,
    adjoints: reverse(tape, output),
    output,
    sites,
    sources: new Map(),
    parameters: [],
  });
}

function shown({ cards, groups }: Graph): number {
  return cards.length + groups.length;
}

/** Every node is drawn once, or stands in one closed group. */
function accounted(run: FunctionRun, { cards, groups }: Graph): void {
  const inGroups = groups.filter(({ open }) => !open).reduce((sum, { nodes }) => sum + nodes, 0);
  assert.equal(cards.length + inGroups, run.length);
}

for (const [turns, straight] of [
  [1, 0],
  [2, 3],
  [13, 0],
  [1000, 500],
  [25_000, 0],
] as const) {
  test(`${turns} turns and ${straight} single steps fit every budget and lose no node`, () => {
    const run = record(turns, straight);
    for (const budget of [20, 60, 200]) {
      const seen = graph(run, { function: "f", budget });
      accounted(run, seen);
      assert.ok(shown(seen) <= Math.max(budget, 45), `${shown(seen)} of ${budget}`);
    }
  });
}

test("what is revealed is drawn, however deep it lies, and its groups keep their names", () => {
  const run = record(25_000);
  const node = 2 + 4 * 17_321 + 2;
  const seen = graph(run, { function: "f", budget: 50, open: [], reveal: node });
  accounted(run, seen);
  const card = seen.cards.find((candidate) => candidate.node === node);
  assert.ok(card);
  const path: string[] = [];
  for (let id = card.parent; id !== undefined;) {
    const group = seen.groups.find((candidate) => candidate.id === id)!;
    path.unshift(group.label);
    id = group.parent;
  }
  assert.deepEqual(path, [
    "turns 1 … 25000",
    "turns 15001 … 20000",
    "turns 17001 … 17500",
    "turns 17301 … 17350",
    "turns 17321 … 17325",
    "turn 17322",
    "step",
  ]);
  assert.deepEqual(graph(run, { function: "f", budget: 500, open: seen.open }).open, seen.open);
});

test("along a chain, the adjoint that enters a group is that of its result", () => {
  const run = record(100);
  const { groups } = graph(run, { function: "f", budget: 30 });
  for (const group of groups.filter(({ open }) => !open)) {
    const result = group.last;
    assert.ok(Math.abs(group.adjointIn - Math.abs(run.adjoints.scalar(result))) <= 1e-12 * group.adjointIn);
  }
});

test("steps of groups span those of their nodes", () => {
  const run = record(50);
  const { groups, cards } = graph(run, { function: "f", budget: 30 });
  const [outer] = groups;
  assert.deepEqual([outer?.firstStep, outer?.lastStep], [1, 200]);
  assert.ok(cards.every(({ step }) => step === 0 || step <= run.order.total));
});
