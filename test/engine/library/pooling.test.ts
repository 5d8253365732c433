import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import * as library from "../../../engine/library/index.ts";
import { dataOf, type Primal } from "../../../engine/primitives/rule.ts";
import type { Shape } from "../../../engine/tape/shape.ts";
import { Tensor } from "../../../engine/tape/tensor.ts";
import { checkDerivatives, filled, noise, vjp, type Model } from "../primitives/checkDerivatives.ts";

type Function = (...args: unknown[]) => never;

/** The library as tests call it: with tensors of the tape. */
const { adaptiveAvgPool, adaptiveMaxPool, avgPool, maxPool, ones, tensor, zeros } = library as unknown as Readonly<
  Record<"adaptiveAvgPool" | "adaptiveMaxPool" | "avgPool" | "maxPool" | "ones" | "tensor" | "zeros", Function>
>;

const shapeOf = (x: unknown): Shape => (x as Tensor).shape;
const plain = (x: unknown): number[] => [...dataOf(x as Primal)];

describe("pooling", () => {
  test("gives the whole adjoint of a window to the first of its largest elements", () => {
    const x = tensor([[[1, 3, 3, 2, 2, 2]]]) as Tensor;
    const [adjoint] = vjp((value) => maxPool(value, 3), [x], new Tensor([1, 1, 2], Float64Array.of(5, 7)));
    assert.deepEqual(plain(adjoint), [0, 5, 0, 7, 0, 0]);
  });

  test("adds up the adjoints of windows that overlap, and lets no padding win", () => {
    const x = tensor([[[-1, -3, -2]]]) as Tensor;
    const pool: Model = (value) => maxPool(value, 2, { stride: 1, padding: 1 });
    assert.deepEqual(plain(pool(x)), [-1, -1, -2, -2]);
    const [adjoint] = vjp(pool, [x], new Tensor([1, 1, 4], Float64Array.of(1, 10, 100, 1000)));
    assert.deepEqual(plain(adjoint), [11, 0, 1100]);
  });

  test("lets a NaN win", () => {
    assert.deepEqual(plain(maxPool(tensor([[[1, NaN, 3, 4]]]), 2)), [NaN, 4]);
  });

  test("counts padding as elements of a window, or does not", () => {
    const x = ones([1, 1, 3]);
    assert.deepEqual(plain(avgPool(x, 3, { stride: 2, padding: 1 })), [2 / 3, 2 / 3]);
    assert.deepEqual(plain(avgPool(x, 3, { stride: 2, padding: 1, countIncludePad: false })), [1, 1]);
  });

  test("takes one example where the window is a list", () => {
    assert.deepEqual(shapeOf(maxPool(zeros([3, 8, 8]), [2, 2])), [3, 4, 4]);
  });

  test("says what does not fit", () => {
    const says = (f: () => unknown, message: RegExp): void => assert.throws(f, { name: "ShapeError", message });
    says(
      () => maxPool(zeros([1, 1, 4]), 2, { padding: 2 }),
      /^maxPool of \[1, 1, 4\]: the padding \[2,2\] along spatial axis 0 is not smaller than the window, which reaches over 2 elements$/,
    );
    says(() => maxPool(zeros([4, 4]), 2), /give an input \[batch, channels, …spatial\]/);
    says(() => avgPool(zeros([1, 1, 4]), 0), /the window is 0; give a whole number from 1 on/);
    says(() => maxPool(zeros([1, 1, 1]), 2, { padding: 1, dilation: 2 }), /a window lies over padding alone/);
  });

  test("with ceilMode makes a window of what is left over, as PyTorch documents it", () => {
    const x = tensor([[[1, 2, 3, 4, 5]]]);
    assert.deepEqual(plain(maxPool(x, 2)), [2, 4]);
    assert.deepEqual(plain(maxPool(x, 2, { ceilMode: true })), [2, 4, 5]);
    // Padding counts as elements of a window; what hangs over it does not.
    assert.deepEqual(plain(avgPool(x, 2, { ceilMode: true })), [1.5, 3.5, 5]);
    const six = tensor([[[1, 2, 3, 4, 5, 6]]]);
    assert.deepEqual(plain(avgPool(six, 3, { padding: 1, ceilMode: true })), [1, 4, 3]);
    assert.deepEqual(plain(avgPool(six, 3, { padding: 1, ceilMode: true, countIncludePad: false })), [1.5, 4, 6]);
    assert.deepEqual(plain(maxPool(tensor([[[7, 8]]]), 3, { ceilMode: true })), [8]);
  });

  test("with ceilMode is the sum and the maximum over windows by definition", () => {
    fc.assert(
      fc.property(
        fc.record({
          n: fc.integer({ min: 1, max: 9 }),
          window: fc.integer({ min: 1, max: 4 }),
          stride: fc.integer({ min: 1, max: 5 }),
          dilation: fc.integer({ min: 1, max: 2 }),
          halved: fc.boolean(),
        }),
        ({ n, window, stride, dilation, halved }) => {
          const padding = halved ? Math.floor(window / 2) : 0;
          const reach = dilation * (window - 1) + 1;
          const starts: number[] = [];
          // PyTorch: a window more as long as it begins within the input or the padding before it.
          const count = Math.max(0, Math.ceil((n + 2 * padding - reach) / stride)) + 1;
          for (let k = 0; k < count; k++) if (k === 0 || k * stride < n + padding) starts.push(k * stride - padding);
          const x = filled([1, 2, n], noise(n * 31 + window)) as Tensor;
          const expected = [0, 1].flatMap((c) =>
            starts.map((start) => {
              const elements: number[] = [];
              for (let e = 0; e < window; e++) {
                const place = start + e * dilation;
                if (place >= 0 && place < n) elements.push(x.data[c * n + place]!);
              }
              return Math.max(...elements);
            }),
          );
          if (!expected.every(Number.isFinite)) return;
          assert.deepEqual(plain(maxPool(x, window, { stride, padding, dilation, ceilMode: true })), expected);
          if (dilation > 1) return;
          const means = [0, 1].flatMap((c) =>
            starts.map((start) => {
              let [sum, among] = [0, 0];
              for (let place = start; place < start + window; place++) {
                sum += x.data[c * n + place] !== undefined && place >= 0 && place < n ? x.data[c * n + place]! : 0;
                among += place < n + padding ? 1 : 0;
              }
              return sum / among;
            }),
          );
          const actual = plain(avgPool(x, window, { stride, padding, ceilMode: true }));
          assert.equal(actual.length, means.length);
          actual.forEach((value, k) => assert.ok(Math.abs(value - means[k]!) < 1e-14));
        },
      ),
      { numRuns: 200 },
    );
  });

  test("has derivatives to second order where windows hang over", () => {
    const x = filled([1, 2, 5, 4], noise(5));
    const options = { stride: 2, padding: 1, ceilMode: true };
    checkDerivatives((value) => maxPool(value, 3, options), [x]);
    checkDerivatives((value) => avgPool(value, 3, options), [x]);
    checkDerivatives((value) => avgPool(value, 3, { ...options, countIncludePad: false }), [x]);
  });
});

