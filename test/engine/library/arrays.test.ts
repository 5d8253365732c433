import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as adjoint from "../../../engine/library/index.ts";
import type { Primal } from "../../../engine/primitives/rule.ts";
import { near, vjp } from "../primitives/checkDerivatives.ts";

const { tensor, zeros } = adjoint;

const plain = (x: unknown): unknown => (typeof x === "number" ? x : (x as adjoint.Tensor).toArray());

/** The gradient of the sum of what a function of the library gives. */
function gradient(model: (x: number) => number, at: unknown): unknown {
  const [result] = vjp((x) => adjoint.sum(model(x as unknown as number)), [at as Primal], 1);
  return plain(result);
}

describe("scans", () => {
  test("run along the last axis, or from its end", () => {
    assert.deepEqual(plain(adjoint.cumprod([1, 2, 3])), [1, 2, 6]);
    assert.deepEqual(plain(adjoint.cumsum([1, 2, 3], 0, { reverse: true })), [6, 5, 3]);
    assert.deepEqual(plain(adjoint.cummax([1, 3, 2, NaN, 4])), [1, 3, 3, NaN, NaN]);
    assert.deepEqual(
      plain(
        adjoint.cummin(
          [
            [3, 1],
            [2, 2],
          ],
          0,
        ),
      ),
      [
        [3, 1],
        [2, 1],
      ],
    );
    assert.deepEqual(plain(adjoint.linearRecurrence(0.5, [1, 0, 0, 8])), [1, 0.5, 0.25, 8.125]);
    near(adjoint.logCumSumExp([1000, 1000]).at(1), 1000 + Math.LN2, 1e-15);
    assert.deepEqual(plain(adjoint.cumprod(zeros([0]))), []);
  });

  test("give running products their gradient at zeros", () => {
    assert.deepEqual(
      gradient((x) => adjoint.cumprod(x), tensor([2, 0, 3, 0])),
      [1, 8, 0, 0],
    );
  });

  test("hand the whole adjoint to the first of equal elements", () => {
    assert.deepEqual(
      gradient((x) => adjoint.cummax(x), tensor([1, 3, 3, 2])),
      [1, 3, 0, 0],
    );
    assert.deepEqual(
      gradient((x) => adjoint.cummin(x), tensor([1, 1, 1])),
      [3, 0, 0],
    );
  });

  test("of logarithms have no adjoint where all so far are −∞", () => {
    assert.deepEqual(
      gradient((x) => adjoint.logCumSumExp(x), tensor([-Infinity, 2])),
      [0, 1],
    );
  });
});

describe("reductions", () => {
  test("to truth values, also of a single number", () => {
    assert.deepEqual([adjoint.any(3), adjoint.all(3), adjoint.any(0), adjoint.all([])], [1, 1, 0, 1]);
    assert.deepEqual(
      plain(
        adjoint.any(
          [
            [0, 2],
            [0, 0],
          ],
          1,
        ),
      ),
      [1, 0],
    );
    assert.deepEqual(
      plain(
        adjoint.all(
          [
            [1, 2],
            [0, 1],
          ],
          0,
          { keepDims: true },
        ),
      ),
      [[0, 1]],
    );
  });

  test("keep their axes where asked to", () => {
    assert.deepEqual(adjoint.argmax(zeros([2, 3]), 1, { keepDims: true }).shape, [2, 1]);
    assert.deepEqual(
      plain(
        adjoint.argmin(
          [
            [2, 1],
            [0, 3],
          ],
          undefined,
          { keepDims: true },
        ),
      ),
      [[2]],
    );
  });

  test("give a standard deviation and norms of any order without NaN where they are 0", () => {
    assert.deepEqual(
      gradient((x) => adjoint.std(x), tensor([2, 2, 2])),
      [0, 0, 0],
    );
    assert.equal(adjoint.std(5), 0);
    for (const ord of [1, 2, 3, Infinity])
      assert.deepEqual(
        gradient((x) => adjoint.norm(x, 0, { ord }), tensor([0, 0])),
        [0, 0],
      );
    assert.deepEqual(
      [1, 2, Infinity, -Infinity, 0].map((ord) => adjoint.norm([3, -4], 0, { ord })),
      [7, 5, 4, 3, 2],
    );
    near(adjoint.norm([3, -4], 0, { ord: 3 }), 91 ** (1 / 3), 1e-15);
  });

  test("find the middle element, or the mean of the middle two", () => {
    assert.equal(adjoint.median([3, 1, 2]), 2);
    assert.equal(adjoint.median([4, 1, 2, 3]), 2.5);
    assert.deepEqual(
      plain(
        adjoint.median(
          [
            [1, 5],
            [9, 7],
          ],
          1,
        ),
      ),
      [3, 8],
    );
    assert.deepEqual(
      gradient((x) => adjoint.median(x), tensor([4, 1, 2, 3])),
      [0, 0, 0.5, 0.5],
    );
  });
});

