/** Details in which frameworks differ, against loops written for these tests alone, on random inputs. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Primal } from "../../../engine/primitives/rule.ts";
import { checkDerivatives, near, noise, tensorOf, vjp, type Model } from "../primitives/checkDerivatives.ts";
import { close, f, plain } from "./calls.ts";

type Row = readonly number[];
const draw = noise(17);
const row = (n: number): number[] => Array.from({ length: n }, draw);
const matrix = (m: number, n: number): number[][] => Array.from({ length: m }, () => row(n));
/** Whole numbers below k, so that there are ties. */
const ties = (n: number, k: number): number[] => Array.from({ length: n }, () => Math.floor((draw() + 1) * 0.5 * k));
const rounds = 6;
const sum = (x: Row): number => x.reduce((total, value) => total + value, 0);
const mean = (x: Row): number => sum(x) / x.length;
const logSoftmax = (x: Row): number[] => {
  const most = Math.max(...x);
  const log = most + Math.log(sum(x.map((v) => Math.exp(v - most))));
  return x.map((v) => v - log);
};
const gradient = (model: Model, ...at: Primal[]): number[] => vjp(model, at, 1).flatMap((x) => plain(x));
const alike = (actual: Row, expected: Row): void => {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, k) => near(value, expected[k]!, 1e-13));
};
const of =
  (name: keyof typeof f, ...rest: unknown[]): Model =>
  (x) =>
    f[name](x, ...rest);
const vector = (x: Row): Primal => tensorOf([x.length], ...x);

