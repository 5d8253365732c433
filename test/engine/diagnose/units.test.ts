import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Diagnostic } from "../../../engine/process/protocol.ts";
import { diagnosedFile } from "./diagnosed.ts";

const found = await diagnosedFile("units.ts");

function only(name: string): Diagnostic {
  const [finding, ...others] = found.get(name)!;
  assert.deepEqual(others, []);
  return finding!;
}

describe("dead-relu", () => {
  test("tells of a layer that a bias of −10 keeps shut", () => {
    const finding = only("dead");
    assert.equal(
      finding.message,
      "All 16 units of `relu(z)` on line 7 are 0 for all 32 examples, so no gradient reaches this layer or any before it: " +
        "their arguments are −9.68 or less. Start with biases of 0 and heNormal weights, lower the learning rate if training did it, or use leakyRelu.",
    );
    assert.equal(finding.source.line, 7);
  });

  test("tells which share of a layer is dead", () => {
    const { data, code } = only("halfDead");
    assert.equal(code, "dead-relu");
    assert.deepEqual([data!["dead"], data!["units"], data!["examples"]], [8, 16, 32]);
  });

  test("counts the executions of a line with the same weights as one unit", () => {
    const { data, source } = only("plainDead");
    assert.equal(source.line, 42);
    assert.deepEqual([data!["dead"], data!["units"], data!["examples"]], [4, 5, 6]);
  });

  test("knows a relu that is written with a comparison", () => {
    const { data, source } = only("writtenDead");
    assert.equal(source.line, 138);
    assert.deepEqual([data!["dead"], data!["units"], data!["examples"]], [4, 5, 6]);
    assert.deepEqual(found.get("writtenAlive"), []);
  });

  test("counts the channels of a convolution as units", () => {
    const { data } = only("deadChannels");
    assert.deepEqual([data!["dead"], data!["units"]], [4, 8]);
  });

  test("tells of a shut branch, which what comes before it does not depend on", () => {
    const { message } = only("shutBranch");
    assert.match(
      message,
      /^All 24 units of `relu\(matmul\(h, w2\) \+ b1\)` .*, so no gradient reaches their weights: /,
    );
  });
});

describe("saturated-activation", () => {
  for (const [name, line, units, examples] of [
    ["saturated", 23, 16, 32],
    ["saturatedSigmoid", 28, 16, 32],
    ["plainSaturated", 57, 5, 6],
    ["plainLogistic", 68, 5, 6],
  ] as const)
    test(`tells of ${name}, by its line and share`, () => {
      const { code, source, data } = only(name);
      assert.deepEqual([code, source.line], ["saturated-activation", line]);
      assert.deepEqual([data!["units"], data!["examples"]], [units, examples]);
      assert.ok((data!["share"] as number) > 0.5);
    });
});

test("tells of attention whose scores are too large, and of no mask or classifier", () => {
  const { code, source, message } = only("unscaledAttention");
  assert.deepEqual([code, source.line], ["saturated-activation", 123]);
  assert.match(
    message,
    /^\d+ of 10 rows of `softmax\(scores\)` on line 123 give over 98\.7 % of the weight to one of 10 entries, /,
  );
  for (const name of ["scaledAttention", "sureClassifier"]) assert.deepEqual(found.get(name), []);
});

for (const name of ["alive", "plainHealthy", "hinges", "edge", "classifier"])
  test(`${name} is silent: nothing is the matter with its units`, () => assert.deepEqual(found.get(name), []));

test("tells of single outputs that a squared error leaves at the wrong end", () => {
  const { code, source, message } = only("squaredClassifier");
  assert.deepEqual([code, source.line], ["saturated-activation", 106]);
  assert.match(message, /^\d+ of the \d+ outputs of `sigmoid\(matmul\(x, w\)\)` on line 106 are next to 0 or 1 where /);
});

test("tells of attention that is written with plain numbers", () => {
  const { code, source, message } = only("plainAttention");
  assert.deepEqual([code, source.line], ["saturated-activation", 177]);
  assert.match(
    message,
    /^\d of 6 rows of `x \/ sum` on line 177 give over 98\.7 % of the weight to one of 6 entries, /,
  );
});
