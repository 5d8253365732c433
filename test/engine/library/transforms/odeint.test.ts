import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  add,
  grad,
  hessian,
  jvp,
  mul,
  neg,
  odeint,
  odeintEvent,
  pow,
  sin,
  slice,
  sub,
  sum,
  tensor,
  type OdeOptions,
  type Tensor,
  type Value,
} from "../../../../engine/library/index.ts";
import { recordOn } from "../../../../engine/tape/recording.ts";
import { Tape } from "../../../../engine/tape/tape.ts";
import { close, refuses } from "./compare.ts";

const at = (solution: Tensor, k: number): number => sum(slice(solution, [k]));
const last = (solution: Tensor): number => at(solution, -1);
/** ż = az: z(T) = z₀·exp(aT). */
const linear =
  (options: OdeOptions) =>
  (a: number, z0: number, end: number): number =>
    last(odeint((z: number) => mul(a, z), z0, [0, end], options));

for (const gradient of ["adjoint", "discretise"] as const)
  describe(`odeint, gradient by ${gradient}`, () => {
    const z = linear({ gradient });

    test("ż = az, a = −0.5, T = 2, z₀ = 3: value and gradient in closed form", () => {
      const [a, z0, end] = [-0.5, 3, 2];
      const value = 3 * Math.exp(-1);
      close(z(a, z0, end), value, 1e-8);
      close(z(a, z0, end), 1.103638, 1e-6);
      close(grad(z, { argnums: [0, 1, 2] })(a, z0, end), [end * value, Math.exp(-1), a * value], 1e-7);
    });

    test("its derivatives can be differentiated again, and forward mode agrees", () => {
      const value = 3 * Math.exp(-1);
      close(
        hessian(z, { argnums: [0, 1] })(-0.5, 3, 2),
        [
          [4 * value, 2 * Math.exp(-1)],
          [2 * Math.exp(-1), 0],
        ],
        1e-6,
      );
      close(jvp(z, [-0.5, 3, 2], [1, 1, 1]), [value, 2 * value + Math.exp(-1) - 0.5 * value], 1e-7);
    });

    test("the time at which it begins has a gradient: ẏ = −ty/2", () => {
      const f = (t0: number): number =>
        last(odeint((y: number, t: number) => mul(mul(-0.5, t), y), 3, [t0, 2], { gradient }));
      close(grad(f)(0.5), 3 * Math.exp(-0.25 * (4 - 0.25)) * 0.25, 1e-7);
    });

    test("trees, several output times, and parameters that are closed over", () => {
      // A pendulum: the energy ½v² − k·cos x is conserved.
      const f = (p: { x: number; k: number }): [number, unknown] => {
        const { x, v } = odeint(
          (s: { x: number; v: number }) => ({ x: s.v, v: mul(neg(p.k), sin(s.x)) }),
          { x: p.x, v: 0 },
          [0, 0.5, 1, 3],
          { gradient },
        );
        return [add(sum(mul(x, tensor([0, 1, 2, 3]))), sum(mul(v, v))), { x, v }];
      };
      const [, solution] = f({ x: 1, k: 2 }) as [number, { x: Tensor; v: Tensor }];
      for (const k of [1, 2, 3]) {
        const [x, v] = [at(solution.x, k), at(solution.v, k)];
        close(0.5 * v ** 2 - 2 * Math.cos(x), -2 * Math.cos(1), 1e-7);
      }
      const value = (x: number, k: number): number => f({ x, k })[0];
      const h = 1e-4;
      close(
        grad((p: { x: number; k: number }) => f(p)[0])({ x: 1, k: 2 }),
        {
          x: (value(1 + h, 2) - value(1 - h, 2)) / (2 * h),
          k: (value(1, 2 + h) - value(1, 2 - h)) / (2 * h),
        },
        1e-5,
      );
    });

    test("tensors, and a vector of times", () => {
      const a = tensor([
        [0, 1],
        [-1, 0],
      ]);
      const f = (y0: Value): number =>
        sum(
          pow(
            odeint((y: Value) => sum(mul(a, y), 1), y0, tensor([0, 1, 2]), { gradient }),
            2,
          ),
        );
      // A rotation: the length stays, at three times.
      close(grad(f)(tensor([1, 2])), [6, 12], 1e-7);
    });

    test("the time of an event, and the state there: a ball falls for √(2h/g) and arrives with √(2gh)", () => {
      const g = 9.81;
      const fall = (h: number): { t: number; y: { x: number; v: number } } =>
        odeintEvent(
          ({ v }: { x: number; v: number }) => ({ x: v, v: -g }),
          { x: h, v: 0 },
          0,
          ({ x }) => x,
          {
            until: 10,
            gradient,
          },
        );
      close(fall(5).t, Math.sqrt(10 / g), 1e-12);
      close(grad((h: number) => fall(h).t)(5), 1 / Math.sqrt(2 * g * 5), 1e-9);
      close(grad(grad((h: number) => fall(h).t))(5), (-0.5 / Math.sqrt(2 * g)) * 5 ** -1.5, 1e-8);
      close(grad((h: number) => fall(h).y.v)(5), -Math.sqrt(g / 10), 1e-9);
    });
  });

