/** Models in the ways people write them, each function with a seed of its own. */
export interface Network {
  readonly name: string;
  readonly finding: string;
  /** The text of a model file with a function for each of `seeds` seeds. */
  model(seeds: number): string;
}

export interface Stack {
  readonly style: "tensors" | "loops" | "maps" | "recursion";
  readonly activation: "relu" | "tanh" | "sigmoid" | "linear";
  /** σ_w²: weights have variance σ_w²/width. */
  readonly variance: number;
  readonly width: number;
  readonly depth: number;
  /** h + branch · f(h) in place of f(h). */
  readonly branch?: number;
  readonly finding?: string;
}

const head = `import { conv, matmul, mean, random, relu, sigmoid, slice, tanh, zeros } from "adjoint";
const matrix = (rng, rows, columns, scale) =>
  Array.from({ length: rows }, () => Array.from({ length: columns }, () => scale * rng.normal()));
const stack = (seed, depth, n, scale) => {
  const rng = random(seed);
  return Array.from({ length: depth }, () => matrix(rng, n, n, scale));
};
const tensors = (seed, depth, n, scale) =>
  Array.from({ length: depth }, (_, k) => random(1000 * seed + k).normal([n, n], { scale }));
function dot(row, x) {
  let s = 0;
  for (let j = 0; j < row.length; j++) s += row[j] * x[j];
  return s;
}
`;

const plain = { relu: "Math.max(0, z)", tanh: "Math.tanh(z)", sigmoid: "1 / (1 + Math.exp(-z))", linear: "z" };

/** A network of equal layers, with tensors or with plain numbers. */
export function stacks(options: Stack): Network {
  const { style, activation, variance, width, depth, branch, finding = "" } = options;
  const scale = Math.sqrt(variance / width);
  const made = (seed: number): string =>
    `${style === "tensors" ? "tensors" : "stack"}(${seed}, ${depth}, ${width}, ${scale})`;
  const written = plain[activation];
  const bodies: Record<Stack["style"], (seed: number) => string> = {
    tensors: (seed) => `
  let h = random(${seed + 500}).normal([8, ${width}]);
  for (const each of w) {
    const z = matmul(h, each);
    h = ${branch === undefined ? "" : `h + ${branch} * `}${activation === "linear" ? "z" : `${activation}(z)`};
  }
  return mean(h ** 2);`,
    loops: (seed) => `
  let total = 0;
  for (const x of matrix(random(${seed + 500}), 2, ${width}, 1)) {
    let h = x;
    for (let l = 0; l < w.length; l++) {
      const next = [];
      for (let i = 0; i < h.length; i++) {
        let z = 0;
        for (let j = 0; j < h.length; j++) z += w[l][i][j] * h[j];
        next.push(${written});
      }
      h = next;
    }
    for (const v of h) total += v * v;
  }
  return total;`,
    maps: (seed) => `
  const layer = (rows, h) => rows.map((row) => { const z = dot(row, h); return ${written}; });
  const outputs = matrix(random(${seed + 500}), 2, ${width}, 1).map((x) => w.reduce((h, rows) => layer(rows, h), x));
  return outputs.flat().reduce((sum, v) => sum + v * v, 0);`,
    recursion: (seed) => `
  const through = (h, l) => l === w.length ? h : through(w[l].map((row) => { const z = dot(row, h); return ${written}; }), l + 1);
  return through(matrix(random(${seed + 500}), 1, ${width}, 1)[0], 0).reduce((sum, v) => sum + v * v, 0);`,
  };
  const tail = branch === undefined ? "" : `, h + ${branch} f(h)`;
  return {
    name: `${activation}, σ_w² ${variance}, width ${width}, depth ${depth}, as ${style}${tail}`,
    finding,
    model: (seeds) => head + functions(seeds, (seed) => `(w = ${made(seed)}) {${bodies[style](seed)}\n}`),
  };
}

/** A stack of padded convolutions of equal layers. */
export function convolutions(options: {
  readonly activation: "relu" | "tanh";
  readonly variance: number;
  readonly channels: number;
  readonly size: number;
  readonly depth: number;
  readonly finding?: string;
}): Network {
  const { activation, variance, channels, size, depth, finding = "" } = options;
  const scale = Math.sqrt(variance / (9 * channels));
  const body = (seed: number): string => `(
  w = Array.from({ length: ${depth} }, (_, k) => random(1000 * ${seed} + k).normal([${channels}, ${channels}, 3, 3], { scale: ${scale} })),
) {
  let h = random(${seed + 500}).normal([4, ${channels}, ${size}, ${size}]);
  for (const kernel of w) h = ${activation}(conv(h, kernel, { padding: "same" }));
  return mean(h ** 2);
}`;
  return {
    name: `${depth} padded convolutions of ${channels} channels over ${size} by ${size}, ${activation}, σ_w² ${variance}`,
    finding,
    model: (seeds) => head + functions(seeds, body),
  };
}

/** An LSTM of 16 cells whose forget gates begin with a bias. */
export function recurrences(options: {
  readonly forget: number;
  readonly steps: number;
  readonly everyStep: boolean;
}): Network {
  const { forget, steps, everyStep } = options;
  const body = (seed: number): string => `(
  wx = random(${seed}).normal([8, 64], { scale: 0.16 }),
  wh = random(${seed + 900}).normal([16, 64], { scale: 0.16 }),
) {
  let h = zeros([4, 16]);
  let c = zeros([4, 16]);
  let loss = 0;
  for (let t = 0; t < ${steps}; t++) {
    const z = matmul(random(${seed} * 100 + t).normal([4, 8]), wx) + matmul(h, wh);
    const input = sigmoid(slice(z, [null, [0, 16]]));
    const forget = sigmoid(slice(z, [null, [16, 32]]) + ${forget});
    const output = sigmoid(slice(z, [null, [32, 48]]));
    c = forget * c + input * tanh(slice(z, [null, [48, 64]]));
    h = output * tanh(c);
    ${everyStep ? "loss = loss + mean(h ** 2);" : "loss = mean(h ** 2);"}
  }
  return loss;
}`;
  return {
    name: `LSTM with forget bias ${forget} over ${steps} steps, loss read ${everyStep ? "at every step" : "at the end"}`,
    finding: "",
    model: (seeds) => head + functions(seeds, body),
  };
}

function functions(seeds: number, rest: (seed: number) => string): string {
  return Array.from({ length: seeds }, (_, k) => `export function seed${k + 1}${rest(k + 1)}\n`).join("");
}