describe("adaptive pooling", () => {
  const windows = (n: number, m: number): [number, number][] =>
    Array.from({ length: m }, (_, k) => [Math.floor((k * n) / m), Math.ceil(((k + 1) * n) / m)]);

  test("takes the maximum and the mean of windows that are as equal as can be", () => {
    fc.assert(
      fc.property(
        fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 })),
        fc.tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 })),
        ([height, width], [rows, columns]) => {
          const x = filled([1, 2, height, width], noise(height * 9 + width)) as Tensor;
          const expected = [0, 1].flatMap((c) =>
            windows(height, rows).flatMap(([top, bottom]) =>
              windows(width, columns).map(([left, right]) => {
                const elements: number[] = [];
                for (let i = top; i < bottom; i++)
                  for (let j = left; j < right; j++) elements.push(x.data[(c * height + i) * width + j]!);
                return elements;
              }),
            ),
          );
          const size = [rows, columns];
          assert.deepEqual(shapeOf(adaptiveMaxPool(x, size)), [1, 2, rows, columns]);
          assert.deepEqual(
            plain(adaptiveMaxPool(x, size)),
            expected.map((elements) => Math.max(...elements)),
          );
          plain(adaptiveAvgPool(x, size)).forEach((mean, k) => {
            const sum = expected[k]!.reduce((total, element) => total + element, 0);
            assert.ok(Math.abs(mean - sum / expected[k]!.length) < 1e-14);
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  test("has derivatives to second order", () => {
    for (const pool of [adaptiveAvgPool, adaptiveMaxPool]) {
      checkDerivatives((x) => pool(x, [2, 3]), [filled([1, 2, 5, 4], noise(6))]);
      checkDerivatives((x) => pool(x, 2), [filled([2, 1, 3], noise(7))]);
    }
  });

  test("gives the adjoint of a tie to its first element, and lets a NaN win", () => {
    const x = tensor([[[4, 4, 1, 4, 4]]]) as Tensor;
    const [adjoint] = vjp((value) => adaptiveMaxPool(value, 2), [x], new Tensor([1, 1, 2], Float64Array.of(1, 10)));
    assert.deepEqual(plain(adjoint), [1, 0, 0, 10, 0]);
    assert.deepEqual(plain(adaptiveMaxPool(tensor([[[1, NaN, 3, 4]]]), 2)), [NaN, 4]);
  });

  test("keeps an extent, and takes one example where the size is a list", () => {
    assert.deepEqual(shapeOf(adaptiveAvgPool(zeros([3, 8, 5]), [1, null])), [3, 1, 5]);
    assert.deepEqual(shapeOf(adaptiveMaxPool(zeros([2, 3, 4, 8, 8]), 2)), [2, 3, 2, 2, 2]);
  });

  test("says what does not fit", () => {
    const says = (f: () => unknown, message: RegExp): void => assert.throws(f, { name: "ShapeError", message });
    says(() => adaptiveAvgPool(zeros([4, 4]), 2), /^adaptiveAvgPool of \[4, 4\]: give an input .* and a size of one/);
    says(() => adaptiveMaxPool(zeros([1, 1, 4]), 0), /^adaptiveMaxPool of \[1, 1, 4\]: the size is 0; give a whole/);
    says(() => adaptiveMaxPool(zeros([1, 1, 0]), 1), /spatial axis 0 has no elements/);
  });
});
