import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CustomRuleError } from "../../../engine/differentiate/custom.ts";
import { forward } from "../../../engine/differentiate/forward.ts";
import { reverse, reverseRecorded } from "../../../engine/differentiate/reverse.ts";
import { customVjp, tensor } from "../../../engine/library/index.ts";
import { add, mul } from "../../../engine/primitives/arithmetic.ts";
import { sum } from "../../../engine/primitives/reduction.ts";
import { exp } from "../../../engine/primitives/transcendental.ts";
import { recordOn } from "../../../engine/tape/recording.ts";
import { Tape } from "../../../engine/tape/tape.ts";
import { Tensor, TracedNumber, type Value } from "../../../engine/tape/tensor.ts";

type Rule = (...inputs: Value[]) => Value;
/** Models are written with operators, which are calls of primitives once they are instrumented. */
const rule = (value: Rule, backward: (cotangent: Value, inputs: Value[], output: Value) => unknown): Rule =>
  customVjp(value as never, backward as never) as unknown as Rule;

/** e^x of which every call is counted. */
function counted(): { readonly f: Rule; readonly calls: { forward: number; backward: number } } {
  const calls = { forward: 0, backward: 0 };
  const f = rule(
    (x) => {
      calls.forward++;
      return exp(x);
    },
    (cotangent, _, output) => {
      calls.backward++;
      return [mul(cotangent, output)];
    },
  );
  return { f, calls };
}

describe("a function with a rule of its own", () => {
  test("is one operation on the tape", () => {
    const tape = new Tape();
    recordOn(tape, () => counted().f(tape.addInput(1, "x", 0)));
    assert.equal(tape.length, 2);
  });

  test("gets its value from forward and its adjoint from backward, each called once", () => {
    const { f, calls } = counted();
    const tape = new Tape();
    const x = tape.addInput(0.5, "x", 0);
    const y = recordOn(tape, () => mul(f(x), 3)) as TracedNumber;
    assert.equal(tape.primal[y.node], 3 * Math.exp(0.5));
    assert.equal(reverse(tape, y.node).scalar(x.node), 3 * Math.exp(0.5));
    assert.deepEqual(calls, { forward: 1, backward: 1 });
  });

  test("calls backward once for all its inputs", () => {
    let calls = 0;
    const f = rule(
      (a, b) => mul(a, b),
      (cotangent, [a, b]) => {
        calls++;
        return [mul(cotangent, b!), mul(cotangent, a!)];
      },
    );
    const tape = new Tape();
    const [a, b] = [tape.addInput(2, "a", 0), tape.addInput(3, "b", 0)];
    const adjoints = reverse(tape, (recordOn(tape, () => f(a, b)) as TracedNumber).node);
    assert.deepEqual([adjoints.scalar(a.node), adjoints.scalar(b.node), calls], [3, 2, 1]);
  });

  test("is called plainly where nothing is traced", () => {
    assert.equal(counted().f(2), Math.exp(2));
  });

  test("has a tangent, which is what its backward implies", () => {
    const f = rule(
      (x) => mul(x, x),
      (cotangent, [x]) => [mul(3, mul(cotangent, x!))],
    );
    const tape = new Tape();
    const x = tape.addInput(new Tensor([3], Float64Array.of(1, 2, 3)), "x", 0);
    const y = recordOn(tape, () => f(x)) as Tensor;
    const tangent = forward(tape, y.node, new Map([[x.node, new Tensor([3], Float64Array.of(1, 0, -1))]]));
    assert.deepEqual([...(tangent as Tensor).data], [3, 0, -9]);
  });

  test("has a tangent also where backward uses what is traced outside of it", () => {
    const tape = new Tape();
    const [x, w] = [tape.addInput(new Tensor([2], Float64Array.of(1, 2)), "x", 0), tape.addInput(7, "w", 0)];
    const f = rule(
      (v) => mul(v, w),
      (cotangent) => [mul(cotangent, w)],
    );
    const y = recordOn(tape, () => f(x)) as Tensor;
    const tangent = forward(tape, y.node, new Map([[x.node, new Tensor([2], Float64Array.of(1, 10))]]));
    assert.deepEqual([...(tangent as Tensor).data], [7, 70]);
  });

  test("can be differentiated again", () => {
    const tape = new Tape();
    const x = tape.addInput(0.5, "x", 0);
    const f = rule(
      (v) => mul(v, mul(v, v)),
      (cotangent, [v]) => [mul(cotangent, mul(3, mul(v!, v!)))],
    );
    const y = recordOn(tape, () => f(x)) as TracedNumber;
    const [first] = reverseRecorded(tape, y.node, [x.node]);
    assert.equal(reverse(tape, (first as TracedNumber).node).scalar(x.node), 3);
  });

  test("takes arrays as tensors, and undefined as a cotangent of zero", () => {
    const f = rule(
      (x, y) => sum(mul(x, y)),
      (cotangent, [, y]) => [sum(mul(cotangent, y!)), undefined],
    );
    const tape = new Tape();
    const [x, y] = [tape.addInput(2, "x", 0), tape.addInput(5, "y", 0)];
    const z = recordOn(tape, () => add(f(x, tensor([1, 2]) as unknown as Value), f(x, y))) as TracedNumber;
    const adjoints = reverse(tape, z.node);
    assert.deepEqual([tape.primal[z.node], adjoints.scalar(x.node), adjoints.scalar(y.node)], [16, 8, 0]);
  });
});

describe("a rule that does not fit is refused in one sentence", () => {
  const refused = (backward: () => unknown, message: RegExp): void => {
    const tape = new Tape();
    const x = tape.addInput(new Tensor([2], Float64Array.of(1, 2)), "x", 0);
    const y = recordOn(tape, () => sum(rule((v, w) => mul(v, w), backward)(x, 3))) as TracedNumber;
    assert.throws(
      () => reverse(tape, y.node),
      (error) => error instanceof CustomRuleError && message.test(error.message),
    );
  };

  test("no array", () => refused(() => 1, /returned no array: return one cotangent for each of its 2 inputs/));
  test("too few cotangents", () => refused(() => [1], /returned 1 cotangent for 2 inputs: return one for each/));
  test("another shape", () =>
    refused(() => [1, 1], /returned a number as the cotangent of input 1, which is a tensor of shape \[2\]/));
  test("something else than a number", () =>
    refused(() => ["1", 1], /a cotangent for input 1 that is neither a number nor a tensor/));
  test("a value that is none", () => {
    const tape = new Tape();
    const x = tape.addInput(1, "x", 0);
    const nothing = rule(
      () => undefined as never,
      () => [1],
    );
    assert.throws(() => recordOn(tape, () => nothing(x)), /The forward function of this custom rule returned nothing/);
  });
  test("no function", () => assert.throws(() => customVjp(Math.exp, 3 as never), /customVjp takes two functions/));
});