describe("odeint", () => {
  test("by the adjoint, what is kept does not grow with the number of steps", () => {
    const bytes = (gradient: "adjoint" | "discretise", steps: number): number => {
      const tape = new Tape();
      const a = tape.addInput(-0.5, "a", 0) as unknown as number;
      recordOn(tape, () => linear({ gradient, steps })(a, 3, 2));
      return tape.bytes;
    };
    assert.equal(bytes("adjoint", 1000), bytes("adjoint", 10));
    assert.ok(bytes("discretise", 1000) > 90 * bytes("discretise", 10));
  });

  test("keeps to its tolerances", () => {
    for (const tolerance of [1e-4, 1e-7, 1e-10])
      close(linear({ rtol: tolerance, atol: tolerance })(-0.5, 3, 2), 3 * Math.exp(-1), 10 * tolerance);
  });

  test("with steps of equal size is of order 5", () => {
    const error = (steps: number): number => Math.abs(linear({ steps })(-0.5, 3, 2) - 3 * Math.exp(-1));
    const order = Math.log2(error(4) / error(8));
    assert.ok(order > 4.8 && order < 5.6, `order ${order}`);
  });

  test("runs backward in time, and a time may come twice", () => {
    close(
      odeint((z: number) => z, Math.E, [1, 0, 0]),
      [Math.E, 1, 1],
      1e-7,
    );
  });

  test("says where and why it does not come to an end", () => {
    refuses(
      () => odeint((y: number) => mul(y, y), 1, [0, 2]),
      "odeint: the step shrank to 7.085e-15 at t = 1: the solution has a singularity there, or the function is not smooth; end before it, or raise rtol and atol.",
    );
    refuses(
      () => odeint((y: number) => mul(-1e6, sub(y, 1)), 0, [0, 2], { maxSteps: 1000 }),
      "odeint: after 1000 steps the solution has come from t = 0 to 0.00305 of 2, with steps of 0.000003466; the equation is stiff, or maxSteps too low.",
    );
    refuses(() => odeint(() => NaN, 1, [0, 1]), "odeint: dy/dt is NaN at t = 0, so the solution ends there.");
    refuses(
      () =>
        odeintEvent(
          () => 1,
          1,
          0,
          (y) => y,
          { until: 2 },
        ),
      "odeintEvent: the event has not come by t = 2: it is 3 there, and its sign has not changed since t = 0.",
    );
  });

  test("refuses times, options and slopes that do not fit", () => {
    refuses(
      () => odeint((y: number) => y, 1, [0, 2, 1]),
      "odeint: the times must ascend or descend throughout, not 0, 2, 1.",
    );
    refuses(
      () => odeint((y: number) => y, 1, [0]),
      "odeint: times are two numbers or more, in an array or a vector, not [0].",
    );
    refuses(
      () => odeint((y: number) => tensor([y]) as number, 1, [0, 2]),
      "odeint: dy/dt is a tensor of shape [1], not a number: it must be built like y.",
    );
    refuses(
      () => odeint((y: number) => y, 1, [0, 1], { gradient: "reverse" as never }),
      'odeint: gradient is "adjoint" or "discretise", not "reverse".',
    );
  });
});
