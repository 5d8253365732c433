import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { reverse } from "../../../engine/differentiate/reverse.ts";
import { passesOf, usageOf, type Passes, type Usage } from "../../../engine/memory/usage.ts";
import { relu } from "../../../engine/primitives/activation.ts";
import { add, div, mul, square, sub } from "../../../engine/primitives/arithmetic.ts";
import { matmul } from "../../../engine/primitives/contraction.ts";
import { sum } from "../../../engine/primitives/reduction.ts";
import { reshape, transpose } from "../../../engine/primitives/shaping.ts";
import { exp, sin, tanh } from "../../../engine/primitives/transcendental.ts";
import { recordOn } from "../../../engine/tape/recording.ts";
import { inputOperation, Tape } from "../../../engine/tape/tape.ts";
import { Tensor, type Value } from "../../../engine/tape/tensor.ts";

const side = 3;

const rectified = (a: Value): Value => relu(a);

/** From square matrices to a square matrix. */
const operations: readonly ((a: Value, b: Value) => Value)[] = [
  add,
  mul,
  (a, b) => sub(a, b),
  (a) => tanh(a),
  (a) => sin(a),
  (a) => exp(mul(a, 0.1)),
  rectified,
  (a, b) => div(a, add(square(b), 1)),
  (a, b) => mul(0.3, matmul(a, b)),
  (a) => transpose(a),
  (a) => transpose(reshape(a, [side, side])),
  (a, b) => mul(a, sum(b)),
  (a, b) => add(a, sum(b, [0])),
];

interface Program {
  readonly steps: readonly { readonly operation: number; readonly a: number; readonly b: number }[];
  readonly start: readonly number[];
}

const programs: fc.Arbitrary<Program> = fc.record({
  steps: fc.array(
    fc.record({
      operation: fc.nat(operations.length - 1),
      a: fc.nat(1000),
      b: fc.nat(1000),
    }),
    { minLength: 1, maxLength: 14 },
  ),
  start: fc.array(fc.double({ min: -2, max: 2, noNaN: true }), {
    minLength: 2 * side * side,
    maxLength: 2 * side * side,
  }),
});

/** Two parameters and one matrix of data; the result is a sum over the last value. */
function run({ steps, start }: Program): { tape: Tape; output: number } {
  const tape = new Tape();
  const size = side * side;
  const matrix = (from: number): Tensor => new Tensor([side, side], Float64Array.from(start.slice(from, from + size)));
  const output = recordOn(tape, () => {
    const data = new Tensor(
      [side, side],
      Float64Array.from({ length: size }, (_, k) => 0.1 * k - 0.3),
    );
    const values: Value[] = [data, tape.addInput(matrix(0), "a", 0), tape.addInput(matrix(size), "b", 0)];
    for (const { operation, a, b } of steps) {
      // The latest values are used more often, so that most programs hang on most of their steps.
      const recent = (k: number): Value => values[values.length - 1 - (k % Math.min(values.length, 3))]!;
      values.push(operations[operation]!(recent(a), values[b % values.length]!));
    }
    return (sum(values.at(-1)!) as { node: number }).node;
  });
  return { tape, output };
}

function gradients(tape: Tape, output: number): string {
  const adjoints = reverse(tape, output);
  const parts: unknown[] = [];
  for (let node = 0; node <= output; node++)
    if (tape.operation[node] === inputOperation) parts.push([...(adjoints.tensor(node)?.data ?? [])]);
  return JSON.stringify(parts, (_, x: unknown) => (typeof x === "number" && !Number.isFinite(x) ? String(x) : x));
}

/** Puts NaN in the place of values. */
function spoil(tape: Tape, { forward }: Passes, spoiled: (storage: number) => boolean): void {
  for (let node = 0; node < tape.length; node++) {
    if (!spoiled(forward.storageOf[node]!)) continue;
    const primal = tape.primalOf(node);
    if (typeof primal === "number") tape.primal[node] = NaN;
    else primal.data.fill(NaN);
  }
}

function measured(program: Program): { tape: Tape; output: number; passes: Passes; usage: Usage } | undefined {
  const { tape, output } = run(program);
  if (!tape.inputsOf(output).some((input) => tape.inputsOf(input).length > 0)) return undefined;
  const passes = passesOf(tape, output);
  return { tape, output, passes, usage: usageOf(passes) };
}

test("what is not kept may be destroyed before the backward pass", () => {
  fc.assert(
    fc.property(programs, (program) => {
      const known = measured(program);
      if (known === undefined) return;
      const { tape, output, passes, usage } = known;
      const expected = gradients(tape, output);
      const kept = new Set(usage.residuals);
      spoil(tape, passes, (storage) => !kept.has(storage) && !passes.forward.held.has(storage));
      assert.equal(gradients(tape, output), expected);
    }),
    { numRuns: 300 },
  );
});

test("what is kept is read: destroyed, it changes the gradient", () => {
  fc.assert(
    fc.property(programs, (program) => {
      const count = measured(program)?.usage.residuals.length ?? 0;
      for (let k = 0; k < count; k++) {
        const { tape, output, passes, usage } = measured(program)!;
        // A comparison, as relu's, reads without a trace of NaN in the gradient.
        const maker = passes.forward.makerOf[usage.residuals[k]!]!;
        if (program.steps.some(({ operation }) => operations[operation] === rectified)) return;
        const before = gradients(tape, output);
        if (/^\[(\[(0,?)*\],?)*\]$/.test(before)) return;
        spoil(tape, passes, (storage) => storage === usage.residuals[k]);
        assert.notEqual(gradients(tape, output), before, `node ${maker}`);
      }
    }),
    { numRuns: 150 },
  );
});

test("saving takes at least as much as inference, and the backward pass at least what is kept", () => {
  fc.assert(
    fc.property(programs, (program) => {
      const usage = measured(program)?.usage;
      if (usage === undefined) return;
      assert.ok(usage.inference.bytes <= usage.forward.bytes);
      assert.ok(usage.keptBytes <= usage.forward.bytes);
      assert.ok(usage.keptBytes <= usage.backward.bytes);
      assert.ok(usage.inference.course.every((bytes, k) => bytes >= 0 && bytes <= usage.forward.course[k]!));
    }),
    { numRuns: 300 },
  );
});

test("computing everything again keeps no more, and leaves the same gradients", () => {
  fc.assert(
    fc.property(programs, fc.nat(3), (program, parts) => {
      const known = measured(program);
      if (known === undefined) return;
      const { tape, passes, usage } = known;
      const partOf = Int32Array.from({ length: tape.length }, (_, node) =>
        Math.floor((node * (parts + 1)) / tape.length),
      );
      const recomputing = usageOf(passes, { partOf, kept: new Set() });
      assert.ok(recomputing.inference.bytes === usage.inference.bytes);
      assert.equal(recomputing.backward.course.at(-1), usage.backward.course.at(-1));
      const whole = usageOf(passes, { partOf: new Int32Array(tape.length), kept: new Set() });
      assert.equal(whole.keptBytes, 0);
      const allKept = usageOf(passes, { partOf, kept: new Set(usage.residuals) });
      assert.equal(allKept.keptBytes, usage.keptBytes);
      assert.deepEqual(allKept.again, []);
    }),
    { numRuns: 200 },
  );
});
