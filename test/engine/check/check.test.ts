import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { customVjp } from "../../../engine/differentiate/custom.ts";
import { relu, sigmoid, stopGradient } from "../../../engine/primitives/activation.ts";
import { add, div, mul, pow, sub } from "../../../engine/primitives/arithmetic.ts";
import { less } from "../../../engine/primitives/comparison.ts";
import { reduceMax } from "../../../engine/primitives/extremes.ts";
import { matmul } from "../../../engine/primitives/contraction.ts";
import { sort } from "../../../engine/primitives/gathering.ts";
import { sum } from "../../../engine/primitives/reduction.ts";
import { bf16round, f16round, floor, fround } from "../../../engine/primitives/rounding.ts";
import { abs, clip, max, where } from "../../../engine/primitives/selection.ts";
import { cos, exp, hypot, log, sin, sqrt } from "../../../engine/primitives/transcendental.ts";
import { recording } from "../../../engine/tape/recording.ts";
import { Tensor, type Value } from "../../../engine/tape/tensor.ts";
import { tensorOf } from "../primitives/checkDerivatives.ts";
import { check, checkAt, type Model } from "./checked.ts";

const near = (actual: number, expected: number, tolerance = 1e-8): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)), `${actual}, not ${expected}`);

/** A number, so that models read like formulas. */
const at =
  (site: number) =>
  (value: Value): Value => {
    recording.site = site;
    return value;
  };

describe("smooth functions pass", () => {
  test("ln(x + e^{y/x}) at (1, 2): three votes that agree", async () => {
    const checked = await check((x, y) => log(add(x, exp(div(y, x)))), [1, 2]);
    assert.equal(checked.passed, true);
    near(checked.value!, 2.126928011042973, 1e-12);
    for (const { name, reverse, forward, numeric, error, tolerance, verdict } of checked.parameters) {
      const expected = name === "x0" ? -1.6423912 : 0.8807971;
      for (const vote of [reverse, forward, numeric]) near(vote, expected, 1e-7);
      assert.equal(verdict, "ok");
      assert.ok(error <= tolerance && error < 1e-8);
    }
    assert.deepEqual(checked.coverage, { elements: 2, checked: 2, directions: 0 });
    assert.deepEqual([checked.culprits, checked.diagnostics], [[], []]);
  });

  test("elements of tensors by name and index", async () => {
    const checked = await check(
      (a, x) => sum(pow(matmul(a, x), 2)),
      [tensorOf([2, 2], 1, 2, 3, 4), tensorOf([2], 1, 1)],
    );
    assert.equal(checked.passed, true);
    const found = checked.parameters.find(({ name, index }) => name === "x0" && index.join() === "1,0")!;
    near(found.reverse, 14);
  });

  const scales: readonly [string, Model, number][] = [
    ["a parameter of 1e-9", (x) => log(x), 1e-9],
    ["a parameter of 1e9", (x) => pow(x, 3), 1e9],
    ["a result of 1e-20", (x) => mul(1e-20, exp(x)), 0.4],
    ["a fast oscillation", (x) => sin(mul(1000, x)), 0.7],
    ["a scale far below the parameter's neighbour", (y) => div(sin(mul(1e8, y)), add(1e8, y)), 1e-8],
    ["a large constant beside", (x) => add(1e9, exp(x)), 1],
    ["a derivative of zero", (x) => pow(sub(x, 2), 2), 2],
    ["a function that does not vary", (x) => mul(0, x), 2],
    ["rounding to float32", (x) => mul(fround(x), fround(x)), 0.3],
    ["the edge of its domain", (x) => pow(x, 1.5), 0],
  ];
  for (const [name, model, x] of scales)
    test(name, async () => {
      const checked = await check(model, [x]);
      assert.equal(checked.parameters[0]!.verdict, "ok", JSON.stringify(checked.parameters[0]));
    });

  const casts: readonly [string, Model][] = [
    ["float32, through a product of two", (x) => pow(fround(mul(fround(sin(x)), x)), 2)],
    ["float16", (x) => mul(f16round(mul(x, x)), sin(x))],
  ];
  for (const [name, model] of casts)
    test(`casts to ${name} pass with their second derivatives and nearby`, async () => {
      const checked = await check(model, [1.3]);
      assert.deepEqual([checked.passed, checked.diagnostics], [true, []], JSON.stringify(checked));
    });

  test("a cast to bfloat16 leaves differences so little that they confirm nothing, and refute nothing", async () => {
    const checked = await check((x) => mul(bf16round(mul(x, x)), sin(x)), [1.3]);
    assert.equal(checked.passed, true);
    assert.deepEqual(
      checked.diagnostics.map(({ code }) => code),
      ["inconclusive"],
    );
  });

  test("a wrong rule beside a cast to float32 is found", async () => {
    const overstated = customVjp(
      (x) => sin(x),
      (cotangent, [x]) => [mul(1.05, mul(cotangent, cos(x!)))],
      7,
    );
    const checked = await check((x) => mul(fround(mul(x, x)), overstated(x)), [1.3]);
    assert.equal(checked.passed, false);
    assert.equal(checked.culprits[0]!.definition!.line, 7);
  });

  test("a value that a parameter leaves as it is to the last digit has a derivative of zero for certain", async () => {
    const checked = await check((x, y) => fround(mul(fround(y), add(1, mul(0, x)))), [1.3, 0.7]);
    assert.deepEqual([checked.passed, checked.diagnostics], [true, []]);
  });

  test("what stopGradient holds is held still", async () => {
    const { verdict, reverse, numeric } = await checkAt((x) => mul(x, stopGradient(mul(x, x))), 3);
    assert.deepEqual([verdict, reverse], ["ok", 9]);
    near(numeric, 9);
  });
});

