import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { contributions } from "../../../engine/differentiate/contributions.ts";
import { forward } from "../../../engine/differentiate/forward.ts";
import { reverse, reverseRecorded, type Adjoints } from "../../../engine/differentiate/reverse.ts";
import * as activation from "../../../engine/primitives/activation.ts";
import { add, div, mul, neg, sub } from "../../../engine/primitives/arithmetic.ts";
import { matmul } from "../../../engine/primitives/contraction.ts";
import { take } from "../../../engine/primitives/gathering.ts";
import { slice, type Range } from "../../../engine/primitives/indexing.ts";
import { codeOf } from "../../../engine/primitives/names.ts";
import { crossEntropy, softmax } from "../../../engine/primitives/normalization.ts";
import { mean, sum, variance } from "../../../engine/primitives/reduction.ts";
import { dataOf, type Primal } from "../../../engine/primitives/rule.ts";
import { where } from "../../../engine/primitives/selection.ts";
import { transpose } from "../../../engine/primitives/shaping.ts";
import { cos, exp, log, sin, sqrt } from "../../../engine/primitives/transcendental.ts";
import { recordOn } from "../../../engine/tape/recording.ts";
import { Tape } from "../../../engine/tape/tape.ts";
import type { Value } from "../../../engine/tape/tensor.ts";
import {
  checkDerivatives,
  filled,
  inner,
  jvp,
  near,
  noise,
  second,
  tensorOf,
  vjp,
  type Model,
} from "../primitives/checkDerivatives.ts";

interface Run {
  readonly tape: Tape;
  readonly inputs: readonly number[];
  readonly output: number;
}

const nodeOf = (value: Value): number => (value as { readonly node: number }).node;

function trace(model: Model, ...at: Primal[]): Run {
  const tape = new Tape();
  return recordOn(tape, () => {
    const inputs = at.map((x, k) => tape.addInput(x, `x${k}`, 0));
    return { tape, inputs: inputs.map(nodeOf), output: nodeOf(model(...inputs)) };
  });
}

const scalars = (adjoints: Adjoints, { inputs }: Run): number[] => inputs.map((node) => adjoints.scalar(node));

describe("f(x, y) = ln(x + e^{y/x}) at (1, 2)", () => {
  const run = trace((x, y) => log(add(x, exp(div(y, x)))), 1, 2);
  const adjoints = reverse(run.tape, run.output);

  test("has the value and the adjoints worked out by hand", () => {
    near(run.tape.primalOf(run.output) as number, 2.126928, 1e-7);
    const [x, y, quotient, power, total, f] = [0, 1, 2, 3, 4, 5].map((node) => adjoints.scalar(node));
    assert.equal(f, 1);
    near(total!, 0.1192029, 1e-7);
    near(power!, 0.1192029, 1e-7);
    near(quotient!, 0.8807971, 1e-7);
    near(y!, 0.8807971, 1e-7);
    near(x!, -1.6423912, 1e-7);
  });

  test("gives forward what it gives backward", () => {
    near(forward(run.tape, run.output, new Map([[run.inputs[0]!, 1]])) as number, adjoints.scalar(0), 1e-15);
    near(forward(run.tape, run.output, new Map([[run.inputs[1]!, 1]])) as number, adjoints.scalar(1), 1e-15);
  });

  test("scales every adjoint with the seed", () => {
    const scaled = reverse(run.tape, run.output, -3);
    for (let node = 0; node <= run.output; node++) near(scaled.scalar(node), -3 * adjoints.scalar(node), 1e-15);
  });

  test("gives the same when it is differentiated again", () => {
    assert.deepEqual(scalars(reverse(run.tape, run.output), run), scalars(adjoints, run));
  });
});

test("adds up the adjoints of a value used twice", () => {
  const run = trace((x) => add(mul(x, x), x), 3);
  assert.equal(reverse(run.tape, run.output).scalar(0), 7);
  const tied = trace((w, x) => mul(mul(w, w), x), 3, 2);
  assert.deepEqual(scalars(reverse(tied.tape, tied.output), tied), [12, 9]);
});

