import { customVjp } from "../../../engine/differentiate/custom.ts";
import * as activation from "../../../engine/primitives/activation.ts";
import * as arithmetic from "../../../engine/primitives/arithmetic.ts";
import * as broadcasting from "../../../engine/primitives/broadcasting.ts";
import * as comparison from "../../../engine/primitives/comparison.ts";
import * as contraction from "../../../engine/primitives/contraction.ts";
import * as extremes from "../../../engine/primitives/extremes.ts";
import * as gathering from "../../../engine/primitives/gathering.ts";
import { identity } from "../../../engine/primitives/identity.ts";
import * as indexing from "../../../engine/primitives/indexing.ts";
import type { PrimitiveName } from "../../../engine/primitives/names.ts";
import * as normalization from "../../../engine/primitives/normalization.ts";
import * as reduction from "../../../engine/primitives/reduction.ts";
import * as rounding from "../../../engine/primitives/rounding.ts";
import { shapeOf } from "../../../engine/primitives/rule.ts";
import * as selection from "../../../engine/primitives/selection.ts";
import * as shaping from "../../../engine/primitives/shaping.ts";
import { standardize } from "../../../engine/primitives/standardize.ts";
import * as transcendental from "../../../engine/primitives/transcendental.ts";
import { above, anywhere, column, cube, inside, on, pairs, places, positive, row, x6, type Case } from "./caseOf.ts";
import { convolutionCases } from "./cases/convolution.ts";
import { linearAlgebraCases } from "./cases/linearAlgebra.ts";
import { scatteringCases } from "./cases/scattering.ts";
import { fourierCases } from "./cases/fourier.ts";
import { scanCases } from "./cases/scans.ts";
import { specialCases } from "./cases/special.ts";
import { tensorOf } from "./checkDerivatives.ts";

/** a·b², with an adjoint rule of its own. */
const product = customVjp(
  (a, b) => arithmetic.mul(a, arithmetic.mul(b, b)),
  (cotangent, [a, b]) => [
    broadcasting.sumTo(arithmetic.mul(cotangent, arithmetic.mul(b!, b!)), shapeOf(a!)),
    broadcasting.sumTo(arithmetic.mul(cotangent, arithmetic.mul(2, arithmetic.mul(a!, b!))), shapeOf(b!)),
  ],
  0,
);
/** Σ x³. */
const total = customVjp(
  (x) => reduction.sum(arithmetic.pow(x, 3)),
  (cotangent, [x]) => [arithmetic.mul(cotangent, arithmetic.mul(3, arithmetic.mul(x!, x!)))],
  0,
);

export type { Case } from "./caseOf.ts";

