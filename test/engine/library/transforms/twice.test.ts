import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CustomRuleError } from "../../../../engine/differentiate/custom.ts";
import * as library from "../../../../engine/library/index.ts";
import { primitiveNames } from "../../../../engine/primitives/names.ts";
import { dataOf, isTraced, primalOf, shapeOf, type Primal } from "../../../../engine/primitives/rule.ts";
import { Tensor, type Value } from "../../../../engine/tape/tensor.ts";
import { cases } from "../../primitives/cases.ts";
import { filled, near, noise, second } from "../../primitives/checkDerivatives.ts";

/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-base-to-string
   -- one table calls all of the library, with values of the tape */
type Any = any;
const f = library as unknown as Readonly<Record<keyof typeof library, (...args: Any[]) => Any>>;
const { add, mul, sub, sum, sin, cos, exp, tanh, square, tensor, stack, slice, grad, jvp } = f;

type OfOne = (x: Any) => Any;

/** Both modes over both. Each gives the second derivative of a function of one number. */
const ways: Readonly<Record<string, (g: OfOne, x: number) => number>> = {
  "reverse over reverse": (g, x) => grad(grad(g))(x) as number,
  "forward over reverse": (g, x) => (jvp(grad(g), [x], [1]) as [number, number])[1],
  "reverse over forward": (g, x) => grad((y: Value) => (jvp(g, [y], [1]) as [Value, Value])[1])(x) as number,
  "forward over forward": (g, x) =>
    (jvp((y: Value) => (jvp(g, [y], [1]) as [Value, Value])[1], [x], [1]) as [number, number])[1],
};

const mat: OfOne = (x) => stack([stack([add(2, mul(x, x)), sin(x)]), stack([sin(x), add(1, x)])]);
const rect: OfOne = (x) => stack([stack([add(2, mul(x, x)), sin(x)]), stack([cos(x), add(1, x)]), stack([x, exp(x)])]);
const soft = f.customVjp(
  (x: Value) => f.log(add(1, exp(x))),
  (c: Value, [x]: Value[]) => [mul(c, f.sigmoid(x))],
);
const softj = f.customJvp(
  (x: Value) => f.log(add(1, exp(x))),
  ([d]: Value[], [x]: Value[]) => mul(d, f.sigmoid(x)),
);

