import assert from "node:assert/strict";
import { test } from "node:test";
import {
  checkpoint,
  fixedPoint,
  grad,
  hessian,
  implicitRoot,
  jacobian,
  jvp,
  linearize,
  mul,
  odeint,
  ravel,
  scan,
  sin,
  sum,
  tensor,
  treeMap,
  valueAndGrad,
  vjp,
  vmap,
  type Tensor,
} from "../../../../engine/library/index.ts";

/** Compiles only where X and Y are the same type. */
type Same<X, Y> = [X, Y] extends [Y, X] ? true : false;
function is<Wanted>() {
  return <Given>(given: Given, same: Same<Given, Wanted>): unknown => [given, same];
}

test("derivatives have the types of what they are taken with respect to", () => {
  const matrix = tensor([
    [1, 2],
    [3, 4],
  ]);
  const vector = tensor([1, 2, 3]);
  const parameters = { w: matrix, layers: [{ b: 1 }], s: 2 as const };
  const loss = (p: typeof parameters, x: number): number => mul(p.s, mul(sum(p.w), x));

  const gradient = grad(loss)(parameters, 1);
  is<typeof matrix>()(gradient.w, true);
  is<number>()(gradient.s, true);
  is<number | undefined>()(gradient.layers[0]?.b, true);
  is<number>()(grad(loss, { argnums: 1 })(parameters, 1), true);
  is<[number, typeof gradient]>()(grad(loss, { argnums: [1, 0] })(parameters, 1), true);
  is<{ w: typeof matrix; layers: { b: number }[]; s: number }>()(
    treeMap((p, g) => mul(p, g), parameters, gradient),
    true,
  );
  is<typeof gradient>()(ravel(parameters)[1]([1, 2, 3, 4, 1, 2]), true);
  is<number>()(linearize(loss, parameters, 1)[1](gradient, 1), true);
  const [[value, aux], [slope]] = valueAndGrad((x: number) => [mul(x, x), { half: "x" }] as const, {
    argnums: [0],
    hasAux: true,
  })(3);
  is<number>()(value, true);
  is<"x">()(aux.half, true);
  is<number>()(slope, true);

  const [, pullback] = vjp((x: number, v: typeof vector) => mul(x, sum(v)), 2, vector);
  is<[number, Tensor<readonly [3]>]>()(pullback(1), true);
  is<number>()(jvp((x: number) => sin(x), [1], [1])[1], true);
  is<Tensor<readonly [3, 3]>>()(jacobian((v: typeof vector) => sin(v))(vector), true);
  is<Tensor<readonly [3, 3]>>()(hessian((v: typeof vector) => sum(v))(vector), true);
  is<number>()(hessian((x: number) => mul(x, x))(2), true);

  is<number>()(checkpoint((x: number) => mul(x, x))(2), true);
  is<{ x: number }>()(
    fixedPoint((s: { x: number }) => ({ x: mul(0.5, s.x) }), { x: 1 }),
    true,
  );
  is<number>()(
    implicitRoot((x: number) => mul(x, 2), 1),
    true,
  );
  const solution = odeint((s: { x: number; v: number }) => ({ x: s.v, v: mul(-1, s.x) }), { x: 1, v: 0 }, [0, 1]);
  is<number>()(solution.x.at(-1), true);
  const [carry, all] = scan((h: number, x: number) => [mul(h, x), { h }], 1, [1, 2, 3]);
  is<number>()(carry, true);
  is<readonly number[]>()(all.h.shape, true);
  is<Tensor>()(vmap((x: number) => mul(x, x))([1, 2, 3]), true);
});

test("arguments that do not fit do not compile", () => {
  assert.equal(
    [
      // @ts-expect-error the loss gives text
      () => grad((x: number) => String(x)),
      // @ts-expect-error a tangent is missing
      () => jvp((x: number, y: number) => mul(x, y), [1, 2], [1]),
      // @ts-expect-error the argument is no number
      () => grad((x: number) => x)("1"),
      // @ts-expect-error the fixed point of a number is a number
      () => fixedPoint((x: number) => [x], 1),
    ].length,
    4,
  );
});
