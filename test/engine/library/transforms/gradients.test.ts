import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  add,
  complex,
  cos,
  grad,
  hessian,
  hvp,
  jacfwd,
  jacobian,
  jacrev,
  jvp,
  matmul,
  mul,
  pow,
  sin,
  stopGradient,
  sum,
  tanh,
  tensor,
  valueAndGrad,
  vjp,
  type Tensor,
  type Value,
} from "../../../../engine/library/index.ts";
import { close, refuses } from "./compare.ts";

const cube = (x: number): number => pow(x, 3);
const x3 = tensor([0.3, -1.2, 2]);

describe("grad", () => {
  test("is a function of the same arguments, and composes to any order", () => {
    assert.equal(grad(cube)(2), 12);
    assert.equal(grad(grad(cube))(2), 12);
    assert.equal(grad(grad(grad(cube)))(2), 6);
    assert.equal(grad(grad(grad(grad(cube))))(2), 0);
  });

  test("never confuses what a function is given with what it closes over", () => {
    // d/dx [x · d/dy (x + y)] = 1, and d/dx [x · d/dy (x·y) at y = x] = d/dx x² = 2x
    const simple = grad((x: number) => mul(x, grad((y: number) => add(x, y))(1)));
    assert.equal(simple(5), 1);
    const same = grad((x: number) => mul(x, grad((y: number) => mul(x, y))(x)));
    assert.equal(same(5), 10);
    // d/dx [d/dy (x·y²) at y = x] = d/dx 2x² = 4x
    assert.equal(grad((x: number) => grad((y: number) => mul(x, mul(y, y)))(x))(3), 12);
  });

  test("is built like the argument, zeros where the value does not depend on a part", () => {
    const f = ({ a, b, c }: { a: number; b: readonly number[]; c: Tensor }): number =>
      add(mul(a, b[0]!), sum(mul(c, c)));
    close(grad(f)({ a: 2, b: [3, 4], c: tensor([[1, 2]]) }), { a: 3, b: [2, 0], c: [[2, 4]] });
  });

  test("takes the arguments that argnums names", () => {
    const f = (x: number, y: number): number => mul(x, mul(y, y));
    assert.equal(grad(f, { argnums: 1 })(2, 3), 12);
    assert.deepEqual(grad(f, { argnums: [1, 0] })(2, 3), [12, 9]);
  });

  test("hands on what a function gives besides its value", () => {
    const f = (x: number): readonly [number, { readonly half: number }] => [mul(x, x), { half: mul(x, 0.5) }];
    assert.deepEqual(grad(f, { hasAux: true })(6), [12, { half: 3 }]);
    assert.deepEqual(valueAndGrad(f, { hasAux: true })(6), [[36, { half: 3 }], 12]);
  });

  test("gives plain numbers and tensors outside of a recording", () => {
    const g = grad((x: typeof x3) => sum(sin(x)))(x3);
    close(g, cos(x3));
    close(add(g, 1), add(cos(x3), 1));
  });

  test("ends where the gradient is stopped", () => {
    assert.equal(grad((x: number) => mul(x, stopGradient(mul(x, x))))(3), 9);
    assert.equal(grad(grad((x: number) => mul(x, stopGradient(x))))(3), 0);
  });

  test("refuses what it cannot differentiate in one sentence", () => {
    refuses(
      () => grad((x: Tensor) => mul(x, 2))(tensor([1, 2])),
      "grad: the function returned a tensor of shape [2]; reduce it to a number, with sum or mean for example, or take the jacobian.",
    );
    refuses(() => grad((() => undefined) as never)(1), "grad: the function returned nothing; return a number.");
    refuses(() => grad(3 as unknown as (x: number) => number), "grad takes a function, not a value of type number.");
    refuses(
      () => grad((x: number) => x)("1" as never),
      'grad: argument 1 is the text "1": it must be made of numbers, complex numbers, tensors, typed arrays, and plain objects and arrays of them.',
    );
    refuses(
      () => grad((p: { w: Map<string, number> }) => p.w.size)({ w: new Map() }),
      "grad: argument 1 holds, at w, an object of type Map: it must be made of numbers, complex numbers, tensors, typed arrays, and plain objects and arrays of them.",
    );
    refuses(
      () => grad((x: Int32Array) => x[0]!)(new Int32Array(2)),
      "grad: argument 1 is an object of type Int32Array: whole numbers have no derivative; give an array of floats, such as a Float64Array, or a tensor.",
    );
    refuses(
      () => grad((x: number) => complex(x, 1) as never)(1),
      "grad: the function returned a complex number; return a real one, such as its abs or real part, or take the jacobian.",
    );
    refuses(
      () => grad((x: number) => ({ loss: x }) as never)(1),
      "grad: the function returned an object; return one number, or take the jacobian.",
    );
    refuses(
      () => grad((x: number) => x, { argnums: -1 })(1),
      "grad: argnums are places of arguments, whole numbers from 0 on, not -1.",
    );
    refuses(
      () => grad((x?: number) => x ?? 1)(),
      "grad: argument 1 is missing; a derivative is taken with respect to it, so give its value, even where the function has a default.",
    );
    refuses(
      () => grad((x: number) => Promise.resolve(x) as unknown as number)(1),
      "grad: the function is asynchronous; it must compute in one go.",
    );
  });

  test("does not give NaN or 0 in silence where operators meet a traced number outside of traced code", () => {
    const message =
      "an operator, a comparison or Math met a traced number outside of traced code: " +
      "use add, sub, mul, div, pow, where and the other functions from adjoint there";
    for (const f of [
      (x: number) => x * 2,
      (x: number) => x + 1,
      (x: number) => Math.sin(x),
      (x: number) => (x > 0 ? x : 0),
    ])
      assert.throws(() => grad(f)(1), { name: "TypeError", message });
  });
});

