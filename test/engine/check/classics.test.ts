import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { TraceSession } from "../../../engine/process/client.ts";
import { fixture, patientLimits, startEngine } from "../process/engine.ts";
import { known } from "./classics.ts";

// Classic problems in plain TypeScript; their gradients by closed forms and by hand stand in classics.ts beside this file.
const file = fixture("objectives/classics.ts");
const engine = startEngine();
after(() => engine.dispose());

const flat = (value: unknown): number[] =>
  typeof value === "number" ? [value] : Object.values(value as object).flatMap(flat);

let session: TraceSession;
before(async () => {
  session = await engine.trace({ file, limits: patientLimits });
});

for (const [name, { gradient, tolerance = 1e-11 }] of Object.entries(known)) {
  test(`${name}: traced, it has the gradient that is known`, async () => {
    const traced = session.summary.functions.find((candidate) => candidate.function === name)!;
    const plain = (await import(file)) as Record<string, () => number>;
    assert.equal(traced.value, plain[name]!());
    const [actual, expected] = [flat(traced.gradient), flat(gradient())];
    assert.equal(actual.length, expected.length);
    const scale = Math.max(...expected.map(Math.abs));
    actual.forEach((value, k) => {
      const error = Math.abs(value - expected[k]!);
      assert.ok(error <= tolerance * scale, `element ${k} is ${value}, known is ${expected[k]!}`);
    });
  });
}

test("every element of every gradient holds in the gradient check", async () => {
  const { functions, passed } = await engine.check({ file, budget: { milliseconds: 120_000 } });
  assert.deepEqual(functions.map((checked) => checked.function).sort(), Object.keys(known).sort());
  for (const { function: name, coverage, parameters } of functions) {
    assert.equal(coverage.checked, coverage.elements, name);
    assert.deepEqual(
      parameters.filter(({ verdict }) => verdict !== "ok"),
      [],
      name,
    );
  }
  assert.ok(passed);
});
