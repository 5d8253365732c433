import assert from "node:assert/strict";
import test from "node:test";
import { Tensor } from "../../../engine/tape/tensor.ts";
import { $, gradient, held, installed, outcome, traced } from "./tracing.ts";

// Thousands of the outcomes below are errors, whose stacks nobody reads.
Error.stackTraceLimit = 0;

type Binary = (a: never, b: never) => unknown;

/* eslint-disable @typescript-eslint/unbound-method -- the runtime's functions take no `this` */
const operators: Record<string, [runtime: (site: number, a: unknown, b: unknown) => unknown, native: Binary]> = {
  "+": [$.add, (a: number, b: number) => a + b],
  "-": [$.sub, (a, b) => a - b],
  "*": [$.mul, (a, b) => a * b],
  "/": [$.div, (a, b) => a / b],
  "%": [$.mod, (a, b) => a % b],
  "**": [$.pow, (a, b) => a ** b],
  "&": [$.bitAnd, (a, b) => a & b],
  "|": [$.bitOr, (a, b) => a | b],
  "^": [$.bitXor, (a, b) => a ^ b],
  "<<": [$.shiftLeft, (a, b) => a << b],
  ">>": [$.shiftRight, (a, b) => a >> b],
  ">>>": [$.shiftRightUnsigned, (a, b) => a >>> b],
  "<": [$.less, (a, b) => a < b],
  "<=": [$.lessEqual, (a, b) => a <= b],
  ">": [$.greater, (a, b) => a > b],
  ">=": [$.greaterEqual, (a, b) => a >= b],
  "==": [$.looseEqual, (a, b) => a == b],
  "===": [$.strictEqual, (a, b) => a === b],
};

const unaryOperators: Record<string, [runtime: (a: unknown) => unknown, native: (a: never) => unknown]> = {
  "-": [(a) => $.neg(0, a), (a) => -a],
  "+": [(a) => $.plus(0, a), (a) => +a],
  "~": [(a) => $.bitNot(0, a), (a) => ~a],
  "++": [(a) => $.increment(0, a), (a: number) => ++a],
  "--": [(a) => $.decrement(0, a), (a: number) => --a],
  truth: [(a) => $.truth(0, a), (a) => !!a],
  typeof: [(a) => $.typeOf(a), (a) => typeof a],
};

const numbers = [0, -0, 1, -1, 2.5, 7, -3.75, 1e300, 5e-324, 2 ** 31, -(2 ** 33) - 1, NaN, Infinity, -Infinity];
const others: readonly unknown[] = [
  "",
  "3",
  "0x10",
  "text",
  true,
  false,
  null,
  undefined,
  0n,
  12n,
  -5n,
  Symbol("s"),
  [],
  [4],
  {},
  { valueOf: () => 6 },
  { toString: () => "8" },
  { [Symbol.toPrimitive]: (hint: string) => (hint === "number" ? 9 : hint) },
  { [Symbol.toPrimitive]: () => ({}) },
  { [Symbol.toPrimitive]: null, valueOf: () => 11n },
  Object.create(null),
  new Date(86_400_000),
  Object(10n),
  new Number(3),
  () => 1,
];
const values = [...numbers, ...others];

const show = (value: unknown): string =>
  Object.is(value, -0)
    ? "-0"
    : typeof value === "object" || typeof value === "symbol"
      ? "object"
      : `${value as number}`;

for (const [symbol, [runtime, native]] of Object.entries(operators)) {
  test(`a ${symbol} b is what the language gives, traced or not`, () => {
    traced((input) => {
      for (const a of values)
        for (const b of values) {
          const expected = outcome(() => native(a as never, b as never));
          const left = typeof a === "number" ? input(a) : a;
          const right = typeof b === "number" ? input(b) : b;
          const check = (x: unknown, y: unknown): void => {
            const actual = outcome(() => runtime(0, x, y));
            if (actual !== expected) assert.fail(`${show(a)} ${symbol} ${show(b)}: ${actual} instead of ${expected}`);
          };
          check(a, b);
          check(left, b);
          check(a, right);
          check(left, right);
        }
    });
  });
}

for (const [symbol, [runtime, native]] of Object.entries(unaryOperators)) {
  test(`${symbol} a is what the language gives, traced or not`, () => {
    for (const a of values) {
      const expected = outcome(() => native(a as never));
      assert.equal(
        outcome(() => runtime(a)),
        expected,
        `${symbol} ${show(a)}`,
      );
      if (typeof a === "number")
        traced((input) =>
          assert.equal(
            outcome(() => runtime(input(a))),
            expected,
            show(a),
          ),
        );
    }
  });
}

test("operands are converted once, from left to right, with the hints of the language", () => {
  const log = (run: (a: object, b: object) => unknown): string[] => {
    const steps: string[] = [];
    const operand = (name: string): object => ({
      [Symbol.toPrimitive](hint: string) {
        steps.push(`${name} ${hint}`);
        return 1;
      },
    });
    run(operand("a"), operand("b"));
    return steps;
  };
  for (const [symbol, [runtime, native]] of Object.entries(operators))
    assert.deepEqual(
      log((a, b) => runtime(0, a, b)),
      log((a, b) => native(a as never, b as never)),
      symbol,
    );
});

