import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as library from "../../../../engine/library/index.ts";
import { slice } from "../../../../engine/primitives/indexing.ts";
import { dataOf, shapeOf, type Primal } from "../../../../engine/primitives/rule.ts";
import { stack } from "../../../../engine/primitives/shaping.ts";
import { recordOn } from "../../../../engine/tape/recording.ts";
import { Tape } from "../../../../engine/tape/tape.ts";
import type { Value } from "../../../../engine/tape/tensor.ts";
import { checkDerivatives, filled, noise, type Model } from "../../primitives/checkDerivatives.ts";

type Function = (...args: unknown[]) => never;
const f = library as unknown as Readonly<Record<string, Function | undefined>>;

const batch = 3;
const next = noise(8);
const random = (...shape: number[]): Primal => filled([batch, ...shape], next);
const shared = (...shape: number[]): Primal => filled(shape, next);
const spd: Model = (a) => f["add"]!(f["matmul"]!(a, f["transpose"]!(a)), f["eye"]!(3));

interface Case {
  readonly model: Model;
  readonly inputs: readonly Primal[];
  /** Which inputs have a batch. */
  readonly inAxes: readonly (0 | null)[];
}

const both = (name: string, ...inputs: Primal[]): Case => ({
  model: (...args) => f[name]!(...args),
  inputs,
  inAxes: inputs.map(() => 0),
});

