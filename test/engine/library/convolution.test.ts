import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import * as library from "../../../engine/library/index.ts";
import { dataOf, type Primal } from "../../../engine/primitives/rule.ts";
import { sizeOf, stridesOf, type Shape } from "../../../engine/tape/shape.ts";
import { Tensor } from "../../../engine/tape/tensor.ts";
import { checkDerivatives, filled, inner, noise, type Model } from "../primitives/checkDerivatives.ts";

type Function = (...args: unknown[]) => never;

/** The library as tests call it: with tensors of the tape. */
const { conv, convTranspose, ones, zeros } = library as unknown as Readonly<
  Record<"conv" | "convTranspose" | "ones" | "zeros", Function>
>;

const filledWith = (shape: Shape, seed: number): Tensor => filled(shape, noise(seed)) as Tensor;
const shapeOf = (x: unknown): Shape => (x as Tensor).shape;
const plain = (x: unknown): number[] => [...dataOf(x as Primal)];

/** All places of a shape, as indices. */
function* indicesOf(shape: Shape): Generator<number[]> {
  const index = shape.map(() => 0);
  for (let k = sizeOf(shape); k > 0; k--) {
    yield [...index];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      if (index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
}

function at(x: Tensor, index: readonly number[]): number {
  if (index.some((place, axis) => place < 0 || place >= x.shape[axis]!)) return 0;
  const strides = stridesOf(x.shape);
  return x.data[index.reduce((sum, place, axis) => sum + place * strides[axis]!, 0)]!;
}

interface Setting {
  readonly x: Shape;
  readonly kernel: Shape;
  readonly groups: number;
  readonly stride: number[];
  readonly dilation: number[];
  readonly padding: [number, number][];
}

/** The definition, written out. */
function convolved(x: Tensor, kernel: Tensor, { groups, stride, dilation, padding }: Setting, shape: Shape): number[] {
  const [filters, channels, ...window] = kernel.shape as [number, number, ...number[]];
  const result: number[] = [];
  for (const [n, f, ...position] of indicesOf(shape) as Generator<[number, number, ...number[]]>) {
    const first = Math.floor((f * groups) / filters) * channels;
    let sum = 0;
    for (const [c, ...element] of indicesOf([channels, ...window]) as Generator<[number, ...number[]]>) {
      const place = position.map((p, axis) => p * stride[axis]! + element[axis]! * dilation[axis]! - padding[axis]![0]);
      sum += at(x, [n, first + c, ...place]) * at(kernel, [f, c, ...element]);
    }
    result.push(sum);
  }
  return result;
}

const small = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });

const settings = fc
  .record({
    rank: small(3),
    groups: small(2),
    channels: small(2),
    filters: small(2),
    batch: fc.integer({ min: 0, max: 2 }),
  })
  .chain(({ rank, groups, channels, filters, batch }) => {
    const each = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(one, { minLength: rank, maxLength: rank });
    return fc
      .record({
        window: each(small(3)),
        stride: each(small(3)),
        dilation: each(small(2)),
        padding: each(fc.tuple(fc.nat(2), fc.nat(2))),
        more: each(fc.nat(3)),
      })
      .map(({ window, stride, dilation, padding, more }): Setting => {
        const spatial = window.map((extent, axis) => dilation[axis]! * (extent - 1) + 1 + more[axis]!);
        return {
          x: [batch, channels * groups, ...spatial],
          kernel: [filters * groups, channels, ...window],
          groups,
          stride,
          dilation,
          padding,
        };
      });
  });