const functions: Readonly<Record<string, OfOne>> = {
  checkpoint: (x) => f.checkpoint((y: Any) => mul(sin(y), exp(y)))(x),
  "checkpoint closing over": (x) => f.checkpoint(() => mul(sin(x), exp(x)))(),
  "checkpoint row sqrt": (x) => f.checkpoint([sin, exp, tanh, square], { policy: "sqrt" })(x),
  "checkpoint bytes": (x) =>
    sum(f.checkpoint((y: Any) => mul(sin(mul(y, tensor([1, 2]))), exp(y)), { policy: { bytes: 16 } })(x)),
  scan: (x) =>
    f.scan(
      (h: Any, v: Any) => {
        const n = tanh(add(mul(h, x), v));
        return [n, n];
      },
      x,
      tensor([1, 2, 3]),
    )[0],
  "scan sqrt": (x) =>
    sum(
      f.scan(
        (h: Any, v: Any) => {
          const n = tanh(add(mul(h, x), v));
          return [n, n];
        },
        x,
        tensor([1, 2, 3]),
        { checkpoint: "sqrt" },
      )[1],
    ),
  fori: (x) => f.foriLoop(0, 4, (_: Any, h: Any) => mul(sin(h), x), x),
  while: (x) =>
    f.whileLoop(
      (h: Any) => f.less(h, 10),
      (h: Any) => mul(h, add(1, x)),
      x,
    ),
  cond: (x) =>
    f.cond(
      f.greater(x, 0),
      (y: Any) => mul(sin(y), y),
      (y: Any) => y,
      x,
    ),
  fixedPoint: (x) => f.fixedPoint((z: Any) => mul(0.5, cos(mul(z, x))), 0.3),
  implicitRoot: (x) => f.implicitRoot((z: Any) => sub(add(mul(z, mul(z, z)), mul(x, z)), 1), 0.5),
  "implicitRoot solve": (x) =>
    f.implicitRoot((z: Any) => sub(add(mul(z, mul(z, z)), mul(x, z)), 1), 0.5, {
      solve: (g: Any, z: Any) => {
        for (let k = 0; k < 200; k++) z = z - 0.2 * g(z);
        return z;
      },
    }),
  odeint: (x) =>
    slice(
      f.odeint((z: Any) => mul(x, sin(z)), x, [0, 1]),
      [-1],
    ),
  "odeint times": (x) =>
    slice(
      f.odeint((z: Any) => mul(z, cos(z)), 0.4, [0, x]),
      [-1],
    ),
  "odeint discretise": (x) =>
    slice(
      f.odeint((z: Any) => mul(x, sin(z)), x, [0, 1], { gradient: "discretise" }),
      [-1],
    ),
  "odeint steps": (x) =>
    slice(
      f.odeint((z: Any) => mul(x, sin(z)), x, [0, 1], { steps: 20 }),
      [-1],
    ),
  odeintEvent: (x) =>
    f.odeintEvent(
      ({ v }: Any) => ({ x: v, v: -9.81 }),
      { x: mul(x, x), v: x },
      0,
      ({ x: p }: Any) => p,
      { until: 5 },
    ).t,
  customVjp: (x) => soft(mul(x, x)),
  customJvp: (x) => softj(mul(x, x)),
  vmap: (x) => sum(f.vmap((v: Any) => mul(sin(mul(v, x)), x))(tensor([1, 2]))),
  "vmap one by one": (x) =>
    sum(
      f.vmap((v: Any) =>
        f.cond(
          f.greater(v, 1.5),
          () => mul(sin(mul(v, x)), x),
          () => mul(x, v),
        ),
      )(tensor([1, 2])),
    ),
  eigh: (x) => {
    const { eigenvalues: e, eigenvectors: w } = f.eigh(mat(x));
    return sum(mul(square(w), e));
  },
  eigvalsh: (x) => slice(f.eigvalsh(mat(x)), [0]),
  svd: (x) => {
    const { u, s } = f.svd(rect(x));
    return sum(mul(square(u), s));
  },
  svdvals: (x) => slice(f.svdvals(rect(x)), [1]),
  pinv: (x) => sum(f.pinv(rect(x))),
  lstsq: (x) => sum(f.lstsq(rect(x), tensor([1, 2, 3]))),
  qr: (x) => sum(square(f.qr(rect(x)).r)),
  "qr q": (x) =>
    sum(
      mul(
        f.qr(rect(x)).q,
        tensor([
          [1, 2],
          [3, 4],
          [5, 6],
        ]),
      ),
    ),
  lu: (x) => sum(f.lu(mat(x)).u),
  cholesky: (x) => sum(f.cholesky(mat(x))),
  solve: (x) => sum(f.solve(mat(x), tensor([1, 2]))),
  det: (x) => f.det(mat(x)),
  logdet: (x) => f.logdet(mat(x)),
  expm: (x) => sum(f.expm(mat(x))),
  inv: (x) => sum(f.inv(mat(x))),
  matrixPower: (x) => sum(f.matrixPower(mat(x), -2)),
  matrixNormNuc: (x) => f.matrixNorm(mat(x), "nuc"),
  tri: (x) => sum(f.triangularSolve(f.tril(mat(x)), tensor([1, 2]))),
  fft: (x) => sum(f.square(f.abs(f.fft(mul(x, tensor([1, 2, 3])))))),
  grad: (x) => grad((y: Any) => mul(mul(y, y), sin(mul(x, y))))(x),
  hvp: (x) => f.hvp((y: Any) => mul(mul(y, y), sin(mul(x, y))), [x], [1])[0],
  vjp: (x) => f.vjp((y: Any) => mul(sin(y), x), x)[1](x)[0],
  jvp: (x) => jvp((y: Any) => mul(sin(y), x), [x], [x])[1],
  jacobian: (x) => sum(f.jacobian((v: Any) => mul(sin(v), x))(mul(x, tensor([1, 2])))),
  hessian: (x) => sum(f.hessian((v: Any) => sum(mul(sin(v), x)))(mul(x, tensor([1, 2])))),
  proxL1: (x) => sum(f.proxL1(mul(x, tensor([1, -3])), 0.2)),
  proxElasticNet: (x) => sum(square(f.proxElasticNet(mul(x, tensor([1, -3])), 0.2, x))),
  proxL2: (x) => sum(square(f.proxL2(mul(x, tensor([1, -3])), 0.2))),
  projectSimplex: (x) => sum(square(f.projectSimplex(mul(x, tensor([1, 0.8, -3]))))),
  projectL2Ball: (x) => sum(mul(f.projectL2Ball(mul(x, tensor([3, 4])), 1), stack([1, x]))),
  projectL1Ball: (x) => sum(square(f.projectL1Ball(mul(x, tensor([3, 4])), 1))),
  proxSquaredL2: (x) => sum(square(f.proxSquaredL2(mul(x, tensor([3, 4])), x))),
  linearRecurrence: (x) => sum(f.linearRecurrence(mul(x, tensor([1, 2, 3])), mul(sin(x), tensor([1, 2, 3])))),
  attention: (x) =>
    sum(
      f.attention(
        mul(
          x,
          tensor([
            [1, 2],
            [3, 4],
          ]),
        ),
        mul(
          sin(x),
          tensor([
            [1, 2],
            [3, 5],
          ]),
        ),
        mul(
          x,
          tensor([
            [1, -2],
            [3, 4],
          ]),
        ),
      ),
    ),
  layerNorm: (x) => sum(square(mul(f.layerNorm(stack([x, sin(x), 1])), tensor([1, 2, 3])))),
  crossEntropy: (x) => f.crossEntropy(stack([x, sin(x), 1]), 1),
};

