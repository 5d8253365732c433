import assert from "node:assert/strict";
import test from "node:test";
import { reverse } from "../../../engine/differentiate/reverse.ts";
import { checkNames, fitParameter, ParameterError } from "../../../engine/language/runtime/parameterValues.ts";
import { gradientOf, inputsOf, wrapParameter, type Nested } from "../../../engine/language/runtime/parameters.ts";
import { Tensor, TracedNumber } from "../../../engine/tape/tensor.ts";
import { $, held, installed, traced } from "./tracing.ts";

type Numbers = Record<string, never>;

/** The gradient of a function of one parameter, nested as the parameter is. */
function gradient(standard: unknown, f: (parameter: never) => unknown): Nested | undefined {
  return traced((_, tape) => {
    const { value, structure } = wrapParameter(standard, "p", 0);
    const result = f(value as never) as TracedNumber;
    return gradientOf(structure, reverse(tape, result.node), (node) => tape.shapeOf(node));
  });
}

function names(standard: unknown): (string | undefined)[] {
  return traced((_, tape) => inputsOf(wrapParameter(standard, "p", 0).structure).map((node) => tape.inputName(node)));
}

test("inputs are named by their path in the parameter", () => {
  assert.deepEqual(names(2), ["p"]);
  assert.deepEqual(names([[1, 2], [3]]), ["p[0][0]", "p[0][1]", "p[1][0]"]);
  assert.deepEqual(names({ w: 1, deep: { "not a name": [2] } }), ["p.w", 'p.deep["not a name"][0]']);
  assert.deepEqual(names(new Float64Array(2)), ["p[0]", "p[1]"]);
  assert.deepEqual(names({ t: new Tensor([2], new Float64Array(2)) }), ["p.t"]);
  assert.deepEqual(names(["text", true, null, Math.sin, new Int32Array(1), new Map()]), []);
});

test("gradients come back nested as the parameter is", () => {
  assert.equal(
    gradient(3, (p) => $.mul(0, p, p)),
    6,
  );
  assert.deepEqual(
    gradient([[1, 2], [3]], (p: TracedNumber[][]) => $.mul(0, p[0]![1], p[1]![0])),
    [[0, 3], [2]],
  );
  assert.deepEqual(
    gradient({ w: 2, label: "l", list: [1, "x", 5] }, (p: Numbers) => $.mul(0, p["w"], p["list"]![2])),
    { w: 5, list: [0, 0, 2] },
  );
  assert.deepEqual(
    gradient(Float32Array.of(2, 4), (p) => $.mul(0, $.get(0, p, 0), $.get(0, p, 1))),
    [4, 2],
  );
  assert.equal(
    gradient("text", () => $.mul(0, wrapParameter(1, "q", 0).value, 2)),
    undefined,
  );
});

test("a tensor is one input, whose gradient is nested by its axes", () => {
  const standard = new Tensor([2, 2], Float64Array.of(1, 2, 3, 4));
  const sum = (p: Tensor): unknown =>
    traced((_, tape) => {
      const { value, structure } = wrapParameter(p, "p", 0);
      const squares = $.mul(0, value, value) as Tensor;
      assert.deepEqual(held(squares), { shape: [2, 2], data: [1, 4, 9, 16] });
      const unreached = wrapParameter(1, "q", 0).value as TracedNumber;
      return gradientOf(structure, reverse(tape, unreached.node), (node) => tape.shapeOf(node));
    });
  assert.deepEqual(sum(standard), [
    [0, 0],
    [0, 0],
  ]);
});

test("a parameter is a copy: its default stays as it was", () => {
  traced(() => {
    const standard = { list: [1, 2], floats: Float64Array.of(1) };
    const copy = wrapParameter(standard, "p", 0).value as typeof standard;
    copy.list[0] = 100;
    copy.floats[0] = 100;
    assert.deepEqual(standard, { list: [1, 2], floats: Float64Array.of(1) });
    assert.ok(Object.isFrozen(wrapParameter(Object.freeze([1]), "p", 0).value));
  });
});

test("a default that contains itself is handed on as it is", () => {
  const cyclic: { self?: unknown; w: number } = { w: 1 };
  cyclic.self = cyclic;
  assert.deepEqual(names(cyclic), ["p.w"]);
});

test("only the call that the engine makes itself gets inputs, and each parameter once", () => {
  const { calls } = installed;
  traced(() => {
    assert.equal($.parameter(7, 0, "x", 0, 2), 2);
    calls.begin(7);
    assert.equal($.parameter(8, 0, "x", 0, 2), 2);
    assert.ok($.parameter(7, 0, "x", 0, 2) instanceof TracedNumber);
    assert.equal($.parameter(7, 0, "x", 0, 2), 2, "a recursive call");
    assert.deepEqual(
      calls.end().map(({ name }) => name),
      ["x"],
    );
    assert.equal($.parameter(7, 0, "x", 0, 2), 2);
  });
});

test("values that are asked for take the form of the default", () => {
  assert.equal(fitParameter("x", 3, 1), 3);
  assert.equal(fitParameter("x", "-Infinity", 1), -Infinity);
  assert.deepEqual(fitParameter("x", [1, 2, 3], Float64Array.of(0)), Float64Array.of(1, 2, 3));
  assert.deepEqual(fitParameter("x", [[1, 2]], [[0], [0]]), [[1, 2]]);
  assert.deepEqual(fitParameter("x", [1, "NaN"], []), [1, NaN]);
  assert.deepEqual(fitParameter("p", { w: 5 }, { w: 1, b: 2 }), { w: 5, b: 2 });
  assert.deepEqual(
    fitParameter("t", [[1, 2, 3]], new Tensor([2, 1], new Float64Array(2))),
    new Tensor([1, 3], Float64Array.of(1, 2, 3)),
  );
  assert.equal(fitParameter("s", "other", "text"), "other");
});

test("a value that does not fit is refused in one sentence", () => {
  const refusal = (given: unknown, standard: unknown): string => {
    try {
      fitParameter("x", given, standard);
    } catch (error) {
      assert.ok(error instanceof ParameterError);
      return error.message;
    }
    return assert.fail("it was taken");
  };
  const tensor = new Tensor([2, 2], new Float64Array(4));
  assert.equal(refusal([1], 2), "The value given for x is an array, but its default is a number.");
  assert.equal(refusal("three", 2), 'The value given for x is the text "three", but its default is a number.');
  assert.equal(refusal(3, [1]), "The value given for x is a number, but its default is an array.");
  assert.equal(refusal([1, [2]], [1, 2]), "The value given for x[1] is an array, but its default is a number.");
  assert.equal(refusal({ v: 1 }, { w: 1 }), "The value given for x has a member v that its default has not: it has w.");
  assert.equal(
    refusal([1, 2], tensor),
    "The value given for x is nested 1 deep, but its default is a tensor of 2 axes.",
  );
  assert.equal(refusal([[1, 2], [3]], tensor), "The value given for x is ragged: x[1] should be an array of 2.");
  assert.throws(() => checkNames("f", ["x", "y"], { z: 1 }), {
    message: "f has no parameter z: it has x, y.",
  });
});