test("a valueOf that gives a traced number keeps the trace", () => {
  const money = (amount: unknown) => ({ valueOf: () => amount });
  const result = gradient((x) => $.add(0, $.mul(0, money(x), money(x)), 1), [3]);
  assert.deepEqual(result, { value: 10, gradient: [6] });
  assert.deepEqual(
    gradient((x) => $.plus(0, money(x)), [3]),
    { value: 3, gradient: [1] },
  );
  assert.deepEqual(
    gradient((x) => $.sub(0, new Number(x), 1), [3]),
    { value: 2, gradient: [1] },
  );
});

test("gradients flow through every arithmetic operator", () => {
  const at = [3, 2];
  const flow = (f: (a: never, b: never) => unknown): number[] => gradient(f, at).gradient;
  assert.deepEqual(
    flow((a, b) => $.add(0, a, b)),
    [1, 1],
  );
  assert.deepEqual(
    flow((a, b) => $.sub(0, a, b)),
    [1, -1],
  );
  assert.deepEqual(
    flow((a, b) => $.mul(0, a, b)),
    [2, 3],
  );
  assert.deepEqual(
    flow((a, b) => $.div(0, a, b)),
    [0.5, -0.75],
  );
  assert.deepEqual(
    flow((a, b) => $.mod(0, a, b)),
    [1, -1],
  );
  assert.deepEqual(
    flow((a, b) => $.pow(0, a, b)),
    [6, 9 * Math.log(3)],
  );
  assert.deepEqual(
    flow((a) => $.neg(0, a)),
    [-1, 0],
  );
  assert.deepEqual(
    flow((a) => $.increment(0, $.decrement(0, $.numeric(a)))),
    [1, 0],
  );
});

test("comparisons of traced values are noted as branches", () => {
  traced((input, tape) => {
    const x = input(3);
    $.less(5, x, 4);
    $.truth(6, $.sub(1, x, 3));
    $.strictEqual(7, x, 3);
    $.less(8, 1, 2);
    assert.deepEqual(
      Array.from({ length: tape.branches.length }, (_, k) => tape.branches.at(k)),
      [
        { site: 5, node: 1, outcome: 1 },
        { site: 6, node: 2, outcome: 0 },
        { site: 7, node: 2, outcome: 1 },
      ],
    );
  });
});

test("a bitwise operator on a traced value says once for each place that the gradient ends", () => {
  installed.findings.clear();
  traced((input) => {
    for (let k = 0; k < 3; k++) assert.equal($.bitOr(41, input(2.5), 0), 2);
    assert.equal($.bitNot(42, input(2.5)), -3);
  });
  assert.deepEqual(
    installed.findings.list.map(({ code, site }) => [code, site]),
    [
      ["gradient-ended-at-bitwise", 41],
      ["gradient-ended-at-bitwise", 42],
    ],
  );
});

test("operators work element by element on tensors and broadcast", () => {
  const rows = new Tensor([2, 1], Float64Array.of(1, 2));
  const columns = new Tensor([3], Float64Array.of(10, 20, 30));
  assert.deepEqual(held($.add(0, rows, columns)), { shape: [2, 3], data: [11, 21, 31, 12, 22, 32] });
  assert.deepEqual(held($.div(0, $.pow(0, columns, 2), 100)), { shape: [3], data: [1, 4, 9] });
  assert.equal($.add(0, "t = ", columns), "t = tensor [3] [10, 20, 30]");
});

test("a tensor of several elements has no truth and no order", () => {
  const several = new Tensor([2], Float64Array.of(1, 2));
  assert.throws(() => $.truth(0, several), /a tensor of shape \[2\] has no single value to decide by; compare with/);
  assert.throws(() => $.less(0, several, 1), /a tensor of shape \[2\] has no single value to compare by/);
  assert.equal($.truth(0, new Tensor([1], Float64Array.of(0))), false);
  assert.equal($.greater(0, new Tensor([1], Float64Array.of(2)), 1), true);
  assert.equal($.looseEqual(0, several, null), false);
});

test("a value kept from an earlier run is a constant of the next", () => {
  const kept = traced((input) => $.mul(0, input(3), 2));
  const keptTensor = traced((_, tape) => tape.addInput(new Tensor([2], Float64Array.of(1, 2)), "t", 0));
  const { value, gradient: adjoints } = gradient(
    (x) => {
      const list = Float64Array.of(0);
      $.set(0, list, 0, kept, true);
      assert.equal($.get(0, list, 0), 6);
      assert.equal($.add(0, kept, 1), 7);
      assert.ok($.less(0, kept, 7));
      assert.deepEqual(held($.mul(0, keptTensor, 2)), { shape: [2], data: [2, 4] });
      return $.mul(0, $.add(0, x, kept), $.sub(0, kept, $.pow(0, x, 2)));
    },
    [2],
  );
  assert.equal(value, 16);
  assert.deepEqual(adjoints, [6 - 4 - 8 * 4]);
});

test("a plain array beside a tensor is refused, since the language would make text of it", () => {
  const tensor = new Tensor([2], new Float64Array([1, 2]));
  const sentence = /wrap the array in tensor\(…\)/;
  assert.throws(() => $.add(1, tensor, [1, 2]), sentence);
  assert.throws(() => $.mul(1, new Float64Array(2), tensor), sentence);
});
