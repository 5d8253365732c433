import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import ts from "typescript";

const library = path.resolve(import.meta.dirname, "../../../engine/library/index.ts");
const file = path.resolve(import.meta.dirname, "model.ts");

const program = (text: string): ts.Program => {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2024,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    types: ["node"],
    paths: { adjoint: [library] },
  };
  const base = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...base,
    getSourceFile: (name, ...rest) =>
      name === file ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2024) : base.getSourceFile(name, ...rest),
    fileExists: (name) => name === file || base.fileExists(name),
    readFile: (name) => (name === file ? text : base.readFile(name)),
  };
  return ts.createProgram([file], options, host);
};

/** What a strict compiler says about a model file, as `line: message`. */
function errorsOf(lines: readonly string[]): string[] {
  const names =
    `abs add argmax associativeScan attention avgPool batchNorm complex concat conv convTranspose crossEntropy cumprod customVjp
    det diag dynamicSlice eigh einsum ensureShape erf exp expandDims eye fft flip gather heNormal inv layerNorm
    linspace logAddExp matmul maximum maxPool mean mul oneHot ones pad qr random readCsv real relu reshape rfft
    roll scatterSet select slice softmax solve split squeeze stack sum svd swapAxes take tensor topK trace
    transpose triangularSolve where zeros`.split(/\s+/);
  const text = [`import { ${names.join(", ")}, type Tensor, type Value } from "adjoint";`, ...lines].join("\n");
  const compiled = program(text);
  const source = compiled.getSourceFile(file)!;
  return [...compiled.getSyntacticDiagnostics(source), ...compiled.getSemanticDiagnostics(source)].map(
    ({ start, messageText }) =>
      `${source.getLineAndCharacterOfPosition(start!).line}: ${ts.flattenDiagnosticMessageText(messageText, " ").split(".")[0]!}`,
  );
}

test("what an associative scan combines may be written with operators, and keeps how it is built", () => {
  assert.deepEqual(
    errorsOf([
      "const a = tensor([0.9, 0.8, 0.7]), x = tensor([[1], [2], [3]]);",
      "const [, h] = associativeScan(([a, b], [c, d]) => [a * c, expandDims(c, -1) * b + d], [a, x]);",
      "const column: Tensor<readonly [3, 1]> = h;",
      "const { p } = associativeScan((l, r) => ({ p: l.p + r.p }), { p: a });",
      "export const result: number = sum(p) + sum(associativeScan((l, r) => maximum(l, r), a)) + sum(column);",
      "associativeScan(maximum, a); associativeScan(matmul, zeros([4, 2, 2]));",
      "associativeScan(([a], [c]) => [a * c], [a, x]);",
    ]),
    ["7: Type 'readonly [number]' is not assignable to type 'readonly [number, number]'"],
  );
});

test("operators on tensors are numbers to the compiler", () => {
  assert.deepEqual(
    errorsOf([
      "const x = tensor([[1, 2], [3, 4]]), w = zeros([2, 3]), b = zeros([3]);",
      "const h: Value = relu(matmul(x, w) + b);",
      "const loss: number = sum((h - 1) ** 2 / 3) + mean(-x) * 2;",
      "let total = 0; total += sum(x * x);",
      "export function f(p = tensor([1, 2]), q = 3) { return sum(p * q); }",
      "const again: Tensor<readonly [number, 3]> = ensureShape(h * 2, [-1, 3]);",
    ]),
    [],
  );
});

test("functions keep the shapes that they are given", () => {
  assert.deepEqual(
    errorsOf([
      "const x = tensor([[1, 2, 3], [4, 5, 6]]);",
      "const a: readonly [2, 3] = relu(x).shape;",
      "const b: readonly [3, 2] = transpose(x).shape;",
      "const c: readonly [3] = sum(x, 0).shape;",
      "const d: readonly [2, 1] = mean(x, -1, { keepDims: true }).shape;",
      "const e: readonly [2, 4] = matmul(x, zeros([3, 4])).shape;",
      "const f: readonly [7, 2, 4] = matmul(zeros([7, 2, 3]), zeros([3, 4])).shape;",
      "const g: readonly [2] = matmul(x, [1, 2, 3]).shape;",
      "const h: readonly [6, number] = reshape(x, [6, -1]).shape;",
      "const i: readonly [2, number] = slice(x, [null, [0, 2]]).shape;",
      "const j: readonly [3] = slice(x, [0]).shape;",
      "const k: readonly [2, 2, 3] = stack([x, x]).shape;",
      "const l: readonly [number, 3] = concat([x, x]).shape;",
      "const m: readonly [2, 3] = maximum(x, 0).shape;",
      "const n: readonly [2, 3] = add(x, zeros([3])).shape;",
      "const o: readonly [64, 32] = random(1).normal([64, 32], { scale: 0.1 }).shape;",
      "const p: readonly [64, 32] = heNormal(random(1), [64, 32]).shape;",
      "const q: readonly [4, 10] = oneHot([1, 2, 3, 4], 10).shape;",
      "const r: readonly [5, 3] = take(x, zeros(5)).shape;",
      "const s: readonly [2] = argmax(x, 1).shape;",
      "const t: readonly [2, 3] = where(x, softmax(x), 0).shape;",
      "const u: readonly [number, number] = readCsv('a.csv').shape;",
      "const v: readonly [3, 3] = eye(3).shape;",
      "const w: number = sum(x) + crossEntropy(x, [0, 1]) + matmul([1, 2], [3, 4]);",
      "const y: readonly [9] = linspace(0, 1, 9).shape;",
      "const z: readonly [number] = exp([1, 2] as number[]).shape;",
    ]),
    [],
  );
});