/** Every primitive there is: a missing one does not compile. */
export const cases: Readonly<Record<PrimitiveName, readonly Case[]>> = {
  ...scatteringCases,
  ...scanCases,
  ...specialCases,
  add: [pairs(arithmetic.add)],
  sub: [pairs(arithmetic.sub)],
  mul: [pairs(arithmetic.mul)],
  div: [pairs(arithmetic.div)],
  neg: [anywhere(arithmetic.neg)],
  mod: [pairs(arithmetic.mod)],
  pow: [
    {
      model: arithmetic.pow,
      at: [
        [0.7, 1.3],
        [2.1, -0.6],
        [positive, row],
        [positive, 2],
      ],
    },
    anywhere((x) => arithmetic.pow(x, 3)),
    anywhere((x) => arithmetic.pow(x, -2)),
  ],
  reciprocal: [anywhere(arithmetic.reciprocal)],
  square: [anywhere(arithmetic.square)],
  remainder: [pairs(arithmetic.remainder)],
  exp: [anywhere(transcendental.exp)],
  expm1: [anywhere(transcendental.expm1)],
  log: [above(transcendental.log)],
  log1p: [above(transcendental.log1p)],
  log2: [above(transcendental.log2)],
  log10: [above(transcendental.log10)],
  sqrt: [above(transcendental.sqrt)],
  rsqrt: [above(transcendental.rsqrt)],
  cbrt: [anywhere(transcendental.cbrt)],
  sin: [anywhere(transcendental.sin)],
  cos: [anywhere(transcendental.cos)],
  tan: [inside(transcendental.tan)],
  asin: [inside(transcendental.asin)],
  acos: [inside(transcendental.acos)],
  atan: [anywhere(transcendental.atan)],
  sinh: [anywhere(transcendental.sinh)],
  cosh: [anywhere(transcendental.cosh)],
  tanh: [anywhere(transcendental.tanh)],
  asinh: [anywhere(transcendental.asinh)],
  acosh: [above((x) => transcendental.acosh(arithmetic.add(x, 1)))],
  atanh: [inside(transcendental.atanh)],
  atan2: [pairs(transcendental.atan2)],
  hypot: [
    pairs(transcendental.hypot),
    anywhere(transcendental.hypot),
    on(transcendental.hypot, 0.3, -0.8, 1.5, 2),
    on(transcendental.hypot, x6, row, 0.4),
  ],
  floor: [anywhere(rounding.floor)],
  ceil: [anywhere(rounding.ceil)],
  round: [anywhere(rounding.round)],
  rint: [anywhere(rounding.rint)],
  asInt32: [anywhere(rounding.asInt32)],
  asBool: [anywhere(rounding.asBool)],
  trunc: [anywhere(rounding.trunc)],
  sign: [anywhere(rounding.sign)],
  clz32: [above(rounding.clz32)],
  imul: [on(rounding.imul, 3.5, 2.5)],
  fround: [],
  f16round: [],
  bf16round: [],
  equal: [pairs(comparison.equal)],
  notEqual: [pairs(comparison.notEqual)],
  less: [pairs(comparison.less)],
  lessEqual: [pairs(comparison.lessEqual)],
  greater: [pairs(comparison.greater)],
  greaterEqual: [pairs(comparison.greaterEqual)],
  logicalAnd: [pairs(comparison.logicalAnd)],
  logicalOr: [pairs(comparison.logicalOr)],
  logicalXor: [pairs(comparison.logicalXor)],
  logicalNot: [anywhere(comparison.logicalNot)],
  isNaN: [anywhere(comparison.isNaN)],
  isFinite: [anywhere(comparison.isFinite)],
  isInf: [anywhere(comparison.isInf)],
  winsMax: [pairs(comparison.winsMax)],
  winsMin: [pairs(comparison.winsMin)],
  abs: [anywhere(selection.abs)],
  max: [pairs(selection.max), on(selection.max, 0.2, 1.4, -3, 0.9), on(selection.max, x6, row, 0.2)],
  min: [pairs(selection.min), on(selection.min, 0.2, 1.4, -3, 0.9), on(selection.min, x6, row, 0.2)],
  where: [
    on((a, b) => selection.where(comparison.greater(a, b), arithmetic.mul(a, a), arithmetic.mul(a, b)), x6, row),
    on((a, b) => selection.where(1, a, arithmetic.mul(a, b)), 0.3, 0.4),
    on((a) => selection.where(tensorOf([2, 1], 1, 0), a, 2), row),
  ],
  clip: [
    on((x) => selection.clip(x, -0.5, 0.7), x6),
    on(selection.clip, x6, -0.6, row),
    on(selection.clip, 0.3, 0.5, 0.7),
  ],
  broadcastTo: [
    on((x) => broadcasting.broadcastTo(x, [2, 3]), row),
    on((x) => broadcasting.broadcastTo(x, [4, 2, 3]), column),
    on((x) => broadcasting.broadcastTo(x, [2, 2]), 0.4),
  ],
  sumTo: [
    on((x) => broadcasting.sumTo(x, [3]), cube),
    on((x) => broadcasting.sumTo(x, [2, 1]), cube),
    on((x) => broadcasting.sumTo(x, []), x6),
  ],
  relu: [anywhere(activation.relu)],
  leakyRelu: [pairs(activation.leakyRelu), anywhere((x) => activation.leakyRelu(x, 0.01))],
  elu: [pairs(activation.elu)],
  selu: [anywhere(activation.selu)],
  sigmoid: [anywhere(activation.sigmoid)],
  softplus: [anywhere(activation.softplus)],
  gelu: [anywhere(activation.gelu)],
  geluTanh: [anywhere(activation.geluTanh)],
  stopGradient: [],
  sum: [
    on((x) => reduction.sum(arithmetic.mul(x, x)), cube),
    on((x) => reduction.sum(arithmetic.mul(x, x), 1), cube),
    on((x) => reduction.sum(arithmetic.mul(x, x), [0, 2], true), cube),
    on((x) => reduction.sum(x, [0, 2]), cube),
  ],
  prod: [
    on((x) => reduction.prod(x), x6),
    on((x) => reduction.prod(x, 1, true), cube),
    on((x) => reduction.prod(x, [0, 2]), cube),
    on((x) => reduction.prod(x), tensorOf([3], 2, 0, 3)),
    on((x) => reduction.prod(x), tensorOf([4], 2, 0, 3, 0)),
  ],
  reduceMax: [
    on((x) => extremes.reduceMax(arithmetic.mul(x, x)), x6),
    on((x) => extremes.reduceMax(x, 1, true), cube),
    on((x) => extremes.reduceMax(x, [0, 2]), cube),
  ],
  reduceMin: [
    on((x) => extremes.reduceMin(arithmetic.mul(x, x)), x6),
    on((x) => extremes.reduceMin(x, 0), cube),
    on((x) => extremes.reduceMin(x, [0, 2], true), cube),
  ],
  maxMask: [on((x) => extremes.maxMask(x, [0, 2]), cube)],
  minMask: [on((x) => extremes.minMask(x, [1]), cube)],
  argmax: [on((x) => extremes.argmax(x), cube), on((x) => extremes.argmax(x, 1), cube)],
  argmin: [on((x) => extremes.argmin(x), cube), on((x) => extremes.argmin(x, -1), cube)],
  norm: [
    on((x) => reduction.norm(x), x6),
    on((x) => reduction.norm(x, [0, 2], true), cube),
    on((x) => reduction.norm(x), -0.4),
  ],
  cumsum: [on((x) => reduction.cumsum(arithmetic.mul(x, x), 1), cube), on((x) => reduction.cumsum(x, -1, true), x6)],
  matmul: [
    on(contraction.matmul, x6, tensorOf([3, 2], 1, 2, 3, 4, 5, 6)),
    on(contraction.matmul, x6, row),
    on(contraction.matmul, tensorOf([2], 0.4, 0.9), x6),
    on(contraction.matmul, row, row),
    on(contraction.matmul, cube, tensorOf([3, 1], 0.2, 0.3, -0.4)),
    on(contraction.matmul, tensorOf([2, 1, 1, 2], 0.4, 0.9, -1, 0.3), cube),
    on(contraction.matmul, cube, row),
    on(contraction.matmul, tensorOf([2], 0.4, 0.9), cube),
  ],
  reshape: [
    on((x) => shaping.reshape(arithmetic.mul(x, x), [3, -1]), x6),
    on((x) => shaping.reshape(x, [1, 1]), 0.4),
    on((x) => shaping.reshape(x, []), tensorOf([1, 1], 2)),
  ],
  transpose: [
    on((x) => shaping.transpose(arithmetic.mul(x, x)), x6),
    on((x) => shaping.transpose(x, [1, 2, 0]), cube),
    on((x) => shaping.transpose(x, [-1, 0, 1]), cube),
  ],
  concat: [
    on((a, b) => shaping.concat([a, b, a]), x6, tensorOf([1, 3], 1, 2, 3)),
    on((a, b) => shaping.concat([a, arithmetic.mul(b, b)], -1), x6, column),
  ],
  stack: [
    on((a, b) => shaping.stack([a, b, arithmetic.mul(a, b)]), 0.3, 0.4),
    on((a, b) => shaping.stack([a, b], 1), x6, positive),
  ],
  slice: [
    on((x) => indexing.slice(x, [1]), x6),
    on((x) => indexing.slice(x, [null, [1, 3]]), x6),
    on((x) => indexing.slice(x, [-1, 0, 2]), cube),
    on((x) => indexing.slice(x, [[null, null, -1], null, [null, null, 2]]), cube),
    on((x) => indexing.slice(x, [null, 0, [2, null, -2]]), cube),
  ],
  pad: [
    on(
      (x) =>
        indexing.pad(arithmetic.mul(x, x), [
          [1, 0],
          [0, 2],
        ]),
      x6,
    ),
    on(
      (x) =>
        indexing.pad(indexing.slice(x, [null, [null, null, -2]]), [
          [0, 1],
          [1, 1],
        ]),
      x6,
    ),
  ],
  take: [
    on((x) => gathering.take(x, places, 1), x6),
    on((x) => gathering.take(x, 1, 0), x6),
    on((x) => gathering.take(x, -1, 0), row),
    on((x) => gathering.take(x, tensorOf([2, 2], 0, 1, 1, 1), 1), cube),
  ],
  scatterAdd: [on((x) => gathering.scatterAdd(arithmetic.mul(x, x), tensorOf([3], 1, 1, 0), 1, [2, 4]), x6)],
  takeAlongAxis: [
    on((x) => gathering.takeAlongAxis(x, tensorOf([2, 1], 2, 0), 1), x6),
    on((x) => gathering.sort(x, 1), cube),
  ],
  scatterAddAlongAxis: [on((x) => gathering.scatterAddAlongAxis(x, tensorOf([2, 3], 1, 1, 0, 3, 2, 3), 1, [2, 4]), x6)],
  oneHot: [on((x) => gathering.oneHot(rounding.round(x), 4), tensorOf([3], 0.9, 2.1, 1.2))],
  argsort: [on((x) => gathering.argsort(x, 0), cube)],
  softmax: [on((x) => normalization.softmax(x), x6), on((x) => normalization.softmax(x, 0), cube)],
  logSoftmax: [on((x) => normalization.logSoftmax(x), x6), on((x) => normalization.logSoftmax(x, 1), cube)],
  logSumExp: [
    on((x) => normalization.logSumExp(x), x6),
    on((x) => normalization.logSumExp(x, 1, true), cube),
    on((x) => normalization.logSumExp(x, [0, 2]), cube),
  ],
  standardize: [
    on((x) => standardize(x, -1, 1e-5), x6),
    on((x) => standardize(x, [0, 2], 0.1), cube),
    on((x) => standardize(x, 1, 0), cube),
  ],
  crossEntropy: [
    on((x) => normalization.crossEntropy(x, tensorOf([2], 2, 0)), x6),
    on(normalization.crossEntropy, x6, positive),
    on((x) => normalization.crossEntropy(x, 1), row),
    on((x) => normalization.crossEntropy(x, tensorOf([2, 2], 0, 1, 2, 1)), cube),
  ],
  ...convolutionCases,
  identity: [anywhere(identity)],
  ...linearAlgebraCases,
  ...fourierCases,
  custom: [pairs(product), on((x) => total(x), x6), on((x) => product(x, total(x)), row)],
};