test("adds to the adjoint of a whole what its parts give, without a change to adjoints of others", () => {
  const x = tensorOf([3], 1, 2, 3);
  // The sum hands the same cotangent to both; the parts then add to that of one alone.
  const parts = (p: Value): Value => add(add(slice(p, [0]), slice(p, [2])), sum(slice(p, [[0, 2]])));
  const run = trace((p, q) => add(parts(p), sum(add(p, q))), x, x);
  const adjoints = reverse(run.tape, run.output);
  assert.deepEqual([...adjoints.tensor(0)!.data], [3, 2, 2]);
  assert.deepEqual([...adjoints.tensor(1)!.data], [1, 1, 1]);
  // A value that is also used whole, before, between and after its parts.
  const mixed = trace((p) => add(sum(p), add(parts(p), add(sum(mul(p, p)), parts(p)))), x);
  assert.deepEqual(
    [...reverse(mixed.tape, mixed.output).tensor(0)!.data],
    [1 + 2 + 2 + 2, 1 + 1 + 4 + 1, 1 + 1 + 6 + 1],
  );
});

describe("a recorded pass puts together what slices of a value hand back", () => {
  const x = filled([4, 3], noise(5));
  const rows = [2, 0, 3, 1].map((k): Range[] => [k]);
  const elements = Array.from({ length: 12 }, (_, k): Range[] => [(5 * k) % 4, k % 3]);
  const cases: Readonly<Record<string, readonly [parts: readonly (readonly Range[])[], pads: number]>> = {
    "all rows": [rows, 0],
    "some rows": [rows.slice(0, 2), 0],
    "all columns": [
      [
        [null, 0],
        [null, 2],
        [null, 1],
      ],
      0,
    ],
    "ranges of rows, one of them empty": [[[[1, 3]], [[2, 2]], [[3, 4]]], 0],
    "ranges of columns beside a column": [
      [
        [null, [0, 2]],
        [null, 2],
      ],
      0,
    ],
    "all elements": [elements, 0],
    "elements and a row": [[[1, 2], [0], [3, [1, 3]]], 0],
    "a single row": [[[2]], 1],
    "ranges that overlap": [[[[0, 3]], [[1, 4]]], 2],
    "a row twice": [[[1], [1]], 2],
    "every second row": [[[[0, 4, 2]], [[1, 4, 2]]], 2],
    "a row and a column": [[[1], [null, 0]], 2],
    "ranges along both axes": [
      [
        [
          [0, 2],
          [0, 2],
        ],
        [
          [2, 4],
          [0, 2],
        ],
      ],
      2,
    ],
  };
  for (const [name, [parts, pads]] of Object.entries(cases))
    test(name, () => {
      const model: Model = (value) =>
        parts.reduce<Value>((total, part, k) => {
          const taken = slice(value, part);
          return add(total, mul(k + 1, sum(mul(taken, taken))));
        }, 0);
      checkDerivatives(model, [x]);
      const { tape, inputs, output } = trace(model, x);
      const [recorded] = reverseRecorded(tape, output, inputs);
      const expected = reverse(tape, output).tensor(inputs[0]!)!;
      assert.deepEqual(dataOf(recorded as Primal), expected.data);
      const made = tape.operation.subarray(output + 1, tape.length);
      assert.equal(made.filter((code) => code === codeOf("pad")).length, pads);
    });
});

test("visits the tip of a diamond of diamonds once", () => {
  // Each layer doubles the number of paths; 2^60 of them end at x.
  const run = trace((x) => Array.from({ length: 60 }).reduce<Value>((y) => add(y, y), x), 1);
  assert.equal(run.tape.length, 61);
  assert.equal(reverse(run.tape, run.output).scalar(0), 2 ** 60);
});

