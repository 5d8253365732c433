/* eslint-disable @typescript-eslint/unbound-method -- builtins are compared, not called */
import assert from "node:assert/strict";
import test from "node:test";
import { TracedNumber } from "../../../engine/tape/tensor.ts";
import { describe } from "../../semantics/describe.ts";
import { $, gradient, installed, traced, type Input } from "./tracing.ts";

type Method = (...values: unknown[]) => unknown;

/** Numbers that tell positions, counts, signs and kinds of zero apart. */
const pool: readonly unknown[] = [0, -0, 1, 2, -1, -3, 2.5, 7, NaN, Infinity, undefined, "2"];

const shown = (value: unknown): string => describe(value, (item) => $.primal(item));

/** What a call came to, and what it left of its receiver. */
function outcome(receiver: object, name: PropertyKey, values: readonly unknown[]): string {
  try {
    const result = (Reflect.get(receiver, name) as Method).apply(receiver, [...values]);
    return `${shown(result)} leaving ${shown(receiver)}`;
  } catch (error) {
    return `${error as Error}`;
  }
}

/** Calls a method with all pairs from the pool, plain and with every number traced, on fresh receivers. */
function compare(names: readonly PropertyKey[], receiver: (trace: (value: unknown) => unknown) => object): void {
  traced((input: Input) => {
    const trace = (value: unknown): unknown => (typeof value === "number" ? input(value) : value);
    for (const name of names)
      for (const a of pool)
        for (const b of pool)
          for (const values of [[a], [a, b], [a, b, 5]]) {
            const expected = outcome(
              receiver((value) => value),
              name,
              values,
            );
            const actual = outcome(receiver(trace), name, values.map(trace));
            if (actual !== expected)
              assert.fail(`${String(name)}(${values.map(shown).join(", ")}): ${actual} instead of ${expected}`);
          }
  });
}

const elements = [3, -0, 1, 2.5, NaN, 1];

test("methods of arrays take traced elements and positions", () => {
  const names = [
    "at",
    "concat",
    "copyWithin",
    "fill",
    "includes",
    "indexOf",
    "join",
    "lastIndexOf",
    "pop",
    "push",
    "reverse",
  ];
  const more = ["shift", "slice", "sort", "splice", "toReversed", "toSorted", "toSpliced", "unshift", "with", "flat"];
  compare([...names, ...more], (trace) => elements.map(trace));
});

test("methods of typed arrays take traced elements and positions", () => {
  const names = ["at", "copyWithin", "fill", "includes", "indexOf", "join", "lastIndexOf", "reverse", "slice", "sort"];
  const more = ["subarray", "toReversed", "toSorted", "with", "toString"];
  for (const kind of [Float64Array, Float32Array, Int16Array])
    compare([...names, ...more], (trace) => {
      const array = new kind(elements.length);
      elements.forEach((element, k) => $.set(0, array, k, trace(element), true));
      return array;
    });
});

test("methods of text, numbers and dates take traced positions and counts", () => {
  const text = ["at", "charAt", "charCodeAt", "codePointAt", "indexOf", "lastIndexOf", "padEnd", "padStart", "slice"];
  compare([...text, "split", "substr", "substring", "includes", "concat"], () => new String("abc,2def"));
  compare(["toFixed", "toPrecision", "toExponential"], (trace) => new Number(trace(12.3456)));
  compare(["setTime", "setUTCHours", "setUTCFullYear"], () => new Date(86_400_000));
  compare(["fromCharCode"], () => String);
  compare(["UTC"], () => Date);
});

test("Math and Number take traced arguments", () => {
  const functions = Object.getOwnPropertyNames(Math).filter((name) => typeof Reflect.get(Math, name) === "function");
  compare(
    functions.filter((name) => name !== "random"),
    () => Math,
  );
  compare(["isFinite", "isInteger", "isNaN", "isSafeInteger", "parseFloat", "parseInt"], () => Number);
  compare(["is"], () => Object);
});

test("maps and sets tell keys apart by what they hold, and give back the first", () => {
  compare(["get", "has", "delete", "set"], (trace) => new Map([[trace(1), trace(2)]]));
  compare(["has", "delete", "add"], (trace) => new Set([trace(1), trace(NaN), trace(-0)]));
  const flow = gradient(
    (x) => {
      const map = new Map<unknown, unknown>([[x, $.mul(0, x, 2)]]);
      map.set($.add(0, x, 0), $.mul(0, x, 5));
      const [[key, value]] = map as unknown as [[unknown, unknown]];
      return $.mul(0, key, value);
    },
    [3],
  );
  assert.deepEqual(flow, { value: 45, gradient: [30] });
});

