import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  Complex,
  abs,
  add,
  checkpoint,
  complex,
  cond,
  div,
  exp,
  fixedPoint,
  foriLoop,
  grad,
  hessian,
  hvp,
  implicitRoot,
  jacobian,
  jvp,
  mul,
  neg,
  odeint,
  pow,
  real,
  scan,
  sin,
  slice,
  square,
  sub,
  sum,
  tensor,
  valueAndGrad,
  vjp,
  vmap,
  whileLoop,
} from "../../../../engine/library/index.ts";
import { close, refuses } from "./compare.ts";

const i = complex(0, 1);

/** Complex numbers, and trees of them, part by part. */
function closeComplex(actual: unknown, re: unknown, im: unknown, tolerance = 1e-12): void {
  assert.ok(actual instanceof Complex, String(actual));
  close(actual.re, re, tolerance);
  close(actual.im, im, tolerance);
}

function closeArray(actual: unknown, expected: Float64Array | Float32Array | Int32Array, tolerance = 1e-12): void {
  assert.equal((actual as object).constructor, expected.constructor);
  assert.equal((actual as ArrayLike<number>).length, expected.length);
  expected.forEach((value, k) => close((actual as ArrayLike<number>)[k], value, tolerance));
}

describe("a complex number in a tree", () => {
  const size = (z: Complex): number => square(abs(z));

  test("has ∂L/∂re + i ∂L/∂im as its gradient", () => {
    closeComplex(grad(size)(complex(3, -4)), 6, -8);
    // L = re(z³): ∂L/∂re + i ∂L/∂im is the conjugate of 3z².
    closeComplex(grad((z: Complex) => real(pow(z, 3)))(complex(1, 2)), -9, -12);
    const p = { layers: [{ z: complex([1, 0], [0, 2]) }], k: 3 };
    const [value, gradient] = valueAndGrad(({ layers, k }: typeof p) => mul(k, sum(square(abs(layers[0]!.z)))))(p);
    close(value, 15);
    closeComplex(gradient.layers[0]!.z, [6, 0], [0, 12]);
    close(gradient.k, 5);
  });

  test("is differentiated along directions and back, and the two agree", () => {
    const z = complex([0.3, 1.1], [-0.7, 0.4]);
    const dz = complex([1, -2], [0.5, 0.25]);
    const u = complex([0.2, 0.9], [-1, 0.3]);
    const f = (x: typeof z): Complex => exp(mul(x, x));
    const [, tangent] = jvp(f, [z], [dz]);
    // A holomorphic function moves by its complex derivative times dz.
    const expected = mul(mul(mul(z, 2), f(z) as never), dz as never) as unknown as Complex;
    closeComplex(tangent, expected.re, expected.im);
    const [, pullback] = vjp(f, z);
    const [bar] = pullback(u);
    const inner = (a: Complex, b: Complex): number => add(sum(mul(a.re, b.re)), sum(mul(a.im, b.im)));
    close(inner(u, tangent), inner(bar, dz));
  });

  test("has second derivatives", () => {
    closeComplex(hvp(size, [complex(3, -4)], [complex(1, 2)])[0], 2, 4);
    const h = hessian((z: Complex) => real(pow(z, 3)))(complex(1, 2)) as unknown as Record<"re" | "im", Complex>;
    // ∂²re(z³)/∂re² = 6 re, mixed −6 im, ∂²/∂im² = −6 re.
    closeComplex(h.re, 6, -12);
    closeComplex(h.im, -12, -6);
    closeComplex(grad((z: Complex) => size(grad(size)(z)))(complex(3, -4)), 24, -32);
  });

  test("has a Jacobian with its parts side by side", () => {
    const j = jacobian((z: Complex) => mul(z, z) as unknown as Complex)(complex(1, 2)) as unknown as Record<
      "re" | "im",
      Complex
    >;
    closeComplex(j.re, 2, -4);
    closeComplex(j.im, 4, 2);
  });

  test("is mapped over, scanned and carried", () => {
    const z = complex([1, 2], [3, 4]);
    closeComplex(vmap((x: Complex) => mul(x, i) as unknown as Complex)(z as never), [-3, -4], [1, 2]);
    closeComplex(vmap(grad(size))(z as never), [2, 4], [6, 8]);
    const [last, all] = scan(
      (carry: Complex, x: Complex) => [mul(carry, x), carry] as never,
      complex(1, 0),
      z as never,
    );
    closeComplex(last, -10, 10);
    closeComplex(all, [1, 1], [0, 3]);
    closeComplex(
      foriLoop(0, 5, (_, carry: Complex) => mul(carry, i) as unknown as Complex, complex(1, 0) as Complex),
      0,
      1,
    );
    closeComplex(
      whileLoop(
        (carry: Complex) => abs(carry) < 3,
        (carry) => mul(carry, complex(1, 1)) as unknown as Complex,
        complex(1, 0) as Complex,
      ),
      -4,
      0,
    );
    closeComplex(
      grad((x: Complex) => real(foriLoop(0, 3, (_, carry: Complex) => mul(carry, x) as never, complex(1, 0)) as never))(
        complex(1, 2),
      ),
      -9,
      -12,
    );
  });

  test("goes through checkpoint, cond, fixed points, roots and differential equations", () => {
    const w = complex(0.2, 0.1);
    const through = (f: (x: Complex) => Complex): Complex => grad((x: Complex) => size(f(x)))(w);
    const same = (f: (x: Complex) => Complex, g: (x: Complex) => Complex, tolerance = 1e-10): void => {
      const { re, im } = through(g);
      closeComplex(through(f), re, im, tolerance);
    };
    const squared = (x: Complex): Complex => mul(x, x);
    same(checkpoint(squared), squared);
    same((x) => cond(true, squared, (z: Complex) => neg(z), x), squared);
    // z = w z + 1 and its closed form.
    const inverse = (x: Complex): Complex => div(complex(1), sub(complex(1), x));
    same((x) => fixedPoint((z: Complex) => add(mul(x, z), 1) as unknown as Complex, complex(1, 0)), inverse);
    same((x) => implicitRoot((z: Complex) => sub(z, add(mul(x, z), 1)) as unknown as Complex, complex(1, 0)), inverse);
    same(
      (x) => {
        const path = odeint((z: Complex) => mul(x, z) as unknown as Complex, complex(1, 0), [0, 1]) as Complex;
        return path.map((part: number) => slice(part, [-1]));
      },
      (x) => exp(x),
      1e-6,
    );
  });

  test("is not a number as a tangent", () => {
    refuses(
      () => jvp((z: Complex) => z, [complex(1, 2)], [3 as unknown as Complex]),
      "jvp: the tangent of argument 1 is built as number, not as {re:number,im:number}: it must be built like the argument.",
    );
  });
});