describe("wrong rules are found", () => {
  const doubled = customVjp(
    (x) => exp(x),
    (cotangent, [x]) => [mul(2, mul(cotangent, exp(x!)))],
    7,
  );

  test("a rule wrong by a factor 2 is off by 1/3, and named with its place and values", async () => {
    const checked = await check((x) => add(mul(x, x), at(3)(doubled(sin(x)))), [1.3]);
    assert.equal(checked.passed, false);
    const [culprit] = checked.culprits;
    assert.equal(checked.culprits.length, 1);
    assert.equal(culprit!.op, "custom");
    assert.equal(culprit!.definition!.line, 7);
    near(culprit!.reverse, 2 * Math.exp(Math.sin(1.3)));
    near(culprit!.forward, 2 * Math.exp(Math.sin(1.3)));
    near(culprit!.numeric, Math.exp(Math.sin(1.3)));
    near(culprit!.error, 1 / 3);
  });

  test("the whole error of a lone wrong rule is 1/3", async () => {
    const { verdict, error } = await checkAt((x) => doubled(x), 0.4);
    assert.equal(verdict, "wrong");
    near(error, 1 / 3);
  });

  test("a rule that is right for one input and wrong for the other names the input", async () => {
    const rule = customVjp(
      (a, b) => mul(a, b),
      (cotangent, [a, b]) => [mul(cotangent, b!), sub(0, mul(cotangent, a!))],
      5,
    );
    const { culprits, parameters } = await check((x, y) => rule(x, y), [2, 3]);
    assert.deepEqual(
      parameters.map(({ name, verdict }) => [name, verdict]),
      [
        ["x1", "wrong"],
        ["x0", "ok"],
      ],
    );
    assert.equal(culprits[0]!.input, 1);
  });

  test("one wrong element among the elements of a tensor", async () => {
    const rule = customVjp(
      (x) => sum(pow(x, 3)),
      (cotangent, [x]) => {
        const { shape, data } = x as Tensor;
        const given = data.map((value, k) => (k === 2 ? 1 : 3 * value ** 2) * (cotangent as number));
        return [new Tensor(shape, given)];
      },
      5,
    );
    const { parameters, culprits } = await check((x) => rule(x), [tensorOf([4], 1, 2, 3, 4)]);
    assert.deepEqual(parameters.map(({ index, verdict }) => `${index.join()} ${verdict}`).slice(0, 2), [
      "2 wrong",
      ...parameters.slice(1, 2).map(({ index }) => `${index.join()} ok`),
    ]);
    assert.deepEqual(culprits[0]!.index, [2]);
  });

  test("two wrong elements among two hundred thousand, where no complex step helps", async () => {
    const size = 200_000;
    const wrong = [5, 123_456];
    const off = new Tensor(
      [size],
      Float64Array.from({ length: size }, (_, k) => (wrong.includes(k) ? 1.01 : 1)),
    );
    const rule = customVjp(
      (x) => sum(mul(abs(x), x)),
      (cotangent, [x]) => [mul(mul(2, mul(cotangent, x!)), off)],
      5,
    );
    const at = new Tensor(
      [size],
      Float64Array.from({ length: size }, (_, k) => 0.5 + (1.5 * k) / size),
    );
    const { parameters, directions, coverage } = await check((x) => rule(x), [at], { milliseconds: 3_600_000 });
    const found = parameters.filter(({ verdict }) => verdict === "wrong").map(({ index }) => index[0]!);
    assert.deepEqual(
      found.sort((a, b) => a - b),
      wrong,
    );
    assert.equal(directions[0]!.verdict, "wrong");
    assert.deepEqual([coverage.elements, coverage.limitedBy], [size, "count"]);
  });

  test("three wrong elements among three hundred thousand beside kinks are found in few runs", async () => {
    const size = 300_000;
    const wrong = [1, 150_000, 299_999];
    const factor = new Tensor(
      [size],
      Float64Array.from({ length: size }, (_, k) => (wrong.includes(k) ? 3 : 2)),
    );
    const rule = customVjp(
      (x) => mul(x, x),
      (cotangent, [x]) => [mul(cotangent, mul(x!, factor))],
      5,
    );
    const at = new Tensor(
      [size],
      Float64Array.from({ length: size }, (_, k) => Math.sin(k) + 0.1),
    );
    let runs = 0;
    const model: Model = (x) => {
      runs++;
      return sum(add(relu(x), rule(x)));
    };
    const { parameters } = await check(model, [at], { milliseconds: 600_000, elements: 3 });
    const found = parameters.filter(({ verdict }) => verdict === "wrong").map(({ index }) => index[0]!);
    assert.deepEqual(
      found.sort((a, b) => a - b),
      wrong,
    );
    assert.ok(runs < 200, `${runs} runs`);
  });

  test("a whole row of wrong elements, and a small one far from it", async () => {
    const [size, small] = [20_000, 15_000];
    const off = (k: number): number => (k >= 5000 && k < 5020 ? 2 : k === small ? 1.0001 : 1);
    const factor = new Tensor(
      [size],
      Float64Array.from({ length: size }, (_, k) => off(k)),
    );
    const rule = customVjp(
      (x) => sum(exp(x)),
      (cotangent, [x]) => [mul(cotangent, mul(exp(x!), factor))],
      5,
    );
    const at = new Tensor(
      [size],
      Float64Array.from({ length: size }, (_, k) => Math.sin(k)),
    );
    const { parameters } = await check((x) => rule(x), [at], { milliseconds: 600_000 });
    const found = parameters.filter(({ verdict }) => verdict === "wrong").map(({ index }) => index[0]!);
    assert.deepEqual(
      found.sort((a, b) => a - b),
      [...Array.from({ length: 20 }, (_, k) => 5000 + k), small],
    );
  });

  test("a rule of almost the right value: off by one in a million", async () => {
    const rule = customVjp(
      (x) => exp(x),
      (cotangent, [x]) => [mul(1.000001, mul(cotangent, exp(x!)))],
      5,
    );
    assert.equal((await checkAt((x) => rule(x), 0.3)).verdict, "wrong");
  });

  test("two wrong rules that cancel each other are found all the same", async () => {
    const negated = customVjp(
      (x) => mul(3, x),
      (cotangent) => [mul(-3, cotangent)],
      5,
    );
    const { passed, parameters, culprits, diagnostics } = await check((x) => negated(negated(x)), [2]);
    assert.deepEqual([passed, parameters[0]!.verdict, culprits.length], [false, "ok", 1]);
    assert.match(
      diagnostics[0]!.message,
      /^f uses a custom rule that is wrong, although no error of its gradient shows/,
    );
    assert.equal(diagnostics[0]!.related![0]!.source.line, 5);
  });

  test("a value that left the trace is told of where every rule is right", async () => {
    const { passed, culprits, diagnostics } = await check(
      (x) => {
        const primal = recording.tape.primal[(x as Exclude<Value, number>).node]!;
        return mul(x, primal);
      },
      [3],
    );
    assert.equal(passed, false);
    assert.deepEqual(culprits, []);
    assert.match(diagnostics[0]!.message, /is wrong although the rule of every operation is right/);
  });

  test("a custom function that uses a value without having it as an input", async () => {
    const { passed, parameters } = await check(
      (x, w) => {
        const rule = customVjp(
          (a) => mul(a, w),
          (cotangent) => [mul(cotangent, w)],
          5,
        );
        return rule(x);
      },
      [2, 5],
    );
    assert.equal(passed, false);
    assert.deepEqual(
      parameters.map(({ name, verdict }) => [name, verdict]),
      [
        ["x1", "wrong"],
        ["x0", "ok"],
      ],
    );
  });
});