test("what is rearranged, scanned and contracted keeps the shape that it is known to have", () => {
  assert.deepEqual(
    errorsOf([
      "const x = tensor([[1, 2, 3], [4, 5, 6]]);",
      "const cube = zeros([2, 3, 4]);",
      "const a: readonly [2, 3] = cumprod(erf(x), 0).shape;",
      "const b: readonly [2, 1, 3] = expandDims(x, 1).shape;",
      "const c: readonly [2, 3, 1] = expandDims(x, -1).shape;",
      "const d: readonly [2, 3] = squeeze(expandDims(x, 0)).shape;",
      "const e: readonly [2, 3] = squeeze(expandDims(x, -1), -1).shape;",
      "const f: readonly [4, 3, 2] = swapAxes(cube, 0, 2).shape;",
      "const g: readonly [2, 5] = topK(x, 5).values.shape;",
      "const h: readonly [7, 3] = topK(x, 7, 0).indices.shape;",
      "const i: readonly [2, 4] = einsum('ij,jk->ik', x, zeros([3, 4])).shape;",
      "const j: readonly [4, 2, 2] = einsum('abc,db->cad', cube, zeros([2, 3])).shape;",
      "const k: number = einsum('ij->', x) + trace(zeros([3, 3])) + sum(einsum('ij,jk', x, zeros([3, 4])));",
      "const l: readonly [3, 3] = diag([1, 2, 3]).shape;",
      "const m: readonly [number] = diag(x).shape;",
      "const n: readonly [2, 3] = layerNorm(x, { scale: [1, 2, 3] }).shape;",
      "const o: readonly [8, 5, 7] = attention(zeros([8, 5, 4]), zeros([8, 6, 4]), zeros([8, 6, 7]), { causal: true }).shape;",
      "const p: readonly [2, 3] = logAddExp(x, zeros([3])).shape;",
      "const q: readonly [2, 3] = scatterSet(x, [0], 1).shape;",
      "const r: readonly [2, 1] = gather(x, zeros([2, 1]), 1).shape;",
      "const s: readonly [2, 2, 2] = dynamicSlice(cube, [0, 0, 0], [2, 2, 2]).shape;",
      "const t: readonly [2, number] = split(x, 3, 1)[0]!.shape;",
      "const u: readonly [3, 2, 2] = stack([zeros([3, 2]), ones([3, 2])], 1).shape;",
      "const v: readonly [2, 3] = argmax(cube, -1).shape;",
      "const w: readonly [2, 3, 1] = argmax(cube, -1, { keepDims: true }).shape;",
      "const y: readonly [number, number] = pad(x, 1, { mode: 'edge' }).shape;",
      "const z: readonly [2, 3] = flip(roll(batchNorm(x), 1)).shape;",
      "const loss: number = crossEntropy(x, [0, 1], { reduction: 'sum', labelSmoothing: 0.1 });",
    ]),
    [],
  );
});

test("shapes that do not fit are an error at the argument, with a sentence", () => {
  const mismatch = (shape: string, message: string): string =>
    `Argument of type 'Tensor<readonly ${shape}>' is not assignable to parameter of type 'ShapeMismatch<"${message}">'`;
  assert.deepEqual(
    errorsOf([
      "const x = zeros([2, 3]);",
      "matmul(x, ones([4, 5]));",
      "relu(matmul(x, x));",
      "add(x, ones([4]));",
      "matmul(x * 2, ones([4, 5]));",
      "logAddExp(x, ones([4]));",
    ]),
    [
      `2: ${mismatch("[4, 5]", "matmul of [2, 3] and [4, 5]: the inner dimensions 3 and 4 differ")}`,
      `3: ${mismatch("[2, 3]", "matmul of [2, 3] and [2, 3]: the inner dimensions 3 and 2 differ")}`,
      `4: ${mismatch("[4]", "shapes [2, 3] and [4] do not broadcast")}`,
      `6: ${mismatch("[4]", "shapes [2, 3] and [4] do not broadcast")}`,
    ],
  );
});

