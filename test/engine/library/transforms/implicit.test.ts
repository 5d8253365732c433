import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { reverse } from "../../../../engine/differentiate/reverse.ts";
import {
  add,
  cos,
  fixedPoint,
  grad,
  implicitRoot,
  jacobian,
  jvp,
  matmul,
  mul,
  pow,
  random,
  sub,
  sum,
  tanh,
  tensor,
  zeros,
  type Value,
} from "../../../../engine/library/index.ts";
import { recordOn } from "../../../../engine/tape/recording.ts";
import { Tape } from "../../../../engine/tape/tape.ts";
import type { TracedNumber } from "../../../../engine/tape/tensor.ts";
import { close, refuses } from "./compare.ts";

/** x³ + ax = 1: x′ = −x/(3x² + a), and x″ by differentiating that. */
const root = (a: number): number => implicitRoot((x: number) => sub(add(pow(x, 3), mul(a, x)), 1), 0.5);
function derivatives(a: number): [number, number] {
  const x = root(a);
  const slope = 3 * x * x + a;
  const first = -x / slope;
  return [first, (-first * slope + x * (6 * x * first + 1)) / slope ** 2];
}

describe("implicitRoot", () => {
  test("is the root, and its derivative follows from the implicit function theorem, to any order", () => {
    const x = root(2);
    close(x ** 3 + 2 * x, 1);
    const [first, second] = derivatives(2);
    close(grad(root)(2), first);
    close(jvp(root, [2], [1]), [x, first]);
    close(grad(grad(root))(2), second);
    close(jvp(grad(root), [2], [1])[1], second);
    close(grad((a: number) => jvp(root, [a], [1])[1])(2), second);
    const h = 1e-4;
    close(grad(grad(grad(root)))(2), (derivatives(2 + h)[1] - derivatives(2 - h)[1]) / (2 * h), 1e-6);
  });

  test("is one operation on the tape, however it was found", () => {
    const tape = new Tape();
    const a = tape.addInput(2, "a", 0);
    const x = recordOn(tape, () => root(a as unknown as number) as unknown as TracedNumber);
    assert.equal(tape.length, 2);
    close(reverse(tape, x.node).scalar(a.node), derivatives(2)[0]);
  });

  test("takes a solver of one's own, which is not differentiated", () => {
    const found = (a: number): number =>
      implicitRoot((x: number) => sub(mul(x, x), a), 1, {
        solve: (_, guess) => {
          assert.equal(guess, 1);
          return Math.sqrt(3);
        },
      });
    close(grad(found)(3), 1 / (2 * Math.sqrt(3)));
  });

  test("of trees: x² + y² = r and x = ky", () => {
    const meeting = (p: { r: number; k: number }): number[] => {
      const { x, y } = implicitRoot(
        (v: { x: number; y: number }) => ({
          x: sub(add(mul(v.x, v.x), mul(v.y, v.y)), p.r),
          y: sub(v.x, mul(p.k, v.y)),
        }),
        { x: 1, y: 1 },
      );
      return [x, y];
    };
    const s = Math.SQRT2;
    close(meeting({ r: 4, k: 1 }), [s, s]);
    close(jacobian(meeting)({ r: 4, k: 1 }), [
      { r: s / 8, k: s / 2 },
      { r: s / 8, k: -s / 2 },
    ]);
  });

  test("large systems are solved by products alone, and agree with elimination", () => {
    const matrix = add(
      mul(0.05, random(1).normal([40, 40])),
      tensor(Array.from({ length: 40 }, (_, i) => Array.from({ length: 40 }, (_, j) => (i === j ? 2 : 0)))),
    );
    const f = (solver: "dense" | "gmres") => (b: Value) =>
      sum(
        pow(
          implicitRoot((x: Value) => sub(add(matmul(matrix, x), mul(0.1, pow(x, 3))), b), zeros([40]), {
            linear: { solver },
          }),
          2,
        ),
      );
    const b = random(2).normal([40]);
    close(grad(f("gmres"))(b), grad(f("dense"))(b), 1e-9);
  });

  test("says how far it got where there is no root", () => {
    refuses(
      () => implicitRoot((x: number) => add(mul(x, x), 1), 0.5),
      "implicitRoot: no root found: after 3 steps of Newton's method no step makes the residual smaller than 1; start closer to a root, or give a solve of your own.",
    );
    refuses(
      () => implicitRoot((x: number) => pow(x, 3), 1, { maxIterations: 4 }),
      "implicitRoot: no root found in 4 steps of Newton's method: the residual is 0.00771 at a point of norm 0.198; start closer to a root, or give a solve of your own.",
    );
    refuses(
      () => grad((a: number) => implicitRoot((x: number) => sub(mul(x, x), a), 0, { solve: () => 0 }))(0),
      "implicitRoot: the linear system with 1 unknown is singular (a pivot is 0), so the solution does not depend smoothly on its inputs here.",
    );
  });
});

describe("fixedPoint", () => {
  test("x = a·cos x: the derivative is cos x/(1 + a·sin x)", () => {
    const f = (a: number): number => fixedPoint((x: number) => mul(a, cos(x)), 0.5);
    const x = f(0.7);
    close(x, 0.7 * Math.cos(x));
    close(grad(f)(0.7), Math.cos(x) / (1 + 0.7 * Math.sin(x)), 1e-11);
  });

  test("an equilibrium layer: forward and reverse agree, also in the second derivative", () => {
    const b = tensor([0.1, 0.2, 0.3]);
    const f = (w: Value): number => {
      const z = fixedPoint((v: Value) => tanh(add(matmul(w, v), b)), zeros([3]));
      return sum(mul(z, z));
    };
    const gradient: (w: Value) => Value = grad(f);
    const rng = random(1);
    const w: Value = mul(0.3, rng.normal([3, 3]));
    const u: Value = rng.normal([3, 3]);
    const v: Value = rng.normal([3, 3]);
    close(sum(mul(gradient(w), u)), jvp(f, [w], [u])[1], 1e-11);
    const second = (p: Value, q: Value): number => sum(mul(jvp(gradient, [w], [p])[1], q));
    close(second(u, v), second(v, u), 1e-10);
    close(grad((x: Value) => sum(mul(gradient(x), u)))(w), jvp(gradient, [w], [u])[1], 1e-10);
  });

  test("says how far it got where it does not converge, and refuses another shape", () => {
    refuses(
      () => fixedPoint((x: number) => add(x, 1), 0),
      "fixedPoint: after 1000 turns the value still changes by 1 a turn (its norm is 1000); start closer, damp the function, or raise maxIterations or tolerance.",
    );
    refuses(
      () => fixedPoint((x: number) => tensor([x]) as number, 0),
      "fixedPoint: what the function returned is a tensor of shape [1], not a number: it must be built like what it is given.",
    );
  });
});
