import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Primal } from "../../../engine/primitives/rule.ts";
import type { Value } from "../../../engine/tape/tensor.ts";
import { checkDerivatives, tensorOf } from "../primitives/checkDerivatives.ts";
import { close, f, plain, random } from "./calls.ts";

const shape = (x: unknown): readonly number[] => f.shape(x);

describe("everyday functions give what NumPy and PyTorch give", () => {
  test("floorDivide, copySign", () => {
    close(f.floorDivide([7, -7, 7, -7], [2, 2, -2, -2]), [3, -4, -4, 3]);
    // 0.1 and 0.7 are not stored exactly; Python's `//` gives these too.
    close(f.floorDivide([1, 0.7, -1, 6], [0.1, 0.1, 0.1, 0.1]), [9, 6, -10, 59]);
    close(f.floorDivide([-1, 1, 0, 1, -1, Infinity], [Infinity, Infinity, -Infinity, 0, 0, 2]), [
      -1,
      0,
      0,
      Infinity,
      -Infinity,
      NaN,
    ]);
    for (const [a, b] of [
      [1, 0.1],
      [-7.3, 0.1],
      [1e15, -0.3],
    ] as const)
      close(f.add(f.mul(f.floorDivide(a, b), b), f.remainder(a, b)), [a], 1e-15 * Math.abs(a));
    close(f.copySign([1, -2, 3, 0], [-0, 2, -1, -5]), [-1, 2, -3, -0]);
  });
  test("isClose, allClose", () => {
    assert.deepEqual(
      plain(f.isClose([1, 1, Infinity, Infinity, NaN, 1], [1 + 1e-6, 1.1, Infinity, 1, NaN, Infinity])),
      [1, 0, 1, 0, 0, 0],
    );
    assert.equal(f.isClose(NaN, NaN, { equalNaN: true }), 1);
    assert.deepEqual(plain(f.isClose([1.1, 0.05], [1, 0], { rtol: 0.2, atol: 0.01 })), [1, 0]);
    assert.deepEqual([f.allClose([1, 2], [1, 2 + 1e-9]), f.allClose([1, 2], [1, 3])], [1, 0]);
  });
  test("countNonzero, average", () => {
    close(
      f.countNonzero(
        [
          [0, 2],
          [NaN, 0],
        ],
        1,
      ),
      [1, 1],
    );
    close(f.average([1, 2, 4], [1, 1, 2]), [2.75]);
    close(
      f.average(
        [
          [1, 2],
          [3, 5],
        ],
        [1, 3],
        0,
      ),
      [2.5, 4.25],
    );
    close(
      f.average(
        [
          [1, 2],
          [3, 5],
        ],
        [1, 3],
        1,
      ),
      [1.75, 4.5],
    );
  });
  test("normalize", () => {
    close(
      f.normalize([
        [3, 4],
        [0, 0],
      ]),
      [0.6, 0.8, 0, 0],
    );
    close(
      f.normalize(
        [
          [3, 4],
          [1, 1],
        ],
        0,
        { ord: 1 },
      ),
      [0.75, 0.8, 0.25, 0.2],
    );
  });
  test("cumulativeTrapezoid", () => {
    close(f.cumulativeTrapezoid([1, 2, 4]), [0, 1.5, 4.5]);
    close(f.cumulativeTrapezoid([1, 2, 4], [0, 2, 3]), [0, 3, 6]);
    close(
      f.cumulativeTrapezoid(
        [
          [1, 2],
          [3, 6],
        ],
        2,
        0,
      ),
      [0, 0, 4, 8],
    );
  });
  test("logspace, geomspace, vander, toeplitz", () => {
    close(f.logspace(0, 2, 3), [1, 10, 100]);
    close(f.geomspace(-1, -16, 3), [-1, -4, -16]);
    // The ends are exact, however far from each other.
    assert.deepEqual(
      [0, 49].map((k) => plain(f.geomspace(0.1, 7))[k]),
      [0.1, 7],
    );
    close(f.geomspace(1e-200, 1e200, 3), [1e-200, 1, 1e200], 1e-12);
    assert.throws(() => f.geomspace(-1, 1), /^RangeError: geomspace from -1 to 1: give two numbers of one sign/);
    close(f.vander([2, 3], 3), [4, 2, 1, 9, 3, 1]);
    close(f.toeplitz([1, 2, 3], [9, 5]), [1, 5, 2, 1, 3, 2]);
    close(f.toeplitz([1, 2]), [1, 2, 2, 1]);
  });
  test("blockDiag, multiDot, vecdot, kron of vectors", () => {
    close(f.blockDiag([[[1, 2]], [[3], [4]]]), [1, 2, 0, 0, 0, 3, 0, 0, 4]);
    close(
      f.multiDot([
        [1, 2],
        [
          [1, 0],
          [0, 2],
        ],
        [3, 4],
      ]),
      [19],
    );
    close(
      f.vecdot(
        [
          [1, 2],
          [3, 4],
        ],
        [1, 10],
      ),
      [21, 43],
    );
    close(f.kron([1, 2], [3, 4, 5]), [3, 4, 5, 6, 8, 10]);
  });
  test("rot90", () => {
    const x = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    close(f.rot90(x), [3, 6, 2, 5, 1, 4]);
    close(f.rot90(x, -1), [4, 1, 5, 2, 6, 3]);
    close(f.rot90(x, 2), [6, 5, 4, 3, 2, 1]);
    close(f.rot90(x, 4), [1, 2, 3, 4, 5, 6]);
  });
  test("bincount, polyfit", () => {
    close(f.bincount([0, 1, 1, 3], 5), [1, 2, 0, 1, 0]);
    close(f.bincount([0, 1, 1], 2, [0.5, 2, 3]), [0.5, 5]);
    assert.throws(() => f.bincount([0, -1], 5), {
      message: "bincount: -1 is among the numbers; give whole numbers from 0 to 4",
    });
    close(f.polyfit([0, 1, 2, 3], [1, 0, 1, 4], 2), [1, -2, 1], 1e-12);
    close(f.polyfit([1000, 1001, 1002], [5, 7, 9], 1), [2, -1995], 1e-9);
  });
  test("matrixRank, conditionNumber", () => {
    close(
      f.matrixRank([
        [
          [1, 2],
          [2, 4],
        ],
        [
          [1, 0],
          [0, 3],
        ],
      ]),
      [1, 2],
    );
    close(
      f.matrixRank(
        [
          [1, 0],
          [0, 1e-3],
        ],
        { tolerance: 0.01 },
      ),
      [1],
    );
    close(
      f.conditionNumber([
        [3, 0],
        [0, -6],
      ]),
      [2],
    );
    close(
      f.conditionNumber([
        [0, 0],
        [0, 0],
      ]),
      [Infinity],
    );
  });
  test("reductions without NaN", () => {
    const x = [
      [1, NaN, 3],
      [NaN, NaN, NaN],
      [4, 5, 12],
    ];
    close(f.nanMedian(x, 1), [2, NaN, 5]);
    close(f.nanMedian(x), [4]);
    close(f.nanQuantile(x, 0.25, 1), [1.5, NaN, 4.5]);
    close(f.nanProd(x, 1), [3, 1, 240]);
    close(f.nanStd(x, 1), [1, NaN, Math.sqrt(38 / 3)]);
  });
});