test("convolutions, matrices and complex numbers keep what is known of their shapes", () => {
  assert.deepEqual(
    errorsOf([
      "const x = zeros([2, 3, 8, 8]), k = ones([4, 3, 3, 3]), a = eye(3), m = zeros([7, 5, 3]);",
      "const a1: readonly [2, 4, number, number] = conv(x, k, { padding: 'same', bias: [1, 2, 3, 4] }).shape;",
      "const a2: readonly [2, 6, number, number] = conv(x, ones([6, 1, 3, 3]), { groups: 3 }).shape;",
      "const a3: readonly [2, 3, number, number] = maxPool(x, 2).shape;",
      "const a4: readonly [4, number] = conv(zeros([3, 9]), ones([4, 3, 2])).shape;",
      "const a5: readonly [2, number, number, number] = convTranspose(x, ones([3, 2, 2, 2]), { stride: 2 }).shape;",
      "const b1: readonly [3, 3] = inv(a).shape;",
      "const b2: readonly [3, 2] = solve(a, zeros([3, 2])).shape;",
      "const b3: readonly [3] = solve(a, [1, 2, 3]).shape;",
      "const b4: number = det(a);",
      "const b5: readonly [3] = eigh(a).eigenvalues.shape;",
      "const b6: readonly [7, 5, number] = qr(m).q.shape;",
      "const b7: readonly [3, 3] = svd(a).vh.shape;",
      "const c1: readonly [2, 3] = mul(complex(zeros([2, 3]), 1), zeros([3])).shape;",
      "const c2: readonly [2, 3] = abs(fft(zeros([2, 3]))).shape;",
      "const c3: readonly [2, number] = rfft(zeros([2, 3])).shape;",
      "const c4: number = real(sum(fft(zeros([3]))));",
      "const c5: Tensor<readonly [2, 3]> = mul(zeros([2, 3]), 2);",
    ]),
    [],
  );
});

test("kernels, right sides and matrices that do not fit are an error at the argument", () => {
  const errors = errorsOf([
    "const x = zeros([2, 3, 8, 8]), m = zeros([2, 3]);",
    "conv(x, ones([4, 2, 3, 3]));",
    "inv(m);",
    "solve(eye(3), zeros([2, 1]));",
    "mul(complex(zeros([2]), 1), zeros([3]));",
    "conv(x, ones([4, 3, 3, 3]), { strides: 2 });",
  ]);
  assert.match(errors.pop()!, /^6: Object literal may only specify known properties, but 'strides' does not exist/);
  const sentences = errors.map((error) => /^(\d+): .*ShapeMismatch<"(.*)">/.exec(error)?.slice(1).join(": "));
  assert.deepEqual(sentences, [
    "2: conv of [2, 3, 8, 8] with kernel [4, 2, 3, 3]: the input has 3 channels, the kernel takes 2",
    "3: inv of [2, 3]: the matrix has 2 rows and 3 columns; give a square one",
    "4: solve of [3, 3] and [2, 1]: the matrix has 3 rows, so the right side must have 3",
    "5: shapes [2] and [3] do not broadcast",
  ]);
});

test("what is no number, tensor or nested array is refused", () => {
  const errors = errorsOf(['relu("3");', "sum({ x: 1 });", "tensor(3);", "zeros('2');"]);
  assert.deepEqual(
    errors.map((error) => error.slice(0, 2)),
    ["1:", "2:", "3:", "4:"],
  );
});

test("a custom rule gives one cotangent for each input", () => {
  assert.deepEqual(
    errorsOf([
      "const product = customVjp((a: number, b: number) => a * b, (g, [a, b]) => [g * b, g * a]);",
      "const value: number = product(2, tensor([1, 2]));",
      "const norm = customVjp((x: Tensor<readonly [3]>) => sum(x * x), (g, [x]) => [2 * g * x]);",
      "export const n: number = norm(tensor([1, 2, 3]));",
    ]),
    [],
  );
  const [missing, shape] = errorsOf([
    "customVjp((a: number, b: number) => a * b, (g, [, b]) => [g * b]);",
    "customVjp((x: Tensor<readonly [3]>) => sum(x), (g) => [g])(tensor([1, 2]));",
  ]);
  assert.match(missing!, /^1: Property '1' is missing in type '\[number\]'/);
  assert.match(shape!, /^2: Argument of type/);
});