const kernel = shared(2, 1, 2, 2);
const cases: Readonly<Record<string, Case>> = {
  solve: both("solve", random(3, 3), random(3, 2)),
  "solve with one matrix": { ...both("solve", shared(3, 3), random(3)), inAxes: [null, 0] },
  "solve with one right side of a batch": { ...both("solve", random(3, 3), shared(2, 3, 1)), inAxes: [0, null] },
  triangularSolve: both("triangularSolve", random(3, 3), random(3)),
  inv: both("inv", random(3, 3)),
  det: both("det", random(3, 3)),
  cholesky: { ...both("", random(3, 3)), model: (a) => f["cholesky"]!(spd(a)) },
  "eigenvalues and squares of eigenvectors": {
    ...both("", random(3, 3)),
    model: (a) => {
      const { eigenvalues, eigenvectors } = f["eigh"]!(a) as { eigenvalues: Value; eigenvectors: Value };
      return f["matmul"]!(f["square"]!(eigenvectors), eigenvalues);
    },
  },
  svdvals: both("svdvals", random(2, 3)),
  pinv: both("pinv", random(2, 3)),
  "r of qr": { ...both("", random(3, 2)), model: (a) => (f["qr"]!(a) as { r: never }).r },
  "u of lu": { ...both("", random(3, 3)), model: (a) => (f["lu"]!(a) as { u: never }).u },
  expm: both("expm", random(2, 2)),
  "conv with one kernel": { ...both("conv", random(1, 1, 3, 4), kernel), inAxes: [0, null] },
  "conv with a kernel each": both("conv", random(1, 1, 3, 4), random(2, 1, 2, 2)),
  "conv with a kernel each, of one input": {
    ...both("conv", shared(2, 2, 3, 4), random(3, 2, 2, 2)),
    inAxes: [null, 0],
  },
  "conv of groups with a kernel each": {
    model: (x, k) => f["conv"]!(x, k, { groups: 2, stride: 2, padding: 1, dilation: 1 }),
    inputs: [random(2, 4, 5), random(6, 2, 3)],
    inAxes: [0, 0],
  },
  "convTranspose with a kernel each": both("convTranspose", random(2, 2, 3), random(2, 3, 2)),
  "the gradient of each with respect to one kernel": {
    model: (x, k) => (f["grad"]!((w: Value) => f["sum"]!(f["sin"]!(f["conv"]!(x, w)))) as unknown as Function)(k),
    inputs: [random(2, 1, 4), shared(2, 1, 2)],
    inAxes: [0, null],
  },
  maxPool: { ...both("", random(2, 1, 5)), model: (x) => f["maxPool"]!(x, 2) },
  avgPool: { ...both("", random(2, 1, 5)), model: (x) => f["avgPool"]!(x, 2) },
  "fft of the first axis, and back": {
    ...both("", random(5, 2)),
    model: (x) => f["real"]!(f["ifft"]!(f["mul"]!(f["fft"]!(x, { axis: 0 }), f["fft"]!(x)), { axis: 0 })),
  },
  logSumExp: { ...both("", random(3, 4)), model: (x) => f["logSumExp"]!(x, 0) },
  "values and places of the largest": {
    ...both("", random(3, 4)),
    model: (x) => f["add"]!(f["argmax"]!(x, 1), f["max"]!(x, 1)),
  },
  layerNorm: both("layerNorm", random(3, 4)),
  "standardized over two axes": { ...both("", random(2, 3, 2)), model: (x) => f["batchNorm"]!(x) },
  cumprod: { ...both("", random(3, 4)), model: (x) => f["cumprod"]!(x, 0) },
  logCumSumExp: { ...both("", random(3, 4)), model: (x) => f["logCumSumExp"]!(x, 1, { reverse: true }) },
  cummax: { ...both("", random(3, 4)), model: (x) => f["cummax"]!(x, 0) },
  linearRecurrence: both("linearRecurrence", random(4), random(4)),
  "linearRecurrence with one factor": { ...both("linearRecurrence", shared(4), random(4)), inAxes: [null, 0] },
  sort: { ...both("", random(3, 4)), model: (x) => f["sort"]!(x, 0, { descending: true }) },
  quantile: { ...both("", random(5)), model: (x) => f["quantile"]!(x, 0.3) },
  "take at the same places": { ...both("", random(3, 4)), model: (x) => f["take"]!(x, [2, 0, -1], 1) },
  "take at places of each": {
    model: (x, k) => f["take"]!(x, f["argsort"]!(k), 1),
    inputs: [random(2, 4), random(4)],
    inAxes: [0, 0],
  },
  "take of one at places of each": {
    model: (x, k) => f["take"]!(x, f["argsort"]!(k), 1),
    inputs: [shared(2, 4), random(4)],
    inAxes: [null, 0],
  },
  "take at a place and at a table of places of each": {
    model: (x, k) => {
      const order = f["argsort"]!(k);
      const table = f["reshape"]!(f["sub"]!(order, 4), [2, 2]);
      return f["mul"]!(f["take"]!(x, f["slice"]!(order, [1]), 1), f["sum"]!(f["take"]!(x, table, 1), [1, 2]));
    },
    inputs: [random(2, 4), random(4)],
    inAxes: [0, 0],
  },
  takeAlongAxis: {
    model: (x, k) => f["takeAlongAxis"]!(x, f["argsort"]!(k, 0), 0),
    inputs: [random(3, 2), random(3, 2)],
    inAxes: [0, 0],
  },
  scatterAdd: {
    model: (x, u) => f["scatterAdd"]!(x, [1, 1, 0], u, 1),
    inputs: [random(2, 3), random(2, 3)],
    inAxes: [0, 0],
  },
  "scatterAdd of a batch to one": {
    model: (x, u) => f["scatterAdd"]!(x, [1, 1, 0], u, 1),
    inputs: [shared(2, 3), random(2, 3)],
    inAxes: [null, 0],
  },
  scatterSet: {
    model: (x, u) => f["scatterSet"]!(x, [1, 1, 0], u),
    inputs: [random(3, 2), random(3, 2)],
    inAxes: [0, 0],
  },
  scatterSetAlongAxis: {
    model: (x, u) => f["scatterSetAlongAxis"]!(x, f["argsort"]!(u), u, 1),
    inputs: [random(2, 3), random(2, 3)],
    inAxes: [0, 0],
  },
  scatterMax: {
    model: (x, u) => f["scatterMax"]!(x, [1, 1, 0], u),
    inputs: [random(3, 2), random(3, 2)],
    inAxes: [0, 0],
  },
  ...Object.fromEntries(
    ["scatterAdd", "scatterSet", "scatterMax", "scatterMin"].map((name) => [
      `${name} at places of each`,
      {
        model: (x: Value, u: Value, k: Value) => f[name]!(x, f["argsort"]!(k), u, 1),
        inputs: [random(2, 4, 2), random(2, 3, 2), random(3)],
        inAxes: [0, 0, 0] as const,
      },
    ]),
  ),
  "scatterAdd of one to one at places of each": {
    model: (x, u, k) => f["scatterAdd"]!(x, f["argsort"]!(k), u),
    inputs: [shared(4), shared(3), random(3)],
    inAxes: [null, null, 0],
  },
  "scatterMax of one to each at the same places": {
    model: (x, u) => f["scatterMax"]!(x, [0, 2, 0], u),
    inputs: [random(3), shared(3)],
    inAxes: [0, null],
  },
  scatterMaxAlongAxis: {
    model: (x, u) => f["scatterMaxAlongAxis"]!(x, f["argsort"]!(u), u, 1),
    inputs: [random(2, 3), random(2, 3)],
    inAxes: [0, 0],
  },
  "crossEntropy of a row": {
    model: (x, k) => f["crossEntropy"]!(x, f["argmax"]!(k)),
    inputs: [random(4), random(4)],
    inAxes: [0, 0],
  },
  "crossEntropy of a batch with the same classes": {
    ...both("", random(2, 4)),
    model: (x) => f["crossEntropy"]!(x, [2, -1]),
  },
  "crossEntropy of one batch with classes of each": {
    model: (x, k) => f["crossEntropy"]!(x, f["argsort"]!(k)),
    inputs: [shared(2, 4), random(2)],
    inAxes: [null, 0],
  },
  "crossEntropy with probabilities": {
    model: (x, p) => f["crossEntropy"]!(x, f["softmax"]!(p)),
    inputs: [random(2, 4), random(2, 4)],
    inAxes: [0, 0],
  },
  segmentSum: { ...both("", random(3, 2)), model: (x) => f["segmentSum"]!(x, [1, 0, 1], 2) },
  "oneHot of places": { ...both("", random(4)), model: (x) => f["mul"]!(f["oneHot"]!(f["argsort"]!(x), 4), x) },
  dynamicSlice: { ...both("", random(3, 4)), model: (x) => f["dynamicSlice"]!(x, [1, -2], [2, 2]) },
  dynamicUpdateSlice: {
    model: (x, u) => f["dynamicUpdateSlice"]!(x, u, [1, 0]),
    inputs: [random(3, 4), shared(2, 2)],
    inAxes: [0, null],
  },
  "dynamicSlice at places of each": {
    model: (x, at) => f["dynamicSlice"]!(x, f["argsort"]!(at), [1, 2]),
    inputs: [random(3, 4), random(2)],
    inAxes: [0, 0],
  },
  "dynamicSlice of one tensor at places of each": {
    model: (x, at) => f["dynamicSlice"]!(x, f["sub"]!(f["argsort"]!(at), 2), [1, 2]),
    inputs: [shared(3, 4), random(2)],
    inAxes: [null, 0],
  },
  "dynamicUpdateSlice at places of each": {
    model: (x, u, at) => f["dynamicUpdateSlice"]!(x, u, f["argsort"]!(at)),
    inputs: [random(3, 4), random(2, 2), random(2)],
    inAxes: [0, 0, 0],
  },
  "absolute values of fft": { ...both("", random(5)), model: (x) => f["abs"]!(f["fft"]!(x)) },
};