describe("they are differentiable", () => {
  const x = tensorOf([3], 0.7, -0.4, 1.3);
  const cases: Readonly<Record<string, readonly [(...at: Value[]) => Value, ...Primal[]]>> = {
    copySign: [(a) => f.copySign(f.mul(a, a), [1, -1, -1]), x],
    average: [(a, w) => f.average(a, w), x, tensorOf([3], 1, 2, 0.5)],
    normalize: [(a) => f.normalize(a), random(3, 2)],
    cumulativeTrapezoid: [(y, at) => f.cumulativeTrapezoid(f.mul(y, y), at), x, tensorOf([3], 0, 1, 2.5)],
    vander: [(a) => f.vander(a, 4), x],
    toeplitz: [(a, b) => f.toeplitz(f.mul(a, a), b), x, tensorOf([2], 0.3, 0.4)],
    blockDiag: [(a) => f.blockDiag([f.mul(a, a), a]), random(2, 2)],
    rot90: [(a) => f.rot90(f.mul(a, a)), random(2, 3)],
    bincount: [(w) => f.bincount([0, 2, 2], 3, f.mul(w, w)), x],
    polyfit: [(a, y) => f.polyfit(a, y, 1), x, tensorOf([3], 0.2, 1, -0.4)],
    conditionNumber: [(a) => f.conditionNumber(a), random(3, 2)],
    nanStd: [(a) => f.nanStd(f.concat([a, [NaN]])), x],
    nanMedian: [(a) => f.nanMedian(f.concat([f.mul(a, a), [NaN]])), x],
    nanProd: [(a) => f.nanProd(f.concat([a, [NaN]])), x],
  };
  for (const [name, [model, ...at]] of Object.entries(cases)) test(name, () => checkDerivatives(model, at, 1e-5));
});

test("shapes are those of NumPy", () => {
  assert.deepEqual(shape(f.vander([1, 2, 3])), [3, 3]);
  assert.deepEqual(shape(f.average(f.ones([2, 3, 4]), f.ones([3]), 1)), [2, 4]);
  assert.deepEqual(shape(f.cumulativeTrapezoid(f.ones([2, 3, 4]), 1, 1)), [2, 3, 4]);
  assert.deepEqual(shape(f.nanMedian(f.ones([2, 3, 4]), -2)), [2, 4]);
});