describe("vjp and jvp", () => {
  const f = (x: number, y: Value): Value => mul(x, sin(y));

  test("are each other's transpose", () => {
    const [value, pullback] = vjp(f, 2, x3);
    const [same, tangent] = jvp(f, [2, x3], [0.7, tensor([1, -2, 0.5])]);
    close(value, same);
    const u = tensor([0.4, 1.1, -3]);
    const [xBar, yBar] = pullback(u);
    close(add(mul(xBar, 0.7), sum(mul(yBar, tensor([1, -2, 0.5])))), sum(mul(u, tangent)));
  });

  test("a pullback may be called again, and each time gives the same", () => {
    const [, pullback] = vjp(cube, 2);
    assert.deepEqual([pullback(1), pullback(1), pullback(2)], [[12], [12], [24]]);
  });

  test("compose with each other and with grad", () => {
    // d/dx of the pullback of x³ at x with cotangent 1: 6x
    const slope = (x: number): number => vjp(cube, x)[1](1)[0];
    close(jvp(slope, [2], [1]), [12, 12]);
    close(
      jvp((x: number) => jvp(cube, [x], [1])[1], [2], [1]),
      [12, 12],
    );
    assert.equal(grad((x: number) => jvp(cube, [x], [1])[1])(2), 12);
  });

  test("powers of negative numbers are smooth, in the second derivative too", () => {
    const square = (x: number): number => pow(x, 2);
    close([grad(grad(square))(-1), jvp(grad(square), [-1], [1])[1], jvp(grad(grad(cube)), [-1], [1])[1]], [2, 2, 6]);
  });

  test("work over trees in and out", () => {
    const g = (p: { a: number; b: readonly number[] }): { s: number; t: number[] } => ({
      s: mul(p.a, p.b[0]!),
      t: [p.b[1]!, mul(p.a, p.a)],
    });
    const [value, pullback] = vjp(g, { a: 2, b: [3, 4] });
    close(value, { s: 6, t: [4, 4] });
    close(pullback({ s: 1, t: [10, 100] }), [{ a: 403, b: [2, 10] }]);
    close(jvp(g, [{ a: 2, b: [3, 4] }], [{ a: 1, b: [0, 5] }])[1], { s: 3, t: [5, 4] });
  });

  test("refuse tangents and cotangents that do not fit", () => {
    refuses(
      () => vjp(cube, 2)[1](tensor([1, 2])),
      "vjp: the cotangent is a tensor of shape [2], not a number like the value of the function.",
    );
    refuses(
      () => vjp((x: number) => [x, x], 2)[1]([1] as never),
      "vjp: the cotangent is built as [number], not as [number,number]: it must be built like the value of the function.",
    );
    refuses(
      () => jvp(cube, [2], [] as never),
      "jvp was given 0 tangents for 1 argument: give one for each, in their order.",
    );
    refuses(
      () => jvp(f, [2, x3], [1, tensor([1])] as never),
      "jvp: the tangent of argument 2 is a tensor of shape [1], not a tensor of shape [3] like the argument.",
    );
    refuses(
      () => jvp(cube, 2 as never, 1 as never),
      "jvp takes the arguments in an array and their tangents in another: jvp(f, [x], [dx]).",
    );
  });
});