test("says which nodes the output depends on", () => {
  const run = trace((x, y) => (exp(y), mul(x, 2)), 1, 1);
  const adjoints = reverse(run.tape, run.output);
  assert.deepEqual(
    [0, 1, 2, 3].map((node) => adjoints.reached(node)),
    [true, false, false, true],
  );
});

test("‖AX − B‖² at the point worked out by hand", () => {
  const a = tensorOf([2, 2], 1, 2, 3, 4);
  const residual: Model = (x) => sub(matmul(a, x), tensorOf([2], 1, 0));
  const run = trace((x) => sum(mul(residual(x), residual(x))), tensorOf([2], 1, 1));
  assert.equal(run.tape.primalOf(run.output), 53);
  assert.deepEqual([...reverse(run.tape, run.output).tensor(0)!.data], [46, 64]);
});

test("a batched linear layer: W̄ = Z̄Aᵀ, b̄ = Z̄1, Ā = WᵀZ̄", () => {
  const next = noise(3);
  const [w, a, b, z] = [
    [2, 3],
    [3, 8],
    [2, 1],
    [2, 8],
  ].map((shape) => filled(shape, next));
  const [dw, da, db] = vjp((x, y, c) => add(matmul(x, y), c), [w!, a!, b!], z!);
  const same = (actual: Primal, expected: Value): void =>
    dataOf(expected as Primal).forEach((value, i) => near(dataOf(actual)[i]!, value, 1e-12));
  same(dw!, matmul(z!, transpose(a!)));
  same(da!, matmul(transpose(w!), z!));
  same(db!, sum(z!, 1, true));
  const ones = vjp((c) => add(matmul(w!, a!), c), [b!], tensorOf([2, 8], ...new Array<number>(16).fill(1)));
  assert.deepEqual([...dataOf(ones[0]!)], [8, 8]);
});

test("the adjoints of LayerNorm's input add up to 0", () => {
  const layerNorm: Model = (x) => div(sub(x, mean(x, -1, true)), sqrt(add(variance(x, -1, true), 1e-5)));
  const x = filled([4, 7], noise(5));
  const adjoint = vjp(layerNorm, [x], filled([4, 7], noise(6)))[0]!;
  for (const rowSum of dataOf(sum(adjoint, 1) as Primal)) near(rowSum, 0, 1e-12);
  checkDerivatives(layerNorm, [x], 1e-6);
});

test("adjoints of an element taken twice add", () => {
  const adjoint = vjp((x) => take(x, tensorOf([3], 1, 1, 0), 0), [tensorOf([3], 1, 2, 3)], tensorOf([3], 10, 20, 5));
  assert.deepEqual([...dataOf(adjoint[0]!)], [5, 30, 0]);
});

test("softmax over an axis of one element has no derivative", () => {
  assert.deepEqual(
    [...dataOf(vjp((x) => softmax(x), [tensorOf([3, 1], 1, 2, 3)], tensorOf([3, 1], 4, 5, 6))[0]!)],
    [0, 0, 0],
  );
});

test("cross-entropy hands its logits p − y", () => {
  const logits = tensorOf([1, 3], 1, 2, 0.5);
  const p = dataOf(softmax(logits) as Primal);
  const adjoint = dataOf(vjp((x) => crossEntropy(x, tensorOf([1], 1)), [logits], 1)[0]!);
  [p[0]!, p[1]! - 1, p[2]!].forEach((value, i) => near(adjoint[i]!, value, 1e-15));
});

test("logistic regression at w = 0 has loss ln 2 and adjoint ±½ at the logit", () => {
  for (const y of [0, 1]) {
    const run = trace((w) => sub(activation.softplus(mul(w, 1.7)), mul(y, mul(w, 1.7))), 0);
    near(run.tape.primalOf(run.output) as number, Math.LN2, 1e-15);
    near(reverse(run.tape, run.output).scalar(0), 1.7 * (0.5 - y), 1e-15);
  }
});