describe("indexing", () => {
  test("puts in the last of several updates, which gets the adjoint", () => {
    assert.deepEqual(plain(adjoint.scatterSet([1, 2, 3], [0, 2, 0], [7, 8, 9])), [9, 2, 8]);
    assert.deepEqual(
      gradient((u) => adjoint.scatterSet([1, 2, 3], [0, 2, 0], u), tensor([7, 8, 9])),
      [0, 1, 1],
    );
    assert.deepEqual(
      gradient((x) => adjoint.scatterSet(x, [0, 2], 5), tensor([1, 2, 3])),
      [0, 1, 0],
    );
    assert.deepEqual(
      plain(
        adjoint.scatterSetAlongAxis(
          [
            [1, 2],
            [3, 4],
          ],
          [[1], [0]],
          [[8], [9]],
          1,
        ),
      ),
      [
        [1, 8],
        [9, 4],
      ],
    );
  });

  test("adds up several updates for one place", () => {
    assert.deepEqual(plain(adjoint.scatterAdd([1, 2, 3], [0, -1, 0], [7, 8, 9])), [17, 2, 11]);
    assert.deepEqual(
      plain(
        adjoint.segmentSum(
          [
            [1, 2],
            [3, 4],
            [5, 6],
          ],
          [1, 0, 1],
          3,
        ),
      ),
      [
        [3, 4],
        [6, 8],
        [0, 0],
      ],
    );
  });

  test("sorts in both directions, equal ones in their order and NaN as the largest", () => {
    assert.deepEqual(plain(adjoint.argsort([2, NaN, 1, 2])), [2, 0, 3, 1]);
    assert.deepEqual(plain(adjoint.argsort([2, NaN, 1, 2], 0, { descending: true })), [1, 0, 3, 2]);
    assert.deepEqual(plain(adjoint.sort([2, 3, 1], 0, { descending: true })), [3, 2, 1]);
  });

  test("takes the first of equal elements among the best", () => {
    const { values, indices } = adjoint.topK([1, 3, 2, 3], 2);
    assert.deepEqual(
      [plain(values), plain(indices)],
      [
        [3, 3],
        [1, 3],
      ],
    );
    assert.deepEqual(plain(adjoint.topK([[1, 3, 2]], 1, 1, { largest: false }).values), [[1]]);
    assert.deepEqual(
      gradient((x) => adjoint.topK(x, 1).values, tensor([3, 1, 3])),
      [1, 0, 0],
    );
  });

  test("takes regions at places that are computed", () => {
    assert.deepEqual(
      plain(
        adjoint.dynamicSlice(
          [
            [1, 2, 3],
            [4, 5, 6],
          ],
          [0, -2],
          [2, 1],
        ),
      ),
      [[2], [5]],
    );
    assert.deepEqual(plain(adjoint.dynamicUpdateSlice([1, 2, 3], [8, 9], [1])), [1, 8, 9]);
  });

  test("selects the choice of the first condition that holds", () => {
    const x = tensor([-2, 0.5, 3]);
    assert.deepEqual(plain(adjoint.select([adjoint.less(x, 0), adjoint.less(x, 1)], [0, x], 1)), [0, 0.5, 1]);
  });
});