describe("a typed array in a tree", () => {
  const x = Float64Array.of(0.3, -1.2, 2);
  const f = (v: Float64Array): number => sum(mul(sin(v), v));

  test("gives a gradient of its kind", () => {
    closeArray(
      grad(f)(x),
      x.map((v) => Math.cos(v) * v + Math.sin(v)),
    );
    closeArray(grad((v: Float32Array) => sum(square(v)))(Float32Array.of(1, 0.1)), Float32Array.of(2, 0.2), 1e-7);
    const [value, gradient] = valueAndGrad((p: { w: Float64Array; b: number }) => mul(sum(p.w), p.b))({ w: x, b: 2 });
    close(value, 2.2);
    closeArray(gradient.w, Float64Array.of(2, 2, 2));
    close(gradient.b, 1.1);
  });

  test("is read element by element, and refuses what would lose the gradient", () => {
    const first = (v: Float64Array): number => mul(v[0]!, v.at(-1)!);
    closeArray(grad(first)(x), Float64Array.of(2, 0, 0.3));
    const each = (v: Float64Array): number => [...v].reduce((total, element) => add(total, square(element)), 0);
    closeArray(grad(each)(x), Float64Array.of(0.6, -2.4, 4));
    closeArray(grad((v: Float64Array) => v.reduce((a, b) => mul(a, b), 1))(x), Float64Array.of(-2.4, 0.6, -0.36));
    assert.throws(
      () =>
        grad((v: Float64Array) => {
          v[0] = 1;
          return v[0];
        })(x),
      /a typed array with traced elements is only read outside of traced code, so 0 is not there/,
    );
    assert.throws(() => grad((v: Float64Array) => v.subarray(1)[0]!)(x), /so subarray is not there/);
  });

  test("goes through every other derivative", () => {
    const second = x.map((v) => -Math.sin(v) * v + 2 * Math.cos(v));
    const dx = Float64Array.of(1, -1, 0.5);
    closeArray(
      hvp(f, [x], [dx])[0],
      second.map((v, k) => v * dx[k]!),
    );
    const [, tangent] = jvp(f, [x], [dx]);
    const [, pullback] = vjp(f, x);
    close(
      [...pullback(1)[0]].reduce((total, v, k) => total + v * dx[k]!, 0),
      tangent,
    );
    closeArray(jacobian(f)(x), grad(f)(x));
    const j = jacobian((v: Float64Array) => sin(v) as unknown as Float64Array)(x);
    close(j, [
      [Math.cos(x[0]!), 0, 0],
      [0, Math.cos(x[1]!), 0],
      [0, 0, Math.cos(x[2]!)],
    ]);
    closeArray(
      grad((v: Float64Array) => sum(square(grad(f)(v))))(x),
      grad((v: Float64Array) => sum(square(grad(f)(v))))(x),
    );
    closeArray(grad((v: Float64Array) => sum(grad(f)(v)))(x), second);
  });

  test("comes out of functions as a typed array, where it is built like one that went in", () => {
    const carried = foriLoop(0, 3, (_, carry: Float64Array) => carry, x);
    closeArray(carried, x);
    closeArray(checkpoint((v: Float64Array) => v)(x), x);
    closeArray(
      cond(
        true,
        (v: Float64Array) => v,
        (v) => v,
        x,
      ),
      x,
    );
    const [value] = vjp((v: Float64Array) => ({ v, s: sum(v) }), x);
    closeArray(value.v, x);
  });

  test("is mapped over, scanned over, and an initial state", () => {
    close(
      vmap((s: number) => square(s))(x),
      [...x].map((v) => v * v),
    );
    const [total, partial] = scan((carry: number, v: number) => [add(carry, v), carry] as const, 0, x);
    close(total, 1.1);
    close(partial, [0, 0.3, -0.9]);
    closeArray(
      grad((v: Float64Array) => scan((carry: number, s: number) => [mul(carry, s), s] as const, 1, v)[0])(x),
      Float64Array.of(-2.4, 0.6, -0.36),
    );
    close(
      vmap(grad(f) as never, { inAxes: 0 })(tensor([[...x], [...x]])),
      [grad(f)(x), grad(f)(x)].map((g) => [...g]),
    );
  });

  test("of whole numbers is handed on, and its derivative is zero", () => {
    const p = { w: x, places: Int32Array.of(2, 0) };
    const g = grad((q: typeof p) => mul(q.w[q.places[0]!]!, 3))(p);
    closeArray(g.w, Float64Array.of(0, 0, 3));
    closeArray(g.places, Int32Array.of(0, 0));
  });
});