test("soft thresholding shrinks, with derivatives 1 and 0", () => {
  const soft: Model = (x) => sub(activation.relu(sub(x, 1)), activation.relu(neg(add(x, 1))));
  assert.deepEqual([soft(3), soft(-0.5)], [2, 0]);
  assert.deepEqual([vjp(soft, [3], 1)[0], vjp(soft, [-0.5], 1)[0]], [1, 0]);
});

test("ten sigmoids in a chain from 0 have derivative 3.8752202e-7", () => {
  const run = trace((x) => Array.from({ length: 10 }).reduce<Value>((y) => activation.sigmoid(y), x), 0);
  near(reverse(run.tape, run.output).scalar(0) / 3.8752202e-7, 1, 1e-7);
});

test("the log-likelihood of a hidden Markov model has Baum–Welch's counts as gradient", () => {
  const step = (alpha: Value, a: Value, b: Value, seen: number): Value => mul(matmul(alpha, a), take(b, seen, 1));
  const likelihood: Model = (logA, logB) => {
    const [a, b] = [exp(logA), exp(logB)];
    const first = mul(0.5, take(b, 0, 1));
    return log(sum(step(step(first, a, b, 1), a, b, 0)));
  };
  const [logA, logB] = [tensorOf([2, 2], 0.7, 0.3, 0.4, 0.6), tensorOf([2, 2], 0.9, 0.1, 0.2, 0.8)].map(
    (x) => log(x) as Primal,
  );
  near(likelihood(logA!, logB!) as number, -2.3088547, 1e-7);
  const [counts, emissions] = vjp(likelihood, [logA!, logB!], 1);
  [0.44377, 0.54309, 0.59291, 0.42023].forEach((count, i) => near(dataOf(counts!)[i]!, count, 1e-5));
  near(sum(counts!) as number, 2, 1e-12);
  near(sum(emissions!) as number, 3, 1e-12);
});

test("the tape grows in exact proportion to the operations", () => {
  const length = (steps: number): number =>
    trace((x) => Array.from({ length: steps }).reduce<Value>((y) => add(mul(y, 0.5), sin(y)), x), 1).tape.length - 1;
  assert.equal(length(2000), 2 * length(1000));
  assert.equal(length(1000), 3000);
});

test("a chain of 10⁵ operations is walked without recursion", () => {
  const run = trace((x) => Array.from({ length: 100_000 }).reduce<Value>((y) => mul(y, 0.9999), x), 1);
  near(reverse(run.tape, run.output).scalar(0), 0.9999 ** 100_000, 1e-9);
});

test("adjoints below the smallest normal number count as 0", () => {
  const run = trace((x) => Array.from({ length: 40 }).reduce<Value>((y) => mul(y, 1e-10), x), 1);
  assert.equal(reverse(run.tape, run.output).scalar(0), 0);
});