/** Each holds what the library gives against a loop, for a few random inputs. */
const compared: Readonly<Record<string, () => void>> = {
  "variance and std with ddof": () => {
    const x = row(7);
    const squares = sum(x.map((v) => (v - mean(x)) ** 2));
    close(f.variance(x), [squares / 7]);
    close(f.std(x, undefined, { ddof: 1 }), [Math.sqrt(squares / 6)]);
  },
  "median of odd and even counts": () => {
    for (const n of [6, 7]) {
      const x = row(n);
      const sorted = [...x].sort((a, b) => a - b);
      close(f.median(x), [(sorted[Math.floor((n - 1) / 2)]! + sorted[Math.floor(n / 2)]!) / 2]);
    }
  },
  "quantile between neighbours": () => {
    const [x, q] = [row(6), (draw() + 1) / 2];
    const sorted = [...x].sort((a, b) => a - b);
    const at = q * 5;
    const low = Math.floor(at);
    close(f.quantile(x, q), [sorted[low]! + (at - low) * (sorted[Math.ceil(at)]! - sorted[low]!)]);
  },
  "topK, sort and argsort keep the order of equals": () => {
    const x = ties(12, 4);
    const order = x.map((_, k) => k).sort((a, b) => x[a]! - x[b]! || a - b);
    const down = x.map((_, k) => k).sort((a, b) => x[b]! - x[a]! || a - b);
    close(f.argsort(x), order);
    close(f.argsort(x, -1, { descending: true }), down);
    const { indices, values } = f.topK(x, 5) as { indices: unknown; values: unknown };
    close(indices, down.slice(0, 5));
    close(
      values,
      down.slice(0, 5).map((k) => x[k]!),
    );
  },
  "argmax and argmin take the first of equals": () => {
    const x = ties(9, 3);
    close(f.argmax(x), [x.indexOf(Math.max(...x))]);
    close(f.argmin(x), [x.indexOf(Math.min(...x))]);
  },
  "the first of equals has the gradient of max and min": () => {
    const x = ties(9, 3);
    alike(
      gradient(of("max"), vector(x)),
      x.map((_, k) => +(k === x.indexOf(Math.max(...x)))),
    );
    alike(
      gradient(of("min"), vector(x)),
      x.map((_, k) => +(k === x.indexOf(Math.min(...x)))),
    );
  },
  "cummax with ties": () => {
    const x = ties(9, 4);
    close(
      f.cummax(x),
      x.map((_, k) => Math.max(...x.slice(0, k + 1))),
    );
    const winners = x.map((_, k) => x.indexOf(Math.max(...x.slice(0, k + 1))));
    alike(
      gradient((v) => f.sum(f.cummax(v)), vector(x)),
      x.map((_, k) => winners.filter((w) => w === k).length),
    );
  },
  "cumprod and prod with several zeros": () => {
    const x = row(6).map((v, k) => (k % 3 === 1 ? 0 : v));
    const without = (k: number, upTo: number): number =>
      x.slice(0, upTo + 1).reduce((p, v, i) => (i === k ? p : p * v), 1);
    close(
      f.cumprod(x),
      x.map((_, k) => x.slice(0, k + 1).reduce((p, v) => p * v, 1)),
    );
    alike(
      gradient(of("prod"), vector(x)),
      x.map((_, k) => without(k, 5)),
    );
    const slopes = x.map((_, k) => sum(x.map((__, j) => (j < k ? 0 : without(k, j)))));
    alike(
      gradient((v) => f.sum(f.cumprod(v)), vector(x)),
      slopes,
    );
  },
  "clip at and beyond its bounds": () => {
    const x = [-0.5, 0.5, ...row(5)];
    close(
      f.clip(x, -0.5, 0.5),
      x.map((v) => Math.min(Math.max(v, -0.5), 0.5)),
    );
    alike(
      gradient((v) => f.sum(f.clip(v, -0.5, 0.5)), vector(x)),
      x.map((v) => +(v >= -0.5 && v <= 0.5)),
    );
  },
  "mod and remainder with signs": () => {
    const [a, b] = [draw() * 9, draw() * 3];
    close(f.mod(a, b), [a - b * Math.trunc(a / b)], 1e-13);
    close(f.remainder(a, b), [a - b * Math.floor(a / b)], 1e-13);
  },
  "logSumExp and softmax of large numbers": () => {
    const x = row(5).map((v) => 1000 * v);
    close(f.logSoftmax(x), logSoftmax(x), 1e-13);
    close(f.softmax(x), logSoftmax(x).map(Math.exp), 1e-13);
  },
  "cross-entropy with smoothing": () => {
    const [x, k, s] = [matrix(4, 3), ties(4, 3), 0.2];
    const losses = x.map((r, i) => -sum(logSoftmax(r).map((l, c) => l * ((1 - s) * +(c === k[i]) + s / 3))));
    close(f.crossEntropy(x, k, { labelSmoothing: s }), [mean(losses)]);
    close(f.crossEntropy(x, k, { labelSmoothing: s, reduction: "none" }), losses);
  },
  "cross-entropy that ignores a class": () => {
    const [x, k] = [matrix(5, 3), [0, ...ties(4, 3)]];
    const kept = x.flatMap((r, i) => (k[i] === 0 ? [] : [-logSoftmax(r)[k[i]!]!]));
    if (kept.length > 0) close(f.crossEntropy(x, k, { ignoreIndex: 0 }), [mean(kept)]);
    close(f.crossEntropy(x, k, { ignoreIndex: 0, reduction: "sum" }), [sum(kept)]);
  },
  "cross-entropy with weights of the classes": () => {
    const [x, k, w, s] = [matrix(5, 3), ties(5, 3), [0.5, 2, 3], 0.1];
    const losses = x.map((r, i) => -w[k[i]!]! * logSoftmax(r)[k[i]!]!);
    const total = sum(k.map((c) => w[c]!));
    close(f.crossEntropy(x, k, { weights: w }), [sum(losses) / total]);
    close(f.crossEntropy(x, k, { weights: w, reduction: "none" }), losses);
    // As PyTorch: smoothed terms have the weights of their own classes, the mean that of the label's.
    const smooth = x.map((r, i) => -sum(logSoftmax(r).map((l, c) => w[c]! * l * ((1 - s) * +(c === k[i]) + s / 3))));
    close(f.crossEntropy(x, k, { weights: w, labelSmoothing: s }), [sum(smooth) / total]);
    const kept = k.map((c) => +(c !== 1));
    if (sum(kept) > 0)
      close(f.crossEntropy(x, k, { weights: w, ignoreIndex: 1 }), [
        sum(losses.map((l, i) => l * kept[i]!)) / sum(k.map((c, i) => w[c]! * kept[i]!)),
      ]);
  },
  "binary cross-entropy with a weight of the positive": () => {
    const [x, p] = [row(5).map((v) => 4 * v), ties(5, 2)];
    const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));
    const losses = x.map((v, i) => -3 * p[i]! * Math.log(sigmoid(v)) - (1 - p[i]!) * Math.log(1 - sigmoid(v)));
    close(f.binaryCrossEntropy(x, p, { positiveWeight: 3 }), [mean(losses)], 1e-12);
    close(f.binaryCrossEntropy(-1000, 1, { positiveWeight: 3 }), [3000]);
  },
  "Huber's loss on both sides of δ": () => {
    const [x, delta] = [row(6).map((v) => 3 * v), 0.7];
    const losses = x.map((v) => (Math.abs(v) <= delta ? (v * v) / 2 : delta * (Math.abs(v) - delta / 2)));
    close(f.huberLoss(x, 0, { delta }), [mean(losses)]);
  },
  "layerNorm and rmsNorm with ε under the root": () => {
    const [x, epsilon] = [row(5), 0.1];
    const v = mean(x.map((e) => (e - mean(x)) ** 2));
    close(
      f.layerNorm(x, { epsilon }),
      x.map((e) => (e - mean(x)) / Math.sqrt(v + epsilon)),
    );
    close(
      f.rmsNorm(x, { epsilon }),
      x.map((e) => e / Math.sqrt(mean(x.map((y) => y * y)) + epsilon)),
    );
  },
  "averages of windows with padding, counted and not": () => {
    const x = row(5);
    const windows = [
      [-1, 0, 1],
      [1, 2, 3],
      [3, 4, 5],
    ];
    const inside = (at: Row): number[] => at.filter((k) => k >= 0 && k < 5).map((k) => x[k]!);
    const options = { stride: 2, padding: 1 };
    close(
      f.avgPool([[x]], 3, options),
      windows.map((at) => sum(inside(at)) / 3),
    );
    close(
      f.avgPool([[x]], 3, { ...options, countIncludePad: false }),
      windows.map((at) => mean(inside(at))),
    );
    close(
      f.maxPool([[x]], 3, options),
      windows.map((at) => Math.max(...inside(at))),
    );
  },
  "linear interpolation of samples, with corners aligned and not": () => {
    const x = row(4);
    const at = (place: number): number => {
      const p = Math.min(Math.max(place, 0), 3);
      const low = Math.min(Math.floor(p), 2);
      return x[low]! + (p - low) * (x[low + 1]! - x[low]!);
    };
    const places = Array.from({ length: 7 }, (_, k) => k);
    close(
      f.resize([[x]], [7]),
      places.map((k) => at(((k + 0.5) * 4) / 7 - 0.5)),
    );
    close(
      f.resize([[x]], [7], { alignCorners: true }),
      places.map((k) => at((k * 3) / 6)),
    );
    close(
      f.resize([[x]], [7], { method: "nearest" }),
      places.map((k) => x[Math.floor((k * 4) / 7)]!),
    );
  },
  "interp beyond its ends and between": () => {
    const [xs, ys] = [[0, 0.3, 1], row(3)];
    const line = (t: number, i: number): number =>
      ys[i]! + ((t - xs[i]!) / (xs[i + 1]! - xs[i]!)) * (ys[i + 1]! - ys[i]!);
    for (const t of row(4).map((v) => 2 * v))
      close(f.interp(t, xs, ys), [t <= 0 ? ys[0]! : t >= 1 ? ys[2]! : line(t, t < 0.3 ? 0 : 1)]);
  },
  "searchSorted on both sides of ties": () => {
    const [sorted, x] = [ties(7, 4).sort((a, b) => a - b), ties(5, 5)];
    close(
      f.searchSorted(sorted, x),
      x.map((v) => sorted.filter((s) => s < v).length),
    );
    close(
      f.searchSorted(sorted, x, { side: "right" }),
      x.map((v) => sorted.filter((s) => s <= v).length),
    );
  },
  "norms of any order": () => {
    const x = row(5);
    for (const p of [0.5, 1, 1.5, 3, -1, -2])
      close(f.norm(x, undefined, { ord: p }), [sum(x.map((v) => Math.abs(v) ** p)) ** (1 / p)], 1e-12);
    close(f.norm(x, undefined, { ord: Infinity }), [Math.max(...x.map(Math.abs))]);
    close(f.norm([0, 1, 2], undefined, { ord: 0 }), [2]);
  },
  "matrix norms": () => {
    const x = matrix(3, 2);
    const columns = [0, 1].map((c) => sum(x.map((r) => Math.abs(r[c]!))));
    close(f.matrixNorm(x), [Math.sqrt(sum(x.flat().map((v) => v * v)))]);
    close(f.matrixNorm(x, 1), [Math.max(...columns)]);
    close(f.matrixNorm(x, Infinity), [Math.max(...x.map((r) => sum(r.map(Math.abs))))]);
  },
  covariances: () => {
    const x = matrix(2, 6);
    const centred = x.map((r) => r.map((v) => v - mean(r)));
    const cell = (i: number, j: number): number => sum(centred[i]!.map((v, k) => v * centred[j]![k]!)) / 5;
    close(f.cov(x), [cell(0, 0), cell(0, 1), cell(1, 0), cell(1, 1)], 1e-13);
    close(f.take(f.flatten(f.corrcoef(x)), 1), [cell(0, 1) / Math.sqrt(cell(0, 0) * cell(1, 1))], 1e-13);
  },
  "scatterAdd at indices that repeat": () => {
    const [k, u] = [ties(6, 3), row(6)];
    close(
      f.scatterAdd(f.zeros([3]), k, u),
      [0, 1, 2].map((i) => sum(u.filter((_, j) => k[j] === i))),
    );
    close(f.take(f.segmentMean(u, k, 4), 3), [0]);
  },
  "conv is a cross-correlation, convolve a convolution": () => {
    const [x, w] = [row(6), row(3)];
    const at = (i: number): number => x[i] ?? 0;
    close(
      f.conv([[x]], [[w]], { padding: 1 }),
      x.map((_, i) => sum(w.map((v, j) => v * at(i + j - 1)))),
    );
    close(
      f.convolve(x, w, "same"),
      x.map((_, i) => sum(w.map((v, j) => v * at(i + 1 - j)))),
    );
    const strided = [0, 1, 2].map((i) => sum(w.map((v, j) => v * at(2 * i - 1 + 2 * j))));
    close(f.conv([[x]], [[w]], { padding: 1, stride: 2, dilation: 2 }), strided.slice(0, 2));
  },
  "attention that sees only the past": () => {
    const [q, k, v] = [matrix(3, 2), matrix(3, 2), matrix(3, 2)];
    const expected = q.flatMap((query, i) => {
      const scores = k.slice(0, i + 1).map((key) => sum(key.map((x, c) => x * query[c]!)) / Math.sqrt(2));
      const weights = logSoftmax(scores).map(Math.exp);
      return [0, 1].map((c) => sum(weights.map((w, j) => w * v[j]![c]!)));
    });
    close(f.attention(q, k, v, { causal: true }), expected, 1e-13);
  },
  "kron, outer and tensordot": () => {
    const [a, b] = [matrix(2, 2), matrix(2, 3)];
    const cells = [0, 1, 2, 3].flatMap((i) =>
      [0, 1, 2, 3, 4, 5].map((j) => a[i >> 1]![Math.floor(j / 3)]! * b[i % 2]![j % 3]!),
    );
    close(f.kron(a, b), cells);
    const product = a[0]!.flatMap((_, i) => b[0]!.map((__, j) => sum(a.map((r, k) => r[i]! * b[k]![j]!))));
    close(f.tensordot(a, b, [[0], [0]]), product, 1e-13);
  },
  "diff, trapezoid and cumulative sums backwards": () => {
    const x = row(5);
    close(
      f.diff(x, 2),
      [0, 1, 2].map((k) => x[k + 2]! - 2 * x[k + 1]! + x[k]!),
      1e-13,
    );
    close(f.trapezoid(x, 0.5), [sum([0, 1, 2, 3].map((k) => (x[k]! + x[k + 1]!) / 4))], 1e-13);
    close(
      f.cumsum(x, 0, { reverse: true }),
      x.map((_, k) => sum(x.slice(k))),
      1e-13,
    );
  },
  "least squares of full rank": () => {
    const [a, b] = [matrix(5, 2), row(5)];
    const g = [0, 1].map((i) => [0, 1].map((j) => sum(a.map((r) => r[i]! * r[j]!))));
    const h = [0, 1].map((i) => sum(a.map((r, k) => r[i]! * b[k]!)));
    const det = g[0]![0]! * g[1]![1]! - g[0]![1]! * g[1]![0]!;
    const x = [h[0]! * g[1]![1]! - h[1]! * g[0]![1]!, g[0]![0]! * h[1]! - g[1]![0]! * h[0]!].map((v) => v / det);
    close(f.lstsq(a, b), x, 1e-9);
  },
};

