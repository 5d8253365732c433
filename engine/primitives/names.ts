import { firstPrimitive } from "../tape/tape.ts";

/** Every primitive there is. The place in this list is the operation's number on the tape. */
export const primitiveNames = [
  // arithmetic.ts
  "add",
  "sub",
  "mul",
  "div",
  "neg",
  "mod",
  "pow",
  "reciprocal",
  "square",
  "remainder",
  // transcendental.ts
  "exp",
  "expm1",
  "log",
  "log1p",
  "log2",
  "log10",
  "sqrt",
  "rsqrt",
  "cbrt",
  "sin",
  "cos",
  "tan",
  "asin",
  "acos",
  "atan",
  "sinh",
  "cosh",
  "tanh",
  "asinh",
  "acosh",
  "atanh",
  "atan2",
  "hypot",
  // rounding.ts
  "floor",
  "ceil",
  "round",
  "rint",
  "trunc",
  "sign",
  "clz32",
  "imul",
  "asInt32",
  "asBool",
  "fround",
  "f16round",
  "bf16round",
  // comparison.ts
  "equal",
  "notEqual",
  "less",
  "lessEqual",
  "greater",
  "greaterEqual",
  "logicalAnd",
  "logicalOr",
  "logicalXor",
  "logicalNot",
  "isNaN",
  "isFinite",
  "isInf",
  "winsMax",
  "winsMin",
  // selection.ts
  "abs",
  "max",
  "min",
  "where",
  "clip",
  // broadcasting.ts
  "broadcastTo",
  "sumTo",
  // activation.ts
  "relu",
  "leakyRelu",
  "elu",
  "selu",
  "sigmoid",
  "softplus",
  "gelu",
  "geluTanh",
  "stopGradient",
  // special.ts
  "erf",
  "erfc",
  "erfinv",
  "lgamma",
  "digamma",
  "polygamma",
  "xlogy",
  "logAddExp",
  "sinc",
  "gamma",
  "erfcx",
  "ndtri",
  "expi",
  "exp1",
  "lambertW",
  "zeta",
  // bessel.ts
  "besselJ",
  "besselY",
  "besselI",
  "besselIe",
  "besselK",
  "besselKe",
  // incomplete.ts
  "gammainc",
  "gammaincc",
  "gammaincOrder",
  "logBeta",
  "betainc",
  "betaincOrder",
  // reduction.ts
  "sum",
  "prod",
  "norm",
  "any",
  "all",
  "cumsum",
  // scans.ts
  "linearRecurrence",
  "cumprod",
  "logCumSumExp",
  "cumargmax",
  "cumargmin",
  // extremes.ts
  "reduceMax",
  "reduceMin",
  "maxMask",
  "minMask",
  "argmax",
  "argmin",
  // contraction.ts
  "matmul",
  // shaping.ts
  "reshape",
  "transpose",
  "concat",
  "stack",
  // indexing.ts
  "slice",
  "pad",
  // gathering.ts
  "take",
  "scatterAdd",
  "takeAlongAxis",
  "scatterAddAlongAxis",
  "oneHot",
  "argsort",
  // scattering.ts
  "scatterSet",
  "scatterSetAlongAxis",
  "scatterWinners",
  // dynamicSlice.ts
  "dynamicSlice",
  "dynamicUpdateSlice",
  // normalization.ts
  "softmax",
  "logSoftmax",
  "logSumExp",
  "crossEntropy",
  // standardize.ts
  "standardize",
  // identity.ts
  "identity",
  // convolution.ts
  "conv",
  "convTranspose",
  "convKernel",
  // pooling.ts
  "maxPool",
  "maxPoolIndices",
  "avgPool",
  "avgPoolTranspose",
  // triangular.ts
  "triangularSolve",
  "cholesky",
  // systems.ts
  "solve",
  "lu",
  "luPermutation",
  "det",
  "cofactors",
  // orthogonal.ts
  "qr",
  // spectral.ts
  "eigvalsh",
  "eigh",
  "gapQuotient",
  // singularValues.ts
  "svdvals",
  "svd",
  "pinv",
  // matrixFunctions.ts
  "expm",
  // fourier.ts
  "fft",
  // custom.ts
  "custom",
] as const;

export type PrimitiveName = (typeof primitiveNames)[number];

const codes = new Map<string, number>(primitiveNames.map((name, index) => [name, firstPrimitive + index]));

/** The operation number of a primitive. */
export function codeOf(name: PrimitiveName): number {
  return codes.get(name)!;
}

/** The name of an operation as people see it; `input` and `constant` for the two that every tape has. */
export function operationName(code: number): string {
  return primitiveNames[code - firstPrimitive] ?? (code === 0 ? "input" : "constant");
}

/** The primitives whose derivative is zero wherever there is one: no adjoint passes through them. */
const piecewiseConstant: ReadonlySet<string> = new Set<PrimitiveName>([
  "floor",
  "ceil",
  "round",
  "rint",
  "trunc",
  "sign",
  "clz32",
  "imul",
  "asInt32",
  "asBool",
  "equal",
  "notEqual",
  "less",
  "lessEqual",
  "greater",
  "greaterEqual",
  "logicalAnd",
  "logicalOr",
  "logicalXor",
  "logicalNot",
  "isNaN",
  "isFinite",
  "isInf",
  "winsMax",
  "winsMin",
  "any",
  "all",
  "cumargmax",
  "cumargmin",
  "maxMask",
  "minMask",
  "argmax",
  "argmin",
  "oneHot",
  "argsort",
  "maxPoolIndices",
  "scatterWinners",
  "luPermutation",
]);

/** Whether no adjoint passes through an operation because it is piecewise constant. */
export function isPiecewiseConstant(name: string): boolean {
  return piecewiseConstant.has(name);
}
