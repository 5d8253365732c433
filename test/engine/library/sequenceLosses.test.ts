import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Primal } from "../../../engine/primitives/rule.ts";
import { Tensor } from "../../../engine/tape/tensor.ts";
import { checkDerivatives, filled, near, noise, tensorOf } from "../primitives/checkDerivatives.ts";
import { f } from "./calls.ts";

/** Σ over every sequence of classes that reads as the labels, of the product of its probabilities. */
function probability(scores: Tensor, times: number, labels: readonly number[], blank: number): number {
  const classes = scores.shape[1]!;
  let total = 0;
  for (let path = 0; path < classes ** times; path++) {
    const chosen = Array.from({ length: times }, (_, time) => Math.floor(path / classes ** time) % classes);
    const read = chosen.filter((label, time) => label !== blank && label !== chosen[time - 1]);
    if (read.join() !== labels.join()) continue;
    total += Math.exp(chosen.reduce((sum, label, time) => sum + scores.data[time * classes + label]!, 0));
  }
  return total;
}

const logits = (...shape: number[]): Tensor => filled(shape, noise(5)) as Tensor;
const scoresOf = (x: Primal): Tensor => f.logSoftmax(x);

describe("connectionist temporal classification", () => {
  test("is −ln of the sum over all alignments, also of labels that repeat", () => {
    const scores = scoresOf(logits(5, 3));
    for (const labels of [[1, 2], [1, 1], [2], [1, 2, 1], []])
      near(
        f.ctcLoss(scores, new Tensor([labels.length], Float64Array.from(labels)), { reduction: "sum" }),
        -Math.log(probability(scores, 5, labels, 0)),
        1e-12,
      );
    near(
      f.ctcLoss(scores, [0, 1], { blank: 2, reduction: "sum" }),
      -Math.log(probability(scores, 5, [0, 1], 2)),
      1e-12,
    );
  });

  test("counts of each example so many times and labels, and takes the mean by label", () => {
    const scores = scoresOf(logits(2, 5, 3));
    const labels = tensorOf([2, 2], 1, 2, 2, 0);
    const parts = [0, 1].map((k) => new Tensor([5, 3], scores.data.slice(15 * k, 15 * k + 15)));
    const first = -Math.log(probability(parts[0]!, 4, [1, 2], 0));
    const second = -Math.log(probability(parts[1]!, 5, [2], 0));
    const options = { lengths: [4, 5], labelLengths: [2, 1] };
    near(f.ctcLoss(scores, labels, options), (first / 2 + second) / 2, 1e-12);
    near(f.ctcLoss(scores, labels, { ...options, reduction: "sum" }), first + second, 1e-12);
  });

  test("is differentiated, to second order", () => {
    const labels = tensorOf([2, 2], 1, 1, 2, 0);
    checkDerivatives((x) => f.ctcLoss(f.logSoftmax(x), labels, { labelLengths: [2, 1] }), [logits(2, 4, 3)], 1e-6);
  });

  test("labels that cannot be read from so few times cost beyond all measure, and no NaN", () => {
    const loss = f.ctcLoss(scoresOf(logits(2, 3)), [1, 1], { reduction: "sum" }) as number;
    assert.ok(loss > 1e29 && Number.isFinite(loss));
  });

  test("what does not fit is told", () => {
    assert.throws(() => f.ctcLoss(logits(5, 3), [1, 2], { blank: 3 }), {
      message: "ctcLoss of [5, 3] and labels [2]: the blank is 3; give one of the 3 classes",
    });
    assert.throws(() => f.ctcLoss(logits(5, 3), [1, 2], { lengths: [9] }), {
      message: "ctcLoss of [5, 3] and labels [2]: lengths are [9]; give 1 whole numbers from 1 to 5",
    });
  });
});

describe("triplets", () => {
  test("cost as much as what does not belong together is nearer, and the margin", () => {
    const [anchor, near1, far] = [tensorOf([1, 2], 0, 0), tensorOf([1, 2], 3, 4), tensorOf([1, 2], 0, 4.5)];
    near(f.tripletLoss(anchor, near1, far), 5 - 4.5 + 1, 1e-14);
    near(f.tripletLoss(anchor, far, near1, { margin: 0.25 }), 0, 1e-14);
    checkDerivatives((a, p, n) => f.tripletLoss(a, p, n), [anchor, near1, far], 1e-6);
    checkDerivatives((p, n) => f.tripletLoss(anchor, p, n, { reduction: "none" }), [logits(1, 2), logits(1, 2)], 1e-6);
  });
});
