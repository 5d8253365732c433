import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { adagrad, adam, adamW, clipGradients, lion, rmsprop, sgd } from "../../../../engine/library/index.ts";
import { cosineDecay, exponentialDecay, linearSchedule } from "../../../../engine/library/index.ts";
import { piecewiseConstant, warmup, type Optimizer, type Schedule } from "../../../../engine/library/index.ts";
import { sub } from "../../../../engine/primitives/arithmetic.ts";
import { sum } from "../../../../engine/primitives/reduction.ts";
import { sin } from "../../../../engine/primitives/transcendental.ts";
import { mul } from "../../../../engine/primitives/arithmetic.ts";
import type { Tensor, Value } from "../../../../engine/tape/tensor.ts";
import { assertAgrees, compileStep } from "../../execute/steps.ts";
import { near, noise, tensorOf } from "../../primitives/checkDerivatives.ts";

/** One parameter, step by step, as the papers and PyTorch's documentation write it: from θ and g to the next θ. */
type Scalar = () => (theta: number, g: number, t: number) => number;

const adamOf =
  (options: { rate?: (t: number) => number; l2?: number; decay?: number; amsgrad?: boolean }): Scalar =>
  () => {
    let [m, v, largest] = [0, 0, 0];
    return (theta, slope, t) => {
      const rate = options.rate?.(t - 1) ?? 0.1;
      const g = slope + (options.l2 ?? 0) * theta;
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      largest = Math.max(largest, v);
      const [mean, square] = [m / (1 - 0.9 ** t), (options.amsgrad === true ? largest : v) / (1 - 0.999 ** t)];
      return theta - rate * (options.decay ?? 0) * theta - (rate * mean) / (Math.sqrt(square) + 1e-8);
    };
  };
const sgdOf =
  (momentum: number, nesterov: boolean, l2: number): Scalar =>
  () => {
    let v = 0;
    return (theta, slope) => {
      const g = slope + l2 * theta;
      v = momentum * v + g;
      return theta - 0.1 * (nesterov ? g + momentum * v : v);
    };
  };
const halving = (t: number): number => 0.1 * 0.5 ** t;
const halved: Schedule = exponentialDecay(0.1, 0.5);

const optimizers: Readonly<Record<string, readonly [Optimizer, Scalar]>> = {
  sgd: [sgd({ learningRate: 0.1 }), sgdOf(0, false, 0)],
  "sgd with decay": [sgd({ learningRate: 0.1, weightDecay: 0.3 }), sgdOf(0, false, 0.3)],
  "sgd with momentum": [sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 0.3 }), sgdOf(0.9, false, 0.3)],
  "sgd with Nesterov's momentum": [sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }), sgdOf(0.9, true, 0)],
  "sgd on a schedule": [sgd({ learningRate: halved }), () => (theta, g, t) => theta - halving(t - 1) * g],
  adam: [adam({ learningRate: 0.1 }), adamOf({})],
  "adam with decay": [adam({ learningRate: 0.1, weightDecay: 0.3 }), adamOf({ l2: 0.3 })],
  "adam on a schedule": [adam({ learningRate: halved }), adamOf({ rate: halving })],
  amsgrad: [adam({ learningRate: 0.1, amsgrad: true }), adamOf({ amsgrad: true })],
  adamW: [adamW({ learningRate: 0.1 }), adamOf({ decay: 0.01 })],
  "adamW on a schedule": [adamW({ learningRate: halved, weightDecay: 0.2 }), adamOf({ decay: 0.2, rate: halving })],
  rmsprop: [
    rmsprop({ learningRate: 0.1, momentum: 0.5 }),
    () => {
      let [v, velocity] = [0, 0];
      return (theta, g) => {
        v = 0.99 * v + 0.01 * g * g;
        velocity = 0.5 * velocity + g / (Math.sqrt(v) + 1e-8);
        return theta - 0.1 * velocity;
      };
    },
  ],
  adagrad: [
    adagrad({ learningRate: 0.1 }),
    () => {
      let s = 0;
      return (theta, g) => theta - (0.1 * g) / (Math.sqrt((s += g * g)) + 1e-10);
    },
  ],
  lion: [
    lion({ learningRate: 0.1, weightDecay: 0.2 }),
    () => {
      let m = 0;
      return (theta, g) => {
        const next = theta - 0.1 * (Math.sign(0.9 * m + 0.1 * g) + 0.2 * theta);
        m = 0.99 * m + 0.01 * g;
        return next;
      };
    },
  ],
};