/** (g(x + h) − 2 g(x) + g(x − h))/h², extrapolated once. */
function secondDifference(g: OfOne, x: number): number {
  const at = (h: number): number => ((g(x + h) as number) - 2 * (g(x) as number) + (g(x - h) as number)) / h / h;
  return (4 * at(5e-4) - at(1e-3)) / 3;
}

describe("functions, loops, solvers and derivatives have the second derivative of what they compute", () => {
  for (const [name, g] of Object.entries(functions))
    test(name, () => {
      const expected = secondDifference(g, 0.7);
      for (const [way, derivative] of Object.entries(ways)) near(derivative(g, 0.7), expected, 1e-4, way);
    });
});

describe("all primitives have second derivatives, the same by both modes over both", () => {
  for (const name of primitiveNames)
    test(name, () => {
      for (const { model, at } of cases[name])
        for (const point of at) {
          const next = noise(31);
          const directions = point.map((x) => filled(shapeOf(x), next));
          const u = filled(shapeOf(model(...point)), next);
          // Along a line through the point, weighed: a function of one number.
          const g: OfOne = (t) => sum(mul(model(...point.map((x, k) => add(x, mul(t, directions[k])) as Value)), u));
          const alongGradient = second(model, point, u, directions);
          const expected = alongGradient.reduce<number>(
            (total, adjoint, k) =>
              total + dataOf(adjoint).reduce((part, value, i) => part + value * dataOf(directions[k]!)[i]!, 0),
            0,
          );
          for (const [way, derivative] of Object.entries(ways)) near(derivative(g, 0), expected, 1e-9, way);
        }
    });
});

test("at a kink the second derivative is zero, as on both sides of it", () => {
  const pair = tensor([1, 2]);
  for (const g of [
    f.abs,
    f.relu,
    (x) => f.norm(mul(x, pair)),
    (x) => f.hypot(x, mul(2, x)),
    (x) => f.std(mul(x, pair)),
    (x) => f.abs(f.complex(x, x)),
    (x) =>
      slice(
        f.svdvals(
          mul(x, [
            [1, 0],
            [0, 2],
          ]),
        ),
        [0],
      ),
  ] as OfOne[])
    for (const derivative of Object.values(ways)) assert.equal(Math.abs(derivative(g, 0)), 0);
});

