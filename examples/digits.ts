import { crossEntropy, ensureShape, heNormal, matmul, random, readCsv, relu, slice, zeros } from "adjoint";

// 1,797 handwritten digits: 64 grey values from 0 to 16, row by row, and the digit that was meant.
const rows = readCsv(new URL("./data/digits.csv.gz", import.meta.url));
const images = ensureShape(slice(rows, [null, [0, 64]]) / 16, [-1, 64]);
const digits = slice(rows, [null, 64]);

/**
 * The mean cross-entropy of a 64-32-10 network: how surprised it is by the digits, in nats. It has learnt nothing yet, so
 * this is close to ln 10 = 2.303, the surprise of somebody who guesses.
 */
export function surprise(
  w1 = heNormal(random(1), [64, 32]),
  b1 = zeros([32]),
  w2 = heNormal(random(2), [32, 10]),
  b2 = zeros([10]),
) {
  const hidden = relu(matmul(images, w1) + b1);
  const logits = matmul(hidden, w2) + b2;
  return crossEntropy(logits, digits);
}