describe("rearranging is NumPy's:", () => {
  const x = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);

  test("axes", () => {
    assert.deepEqual(adjoint.moveAxis(zeros([2, 3, 4]), 0, -1).shape, [3, 4, 2]);
    assert.deepEqual(adjoint.swapAxes(zeros([2, 3, 4]), 0, -1).shape, [4, 3, 2]);
    assert.deepEqual(adjoint.flatten(zeros([2, 3, 4]), 1).shape, [2, 12]);
    assert.deepEqual(adjoint.unstack(x).map(plain), [
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });

  test("rolls and copies", () => {
    assert.deepEqual(plain(adjoint.roll(x, 1)), [
      [6, 1, 2],
      [3, 4, 5],
    ]);
    assert.deepEqual(plain(adjoint.roll(x, [1, -1], [0, 1])), [
      [5, 6, 4],
      [2, 3, 1],
    ]);
    assert.deepEqual(plain(adjoint.tile([1, 2], [2, 2])), [
      [1, 2, 1, 2],
      [1, 2, 1, 2],
    ]);
    assert.deepEqual(plain(adjoint.repeat([1, 2], 2)), [1, 1, 2, 2]);
    assert.deepEqual(plain(adjoint.repeat(x, [1, 0, 2], 1)), [
      [1, 3, 3],
      [4, 6, 6],
    ]);
  });

  test("paddings", () => {
    const around = (mode: adjoint.PadOptions["mode"]): unknown =>
      plain(adjoint.pad([1, 2, 3], [[4, 2]], { mode: mode! }));
    assert.deepEqual(around("edge"), [1, 1, 1, 1, 1, 2, 3, 3, 3]);
    assert.deepEqual(around("reflect"), [1, 2, 3, 2, 1, 2, 3, 2, 1]);
    assert.deepEqual(around("symmetric"), [3, 3, 2, 1, 1, 2, 3, 3, 2]);
    assert.deepEqual(around("wrap"), [3, 1, 2, 3, 1, 2, 3, 1, 2]);
    assert.deepEqual(plain(adjoint.pad([1], 1, { value: -Infinity })), [-Infinity, 1, -Infinity]);
  });

  test("diagonals", () => {
    assert.deepEqual(plain(adjoint.diag([1, 2], -1)), [
      [0, 0, 0],
      [1, 0, 0],
      [0, 2, 0],
    ]);
    assert.deepEqual(plain(adjoint.diag(x)), [1, 5]);
    assert.deepEqual(plain(adjoint.diag(x, 2)), [3]);
    assert.deepEqual(plain(adjoint.diag(x, 5)), []);
    assert.deepEqual(adjoint.diagonal(zeros([2, 3, 4]), 1, 0, 2).shape, [3, 2]);
    assert.deepEqual(adjoint.diagEmbed(zeros([5, 2])).shape, [5, 2, 2]);
    assert.equal(
      adjoint.trace([
        [1, 2],
        [3, 4],
      ]),
      5,
    );
  });

  test("grids", () => {
    const [columns, rows] = adjoint.meshgrid([
      [1, 2, 3],
      [4, 5],
    ]) as [adjoint.Tensor, adjoint.Tensor];
    assert.deepEqual(
      [plain(columns), plain(rows)],
      [
        [
          [1, 2, 3],
          [1, 2, 3],
        ],
        [
          [4, 4, 4],
          [5, 5, 5],
        ],
      ],
    );
    assert.deepEqual(
      adjoint.meshgrid(
        [
          [1, 2, 3],
          [4, 5],
        ],
        { indexing: "ij" },
      )[0]!.shape,
      [3, 2],
    );
  });
});

test("contractions read their subscripts as NumPy does", () => {
  const [a, b] = [
    tensor([
      [1, 2],
      [3, 4],
    ]),
    tensor([
      [5, 6],
      [7, 8],
    ]),
  ];
  assert.deepEqual(adjoint.einsum("ij,jk->ik", a, b), adjoint.matmul(a, b));
  assert.deepEqual(plain(adjoint.einsum("ba", a)), [
    [1, 3],
    [2, 4],
  ]);
  assert.equal(adjoint.einsum("ii", a), 5);
  assert.equal(adjoint.einsum(" ij , ij -> ", a, b), 70);
  assert.deepEqual(adjoint.einsum("...j,jk", zeros([5, 4, 2]), b).valueOf(), zeros([5, 4, 2]));
  assert.equal(adjoint.tensordot(a, b), 70);
  assert.deepEqual(adjoint.tensordot(a, b, [1, 0]), adjoint.matmul(a, b));
  assert.deepEqual((adjoint.tensordot(a, b, 0) as adjoint.Tensor).shape, [2, 2, 2, 2]);
});

test("functions of tensors take plain numbers where there is something to compute", () => {
  const { erf, lgamma, logAddExp, sinc, softmax, isNaN: nan, clamp, remainder, asFloat16, layerNorm } = adjoint;
  near(erf(0.3), 0.32862675945912742, 1e-15);
  near(lgamma(5), Math.log(24), 1e-15);
  near(logAddExp(0, 0), Math.LN2, 1e-15);
  assert.deepEqual(
    [sinc(0), nan(NaN), clamp(5, 0, 1), remainder(-1, 3), asFloat16(0.1)],
    [1, 1, 1, 2, 0.0999755859375],
  );
  assert.equal(layerNorm([3]).at(0), 0);
  assert.throws(() => softmax(3), /softmax of scalar: there is no axis -1; a scalar has none/);
});

test("every function of Math has its namesake in the library", () => {
  const other: Readonly<Record<string, string>> = {
    max: "maximum",
    min: "minimum",
    fround: "asFloat32",
    f16round: "asFloat16",
  };
  const whole = new Set(["clz32", "imul", "random"]); // of whole numbers, which have no derivative, and of chance
  const missing = Object.getOwnPropertyNames(Math)
    .filter((name) => typeof Math[name as "abs"] === "function" && !whole.has(name))
    .filter((name) => !((other[name] ?? name) in adjoint));
  assert.deepEqual(missing, []);
});
