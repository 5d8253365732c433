import { crossEntropy, ensureShape, glorotNormal, matmul, random, readCsv, sigmoid, slice } from "adjoint";

// 128 of the handwritten digits of digits.ts.
const rows = readCsv(new URL("./data/digits.csv.gz", import.meta.url));
const images = ensureShape(
  slice(rows, [
    [0, 128],
    [0, 64],
  ]) / 16,
  [-1, 64],
);
const digits = slice(rows, [[0, 128], 64]);

/**
 * A network twenty layers deep that will not learn. The derivative of a sigmoid is a quarter at most, so each layer passes
 * back a quarter of the adjoint and the first ones get a trillionth. With relu for sigmoid and heNormal for glorotNormal
 * they get their share.
 */
export function surprise(
  first = glorotNormal(random(1), [64, 32]),
  layers = Array.from({ length: 20 }, (_, k) => glorotNormal(random(2 + k), [32, 32])),
  last = glorotNormal(random(22), [32, 10]),
) {
  let h = sigmoid(matmul(images, first));
  for (const w of layers) {
    const z = matmul(h, w);
    h = sigmoid(z);
  }
  return crossEntropy(matmul(h, last), digits);
}