describe("jacobian and hessian", () => {
  const f = (x: Value): Value =>
    matmul(
      tensor([
        [1, 2, 3],
        [0, 1, -1],
      ]),
      mul(x, x),
    );

  test("forward and reverse agree, and the shape is the result's followed by the argument's", () => {
    const expected = [
      [0.6, -4.8, 12],
      [0, -2.4, -4],
    ];
    for (const take of [jacobian, jacfwd, jacrev]) close(take(f)(x3), expected);
  });

  test("over trees, each part of the result holds a tree like the argument", () => {
    const g = (p: { a: number; v: Tensor }): { s: number; w: Value } => ({ s: mul(p.a, p.a), w: mul(p.a, p.v) });
    for (const mode of ["forward", "reverse"] as const)
      close(jacobian(g, { mode })({ a: 3, v: tensor([1, 2]) }), {
        s: { a: 6, v: [0, 0] },
        w: {
          a: [1, 2],
          v: [
            [3, 0],
            [0, 3],
          ],
        },
      });
  });

  test("the Hessian of tensors and of several arguments", () => {
    close(hessian((x: Tensor) => sum(pow(x, 3)))(tensor([1, 2])), [
      [6, 0],
      [0, 12],
    ]);
    close(hessian((x: number, y: number) => mul(mul(x, x), y), { argnums: [0, 1] })(3, 2), [
      [4, 6],
      [6, 0],
    ]);
    const mixed = hessian((x: Tensor, a: number) => mul(a, sum(mul(x, x))), { argnums: [0, 1] })(tensor([1, 2]), 3);
    close(mixed, [
      [
        [
          [6, 0],
          [0, 6],
        ],
        [2, 4],
      ],
      [[2, 4], 0],
    ]);
  });

  test("hvp is the Hessian times a direction, without it", () => {
    const g = (x: typeof x3): number => sum(tanh(mul(x, sum(mul(x, x)))));
    const v = tensor([0.5, 1, -2]);
    close(hvp(g, [x3], [v])[0], matmul(hessian(g)(x3), v));
  });

  test("an array of more numbers than a call takes as arguments", () => {
    const numbers = new Array<number>(150_000).fill(0.5);
    const squares = (all: readonly number[]): number => all.reduce((sum, x) => add(sum, mul(x, x)), 0);
    const ones = numbers.map(() => 1);
    assert.equal(jvp(squares, [numbers], [ones])[1], 150_000);
    const [product] = hvp(squares, [numbers], [ones]);
    assert.ok(product.every((x) => x === 2));
  });

  test("a mode that there is not is refused", () => {
    refuses(
      () => jacobian(f, { mode: "sideways" as never })(x3),
      'jacobian: the mode is "forward" or "reverse", not "sideways".',
    );
  });
});