test("elements of typed arrays keep their gradients through views, copies and rearrangements", () => {
  const flow = (f: (a: Float64Array) => unknown): number[] =>
    gradient((x: never, y: never) => f(new Float64Array([x, y, 5])), [2, 3]).gradient;
  assert.deepEqual(
    flow((a) => $.get(0, a.subarray(1), 0)),
    [0, 1],
  );
  assert.deepEqual(
    flow((a) => $.get(0, new Float64Array(a.buffer.slice(8)), 0)),
    [0, 1],
  );
  assert.deepEqual(
    flow((a) => $.get(0, a.toReversed().toSorted().slice(0, 2), 0)),
    [1, 0],
  );
  assert.deepEqual(
    flow((a) => $.mul(0, ...([...a.map((v) => $.mul(0, v, v) as number)].slice(0, 2) as [unknown, unknown]))),
    [36, 24],
  );
  assert.deepEqual(
    flow((a) => {
      a.fill(0, 0, 1);
      return $.add(0, $.get(0, a, 0), $.get(0, a, 1));
    }),
    [0, 1],
  );
});

test("an element that was overwritten behind the trace is a constant", () => {
  const flow = gradient(
    (x) => {
      const a = new Float64Array([x, x]);
      new DataView(a.buffer).setFloat64(0, 7, true);
      return $.add(0, $.get(0, a, 0), $.get(0, a, 1));
    },
    [2],
  );
  assert.deepEqual(flow, { value: 9, gradient: [1] });
});

test("Float32Array rounds what it keeps, and the gradient passes through", () => {
  const flow = gradient((x) => $.get(0, Float32Array.of(x), 0), [0.1]);
  assert.deepEqual(flow, { value: Math.fround(0.1), gradient: [1] });
});

test("whole-number arrays end the gradient and say so once for each place", () => {
  installed.findings.clear();
  const flow = gradient(
    (x) => {
      const a = new Int32Array(2);
      for (let k = 0; k < 2; k++) $.set(60, a, k, x, true);
      return $.add(0, $.get(0, a, 0), $.get(0, $.construct(61, Uint8Array, [x]), 0));
    },
    [2.5],
  );
  assert.deepEqual(flow, { value: 4, gradient: [0] });
  assert.deepEqual(
    installed.findings.list.map(({ message, site }) => [site, message]),
    [
      [60, "Int32Array stores whole numbers, so the gradient ends here; use a Float64Array to keep it."],
      [61, "Uint8Array stores whole numbers, so the gradient ends here; use a Float64Array to keep it."],
    ],
  );
});

test("code that takes a traced number as a plain one is reported with its place", () => {
  installed.findings.clear();
  traced((input) => {
    // TypeScript keeps operators as they are: nobody has instrumented this file.
    const x = input(2) as unknown as number;
    for (let k = 0; k < 3; k++) assert.equal(x * 3, 6);
    assert.equal(`${x}`, "2");
  });
  const [finding, ...others] = installed.findings.list;
  assert.deepEqual(others, []);
  assert.equal(finding?.code, "value-left-trace");
  assert.match(finding.stack ?? "", /builtins\.test\.ts/);
});

test("replaced builtins look like the native ones", () => {
  for (const native of [Math.sin, [].map, Number, Float64Array, Map.prototype.get, Function.prototype.toString, isNaN])
    assert.match(Function.prototype.toString.call(native), /^function \w+\(\) \{ \[native code\] \}$/);
  assert.deepEqual([Math.max.name, Math.max.length, Math.hypot.length], ["max", 2, 2]);
  assert.ok(!("prototype" in Math.sin));
  assert.equal((5).constructor, Number);
  assert.equal(Number.parseFloat, parseFloat);
  assert.equal(Set.prototype.keys, Set.prototype.values);
  assert.equal(Set.prototype[Symbol.iterator], Set.prototype.values);
  assert.equal(Object.getPrototypeOf(Float64Array), Object.getPrototypeOf(Int8Array));
});

