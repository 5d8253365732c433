import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  abs,
  add,
  broadcastTo,
  checkpoint,
  concat,
  cond,
  crossEntropy,
  cumsum,
  customVjp,
  fixedPoint,
  cos,
  grad,
  hessian,
  jacobian,
  logSoftmax,
  matmul,
  max,
  maximum,
  mean,
  mul,
  norm,
  odeint,
  pow,
  prod,
  random,
  reshape,
  sin,
  slice,
  softmax,
  stack,
  std,
  sum,
  take,
  tanh,
  tensor,
  transpose,
  vmap,
  where,
  type Tensor,
  type Value,
} from "../../../../engine/library/index.ts";
import { recordOn } from "../../../../engine/tape/recording.ts";
import { Tape } from "../../../../engine/tape/tape.ts";
import { close, refuses } from "./compare.ts";

const rng = random(5);
const batch = rng.normal([4, 2, 3]);
const weights = rng.normal([3, 2]);
const vector = rng.normal([3]);

/** Functions of a [2, 3], each through other rules. */
const functions: Readonly<Record<string, (x: Value) => Value>> = {
  "elementwise functions": (x) => where(abs(x), sin(add(x, vector)), maximum(x, 0.5)),
  reductions: (x) => add(sum(mul(x, mean(x, 1, { keepDims: true })), 0), add(max(x), norm(x, 0))),
  "products with vectors and matrices": (x) => add(sum(matmul(x, weights)), sum(matmul(x, vector))),
  "a matrix on the left": (x) => matmul(weights, x),
  "a product with itself": (x) => matmul(x, transpose(x)),
  "a product of vectors": (x) => matmul(slice(x, [0]), slice(x, [1])),
  shapes: (x) => concat([reshape(x, [3, 2]), transpose(x), broadcastTo(sum(x), [1, 2])]),
  "parts and stacks": (x) => stack([slice(x, [null, 1]), slice(x, [null, 0])], 1),
  normalisation: (x) => add(mul(softmax(x), logSoftmax(x, 0)), std(x)),
  "scans and products": (x) => mul(cumsum(x, 1), prod(x)),
  gathering: (x) => take(x, [1, 0, 1], 1),
  "cross-entropy": (x) => crossEntropy(x, [0, 2]),
  constants: () => tensor([1, 2]),
};

