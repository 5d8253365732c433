import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import * as library from "../../../engine/library/index.ts";
import { dataOf, shapeOf, type Primal } from "../../../engine/primitives/rule.ts";
import { Tensor, type Value } from "../../../engine/tape/tensor.ts";
import { checkDerivatives, filled, near, noise, tensorOf, vjp } from "../primitives/checkDerivatives.ts";

type Function = (...args: unknown[]) => never;
const f = library as unknown as Readonly<Record<keyof typeof library, Function>>;
const plain = (x: unknown): number[] => [...dataOf(x as Primal)];

/** What each function puts in the place of what is there and an update for it. */
const combine = {
  scatterMax: Math.max,
  scatterMin: Math.min,
  scatterMul: (a: number, b: number) => a * b,
} as const;

describe("scattering with a reduction", () => {
  for (const [name, pair] of Object.entries(combine))
    test(`${name} and ${name}AlongAxis combine all updates for a place, to second order`, () => {
      fc.assert(
        fc.property(
          fc.array(fc.integer({ min: -3, max: 2 }), { minLength: 1, maxLength: 6 }),
          fc.integer(),
          (indices, seed) => {
            const next = noise(seed);
            const x = filled([3, 2], next) as Tensor;
            const updates = filled([indices.length, 2], next) as Tensor;
            const expected = x.data.slice();
            indices.forEach((index, k) => {
              for (let j = 0; j < 2; j++) {
                const place = (index < 0 ? index + 3 : index) * 2 + j;
                expected[place] = pair(expected[place]!, updates.data[k * 2 + j]!);
              }
            });
            const byRows = (a: Value, u: Value): never => f[name as "scatterMax"](a, indices, u, 0);
            const each = tensorOf([indices.length, 2], ...indices.flatMap((index) => [index, index]));
            const byElements = (a: Value, u: Value): never =>
              f[`${name}AlongAxis` as "scatterMaxAlongAxis"](a, each, u, 0);
            for (const model of [byRows, byElements]) {
              plain(model(x, updates)).forEach((value, k) => near(value, expected[k]!, 1e-14));
              checkDerivatives(model, [x, updates], 1e-6);
            }
          },
        ),
        { numRuns: 20 },
      );
    });

  test("gives the adjoint of a tie to the first: what is there, then the first update", () => {
    const x = tensorOf([3], 1, 2, 0);
    const updates = tensorOf([4], 2, 2, 1, 1);
    const indices = [1, 1, 2, 2];
    for (const name of ["scatterMax", "scatterMin"] as const) {
      const sign = name === "scatterMax" ? 1 : -1;
      const signed = (t: Tensor): Tensor =>
        new Tensor(
          t.shape,
          t.data.map((v) => sign * v),
        );
      const [dx, du] = vjp((a, u) => f[name](a, indices, u), [signed(x), signed(updates)], tensorOf([3], 5, 6, 7));
      assert.deepEqual(
        [plain(dx), plain(du)],
        [
          [5, 6, 0],
          [0, 0, 7, 0],
        ],
      );
    }
  });

  test("lets a NaN win, and multiplies right at zeros", () => {
    assert.deepEqual(plain(f.scatterMax([1, 2], [0, 0, 1], [NaN, 5, 3])), [NaN, 3]);
    assert.deepEqual(plain(f.scatterMin([1, NaN], [0, 1], [3, 0])), [1, NaN]);
    const updates = tensorOf([3], 0, 3, 0);
    const [dx, du] = vjp((a, u) => f.scatterMul(a, [0, 0, 1], u), [tensorOf([2], 2, 5), updates], tensorOf([2], 1, 1));
    assert.deepEqual(
      [plain(dx), plain(du)],
      [
        [0, 0],
        [6, 0, 5],
      ],
    );
  });

  test("of no update leaves all as it is", () => {
    for (const name of ["scatterMax", "scatterMul"] as const)
      assert.deepEqual(
        plain(f[name]([1, 2], new Tensor([0], new Float64Array(0)), new Tensor([0], new Float64Array(0)))),
        [1, 2],
      );
  });

  test("names the function, the shapes and the index where something does not fit", () => {
    assert.throws(() => f.scatterMax(f.zeros([2, 3]), [0, 1], f.zeros([2, 4]), 1), {
      message: "scatterMax of [2, 3] along axis 1 at indices [2]: the updates have shape [2, 4]; give [2, 2]",
    });
    assert.throws(() => f.scatterMul([1, 2], [2], [1]), {
      message: "scatterMul: index 2 is not a whole number from -2 to 1 along an axis of 2 elements",
    });
    assert.throws(() => f.scatterMinAlongAxis([1, 2], [7], [1]), {
      message: "scatterMinAlongAxis: index 7 is not a whole number from -2 to 1 along an axis of 2 elements",
    });
  });

  test("summarises segments, and says what empty ones are", () => {
    const x = [
      [1, 2],
      [3, -4],
      [5, 6],
    ];
    assert.deepEqual(plain(f.segmentMax(x, [0, 0, 2], 3)), [3, 2, -Infinity, -Infinity, 5, 6]);
    assert.deepEqual(plain(f.segmentMin(x, [0, 0, 2], 3)), [1, -4, Infinity, Infinity, 5, 6]);
    assert.deepEqual(plain(f.segmentMean(x, [0, 0, 2], 3)), [2, -1, 0, 0, 5, 6]);
    checkDerivatives((v) => f.segmentMean(v, [0, 0, 2], 3), [tensorOf([3, 2], 1, 2, 3, -4, 5, 6)]);
    checkDerivatives((v) => f.segmentMax(v, [1, 0, 1], 2), [tensorOf([3, 2], 1, 2, 3, -4, 5, 6)]);
  });
});

