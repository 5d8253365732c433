import { random } from "../../library/index.ts";
import { sizeOf } from "../../tape/shape.ts";
import type { Elements, Operations, Workload } from "./workload.ts";

const numbers = random(1);

function normal(shape: readonly number[], scale = 1): Elements {
  return { shape, data: Float32Array.from({ length: sizeOf(shape) }, () => scale * numbers.normal()) };
}

function filled(shape: readonly number[], value = 0): Elements {
  return { shape, data: new Float32Array(sizeOf(shape)).fill(value) };
}

/** Weights that keep the size of what passes through them, after He et al. (2015) for relu. */
function weights(from: number, to: number): Elements {
  return normal([from, to], Math.sqrt(2 / from));
}

const row = filled([1]);

/** A 784-256-128-10 network with relu and cross-entropy, a batch of 128. */
export function network(): Workload {
  const [batch, a, b, c, d] = [128, 784, 256, 128, 10];
  const labels = filled([batch, d]);
  for (let k = 0; k < batch; k++) labels.data[k * d + Math.floor(numbers.uniform() * d)] = 1;
  return {
    parameters: {
      w1: weights(a, b),
      b1: filled([b]),
      w2: weights(b, c),
      b2: filled([c]),
      w3: weights(c, d),
      b3: filled([d]),
    },
    data: { x: normal([batch, a]), y: labels },
    loss: (o, { w1, b1, w2, b2, w3, b3 }, { x, y }) => {
      const first = o.relu(o.add(o.matmul(x!, w1!), b1!));
      const second = o.relu(o.add(o.matmul(first, w2!), b2!));
      return o.crossEntropy(o.add(o.matmul(second, w3!), b3!), y!);
    },
    learningRate: 0.01,
  };
}

/** h ← tanh(x·W + h·U + b) over 100 steps, 32 inputs, 128 hidden, a batch of 16. */
export function recurrent(): Workload {
  const [batch, steps, inputs, hidden] = [16, 100, 32, 128];
  return {
    parameters: { w: normal([inputs, hidden], 0.1), u: normal([hidden, hidden], 0.08), b: filled([hidden]) },
    data: { x: normal([batch, steps, inputs]), start: filled([batch, hidden]) },
    loss: (o, { w, u, b }, { x, start }) => {
      let h = start!;
      for (let t = 0; t < steps; t++) h = o.tanh(o.add(o.add(o.matmul(o.column(x!, t), w!), o.matmul(h, u!)), b!));
      return o.meanOfAll(o.square(h));
    },
  };
}

/** A block of a transformer as in Xiong et al. (2020): width 128, 4 heads, 64 tokens, a batch of 8. */
export function transformer(): Workload {
  const [batch, tokens, width, heads, inner] = [8, 64, 128, 4, 512];
  const share = width / heads;
  const normalized = <T>(o: Operations<T>, x: T, scale: T, shift: T): T => {
    const centred = o.sub(x, o.mean(x));
    return o.add(o.mul(o.mul(centred, o.rsqrt(o.add(o.mean(o.square(centred)), 1e-5))), scale), shift);
  };
  return {
    parameters: {
      query: normal([width, width], 0.09),
      key: normal([width, width], 0.09),
      value: normal([width, width], 0.09),
      out: normal([width, width], 0.09),
      scale1: filled([width], 1),
      shift1: filled([width]),
      scale2: filled([width], 1),
      shift2: filled([width]),
      up: weights(width, inner),
      up0: filled([inner]),
      down: weights(inner, width),
      down0: filled([width]),
    },
    data: { x: normal([batch, tokens, width]) },
    loss: (o, p, { x }) => {
      const rows = (y: typeof x) => o.reshape(y!, [batch * tokens, width]);
      const split = (y: typeof x, axes: number[]) => o.transpose(o.reshape(y!, [batch, tokens, heads, share]), axes);
      const tokensIn = rows(x);
      const first = normalized(o, tokensIn, p["scale1"]!, p["shift1"]!);
      const q = split(o.matmul(first, p["query"]!), [0, 2, 1, 3]);
      const k = split(o.matmul(first, p["key"]!), [0, 2, 3, 1]);
      const v = split(o.matmul(first, p["value"]!), [0, 2, 1, 3]);
      const seen = o.matmul(o.softmax(o.mul(o.matmul(q, k), 1 / Math.sqrt(share))), v);
      const joined = rows(o.transpose(seen, [0, 2, 1, 3]));
      const middle = o.add(tokensIn, o.matmul(joined, p["out"]!));
      const second = normalized(o, middle, p["scale2"]!, p["shift2"]!);
      const lifted = o.relu(o.add(o.matmul(second, p["up"]!), p["up0"]!));
      const result = o.add(middle, o.add(o.matmul(lifted, p["down"]!), p["down0"]!));
      return o.meanOfAll(o.square(result));
    },
  };
}

export const formulaAt = { x: 1, y: 2 } as const;

/** ln(x + e^{y/x}) */
export function formula(): Workload {
  return {
    parameters: { x: filled([], formulaAt.x), y: filled([], formulaAt.y) },
    data: { row },
    loss: (o, { x, y }) => o.log(o.add(x!, o.exp(o.div(y!, x!)))),
  };
}

export const turns = 10_000;
export const loopAt = { a: 0.25, start: 0.5 } as const;

/** x ← x·a + sin x, many times. */
export function loop(): Workload {
  return {
    parameters: { a: filled([], loopAt.a), start: filled([], loopAt.start) },
    data: { row },
    loss: (o, { a, start }) => {
      let x = start!;
      for (let k = 0; k < turns; k++) x = o.add(o.mul(x, a!), o.sin(x));
      return x;
    },
  };
}
