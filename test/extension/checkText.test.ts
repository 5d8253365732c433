import assert from "node:assert/strict";
import { test } from "node:test";
import type { ElementCheck, FunctionCheck } from "../../engine/process/protocol.ts";
import {
  besideLines,
  failuresOf,
  kinkLines,
  outcomeSentence,
  ruleFailure,
  summaryLine,
} from "../../extension/checkText.ts";
import { outline, range } from "./fixtures.ts";

const right: ElementCheck = {
  name: "x",
  index: [],
  reverse: -1.642,
  forward: -1.642,
  numeric: -1.642,
  error: 8.7e-12,
  tolerance: 1e-7,
  verdict: "ok",
};
const passed: FunctionCheck = {
  function: "f",
  source: outline.source,
  nameSource: outline.nameSource,
  passed: true,
  value: 2.127,
  parameters: [right],
  directions: [],
  coverage: { elements: 1, checked: 1, directions: 0 },
  culprits: [],
  diagnostics: [],
  milliseconds: 6.2,
};
const wrong: FunctionCheck = {
  ...passed,
  passed: false,
  parameters: [
    { ...right, name: "x", index: [1], reverse: 2, forward: 2, numeric: 1, error: 1 / 3, verdict: "wrong" },
    { ...right, name: "x", index: [0] },
  ],
  coverage: { elements: 2, checked: 2, directions: 0 },
  culprits: [
    {
      op: "custom",
      input: 0,
      index: [],
      reverse: 2,
      forward: 2,
      numeric: 1,
      error: 1 / 3,
      source: range(3, 10, 3, 20),
      definition: range(2, 9, 2, 30),
      message: "The adjoint that the rule of this custom function gives to input 1 is 2.",
    },
  ],
};

test("a check that passed is one line with the largest error", () => {
  assert.equal(summaryLine(passed), "✓ f: checked the only element in 6.2 ms; the largest error is 8.7e-12");
  assert.equal(outcomeSentence([passed]), "The gradient of f is right: the only element checked.");
  assert.deepEqual(failuresOf(passed), []);
});

test("a failure stands at the operation to blame, with what differences give and what reverse mode gives", () => {
  assert.deepEqual(failuresOf(wrong), [
    {
      message:
        "The gradient of f with respect to x[1] is wrong: reverse mode gives 2 where differences give 1.\n" +
        "line 3: The adjoint that the rule of this custom function gives to input 1 is 2.\n" +
        "line 2: The rule is defined here.",
      source: range(3, 10, 3, 20),
      expected: "x[1] = 1",
      actual: "x[1] = 2",
    },
  ]);
  assert.equal(summaryLine(wrong), "✗ f: checked all 2 elements in 6.2 ms");
  assert.match(outcomeSentence([wrong, { ...wrong, function: "g" }]), /^The gradient of f .* 1 more of the functions/);
});

test("what could not be checked says why, without figures", () => {
  const stopped: FunctionCheck = {
    ...passed,
    passed: false,
    parameters: [],
    coverage: { elements: 0, checked: 0, directions: 0 },
    diagnostics: [{ code: "time-limit", severity: "error", message: "f was stopped.", source: range(2, 3, 2, 9) }],
  };
  assert.deepEqual(failuresOf(stopped), [{ message: "f was stopped.", source: range(2, 3, 2, 9) }]);
  assert.equal(summaryLine(stopped), "✗ f: not checked");
  assert.equal(outcomeSentence([stopped]), "f was stopped.");
});

test("kinks are told of though the check passed", () => {
  const source = range(3, 1, 3, 9);
  const on = { ...right, verdict: "kink", kink: { op: "abs", source, distance: 0, sides: [-1, 1] } } as const;
  const beside = { ...right, verdict: "kink", kink: { op: "branch", source, distance: 1e-6 } } as const;
  assert.deepEqual(kinkLines({ ...passed, parameters: [on, beside, right] }), [
    "  x is on the kink of abs in line 3, where the derivative jumps from −1 to 1; the gradient is −1.642",
    "  x is within 1e-6 of a branch in line 3; the gradient is −1.642",
  ]);
});

test("a jump that nothing traced tells of, and a parameter without values beside it, are told of in words", () => {
  const source = range(3, 1, 3, 9);
  const jump = { ...right, verdict: "kink", kink: { op: "jump", source, distance: 0, sides: [3, 4] } } as const;
  const lonely = { ...right, name: "n", verdict: "kink", kink: { op: "domain", source, distance: 0 } } as const;
  assert.deepEqual(kinkLines({ ...passed, parameters: [jump, lonely] }), [
    "  x is on a jump of what is not traced in line 3, where the derivative jumps from 3 to 4; the gradient is −1.642",
    "  n has no values beside its own: no derivative is taken by it",
  ]);
});

test("what was looked at besides the elements has a line each", () => {
  const executor = { executor: "portable", device: "CPU" };
  const check: FunctionCheck = {
    ...passed,
    nearby: [{ ...right, distance: 0.02, value: 1 }],
    rules: [{ definition: range(2, 9, 2, 30), executions: 3, passed: true }],
    secondOrder: { verdict: "ok", directions: [] },
    drift: [
      { ...executor, verdict: "ok", value: { float64: 2, float32: 2 }, gradientError: 3e-8 },
      { ...executor, verdict: "not-compared", reason: "no reason" },
    ],
  };
  assert.deepEqual(besideLines(check), [
    "  1 point nearby ok",
    "  1 custom rule ok",
    "  second derivatives ok",
    "  float32 within 3e-8",
    "  float32 not compared (no reason)",
  ]);
  assert.deepEqual(besideLines(passed), []);
});

test("a custom rule fails at its definition, with expected and actual", () => {
  assert.deepEqual(ruleFailure(wrong.culprits[0]!), {
    message: "line 3: The adjoint that the rule of this custom function gives to input 1 is 2.",
    source: range(2, 9, 2, 30),
    expected: "1",
    actual: "2",
  });
});

test("what the votes mean stands below the figures", () => {
  const [element, ...others] = wrong.parameters;
  const meant = { ...wrong, parameters: [{ ...element!, meaning: "Only forward mode is off." }, ...others] };
  assert.match(
    failuresOf(meant)[0]!.message,
    /\nline 2: The rule is defined here\.\nline \d+: Only forward mode is off\.$/,
  );
});

test("of a check that the time ended: what was checked, and that it was as much as the time allows", () => {
  const coverage = { elements: 5000, checked: 3, directions: 2, limitedBy: "time" as const };
  assert.equal(
    outcomeSentence([{ ...passed, coverage }]),
    "The gradient of f is right: 3 of 5,000 elements one by one and all of them along 2 random directions checked, as many as the time allows.",
  );
  assert.match(summaryLine({ ...passed, coverage }), / in 6\.2 ms, as many as the time allows; the largest error/);
});