describe("quantile", () => {
  test("interpolates between the elements in order, as NumPy", () => {
    const x = tensorOf([5], 3, 1, 4, 1, 5);
    assert.equal(f.quantile(x, 0.5), 3);
    assert.equal(f.quantile(x, 0), 1);
    assert.equal(f.quantile(x, 1), 5);
    assert.deepEqual(plain(f.quantile(x, [0.1, 0.25, 0.75])), [1, 1, 4]);
    near(f.quantile(x, 0.9), 4.6, 1e-15);
    assert.equal(f.quantile(7, 0.3), 7);
    const matrix = tensorOf([2, 3], 0, 10, 20, 1, 3, 9);
    assert.deepEqual(plain(f.quantile(matrix, 0.25, 1)), [5, 2]);
    assert.deepEqual(shapeOf(f.quantile(matrix, [0.1, 0.2], 0)), [2, 3]);
    assert.deepEqual(shapeOf(f.quantile(matrix, [0.1, 0.2], 1, { keepDims: true })), [2, 2, 1]);
    assert.deepEqual(shapeOf(f.quantile(matrix, 0.1, undefined, { keepDims: true })), [1, 1]);
    assert.equal(f.quantile(x, 0.5), f.median(x));
  });

  test("has derivatives to second order, in the share too", () => {
    checkDerivatives(
      (x, q) => f.quantile(f.square(x), f.mul(q, q)),
      [tensorOf([4], 0.3, 1.2, -0.7, 2), tensorOf([2], 0.9, 0.4)],
    );
    checkDerivatives((x) => f.quantile(x, 0.3, 1), [tensorOf([2, 3], 0, 10, 20, 1, 3, 9)]);
  });

  test("gives the adjoint of equal elements to the first in order", () => {
    const [adjoint] = vjp((x) => f.quantile(x, 0.5), [tensorOf([3], 2, 2, 2)], 1);
    assert.deepEqual(plain(adjoint), [0, 1, 0]);
  });

  test("is NaN where an element is, and keeps infinities", () => {
    assert.deepEqual([f.quantile([1, NaN, 3], 0.5), f.median([1, NaN, 3])], [NaN, NaN]);
    assert.deepEqual(
      plain(
        f.quantile(
          [
            [1, NaN],
            [3, 4],
          ],
          0,
          1,
        ),
      ),
      [NaN, 3],
    );
    assert.deepEqual(plain(f.quantile([1, Infinity, Infinity], [0, 0.5, 1])), [1, Infinity, Infinity]);
  });

  test("refuses a share that is none, and nothing to choose from", () => {
    assert.throws(() => f.quantile([1, 2], 1.5), {
      message: "quantile of [2]: the share is 1.5; give one from 0 to 1",
    });
    assert.throws(() => f.quantile([1, 2], NaN), {
      message: "quantile of [2]: the share is NaN; give one from 0 to 1",
    });
    assert.throws(() => f.quantile([], 0.5), { message: "quantile of [0]: there is no element to choose from" });
  });
});

describe("bfloat16", () => {
  test("has 8 bits of precision, rounds halves to even, and passes adjoints", () => {
    assert.deepEqual(
      plain(
        f.asBFloat16([
          1,
          1 + 2 ** -8,
          1 + 3 * 2 ** -8,
          1 + 2 ** -8 + 2 ** -40,
          1 + 3 * 2 ** -8 - 2 ** -40,
          3.14159265,
          -0.1,
        ]),
      ),
      [1, 1, 1 + 2 ** -6, 1 + 2 ** -7, 1 + 2 ** -7, 3.140625, -0.10009765625],
    );
    const largest = 2 ** 127 * (2 - 2 ** -7);
    assert.deepEqual(
      plain(f.asBFloat16([largest, largest * (1 + 2 ** -8), 1e39, -Infinity, NaN, -0, 2 ** -133, 2 ** -135])),
      [largest, Infinity, Infinity, -Infinity, NaN, -0, 2 ** -133, 0],
    );
    assert.equal(vjp((x) => f.asBFloat16(x), [0.1], 3)[0], 3);
  });

  test("is the nearest of the numbers that it has", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-30, max: 1e30, noNaN: true }), (x) => {
        const rounded = f.asBFloat16(x) as number;
        const spacing = 2 ** (Math.floor(Math.log2(x)) - 7);
        assert.ok(Math.abs(rounded - x) <= spacing / 2);
        assert.equal((f.asBFloat16 as (y: number) => number)(rounded), rounded);
      }),
    );
  });
});