describe("mapped over a batch, values and derivatives are those of each", () => {
  for (const [name, { model, inputs, inAxes }] of Object.entries(cases))
    test(name, () => {
      const mapped: Model = (...args) => (f["vmap"]!(model, { inAxes }) as Function)(...args);
      const each = Array.from({ length: batch }, (_, k) =>
        model(...inputs.map((input, at) => (inAxes[at] === 0 ? slice(input, [k]) : input))),
      );
      const expected = stack(each) as Primal;
      const actual = mapped(...inputs) as Primal;
      assert.deepEqual(shapeOf(actual), shapeOf(expected));
      dataOf(expected).forEach((value, k) => assert.ok(Math.abs(dataOf(actual)[k]! - value) < 1e-12));
      checkDerivatives(mapped, inputs, 1e-5);
    });
});

test("a place that is not there is refused in the name of what reads it, whichever of the batch it is for", () => {
  const mapped = (model: Model) => f["vmap"]!(model) as Model;
  const rows = random(4);
  const wrong = filled([batch, 1], ((k) => () => (k++ < batch - 1 ? 0 : 4))(0));
  const updates = filled([batch, 1], () => 1);
  const problem = (name: string): RegExp => new RegExp(`^${name}: index 4 is not a whole number from -4 to 3`);
  const refused = (name: string, model: Model, ...inputs: Primal[]): void =>
    assert.throws(() => mapped(model)(...inputs), { message: problem(name) });
  refused("take", (x, k) => f["take"]!(x, k), rows, wrong);
  refused("scatterAdd", (x, k, u) => f["scatterAdd"]!(x, k, u), rows, wrong, updates);
  refused("scatterMax", (x, k, u) => f["scatterMax"]!(x, k, u), rows, wrong, updates);
  refused("crossEntropy", (x, k) => f["crossEntropy"]!(x, f["sum"]!(k)), rows, wrong);
});

test("regions that do not fit are refused by name", () => {
  const at = stack([stack([0, 1]), stack([1, 3]), stack([0, 0])]);
  const mapped = f["vmap"]!((x: Value, k: Value) => f["dynamicSlice"]!(x, k, [2, 2]), { inAxes: [null, 0] }) as Model;
  assert.throws(() => mapped(shared(3, 4), at), {
    message:
      "dynamicSlice of [3, 4]: 2 elements from 3 on are not within axis 1, which has 4; give a whole number from 0 to 2",
  });
});

describe("operations are applied to the whole batch at once, however large it is:", () => {
  const operations = (name: string, size: number): number => {
    const { model, inputs, inAxes } = cases[name]!;
    const draw = noise(4);
    const sized = inputs.map((x, k) => (inAxes[k] === 0 ? filled([size, ...shapeOf(x).slice(1)], draw) : x));
    const tape = new Tape();
    recordOn(tape, () => {
      const traced = sized.map((x, k) => tape.addInput(x, `x${k}`, 0));
      (f["vmap"]!(model, { inAxes }) as Function)(...traced);
    });
    return tape.length;
  };
  for (const name of [
    "conv with a kernel each",
    "convTranspose with a kernel each",
    "the gradient of each with respect to one kernel",
    "crossEntropy with probabilities",
    "dynamicSlice at places of each",
    "dynamicUpdateSlice at places of each",
  ])
    test(name, () => assert.equal(operations(name, 3), operations(name, 9)));
});