describe("on random inputs they agree with loops:", () => {
  for (const [name, compare] of Object.entries(compared))
    test(name, () => {
      for (let round = 0; round < rounds; round++) compare();
    });
});

const at = (model: Model, ...inputs: (number | Row)[]): number[] =>
  gradient(model, ...inputs.map((x) => (typeof x === "number" ? x : vector(x))));

describe("at the points where a formula breaks, the values and gradients are those that are documented:", () => {
  const points: Readonly<Record<string, () => void>> = {
    "pow at 0": () => {
      assert.deepEqual([f.pow(0, 0), f.pow(0, -1), f.pow(-8, 1 / 3)], [1, Infinity, NaN]);
      assert.deepEqual(at(f.pow as Model, 0, 0), [0, 0]);
      assert.deepEqual(at(f.pow as Model, 0, 1), [1, 0]);
      assert.deepEqual(at(f.pow as Model, 0, 0.5), [Infinity, 0]);
    },
    "atan2, hypot and norm at the origin": () => {
      assert.deepEqual(at(f.atan2 as Model, 0, 0), [NaN, NaN]);
      assert.deepEqual(at(f.hypot as Model, 0, 0), [0, 0]);
      for (const ord of [0.5, 1, 1.5, 2, 3]) assert.deepEqual(at(of("norm", undefined, { ord }), [0, 0]), [0, 0]);
      for (const ord of [0.5, 1.5, 3]) {
        const [none, all] = at(of("norm", undefined, { ord }), [0, 2]);
        assert.equal(none, 0);
        near(all!, 1, 1e-14);
      }
    },
    "logSumExp, softmax and logAddExp of −∞": () => {
      assert.equal(f.logSumExp([-Infinity, -Infinity]), -Infinity);
      assert.deepEqual(at(of("logSumExp"), [-Infinity, -Infinity]), [0, 0]);
      assert.deepEqual(at(of("logSumExp"), [-Infinity, 1]), [0, 1]);
      assert.deepEqual(plain(f.softmax([-Infinity, 0])), [0, 1]);
      assert.equal(f.logAddExp(-Infinity, -Infinity), -Infinity);
    },
    "std of one element": () => {
      assert.equal(f.std([3]), 0);
      assert.deepEqual(at(of("std"), [3]), [0]);
      assert.throws(() => f.std([3], undefined, { ddof: 1 }), /^ShapeError: std of \[1\] with ddof 1/);
    },
    "reductions of nothing": () => {
      assert.deepEqual(
        [f.sum([]), f.prod([]), f.any([]), f.all([]), f.logSumExp([]), f.mean([])],
        [0, 1, 0, 1, -Infinity, NaN],
      );
      for (const name of ["max", "min", "argmax", "argmin", "median"] as const)
        assert.throws(() => f[name]([]), /^ShapeError: .* there is no element to choose from$/);
    },
    "NaN among numbers": () => {
      assert.deepEqual(
        [f.max([1, NaN]), f.argmax([1, NaN, 3]), f.maximum(1, NaN), f.median([1, NaN])],
        [NaN, 1, NaN, NaN],
      );
      assert.deepEqual(plain(f.sort([2, NaN, 1])), [1, 2, NaN]);
      assert.deepEqual([f.searchSorted([1, 2], NaN), f.heaviside(NaN, 1), f.sign(NaN)], [2, NaN, NaN]);
    },
    "entropy and its kin at 0 and below": () => {
      assert.deepEqual(
        [f.entr(0), f.entr(-1), f.entr(1), f.xlogy(0, 0), Math.abs(f.xlog1py(0, -1))],
        [0, -Infinity, 0, 0, 0],
      );
      assert.deepEqual([f.relEntr(0, 1), f.relEntr(0, 0), f.relEntr(1, 0)], [0, 0, Infinity]);
      // Of nearly equal numbers too: y(δ + δ²/2) with x = y(1 + δ).
      const delta = 2 ** -30;
      near(f.relEntr(1000 * (1 + delta), 1000), 1000 * (delta + delta ** 2 / 2), 1e-18);
      alike(
        gradient((x, y) => f.relEntr(x, y), 1.2, 1),
        [Math.log(1.2) + 1, -1.2],
      );
      assert.deepEqual([f.logit(0), f.logit(1)], [-Infinity, Infinity]);
    },
    "singular matrices": () => {
      const singular = [
        [1, 2],
        [2, 4],
      ];
      assert.equal(Math.abs(f.det(singular)), 0);
      assert.deepEqual(vjp(of("det"), [tensorOf([2, 2], 1, 2, 2, 4)], 1).flatMap(plain), [4, -2, -2, 1]);
      assert.equal(f.logdet(singular), -Infinity);
      assert.throws(() => f.solve(singular, [1, 2]), /^UnsolvableError: solve .* singular/);
      assert.throws(
        () =>
          f.cholesky([
            [1, 2],
            [2, 1],
          ]),
        /^UnsolvableError: cholesky .* not positive definite/,
      );
    },
    "equal singular values and eigenvalues": () => {
      const identity = tensorOf([2, 2], 1, 0, 0, 1);
      assert.deepEqual(vjp((a) => f.sum(f.svdvals(a)), [identity], 1).flatMap(plain), [1, 0, 0, 1]);
      assert.throws(
        () => vjp((a) => f.sum((f.eigh(a) as { eigenvectors: unknown }).eigenvectors), [identity], 1),
        /^NotDifferentiableError: eigh: eigenvalues 0 and 1 .* are equal/,
      );
    },
    "saturated functions keep the digits of their slopes": () => {
      near(at(f.logSigmoid, -800)[0]!, 1, 1e-15);
      near(at(f.sigmoid, 40)[0]! / Math.exp(-40), 1, 1e-12);
      near(at(f.tanh, 20)[0]! / (4 * Math.exp(-40)), 1, 1e-12);
      assert.deepEqual(at(of("binaryCrossEntropy", 1), -800), [-1]);
    },
  };
  for (const [name, check] of Object.entries(points)) test(name, check);
});

test("weighted cross-entropies are differentiable in logits, labels and weights", () => {
  const x = tensorOf([2, 3], ...row(6));
  checkDerivatives(
    (logits, w) => f.crossEntropy(logits, [2, 0], { weights: w, labelSmoothing: 0.1 }),
    [x, tensorOf([3], 0.5, 2, 1)],
  );
  checkDerivatives((logits, p) => f.crossEntropy(logits, f.softmax(p), { weights: [1, 2, 3] }), [x, x]);
  checkDerivatives((logits, w) => f.binaryCrossEntropy(logits, 0.3, { positiveWeight: w }), [x, 2.5]);
  assert.throws(() => f.crossEntropy(x, [2, 0], { weights: [1, 2] }), {
    message: "crossEntropy of logits [2, 3] with weights [2]: give a weight for each class",
  });
});
