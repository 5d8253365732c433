import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as library from "../../../../engine/library/index.ts";
import { dataOf, type Primal } from "../../../../engine/primitives/rule.ts";
import { Tensor } from "../../../../engine/tape/tensor.ts";
import { near } from "../../primitives/checkDerivatives.ts";

/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call
   -- trees of values of the tape */
type Any = any;
const f = library as unknown as Readonly<Record<keyof typeof library, (...args: Any[]) => Any>>;
const plain = (x: unknown): number[] => [...dataOf(x as Primal)];

const tree = () => ({ w: f.tensor([[1, 2], [3, 4]]), layers: [{ b: 5 }, { b: 6 }] }); // prettier-ignore

describe("trees", () => {
  test("are mapped leaf by leaf, several at a time", () => {
    const moved = f.treeMap((a: Any, b: Any) => f.sub(a, f.mul(0.5, b)), tree(), tree());
    assert.deepEqual(plain(moved.w), [0.5, 1, 1.5, 2]);
    assert.deepEqual(moved.layers, [{ b: 2.5 }, { b: 3 }]);
    assert.deepEqual(f.treeLeaves(tree()).slice(1), [5, 6]);
  });

  test("are refused where they are not built alike", () => {
    assert.throws(() => f.treeMap(f.add, { a: 1 }, { b: 1 }), {
      name: "TransformError",
      message: "treeMap: tree 2 is built as {b:number}, not as {a:number}: trees must be built alike.",
    });
    assert.throws(() => f.treeMap(3, {}), { message: "treeMap takes a function, not a value of type number." });
  });

  test("become one vector and back", () => {
    const [vector, unravel] = f.ravel(tree());
    assert.deepEqual(plain(vector), [1, 2, 3, 4, 5, 6]);
    const back = unravel(f.mul(2, vector));
    assert.deepEqual((back.w as Tensor).shape, [2, 2]);
    assert.deepEqual(plain(back.w), [2, 4, 6, 8]);
    assert.deepEqual(back.layers, [{ b: 10 }, { b: 12 }]);
    assert.throws(() => unravel([1, 2]), {
      message: "ravel: the tree has 6 numbers; give a vector of as many, not [2].",
    });
  });

  test("are differentiated through a step of gradient descent written with them", () => {
    const loss = (p: Any) => f.add(f.sum(f.square(p.w)), f.mul(p.layers[0].b, p.layers[1].b));
    const afterStep = (rate: Any) => {
      const parameters = tree();
      return loss(f.treeMap((p: Any, g: Any) => f.sub(p, f.mul(rate, g)), parameters, f.grad(loss)(parameters)));
    };
    // L(r) = 30 (1 − 2r)² + (5 − 6r)(6 − 5r)
    near(afterStep(0.1), 30 * 0.64 + 4.4 * 5.5, 1e-12);
    near(f.grad(afterStep)(0.1), -4 * 30 * 0.8 - 6 * 5.5 - 5 * 4.4, 1e-12);
    near(
      f.grad((s: Any) => f.sum(f.square(f.ravel(f.treeMap((x: Any) => f.mul(s, x), tree()))[0])))(2),
      2 * 2 * 91,
      1e-12,
    );
  });
});

describe("linearize", () => {
  test("runs the function once, and gives its derivative along any tangent", () => {
    let runs = 0;
    const [value, pushforward] = f.linearize((x: Any, y: Any) => {
      runs++;
      return { p: f.mul(x, y), s: f.exp(x) };
    }, 2, 3); // prettier-ignore
    assert.deepEqual(value, { p: 6, s: Math.exp(2) });
    const along = [pushforward(1, 0), pushforward(0, 1), pushforward(2, -1)];
    assert.deepEqual(along, [
      { p: 3, s: Math.exp(2) },
      { p: 2, s: 0 },
      { p: 4, s: 2 * Math.exp(2) },
    ]);
    assert.equal(runs, 1);
  });

  test("is differentiated again", () => {
    const second = f.grad((x: Any) => f.linearize((y: Any) => f.mul(y, f.mul(y, y)), x)[1](1));
    near(second(2), 12, 1e-12);
  });

  test("says which tangents are missing", () => {
    const [, pushforward] = f.linearize(f.mul, 2, 3);
    assert.throws(() => pushforward(1), {
      message: "linearize was given 1 tangent for 2 arguments: give one for each, in their order.",
    });
    assert.throws(() => pushforward(1, [1, 2]), /^TransformError: linearize: the tangent of argument 2/);
  });
});