describe("optimizers take the steps of their formulas", () => {
  for (const [name, [optimizer, scalar]] of Object.entries(optimizers))
    test(name, () => {
      const next = noise(5);
      let parameters: unknown = { w: tensorOf([2], 0.7, -1.3), b: 0.4 };
      let state = optimizer.init(parameters as never);
      const [steps, expected] = [
        [scalar(), scalar(), scalar()],
        [0.7, -1.3, 0.4],
      ];
      for (let t = 1; t <= 6; t++) {
        const slopes = [next(), next(), next()];
        const gradient = { w: tensorOf([2], slopes[0]!, slopes[1]!), b: slopes[2]! };
        ({ parameters, state } = optimizer.update(parameters as never, gradient as never, state));
        expected.forEach((theta, k) => (expected[k] = steps[k]!(theta, slopes[k]!, t)));
      }
      const { w, b } = parameters as { w: Tensor; b: number };
      [...w.data, b].forEach((theta, k) => near(theta, expected[k]!, 1e-12, `parameter ${k}`));
    });
});

describe("they are compiled with the model", () => {
  for (const [name, [optimizer]] of Object.entries(optimizers))
    test(name, async () => {
      const loss = ({ w }: { w: Tensor }): Value => sum(sin(mul(w, w)));
      await assertAgrees(await compileStep({ parameters: { w: tensorOf([3], 0.7, -0.4, 1.1) }, loss, optimizer }));
    });
});

test("schedules give the rate of each step", () => {
  const rates = (schedule: Schedule, ...steps: number[]): number[] =>
    steps.map((step) => Number(schedule(step).toPrecision(12)));
  assert.deepEqual(rates(linearSchedule(1, 0.5, 10), 0, 5, 10, 99), [1, 0.75, 0.5, 0.5]);
  assert.deepEqual(rates(exponentialDecay(8, 0.5, { steps: 10 }), 0, 10, 20), [8, 4, 2]);
  assert.deepEqual(rates(exponentialDecay(8, 0.5, { steps: 10, staircase: true }), 0, 9, 10, 29), [8, 8, 4, 2]);
  assert.deepEqual(rates(cosineDecay(1, 10, { final: 0.2 }), 0, 5, 10, 11), [1, 0.6, 0.2, 0.2]);
  assert.deepEqual(rates(cosineDecay(1, 14, { warmup: 4 }), 0, 2, 4, 9, 14), [0, 0.5, 1, 0.5, 0]);
  assert.deepEqual(rates(warmup(0.3, 3), 0, 1, 2, 3, 9), [0, 0.1, 0.2, 0.3, 0.3]);
  assert.deepEqual(rates(piecewiseConstant(1, { 5: 0.1, 2: 0.5 }), 0, 1, 2, 4, 5, 9), [1, 1, 0.5, 0.5, 0.1, 0.1]);
});

test("gradients that are too long are shortened, all by one factor, and others are let through", () => {
  const take = (options: { norm?: number; value?: number }, ...g: number[]): number[] => {
    const clipped = clipGradients(sgd({ learningRate: 1 }), options);
    const { parameters } = clipped.update({ a: 0, b: 0 }, { a: g[0]!, b: g[1]! }, clipped.init({ a: 0, b: 0 }));
    return Object.values(parameters as Record<string, number>).map((x) => sub(0, x) as number);
  };
  take({ norm: 1 }, 3, 4).forEach((x, k) => near(x, [0.6, 0.8][k]!, 1e-15));
  assert.deepEqual(take({ norm: 6 }, 3, 4), [3, 4]);
  assert.deepEqual(take({ norm: 1 }, 0, 0), [0, 0]);
  assert.deepEqual(take({ value: 3.5 }, -4, 3), [-3.5, 3]);
});

test("options out of their range are refused in a sentence", () => {
  const refused = (run: () => unknown, message: RegExp): void => assert.throws(run, { message });
  refused(() => adamW({ beta1: 1 }), /^adamW: beta1 is 1; give a number from 0 up to, but not including, 1$/);
  refused(
    () => sgd({ learningRate: 0.1, nesterov: true }),
    /^sgd: nesterov is a kind of momentum; give momentum as well$/,
  );
  refused(() => rmsprop({ learningRate: -1 }), /^rmsprop: learningRate is -1; give a number from 0 on$/);
  refused(
    () => lion(0.1 as never),
    /^lion: give its options in an object, such as \{ learningRate: 0\.01 \}, not 0\.1$/,
  );
  refused(
    () => cosineDecay(1, 10, { warmup: 10 }),
    /^cosineDecay: warmup is 10; give a whole number of steps below 10$/,
  );
  refused(() => cosineDecay(1, 0), /^cosineDecay: the number of steps is 0; give a whole number from 1 on$/);
  refused(() => exponentialDecay(1, -1), /^exponentialDecay: the decay is -1; give a positive number$/);
  refused(
    () => piecewiseConstant(1, 0.1 as never),
    /^piecewiseConstant: give its later rates in an object, such as \{ 1000: 0\.01 \}, not 0\.1$/,
  );
  refused(() => clipGradients(adam(), { norm: 0 }), /^clipGradients: norm is 0; give a positive number$/);
  refused(() => clipGradients(adam(), {}), /^clipGradients: give a limit, as \{ norm: 1 \} or \{ value: 0\.1 \}$/);
});
