import assert from "node:assert/strict";
import { test } from "node:test";
import { layerJacobian } from "../../../engine/diagnose/layerJacobian.ts";
import { relu, sigmoid } from "../../../engine/primitives/activation.ts";
import { add, mul, sub } from "../../../engine/primitives/arithmetic.ts";
import { matmul } from "../../../engine/primitives/contraction.ts";
import { softmax } from "../../../engine/primitives/normalization.ts";
import { mean } from "../../../engine/primitives/reduction.ts";
import { sqrt } from "../../../engine/primitives/transcendental.ts";
import { recordOn } from "../../../engine/tape/recording.ts";
import { Tape } from "../../../engine/tape/tape.ts";
import { Tensor, type TracedNumber, type Value } from "../../../engine/tape/tensor.ts";

const tensor = (shape: number[], ...data: number[]): Tensor => new Tensor(shape, Float64Array.from(data));

function traced(tape: Tape, value: number | Tensor): TracedNumber | Tensor {
  return tape.addInput(value, "", 0);
}

const nodeOf = (value: Value): number => (value as TracedNumber | Tensor).node;

function near(found: readonly number[], expected: readonly number[]): void {
  assert.equal(found.length, expected.length);
  found.forEach((value, k) => assert.ok(Math.abs(value - expected[k]!) < 1e-12, `${value} instead of ${expected[k]}`));
}

test("of a linear layer it has the singular values of the weights, whatever the batch", () => {
  for (const rows of [1, 2, 5]) {
    const tape = new Tape();
    const x = traced(tape, new Tensor([rows, 2], new Float64Array(2 * rows).fill(0.5)));
    // Singular values 5 and 2: a rotation by the 3-4-5 triangle of a diagonal.
    const y = recordOn(tape, () => matmul(x, tensor([2, 2], 3, 4, -1.6, 1.2)));
    const { singularValues, rms, examples, rows: height } = layerJacobian(tape, [x.node], [nodeOf(y)])!;
    near(singularValues, [5, 2]);
    near([rms], [Math.sqrt((25 + 4) / 2)]);
    assert.equal(height, 2);
    assert.equal(examples, rows === 1 ? undefined : rows);
  }
});

test("of sigmoid at zero it is a quarter of the identity, of relu what is alive", () => {
  const tape = new Tape();
  const x = traced(tape, new Tensor([3], new Float64Array(3)));
  const z = traced(tape, tensor([3], 1, -1, 2));
  const [y, r] = recordOn(tape, () => [sigmoid(x), relu(z)]);
  near(layerJacobian(tape, [x.node], [nodeOf(y)])!.singularValues, [0.25, 0.25, 0.25]);
  const alive = layerJacobian(tape, [z.node], [nodeOf(r)])!;
  near(alive.singularValues, [1, 1, 0]);
  near([alive.rms], [Math.sqrt(2 / 3)]);
});

test("where the examples of a batch mix, it is that of the whole batch", () => {
  const tape = new Tape();
  const x = traced(tape, tensor([2, 2], 1, 2, 3, 4));
  const y = recordOn(tape, () => sub(x, mean(x, [0], false)));
  const { singularValues, examples, rows, columns } = layerJacobian(tape, [x.node], [nodeOf(y)])!;
  assert.deepEqual([rows, columns, examples], [4, 4, undefined]);
  // I − 1·1ᵀ/2 in each column: a projection.
  near(singularValues, [1, 1, 0, 0]);
});

test("of states of plain numbers it goes from all of them to all of them", () => {
  const tape = new Tape();
  const [a, b] = [traced(tape, 0.3), traced(tape, -0.2)];
  // A rotation by a right angle, doubled.
  const [c, d] = recordOn(tape, () => [mul(b, -2), add(a, a)]);
  const { singularValues, rows, columns } = layerJacobian(tape, [a.node, b.node], [nodeOf(c), nodeOf(d)])!;
  assert.deepEqual([rows, columns], [2, 2]);
  near(singularValues, [2, 2]);
});

test("what is too large or not finite has none", () => {
  const tape = new Tape();
  const large = traced(tape, new Tensor([300], new Float64Array(300)));
  const root = traced(tape, new Tensor([2], new Float64Array(2)));
  const [y, r] = recordOn(tape, () => [softmax(large, 0), sqrt(root)]);
  assert.equal(layerJacobian(tape, [large.node], [nodeOf(y)]), undefined);
  assert.equal(layerJacobian(tape, [root.node], [nodeOf(r)]), undefined);
});