describe("kinks are told from errors", () => {
  const kinks: readonly [string, (x: Value) => Value, number, string][] = [
    ["relu at 1e-6", relu, 1e-6, "relu"],
    ["relu at −1e-6", relu, -1e-6, "relu"],
    ["relu at 0", relu, 0, "relu"],
    ["abs at 0", abs, 0, "abs"],
    ["max at a tie", (x) => max(x, mul(3, x)), 0, "max"],
    ["clip at its end", (x) => clip(x, 0, 1), 1, "clip"],
    ["floor where it jumps", (x) => mul(x, floor(x)), 2, "floor"],
    ["the length at the origin", (x) => hypot(x, mul(2, x)), 0, "hypot"],
    ["where", (x) => where(less(x, 1), x, mul(2, x)), 1, "less"],
  ];
  for (const [name, model, x, op] of kinks)
    test(name, async () => {
      const { verdict, kink, error } = await checkAt(model, x);
      assert.equal(verdict, "kink");
      assert.equal(kink!.op, op);
      assert.ok(kink!.distance < 1e-5);
      assert.ok(error < 1e-6);
    });

  test("at a kink both one-sided derivatives are told, and the gradient lies between them", async () => {
    const { reverse, kink, numeric } = await checkAt(abs, 0);
    assert.equal(reverse, 0);
    near(kink!.sides![0], -1);
    near(kink!.sides![1], 1);
    near(numeric, 0);
  });

  test("a kink farther away than any reader cares is no more than smaller steps", async () => {
    const { verdict, kink } = await checkAt((x) => abs(sub(x, 0.001)), 0);
    assert.deepEqual([verdict, kink], ["ok", undefined]);
  });

  test("a gradient outside of both sides is wrong, kink or not", async () => {
    const steep = customVjp(
      (x) => abs(x),
      (cotangent) => [mul(2, cotangent)],
      5,
    );
    assert.equal((await checkAt((x) => steep(x), 0)).verdict, "wrong");
  });

  test("beside a kink a rule that is wrong for its own side is wrong", async () => {
    const half = customVjp(
      (x) => relu(x),
      (cotangent) => [mul(0.5, cotangent)],
      5,
    );
    assert.equal((await checkAt((x) => half(x), 1e-6)).verdict, "wrong");
    assert.equal((await checkAt((x) => half(x), 0)).verdict, "kink");
  });

  test("of a largest element and of an order", async () => {
    const tie = tensorOf([3], 1, 5, 5);
    const { parameters, passed } = await check((x) => reduceMax(x), [tie]);
    assert.equal(passed, true);
    assert.deepEqual(parameters.map(({ verdict }) => verdict).sort(), ["kink", "kink", "ok"]);
    const sorted = await check((x) => sum(mul(sort(x), tensorOf([3], 1, 2, 3))), [tie]);
    assert.deepEqual([sorted.passed, sorted.parameters.filter(({ verdict }) => verdict === "kink").length], [true, 2]);
  });
});