describe("a convolution", () => {
  test("of any rank, stride, padding, dilation and groups is what its definition says", () => {
    fc.assert(
      fc.property(settings, fc.nat(), (setting, seed) => {
        const x = filledWith(setting.x, seed + 1);
        const kernel = filledWith(setting.kernel, seed + 2);
        const y = conv(x, kernel, setting);
        const expected = convolved(x, kernel, setting, shapeOf(y));
        plain(y).forEach((value, k) => assert.ok(Math.abs(value - expected[k]!) < 1e-12));
      }),
      { numRuns: 60 },
    );
  });

  test("and its transpose, of the same options, are adjoint: ⟨y, x ∗ k⟩ = ⟨y ∗ᵀ k, x⟩", () => {
    fc.assert(
      fc.property(settings, fc.nat(), (setting, seed) => {
        const { x: shape, kernel: kernelShape, stride, dilation, padding, groups } = setting;
        const over = kernelShape.slice(2).map((extent, axis) => dilation[axis]! * (extent - 1) + 1);
        const total = (axis: number): number => shape[axis + 2]! + padding[axis]![0] + padding[axis]![1] - over[axis]!;
        const outputPadding = stride.map((step, axis) => total(axis) % step);
        const x = filledWith(shape, seed + 1);
        const kernel = filledWith(kernelShape, seed + 2);
        const y = conv(x, kernel, setting) as Tensor;
        const u = filledWith(y.shape, seed + 3);
        const options = { stride, dilation, padding, groups, outputPadding };
        const back = convTranspose(u, kernel, options) as Tensor;
        assert.deepEqual(back.shape, shape);
        const [left, right] = [inner(u, y), inner(back, x)];
        assert.ok(Math.abs(left - right) <= 1e-11 * Math.max(1, Math.abs(left)));
      }),
      { numRuns: 60 },
    );
  });

  test("of random settings has right tangents, adjoints and second derivatives", () => {
    fc.assert(
      fc.property(settings, fc.nat(), (setting, seed) => {
        fc.pre(sizeOf(setting.x) > 0);
        const model: Model = (x, kernel) => conv(x, kernel, setting);
        checkDerivatives(model, [filledWith(setting.x, seed + 1), filledWith(setting.kernel, seed + 2)], 1e-6);
      }),
      { numRuns: 15 },
    );
  });

  test('with "same" padding keeps ⌈n/stride⌉ positions, and its transpose n·stride', () => {
    for (const extent of [4, 5, 9])
      for (const stride of [1, 2, 3])
        for (const window of [1, 2, 3, 4]) {
          const options = { stride, padding: "same" };
          const y = conv(zeros([1, 1, extent]), zeros([1, 1, window]), options);
          assert.deepEqual(shapeOf(y), [1, 1, Math.ceil(extent / stride)], `${extent} ${stride} ${window}`);
          const back = convTranspose(zeros([1, 1, extent]), zeros([1, 1, window]), options);
          assert.deepEqual(shapeOf(back), [1, 1, extent * stride], `${extent} ${stride} ${window}`);
        }
  });

  test("adds a bias for each filter, and takes one example without a batch", () => {
    const y = conv(ones([2, 3, 3]), ones([2, 2, 3, 3]), { bias: [10, 20] });
    assert.deepEqual(shapeOf(y), [2, 1, 1]);
    assert.deepEqual(plain(y), [28, 38]);
  });

  test("says what does not fit", () => {
    const x = zeros([2, 3, 8, 8]);
    const says = (f: () => unknown, message: RegExp): void => assert.throws(f, { name: "ShapeError", message });
    says(
      () => conv(x, zeros([4, 2, 3, 3])),
      /^conv of \[2, 3, 8, 8\] with kernel \[4, 2, 3, 3\]: the kernel takes 2 channels where each of 1 group has 3;/,
    );
    says(() => conv(x, zeros([4, 3, 3])), /give an input \[batch, channels, …spatial\]/);
    says(() => conv(x, zeros([4, 1, 3, 3]), { groups: 3 }), /3 groups do not divide 4 filters$/);
    says(() => conv(x, zeros([4, 1, 3, 3]), { groups: 2 }), /2 groups do not divide 3 channels$/);
    says(
      () => conv(x, zeros([4, 3, 3, 3]), { stride: 0 }),
      /the stride is 0; give a whole number from 1 on, or a list of 2/,
    );
    says(() => conv(x, zeros([4, 3, 3, 3]), { dilation: [1] }), /the dilation is \[1\]; give a whole number/);
    says(() => conv(x, zeros([4, 3, 3, 3]), { padding: -1 }), /the padding is -1; give "same", "valid"/);
    says(
      () => conv(x, zeros([4, 3, 9, 3])),
      /reaches over 9 elements along spatial axis 0, which has 8 with its padding/,
    );
    says(
      () => conv(x, zeros([4, 3, 3, 3]), { bias: [1, 2] }),
      /the bias has shape \[2\]; give one number for each of 4 filters$/,
    );
    says(
      () => convTranspose(x, zeros([3, 2, 3, 3]), { outputPadding: 1 }),
      /the outputPadding 1 along spatial axis 0 is not smaller than the stride 1/,
    );
    says(() => convTranspose(x, zeros([2, 2, 3, 3])), /the kernel takes 2 channels, the input has 3/);
    says(
      () => convTranspose(zeros([1, 1, 1]), zeros([1, 1, 1]), { padding: 1 }),
      /the padding takes all elements off the result/,
    );
  });
});
