/** What a check tells besides the gradient at the point: second derivatives, float32, other points, single rules. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { FunctionCheck } from "../../../engine/process/protocol.ts";
import { fixture, startEngine } from "../process/engine.ts";

const engine = startEngine();
after(() => engine.dispose());
const file = fixture("check/besides.ts");
const { functions } = await engine.check({ file, limits: { wallClockMs: 120_000 } });

function found(name: string): FunctionCheck {
  const check = functions.find((candidate) => candidate.function === name);
  assert.ok(check, `${name} was not checked`);
  return check;
}

test("second derivatives agree with differences of the gradient, also where they are 0", () => {
  for (const name of ["polynomial", "network", "linear", "ruleThatCan", "throughTheOutput"]) {
    const { passed, secondOrder } = found(name);
    assert.equal(passed, true, name);
    assert.equal(secondOrder!.verdict, "ok", `${name} ${JSON.stringify(secondOrder)}`);
    assert.equal(secondOrder!.directions.length, 2);
  }
  const { reverse, numeric } = found("polynomial").secondOrder!.directions[0]!;
  assert.ok(Math.abs(reverse - numeric) < 1e-8 * Math.abs(reverse));
});

test("a rule that cannot be differentiated again is named, in a warning: its gradient is right", () => {
  const { passed, secondOrder, diagnostics } = found("ruleThatCannot");
  assert.deepEqual([passed, secondOrder!.verdict, secondOrder!.culprits!.length], [true, "wrong", 1]);
  const warning = diagnostics.find(({ code }) => code === "second-order")!;
  assert.equal(warning.severity, "warning");
  assert.equal(warning.source.line, secondOrder!.culprits![0]!.definition!.line);
  assert.match(warning.message, /The gradient of ruleThatCannot is right, but its derivative is not/);
  assert.match(warning.message, /cannot be differentiated again: .* Write it with its inputs, the output and traced/);
});

test("float32 is held against float64, as a verdict of its own", () => {
  const [network] = found("network").drift!;
  assert.deepEqual([network!.executor, network!.verdict], ["portable", "ok"]);
  assert.ok(network!.gradientError! > 0 && network!.gradientError! < 1e-5);
  const drifts = found("losesItsDigits");
  assert.deepEqual([drifts.passed, drifts.drift![0]!.verdict], [true, "drifts"]);
});

test("where float32 goes another way, nothing is compared, and why is said", () => {
  const [drift] = found("branchWithinRounding").drift!;
  assert.equal(drift!.verdict, "not-compared");
  assert.match(drift!.reason!, /comparison comes out otherwise/);
});

test("a model's loss is checked like a function, in float32 as well", () => {
  const { passed, drift, secondOrder, parameters } = found("model");
  assert.deepEqual([passed, drift![0]!.verdict, secondOrder!.verdict], [true, "ok", "ok"]);
  assert.ok(parameters.some(({ name }) => name === "parameters.w"));
});

test("random points near the function's own are told of", () => {
  const { nearby } = found("polynomial");
  assert.deepEqual(
    nearby!.map(({ distance, verdict }) => [distance, verdict]),
    [
      [0.02, "ok"],
      [0.1, "ok"],
    ],
  );
});

test("a gradient that is right at its own point only fails, although no custom rule is there", () => {
  const { passed, parameters, diagnostics } = found("leaksBesideThePoint");
  assert.deepEqual([passed, parameters[0]!.verdict], [false, "ok"]);
  const told = diagnostics.find(({ code }) => code === "wrong-nearby")!;
  assert.match(told.message, /^The gradient of leaksBesideThePoint is right at its own point, but wrong at another/);
});

test("every custom rule is told of, with how often it ran", () => {
  const [rule] = found("ruleThatCan").rules!;
  assert.deepEqual([rule!.executions, rule!.passed], [3, true]);
});