describe("what is not finite", () => {
  test("a gradient of infinity fails and names the operation", async () => {
    const { passed, parameters, culprits } = await check((x) => sqrt(x), [0]);
    assert.equal(passed, false);
    assert.equal(parameters[0]!.verdict, "non-finite");
    assert.equal(culprits[0]!.op, "sqrt");
  });

  test("the branch of where that is not taken: 0·∞", async () => {
    const { parameters, culprits } = await check((x) => where(less(0, x), sqrt(x), 0), [0]);
    assert.equal(parameters[0]!.verdict, "non-finite");
    assert.equal(culprits[0]!.op, "sqrt");
  });

  test("a value of NaN", async () => {
    const { passed, parameters } = await check((x) => log(x), [-1]);
    assert.deepEqual([passed, parameters[0]!.verdict], [false, "non-finite"]);
  });
});

describe("large functions", () => {
  const weights = (count: number): Tensor =>
    new Tensor(
      [count],
      Float64Array.from({ length: count }, (_, k) => Math.sin(k)),
    );

  test("are checked along random directions and by a sample, and the report says so", async () => {
    const { passed, coverage, directions, parameters } = await check(
      (w, b) => sum(sigmoid(add(w, b))),
      [weights(5000), 0.5],
      { elements: 100 },
    );
    assert.equal(passed, true);
    assert.deepEqual(coverage, { elements: 5001, checked: 100, directions: 4, limitedBy: "count" });
    assert.equal(directions.length, 4);
    assert.equal(parameters.length, 100);
    assert.equal(parameters.filter(({ name }) => name === "x1").length, 1);
  });

  test("one wrong element among thousands is found by halving", async () => {
    const rule = customVjp(
      (x) => sum(mul(x, x)),
      (cotangent, [x]) => {
        const { shape, data } = x as Tensor;
        return [
          new Tensor(
            shape,
            data.map((value, k) => (k === 3456 ? 0 : 2 * value * (cotangent as number))),
          ),
        ];
      },
      5,
    );
    const { passed, parameters } = await check((w) => rule(w), [weights(5000)], { elements: 20 });
    assert.equal(passed, false);
    assert.deepEqual([parameters[0]!.index, parameters[0]!.verdict], [[3456], "wrong"]);
  });

  test("time that is up is told of", async () => {
    const { coverage } = await check((w) => sum(sin(w)), [weights(5000)], { milliseconds: 0 });
    assert.equal(coverage.limitedBy, "time");
  });
});

test("a function that changes from run to run is not checked, and the place where it changes is named", async () => {
  let run = 0;
  const { passed, diagnostics, parameters } = await check(
    (x) => {
      recording.site = 4;
      return mul(x, ++run);
    },
    [2],
  );
  assert.equal(passed, false);
  assert.deepEqual(parameters, []);
  assert.equal(diagnostics[0]!.code, "not-deterministic");
  assert.match(diagnostics[0]!.message, /^f is not deterministic: it gives 2 and then 4 at the same point/);
  assert.equal(diagnostics[0]!.source.line, 4);
});
