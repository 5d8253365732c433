import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  grad,
  jacobian,
  mul,
  projectBox,
  projectL1Ball,
  projectL2Ball,
  projectNonNegative,
  projectSimplex,
  proxElasticNet,
  proxL1,
  proxL2,
  proxSquaredL2,
  random,
  sub,
  sum,
  tensor,
  vmap,
  type Value,
} from "../../../engine/library/index.ts";
import { close } from "./transforms/compare.ts";

describe("proximal operators", () => {
  test("soft threshold: soft(3, 1) = 2, soft(−0.5, 1) = 0, with derivatives 1 and 0", () => {
    const soft = (x: number): number => proxL1(x, 1);
    assert.deepEqual([soft(3), soft(-3), Math.abs(soft(-0.5))], [2, -2, 0]);
    assert.deepEqual([grad(soft)(3), grad(soft)(-3), grad(soft)(-0.5), grad(soft)(1)], [1, 1, 0, 0]);
    assert.deepEqual(
      [2, -2, 0.5].map((x) => grad((threshold: number) => proxL1(x, threshold))(1)),
      [-1, 1, 0],
    );
  });

  test("unrolled ISTA with AᵀA = I and step 1 converges in one layer", () => {
    const b = tensor([2, -0.3, 0.7]);
    const layer = (x: Value): Value => proxL1(sub(x, sub(x, b)), 0.5);
    const first = layer(tensor([0, 0, 0]));
    close(layer(first), first);
    close(first, [1.5, 0, 0.2]);
  });

  test("each minimises ½‖y − x‖² + λ·g(y)", () => {
    const rng = random(4);
    const g: Readonly<Record<string, readonly [prox: (x: Value) => Value, cost: (y: number[]) => number]>> = {
      l1: [(x) => proxL1(x, 0.4), (y) => 0.4 * y.reduce((s, v) => s + Math.abs(v), 0)],
      l2: [(x) => proxL2(x, 0.4), (y) => 0.4 * Math.hypot(...y)],
      squared: [(x) => proxSquaredL2(x, 0.4), (y) => 0.2 * y.reduce((s, v) => s + v * v, 0)],
      elastic: [(x) => proxElasticNet(x, 0.3, 0.4), (y) => y.reduce((s, v) => s + 0.3 * Math.abs(v) + 0.2 * v * v, 0)],
    };
    for (const [prox, cost] of Object.values(g)) {
      const x = numbers(rng.normal([4]));
      const objective = (y: number[]): number => cost(y) + 0.5 * y.reduce((s, v, k) => s + (v - x[k]!) ** 2, 0);
      const best = numbers(prox(tensor(x)));
      for (let k = 0; k < 50; k++) {
        const other = numbers(rng.normal([4])).map((v, i) => best[i]! + 0.1 * v);
        assert.ok(objective(best) <= objective(other));
      }
    }
  });

  test("the norm's operator is smooth where it is not 0, and does no harm at 0", () => {
    // x − λx/‖x‖: I − λ(I − xxᵀ/‖x‖²)/‖x‖
    close(jacobian((x: Value) => proxL2(x, 1))(tensor([3, 4])), [
      [1 - (1 - 9 / 25) / 5, 12 / 125],
      [12 / 125, 1 - (1 - 16 / 25) / 5],
    ]);
    close(grad((x: Value) => sum(proxL2(x, 1)))(tensor([0, 0])), [0, 0]);
    close(grad((x: Value) => sum(proxL2(x, 0)))(tensor([0, 0])), [1, 1]);
  });
});

describe("projections", () => {
  test("onto a box and the non-negative numbers", () => {
    close(projectBox([-2, 0.5, 3], 0, 1), [0, 0.5, 1]);
    close(projectNonNegative([-2, 3]), [0, 3]);
  });

  test("onto the simplex: the sum is right, and the derivative spreads over what is not 0", () => {
    close(projectSimplex([0.2, 0.3, 0.5]), [0.2, 0.3, 0.5]);
    close(projectSimplex([2, 0, 0]), [1, 0, 0]);
    close(projectSimplex([1, 0.8, -1], 1), [0.6, 0.4, 0]);
    close(
      projectSimplex(
        [
          [3, 1],
          [1, 3],
        ],
        2,
      ),
      [
        [2, 0],
        [0, 2],
      ],
    );
    close(jacobian((x: Value) => projectSimplex(x))(tensor([1, 0.8, -1])), [
      [0.5, -0.5, 0],
      [-0.5, 0.5, 0],
      [0, 0, 0],
    ]);
    close(grad((total: number) => sum(mul(projectSimplex([1, 0.8, -1], total), [1, 3, 0])))(1), 2);
  });

  test("onto balls: points inside stay, and have the derivative 1", () => {
    close(projectL2Ball([3, 4], 1), [0.6, 0.8]);
    close(projectL2Ball([0.3, 0.4]), [0.3, 0.4]);
    close(projectL1Ball([3, -1], 2), [2, 0]);
    close(projectL1Ball([0.3, -0.4]), [0.3, -0.4]);
    close(grad((x: Value) => sum(projectL2Ball(x)))(tensor([0, 0])), [1, 1]);
    // Outside, (x₁, −x₂) moves along the edge of the ball: y₁ = 1 + (x₁ + x₂)/2 and y₂ = (x₁ + x₂)/2 − 1.
    close(grad((x: Value) => sum(mul(projectL1Ball(x, 2), [1, 10])))(tensor([3, -2])), [5.5, 5.5]);
  });

  test("go over batches", () => {
    close(
      vmap((x: Value) => projectSimplex(x))(
        tensor([
          [2, 0],
          [0.5, 0.5],
        ]),
      ),
      [
        [1, 0],
        [0.5, 0.5],
      ],
    );
  });
});

function numbers(x: Value): number[] {
  return (x as unknown as { toArray(): number[] }).toArray();
}