describe("what cannot be differentiated twice says so by name", () => {
  const numberIn = (x: Value): number => Number(String(x));
  const refused = (g: OfOne, x: number, message: RegExp, name: string): void => {
    assert.ok(Number.isFinite(grad(g)(x)), "the first derivative is there");
    for (const derivative of Object.values(ways)) assert.throws(() => derivative(g, x), { name, message });
  };
  const sentence = (rule: string): RegExp =>
    new RegExp(
      `^The ${rule} function of this custom rule cannot be differentiated again: what it returns hangs on numbers that it reads out of its arguments, .*alone\\.$`,
    );

  test("adjoint rules that read numbers", () => {
    const factor = f.customVjp(sin, (c: Value, [x]: Value[]) => [mul(c, Math.cos(numberIn(x!)))]);
    const all = f.customVjp(sin, (c: Value, [x]: Value[]) => [numberIn(c) * Math.cos(numberIn(x!))]);
    const output = f.customVjp(exp, (c: Value, _: Value[], y: Value) => [mul(c, numberIn(y))]);
    for (const g of [factor, all, output, (x: Value) => mul(2, factor(mul(x, x)))])
      refused(g, 0.7, sentence("backward"), "CustomRuleError");
  });

  test("tangent rules that read numbers", () => {
    const factor = f.customJvp(sin, ([d]: Value[], [x]: Value[]) => mul(d, Math.cos(numberIn(x!))));
    for (const g of [factor, (x: Value) => mul(2, factor(mul(x, x)))])
      refused(g, 0.7, sentence("tangent"), "CustomRuleError");
  });

  test("rules of tensors that read their data", () => {
    const rule = f.customVjp(sin, (c: Value, [x]: Value[]) => [
      mul(c, new Tensor([2], (primalOf(x!) as Tensor).data.map(Math.cos))),
    ]);
    const x = tensor([0.3, 0.5]);
    const close = (actual: Any, expected: number[]): void =>
      [...dataOf(actual as Primal)].forEach((value, k) => near(value, expected[k]!, 1e-12));
    close(grad((v: Value) => sum(rule(v)))(x), [Math.cos(0.3), Math.cos(0.5)]);
    close(jvp(rule, [x], [x])[1], [0.3 * Math.cos(0.3), 0.5 * Math.cos(0.5)]);
    assert.throws(() => f.hvp((v: Value) => sum(rule(v)), [x], [x]), { message: sentence("backward") });
    assert.throws(() => grad((v: Value) => sum(jvp(rule, [v], [x])[1]))(x), { message: sentence("backward") });
  });

  test("but not rules that look at numbers without computing with them, nor linear ones", () => {
    const seen: string[] = [];
    const cube = f.customVjp(
      (x: Value) => mul(x, mul(x, x)),
      (c: Value, [x]: Value[]) => {
        seen.push(String(x));
        return [mul(c, mul(3, mul(x, x)))];
      },
    );
    const triple = f.customVjp(
      (x: Value) => mul(3, x),
      (c: Value) => [isTraced(c) ? mul(3, c) : 3 * (c as number)],
    );
    for (const derivative of Object.values(ways)) {
      near(derivative(cube, 2), 12, 1e-12);
      assert.equal(derivative(triple, 2), 0);
      near(
        derivative((x) => square(triple(x)), 2),
        18,
        1e-12,
      );
    }
    assert.ok(seen.length > 0);
  });

  test("decompositions where spectra or pivots are degenerate", () => {
    const twin: OfOne = (x) => stack([stack([x, sub(x, 1)]), stack([sub(x, 1), x])]);
    const once = (g: OfOne, message: RegExp): void => {
      for (const derivative of Object.values(ways))
        assert.throws(() => derivative(g, 1), { name: "NotDifferentiableError", message });
    };
    once((x) => sum(f.eigh(twin(x)).eigenvectors), /^eigh: eigenvalues 0 and 1 of the matrix are equal/);
    once((x) => sum(f.svd(twin(x)).u), /^svd/);
    refused(
      (x) => f.det(stack([stack([sub(x, 1), 0]), stack([0, sub(x, 1)])])),
      1,
      /^det of \[2, 2\]: the matrix is singular: .* once, not twice$/,
      "NotDifferentiableError",
    );
  });

  test("at the place where the rule is defined", () => {
    const rule = f.customVjp(sin, (c: Value, [x]: Value[]) => [mul(c, Math.cos(numberIn(x!)))]);
    assert.throws(() => grad(grad(rule))(1), CustomRuleError);
  });
});
