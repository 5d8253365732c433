import { ensureShape, matmul, mean, random, tanh, tensor, zeros } from "adjoint";

// A slow wave and a fast one, from one moment to the next.
const steps = 60;
const wave = Array.from({ length: steps + 1 }, (_, t) => tensor([0.02 * Math.sin(t / 5), 0.02 * Math.sin(t)]));

/**
 * How badly a recurrent network foretells the next moment of a wave. Each step back in time multiplies the adjoint with
 * the transpose of `recurrent`, and that is three times too large: what the last step sends back to the first grows by eight
 * decades. With a scale of 1 / √16 it stays level.
 */
export function error(
  input = random(1).normal([2, 16], { scale: 0.1 }),
  recurrent = random(2).normal([16, 16], { scale: 3 / Math.sqrt(16) }),
  output = random(3).normal([16, 2], { scale: 0.1 }),
) {
  let h = zeros([16]);
  let sum = 0;
  for (let t = 0; t < steps; t++) {
    h = ensureShape(tanh(matmul(h, recurrent) + matmul(wave[t], input)), [16]);
    sum += mean((matmul(h, output) - wave[t + 1]) ** 2);
  }
  return sum / steps;
}
