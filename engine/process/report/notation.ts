/**
 * Adjoint rules as the field writes them, for people: v is the result, a, b … its inputs, v̄ the adjoint of v. The title says
 * what v is, so that v̄ alone has one meaning; where a rule speaks of a model's own values it names them: x̄, v̄(x + e).
 */
import type { PrimitiveName } from "../../primitives/names.ts";

export interface Notation {
  readonly title: string;
  /** ∂v/∂a, ∂v/∂b …, by which v̄ is multiplied. Beginning with "−" where it is subtracted. */
  readonly factors?: readonly string[];
  /** For rules that are no product: whole lines. */
  readonly lines?: readonly string[];
}

const elementwise = (title: string, ...factors: string[]): Notation => ({ title: `v = ${title}`, factors });
/** `title`: the result, which the rule calls v unless it says how it calls it. */
const whole = (title: string, ...lines: string[]): Notation => ({
  title: title.includes("=") ? title : `v = ${title}`,
  lines,
});
const flat = (title: string): Notation => whole(title, "ā += 0: constant between its steps");

const notations: Partial<Record<PrimitiveName, Notation>> = {
  add: elementwise("a + b", "1", "1"),
  sub: elementwise("a − b", "1", "−1"),
  mul: elementwise("a · b", "b", "a"),
  div: elementwise("a/b", "1/b", "−a/b²"),
  neg: elementwise("−a", "−1"),
  mod: elementwise("a mod b", "1", "−trunc(a/b)"),
  remainder: elementwise("a mod b", "1", "−⌊a/b⌋"),
  reciprocal: elementwise("1/a", "−v²"),
  square: elementwise("a²", "2 · a"),
  pow: elementwise("aᵇ", "b · a^(b − 1)", "v · ln a"),
  exp: elementwise("exp a", "v"),
  expm1: elementwise("exp a − 1", "(v + 1)"),
  log: elementwise("ln a", "1/a"),
  log1p: elementwise("ln(1 + a)", "1/(1 + a)"),
  log2: elementwise("log₂ a", "1/(a · ln 2)"),
  log10: elementwise("log₁₀ a", "1/(a · ln 10)"),
  sqrt: elementwise("√a", "1/(2 · v)"),
  rsqrt: elementwise("1/√a", "−v/(2 · a)"),
  cbrt: elementwise("∛a", "1/(3 · v²)"),
  sin: elementwise("sin a", "cos a"),
  cos: elementwise("cos a", "−sin a"),
  tan: elementwise("tan a", "(1 + v²)"),
  asin: elementwise("arcsin a", "1/√(1 − a²)"),
  acos: elementwise("arccos a", "−1/√(1 − a²)"),
  atan: elementwise("arctan a", "1/(1 + a²)"),
  sinh: elementwise("sinh a", "cosh a"),
  cosh: elementwise("cosh a", "sinh a"),
  tanh: elementwise("tanh a", "(1 − v²)"),
  asinh: elementwise("arsinh a", "1/√(a² + 1)"),
  acosh: elementwise("arcosh a", "1/√(a² − 1)"),
  atanh: elementwise("artanh a", "1/(1 − a²)"),
  atan2: elementwise("atan2(a, b)", "b/(a² + b²)", "−a/(a² + b²)"),
  hypot: elementwise("√(a² + b²)", "a/v", "b/v"),
  floor: flat("⌊a⌋"),
  ceil: flat("⌈a⌉"),
  round: flat("round a"),
  rint: flat("round a"),
  trunc: flat("trunc a"),
  sign: flat("sign a"),
  identity: elementwise("a", "1"),
  asInt32: flat("int32(a)"),
  asBool: flat("[a ≠ 0]"),
  fround: elementwise("float32(a)", "1"),
  f16round: elementwise("float16(a)", "1"),
  bf16round: elementwise("bfloat16(a)", "1"),
  abs: elementwise("|a|", "sign a"),
  max: elementwise("max(a, b)", "[a wins]", "[b wins]"),
  min: elementwise("min(a, b)", "[a wins]", "[b wins]"),
  where: whole("c ? a : b", "ā += v̄ where c holds", "b̄ += v̄ where it does not"),
  clip: whole("clip a", "ā += v̄ where a lies between the bounds"),
  relu: elementwise("relu a", "[a > 0]"),
  sigmoid: elementwise("σ(a)", "v · (1 − v)"),
  softplus: elementwise("ln(1 + exp a)", "σ(a)"),
  erf: elementwise("erf a", "2/√π · exp(−a²)"),
  erfc: elementwise("erfc a", "−2/√π · exp(−a²)"),
  erfinv: elementwise("erf⁻¹ a", "√π/2 · exp(v²)"),
  lgamma: elementwise("ln |Γ(a)|", "ψ(a)"),
  digamma: elementwise("ψ(a)", "ψ′(a)"),
  gamma: elementwise("Γ(a)", "v · ψ(a)"),
  erfcx: elementwise("exp(a²) · erfc a", "(2 · a · v − 2/√π)"),
  ndtri: elementwise("Φ⁻¹(a)", "√(2π) · exp(v²/2)"),
  expi: elementwise("Ei(a)", "exp(a)/a"),
  exp1: elementwise("E₁(a)", "−exp(−a)/a"),
  lambertW: elementwise("W(a)", "exp(−v)/(1 + v)"),
  logBeta: elementwise("ln B(a, b)", "(ψ(a) − ψ(a + b))", "(ψ(b) − ψ(a + b))"),
  gammainc: elementwise("P(a, b)", "∂P/∂a", "b^(a − 1) · exp(−b)/Γ(a)"),
  gammaincc: elementwise("Q(a, b)", "−∂P/∂a", "−b^(a − 1) · exp(−b)/Γ(a)"),
  xlogy: elementwise("a · ln b", "ln b", "a/b"),
  logAddExp: elementwise("ln(exp a + exp b)", "σ(a − b)", "σ(b − a)"),
  gelu: elementwise("a · Φ(a)", "(Φ(a) + a · φ(a))"),
  stopGradient: whole("stop a", "ā += 0: the gradient is stopped here"),
  broadcastTo: whole("broadcast a", "ā += Σ v̄ over the copies"),
  sumTo: whole("sum of a to a shape", "ā += v̄, copied to each term"),
  sum: whole("Σ a", "ā += v̄, copied to each term"),
  prod: whole("Π a", "āᵢ += v̄ · Π a without aᵢ"),
  norm: elementwise("‖a‖", "a/v"),
  cumsum: whole("running Σ a", "āᵢ += Σ v̄ⱼ over j ≥ i"),
  cumprod: whole("running Π a", "āᵢ += Σ v̄ⱼ · Π a without aᵢ over j ≥ i"),
  logCumSumExp: whole("running ln Σ exp a", "āᵢ += Σ v̄ⱼ · exp(aᵢ − vⱼ) over j ≥ i"),
  linearRecurrence: whole("vᵢ = aᵢ · vᵢ₋₁ + bᵢ", "b̄ᵢ += v̄ᵢ + aᵢ₊₁ · b̄ᵢ₊₁", "āᵢ += b̄ᵢ · vᵢ₋₁"),
  reduceMax: whole("max a", "ā += v̄ at the largest element"),
  reduceMin: whole("min a", "ā += v̄ at the smallest element"),
  matmul: whole("A B", "Ā += V̄ Bᵀ", "B̄ += Aᵀ V̄"),
  conv: whole("a ∗ b", "ā += v̄ ∗ᵀ b, the transposed convolution", "b̄ += Σ v̄ · a over the positions"),
  convTranspose: whole("a ∗ᵀ b", "ā += v̄ ∗ b", "b̄ += Σ a · v̄ over the positions"),
  maxPool: whole("the largest of each window of a", "ā += v̄ at the largest element of each window"),
  maxPoolIndices: flat("the place of the largest of each window of a"),
  avgPool: whole("the mean of each window of a", "ā += v̄/n, copied to the n elements of each window"),
  triangularSolve: whole("V = A⁻¹ B", "Ā += −(A⁻ᵀ V̄) Vᵀ, within the triangle", "B̄ += A⁻ᵀ V̄"),
  solve: whole("V = A⁻¹ B", "Ā += −(A⁻ᵀ V̄) Vᵀ", "B̄ += A⁻ᵀ V̄"),
  cholesky: whole("L of A = L Lᵀ", "Ā += Z, made symmetric, with Z = L⁻ᵀ Φ(Lᵀ L̄) L⁻¹"),
  lu: whole("V = L − I + U of P A = L U", "Ā += Pᵀ L⁻ᵀ (tril(Lᵀ V̄, −1) + triu(V̄ Uᵀ)) U⁻ᵀ"),
  luPermutation: flat("the permutation of P A = L U"),
  det: whole("det A", "Ā += v̄ · det(A) · A⁻ᵀ"),
  qr: whole("Q of A = Q R", "Ā += (Q̄ + Q M) R⁻ᵀ, with M = tril(−Q̄ᵀ Q) + tril(−Q̄ᵀ Q, −1)ᵀ"),
  eigvalsh: whole("w = eigenvalues of A", "Ā += V diag(w̄) Vᵀ, with the eigenvectors V"),
  eigh: whole("V = eigenvectors of A", "Ā += V (F ∘ Vᵀ V̄) Vᵀ, with Fᵢⱼ = 1/(wⱼ − wᵢ)"),
  svdvals: whole("s = singular values of A", "Ā += U diag(s̄) Wᵀ, with the singular vectors U and W"),
  pinv: whole("V = A⁺", "Ā += −Vᵀ V̄ Vᵀ + (I − A V) V̄ᵀ V Vᵀ + Vᵀ V V̄ᵀ (I − V A)"),
  expm: whole("V = exp A", "Ā += the derivative of exp at Aᵀ along V̄"),
  fft: whole("Fourier transform of a", "ā += the transform of v̄ with the other sign"),
  reshape: whole("reshape a", "ā += v̄, in the shape of a"),
  transpose: whole("aᵀ", "ā += v̄ᵀ"),
  concat: whole("a ⧺ b", "each part += its part of v̄"),
  stack: whole("stack(a, b)", "each part += its part of v̄"),
  slice: whole("slice a", "ā += v̄ within the slice, 0 outside"),
  pad: whole("pad a", "ā += v̄ without the padding"),
  take: whole("a[k]", "ā[k] += v̄, once for each k taken"),
  takeAlongAxis: whole("a[k]", "ā[k] += v̄, once for each k taken"),
  scatterAdd: whole("0 with a added at k", "ā += v̄[k]"),
  scatterSet: whole("a with b put in at k", "ā += v̄, 0 at k", "b̄ += v̄[k]"),
  scatterSetAlongAxis: whole("a with b put in at k", "ā += v̄, 0 at k", "b̄ += v̄[k]"),
  scatterWinners: flat("which of a and of b at k wins"),
  dynamicSlice: whole("slice a", "ā += v̄ within the slice, 0 outside"),
  dynamicUpdateSlice: whole("a with b put in", "ā += v̄, 0 where b is", "b̄ += v̄ where it is"),
  softmax: whole("softmax a", "ā += v · (v̄ − Σ v̄ · v)"),
  logSoftmax: whole("ln softmax a", "ā += v̄ − exp(v) · Σ v̄"),
  logSumExp: whole("ln Σ exp a", "ā += v̄ · softmax a"),
  standardize: whole("(a − mean a)/√(var a + ε)", "ā += (v̄ − mean v̄ − v · mean(v · v̄))/√(var a + ε)"),
  crossEntropy: whole("cross-entropy(a, y)", "ā += v̄ · (softmax a − y)"),
};