describe("programs put together at random", () => {
  const steps: readonly ((a: Value, b: Value) => Value)[] = [
    add,
    sub,
    mul,
    (a, b) => div(a, add(2, mul(b, b))),
    (a) => sin(a),
    (a) => activation.sigmoid(a),
    (a, b) => activation.softplus(sub(a, b)),
    (a, b) => where(1, cos(a), b),
    (a, b) => mul(exp(neg(mul(a, a))), b),
  ];
  /** Each entry applies a step to two earlier values. */
  const program = fc.array(fc.tuple(fc.nat(steps.length - 1), fc.nat(), fc.nat()), { minLength: 1, maxLength: 12 });
  const modelOf =
    (instructions: readonly (readonly [number, number, number])[]): Model =>
    (...inputs) => {
      const values = [...inputs];
      for (const [step, i, j] of instructions)
        values.push(steps[step]!(values[i % values.length]!, values[j % values.length]!));
      return values.at(-1)!;
    };
  const point = fc.tuple(fc.double({ min: -2, max: 2, noNaN: true }), fc.double({ min: -2, max: 2, noNaN: true }));

  test("pair tangents and adjoints of scalars: ⟨u, Jv⟩ = ⟨Jᵀu, v⟩", () => {
    fc.assert(
      fc.property(program, point, (instructions, at) => {
        const model = modelOf(instructions);
        const tangent = jvp(model, at, [0.3, -0.7]) as number;
        const [x, y] = vjp(model, at, 1) as number[];
        near(0.3 * x! - 0.7 * y!, tangent, 1e-12);
      }),
    );
  });

  test("pair tangents and adjoints of tensors", () => {
    fc.assert(
      fc.property(program, fc.nat(), (instructions, seed) => {
        const model = modelOf(instructions);
        const next = noise(seed);
        const at = [filled([2, 3], next), filled([3], next)];
        const v = [filled([2, 3], next), filled([3], next)];
        const tangent = jvp(model, at, v);
        const u = filled(typeof tangent === "number" ? [] : tangent.shape, next);
        const adjoints = vjp(model, at, u);
        near(inner(adjoints[0]!, v[0]!) + inner(adjoints[1]!, v[1]!), inner(u, tangent), 1e-12);
      }),
    );
  });

  test("give the same gradient from the compiled loop and from the recorded rules", () => {
    fc.assert(
      fc.property(program, point, (instructions, at) => {
        const run = trace(modelOf(instructions), ...at);
        const compiled = reverse(run.tape, run.output);
        const recorded = reverseRecorded(run.tape, run.output, run.inputs);
        recorded.forEach((value, k) => {
          const adjoint =
            value === undefined || typeof value === "number" ? (value ?? 0) : run.tape.primalOf(value.node);
          near(adjoint as number, compiled.scalar(run.inputs[k]!), 1e-12);
        });
      }),
    );
  });
});

test("second derivatives of a formula are its own", () => {
  // ∂²/∂x² sin(x²) = 2cos(x²) − 4x² sin(x²)
  const [curvature] = second((x) => sin(mul(x, x)), [0.7], 1, [1]);
  near(curvature as number, 2 * Math.cos(0.49) - 4 * 0.49 * Math.sin(0.49), 1e-14);
});

describe("the contributions of a node", () => {
  test("are what its inputs get, one for each position", () => {
    const run = trace((x, y) => mul(mul(x, x), add(y, 2)), 3, 5);
    const adjoints = reverse(run.tape, run.output);
    assert.deepEqual(contributions(run.tape, adjoints, 2), [
      { position: 0, input: 0, contribution: 21 },
      { position: 1, input: 0, contribution: 21 },
    ]);
    assert.deepEqual(contributions(run.tape, adjoints, 3), [{ position: 0, input: 1, contribution: 9 }]);
    assert.deepEqual(contributions(run.tape, adjoints, 0), []);
  });

  test("add up to the adjoint of every node, scalars and tensors alike", () => {
    const run = trace(
      (x, w) => sum(mul(activation.sigmoid(matmul(x, w)), mean(w))),
      filled([2, 3], noise(1)),
      filled([3, 2], noise(2)),
    );
    const adjoints = reverse(run.tape, run.output);
    const totals = new Map<number, Float64Array>();
    for (let node = 0; node <= run.output; node++)
      for (const { input, contribution } of contributions(run.tape, adjoints, node)) {
        const data = dataOf(contribution);
        const sumSoFar = totals.get(input) ?? new Float64Array(data.length);
        totals.set(
          input,
          sumSoFar.map((value, i) => value + data[i]!),
        );
      }
    for (const [node, total] of totals) {
      const adjoint = run.tape.isTensor(node) ? adjoints.tensor(node)! : adjoints.scalar(node);
      total.forEach((value, i) => near(dataOf(adjoint)[i]!, value, 1e-12));
    }
    assert.ok(totals.size >= 5);
  });
});