test("a traced number shows itself to programs as a number", () => {
  traced((input) => {
    const x = input(2.5) as unknown as number;
    const object = x as unknown as object;
    assert.deepEqual(Object.keys(object), []);
    assert.ok(!(object instanceof Number) && !((object as unknown) instanceof Object));
    assert.equal(Object.prototype.toString.call(x), "[object Number]");
    assert.equal(x.constructor, Number);
    assert.equal(JSON.stringify({ x, list: [x] }), '{"x":2.5,"list":[2.5]}');
    assert.equal(x.toFixed(1), "2.5");
    assert.ok((x.valueOf() as unknown) instanceof TracedNumber);
    assert.deepEqual({ ...object }, {});
  });
});

test("a copy through JSON keeps the gradient", () => {
  const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
  const product = (x: number): number => {
    const { a, list, plain } = copy({
      plain: 3,
      gone: undefined,
      wrapped: new Number(4),
      none: NaN,
      a: x,
      list: [7, x],
    });
    return $.mul(0, $.mul(0, a, list[1]), plain) as number;
  };
  assert.deepEqual(gradient(product, [3]), { value: 27, gradient: [18] });
  assert.deepEqual(
    gradient((x: number) => $.mul(0, copy(x), x), [5]),
    { value: 25, gradient: [10] },
  );
});

test("replacers and revivers see traced numbers, and what they make of them", () => {
  const half = (_: string, value: unknown): unknown =>
    typeof value === "object" && !(value instanceof TracedNumber) ? value : $.div(0, value, 2);
  const read = (x: number): unknown => {
    const text = JSON.stringify({ x }, half);
    assert.equal(text, '{"x":1.5}');
    return (JSON.parse(text, half) as { x: number }).x;
  };
  assert.deepEqual(gradient(read, [3]), { value: 0.75, gradient: [0.25] });
});

test("a DataView gives back what was written through it", () => {
  const passed = (x: number): unknown => {
    const view = new DataView(new ArrayBuffer(32), 4);
    view.setFloat64(1, x);
    view.setFloat32(12, x, true);
    assert.equal(typeof view.getFloat64(12, true), "number");
    view.setFloat64(20, x);
    view.setUint8(20, 0);
    return $.mul(0, view.getFloat64(1), view.getFloat32(12, true));
  };
  assert.deepEqual(gradient(passed, [1.5]), { value: 2.25, gradient: [3] });
});

test("a number read from the text of a traced value is reported, other numbers in text are not", () => {
  const reported = (read: (x: number) => unknown): boolean => {
    installed.findings.clear();
    gradient((x: number) => $.mul(0, x, read(x)), [1.25]);
    return installed.findings.list.some(({ code }) => code === "value-left-trace");
  };
  assert.ok(reported((x) => Number(x.toFixed(1))));
  assert.ok(reported((x) => parseFloat(x.toPrecision(2))));
  assert.ok(reported((x) => $.plus(0, $.add(0, x, ""))));
  assert.ok(reported((x) => $.mul(0, x.toString(), 2)));
  assert.ok(reported((x) => Number(`${x}`)));
  assert.ok(reported((x) => parseFloat(`${x},2`.split(",")[0]!)));
  assert.ok(reported((x) => (JSON.parse(JSON.stringify({ x }).replace("{", " {")) as { x: number }).x));
  assert.ok(!reported((x) => (JSON.stringify({ x }), (JSON.parse('{"x":7}') as { x: number }).x)));
  assert.ok(!reported((x) => (x.toFixed(1), Number("7"))));
  assert.ok(!reported((x) => x.toFixed(1).length));
});

test("arrays and views of the same bytes share traced numbers; their bytes as whole numbers are constants, and that is said", () => {
  const shared = (x: unknown): unknown => {
    const view = new DataView(new ArrayBuffer(24));
    const array = new Float64Array(view.buffer);
    view.setFloat64(0, x as number, true);
    $.set(0, array, 1, x, true);
    return $.mul(0, $.get(0, array, 0), view.getFloat64(8, true));
  };
  assert.deepEqual(gradient(shared, [1.5]), { value: 2.25, gradient: [3] });

  const bytesRead = (read: (array: Float64Array) => unknown): boolean => {
    installed.findings.clear();
    gradient((x: number) => $.mul(0, x, read(new Float64Array([x, 2]))), [1.5]);
    return installed.findings.list.some(({ code }) => code === "value-left-trace");
  };
  assert.ok(bytesRead(({ buffer }) => $.get(0, new Uint32Array(buffer), 1)));
  assert.ok(!bytesRead(({ buffer }) => $.get(0, new Uint32Array(buffer), 3)));
  assert.ok(!bytesRead(() => $.get(0, new Uint32Array([3]), 0)));
});