describe("vmap", () => {
  for (const [name, f] of Object.entries(functions))
    test(`is as if the function had been called for each: ${name}, and its derivatives`, () => {
      const each = <R>(g: (x: Value) => R): R[] => [0, 1, 2, 3].map((k) => g(slice(batch, [k])));
      close(vmap(f)(batch), stack(each(f)));
      const loss = (x: Value): number => sum(sin(f(x)));
      close(vmap(grad(loss))(batch), stack(each(grad(loss))));
      close(grad((x: Value) => sum(sin(vmap(f)(x))))(batch), stack(each(grad(loss))));
    });

  test("a function whose course hangs on no value is called once, and its operations take the whole batch", () => {
    let calls = 0;
    const tape = new Tape();
    const w = tape.addInput(weights, "w", 0) as unknown as Value;
    const layer = (m: Value, x: Value): number => {
      calls++;
      return sum(tanh(matmul(x, m)));
    };
    recordOn(tape, () => vmap(layer, { inAxes: [null, 0] })(w, rng.normal([1000, 3])));
    assert.equal(calls, 1);
    assert.ok(tape.length < 10, `${tape.length} nodes`);
  });

  test("a function that decides by values, or draws random numbers, is called for each", () => {
    const sqrtOrSquare = (x: number): number =>
      cond(
        x,
        (v: number) => mul(v, 5),
        () => 7,
        x,
      );
    close(vmap(sqrtOrSquare)([2, 0, 3]), [10, 7, 15]);
    close(grad((x: Value) => sum(vmap(sqrtOrSquare)(x)))(tensor([2, 0, 3])), [5, 0, 5]);
    const [one, other] = [random(1), random(1)];
    close(vmap((x: number) => add(x, one.normal()))([0, 0, 0]), [other.normal(), other.normal(), other.normal()]);
  });

  test("goes through what is one operation: solved equations, recomputed functions, rules of one's own", () => {
    close(
      vmap((a: number) =>
        slice(
          odeint((y: number) => mul(a, y), 1, [0, 1]),
          [-1],
        ),
      )([0, 1]),
      [1, Math.E],
      1e-7,
    );
    const root = (a: number): number => fixedPoint((x: number) => mul(a, cos(x)), 0.5);
    close(vmap(grad(root))([0.5, 0.7]), [grad(root)(0.5), grad(root)(0.7)]);
    const kept = checkpoint((x: Value) => sum(sin(x)));
    close(vmap(grad(kept))(tensor([[1, 2]])), [[Math.cos(1), Math.cos(2)]]);
    const twice = customVjp(
      (x: number) => x,
      (cotangent) => [mul(2, cotangent)],
    );
    close(vmap(grad(twice))([1, 5]), [2, 2]);
  });

  test("composes with itself and with other derivatives", () => {
    const table = vmap(
      vmap((a: number, b: number) => mul(a, b), { inAxes: [null, 0] }),
      { inAxes: [0, null] },
    );
    close(table([1, 2, 3], [10, 20]), [
      [10, 20],
      [20, 40],
      [30, 60],
    ]);
    close(vmap(hessian((x: Tensor) => sum(pow(x, 3))))(tensor([[1, 2]])), [
      [
        [6, 0],
        [0, 12],
      ],
    ]);
    close(jacobian((x: Value) => vmap((v: number) => sin(v))(x))(tensor([1, 2])), [
      [Math.cos(1), 0],
      [0, Math.cos(2)],
    ]);
  });

  test("axes of arguments and results, over trees", () => {
    const f = (p: { a: Value; b: number }, s: number): { sum: Value; b: number; same: number } => ({
      sum: mul(p.a, s),
      b: p.b,
      same: 7,
    });
    const g = vmap(f, { inAxes: [{ a: 1, b: 0 }, null], outAxes: { sum: -1, b: 0, same: null } });
    close(
      g(
        {
          a: tensor([
            [1, 2, 3],
            [4, 5, 6],
          ]),
          b: [10, 20, 30],
        },
        2,
      ),
      {
        sum: [
          [2, 4, 6],
          [8, 10, 12],
        ],
        b: [10, 20, 30],
        same: 7,
      },
    );
  });

  test("refuses axes that are not equal, or not there, by name", () => {
    const f = (a: Value, b: Value): Value => add(a, b);
    refuses(
      () => vmap(f)(tensor([[1], [2], [3]]), [1, 2]),
      "vmap: the axes mapped over differ: 3 of argument 1, 2 of argument 2; they must have equal extents.",
    );
    refuses(
      () => vmap((p: { w: Value }) => p.w)({ w: 3 }),
      "vmap: argument 1.w is a number and has no axis to map over: give null for it in inAxes, or a tensor.",
    );
    refuses(
      () => vmap(f, { inAxes: [0] })([1], [2]),
      "vmap: inAxes has 1 entry for 2 arguments; give one for each, null for what is not mapped over.",
    );
    refuses(() => vmap(f, { inAxes: null })([1], [2]), "vmap: nothing is mapped over: every axis in inAxes is null.");
    refuses(
      () => vmap(f, { inAxes: [0, 2] })([1], [2]),
      "vmap: argument 2 has the shape [1], so there is no axis 2 to map over.",
    );
    refuses(
      () => vmap(f, { outAxes: null })([1, 2], [2, 2]),
      "vmap: outAxes is null for the result, but it differs between the calls: give it an axis.",
    );
    refuses(
      () => vmap(f, { outAxes: 1 })([1, 2], [2, 2]),
      "vmap: the result has 1 axis with the one mapped over, so that cannot be axis 1.",
    );
  });
});