/** The notation of a primitive of so many inputs, in general terms where it has none of its own. */
export function notationOf(operation: string, inputs: number): Notation {
  const own = notations[operation as PrimitiveName];
  if (own?.lines !== undefined || (own?.factors !== undefined && own.factors.length >= inputs)) return own;
  const letters = Array.from({ length: inputs }, (_, k) => inputLetter(k));
  return {
    title: `v = ${operation}(${letters.join(", ")})`,
    factors: letters.map((letter) => `∂v/∂${letter}`),
  };
}

export function inputLetter(position: number): string {
  return position < 20 ? String.fromCharCode(97 + position) : `a${position}`;
}

/** `x̄` for a name of one letter, `v̄(loss)` for everything longer. */
export function bar(label: string): string {
  return /^\p{L}$/u.test(label) ? `${label}\u0304`.normalize("NFC") : `v̄(${label})`;
}

/** "x̄ += v̄ · 1/b" or "x̄ −= …", from a factor that may begin with a minus. */
export function ruleLine(adjoint: string, cotangent: string, factor: string): string {
  const minus = factor.startsWith("−");
  const rest = minus ? factor.slice(1) : factor;
  return `${adjoint} ${minus ? "−=" : "+="} ${cotangent}${rest === "1" && minus ? "" : ` · ${rest}`}`;
}

/** Puts `terms` in place of the letters that stand alone in a factor. */
export function substitute(factor: string, terms: ReadonlyMap<string, string>): string {
  return factor.replace(/(?<![\p{L}\p{N}_])[a-z](?![\p{L}_])/gu, (letter) => terms.get(letter) ?? letter);
}
