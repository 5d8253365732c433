import { sizeOf } from "../tape/shape.ts";
import { Tensor, type Value } from "../tape/tensor.ts";
import { mul, neg, sub } from "./arithmetic.ts";
import { matmul } from "./contraction.ts";
import { eigenSymmetric, type Eigen } from "./decompositions/eigen.ts";
import {
  adjoint,
  columnOf,
  perMatrix,
  product,
  remembered,
  rowOf,
  scaleColumns,
  squareShape,
  symmetric,
  whichMatrix,
} from "./matrices.ts";
import { native } from "./native.ts";
import { sum } from "./reduction.ts";
import { dataOf, primitive, type Primitive } from "./rule.ts";
import { shortNumber } from "./triangular.ts";
import { NotDifferentiableError } from "./unsolvable.ts";

const eigensOf = remembered((a): readonly Eigen[] => {
  const size = a.shape.at(-1)!;
  const count = sizeOf(a.shape.slice(0, -2));
  return Array.from({ length: count }, (_, k) =>
    eigenSymmetric(a.data.subarray(k * size * size, (k + 1) * size * size), size),
  );
});

/**
 * The eigenvalues of the symmetric matrix (A + Aᵀ)/2 in ascending order. They have a derivative also where some are equal,
 * as long as what is computed of them treats these alike.
 */
export const eigvalsh: Primitive<(a: Value) => Value> = primitive<(a: Value) => Value>(
  "eigvalsh",
  {
    shape: ([a]) => (squareShape("eigvalsh", a!), a!.slice(0, -1)),
    evaluate: ([a], _, shape) => perMatrix(a!, shape, (_matrix, _rows, _columns, k) => eigensOf(a!)[k]!.values),
    // dw = diag(Vᵀ dA V) (Giles 2008, §3.1)
    jvp: ([tangent], [a]) => {
      const v = eigh(a!);
      return sum(mul(v, matmul(symmetric(tangent!), v)), -2);
    },
    // Ā = V diag(w̄) Vᵀ
    vjp: [
      (cotangent, [a]) => {
        const v = eigh(a!);
        return matmul(scaleColumns(v, cotangent), adjoint(v));
      },
    ],
  },
  (run) => (a) => run([a]),
);

/** The orthonormal eigenvectors of (A + Aᵀ)/2 as columns, in the order of `eigvalsh`. Each is determined up to its sign. */
export const eigh: Primitive<(a: Value) => Value> = primitive<(a: Value) => Value>(
  "eigh",
  {
    shape: ([a]) => (squareShape("eigh", a!), a!),
    evaluate: ([a], _, shape) => perMatrix(a!, shape, (_matrix, _rows, _columns, k) => eigensOf(a!)[k]!.vectors),
    // dV = V (F ∘ Vᵀ dA V), Fᵢⱼ = 1/(wⱼ − wᵢ) (Giles 2008, §3.1)
    jvp: ([tangent], [a], v) =>
      matmul(v, gapQuotient(product(adjoint(v), symmetric(tangent!), v), eigvalsh(a!), "eigenvalues")),
    // Ā = V (F ∘ VᵀV̄) Vᵀ, made symmetric
    vjp: [
      (cotangent, [a], v) => {
        const inner = gapQuotient(matmul(adjoint(v), cotangent), eigvalsh(a!), "eigenvalues");
        return symmetric(product(v, inner, adjoint(v)));
      },
    ],
  },
  (run) => (a) => run([a]),
);

/** What the numbers are whose gaps vectors are divided by. */
export type Spectrum = "eigenvalues" | "singular values";

const epsilon = 2 ** -52;
const vectorsOf = { eigenvalues: "eigenvectors", "singular values": "singular vectors" };

export type GapQuotient = (m: Value, w: Value, spectrum: Spectrum) => Value;

/**
 * Off the diagonal mᵢⱼ/(wⱼ − wᵢ) of eigenvalues w, mᵢⱼ/(wⱼ² − wᵢ²) of singular values; 0 on it. Here the derivative of
 * eigenvectors fails where two of the numbers are equal: then mᵢⱼ must be 0, or else this says which two they are.
 */
export const gapQuotient: Primitive<GapQuotient> = primitive<GapQuotient>(
  "gapQuotient",
  {
    shape: ([m]) => m!,
    evaluate([m, w], attributes, shape) {
      const spectrum = attributes["spectrum"] as Spectrum;
      const size = shape.at(-1)!;
      const values = dataOf(w!);
      const from = dataOf(m!);
      const data = new Float64Array(from.length);
      for (let at = 0; at < data.length; at++) {
        const j = at % size;
        const i = native.floor(at / size) % size;
        const matrix = native.floor(at / size / size);
        if (i === j || from[at] === 0) continue;
        const own = values.subarray(matrix * size, (matrix + 1) * size);
        const gap = own[j]! - own[i]!;
        if (native.abs(gap) <= size * epsilon * largest(own)) throw degenerate(spectrum, shape, matrix, own, i, j);
        data[at] = from[at]! / (spectrum === "eigenvalues" ? gap : gap * (own[j]! + own[i]!));
      }
      return new Tensor(shape, data);
    },
    jvp: ([dm, dw], [, w], q, attributes) => {
      const spectrum = attributes["spectrum"] as Spectrum;
      const first = dm === undefined ? undefined : gapQuotient(dm, w!, spectrum);
      if (dw === undefined) return first!;
      const moved = spectrum === "eigenvalues" ? dw : mul(mul(2, w!), dw);
      const second = gapQuotient(mul(q, sub(rowOf(moved), columnOf(moved))), w!, spectrum);
      return first === undefined ? neg(second) : sub(first, second);
    },
    // dqᵢⱼ = Fᵢⱼ dmᵢⱼ − Fᵢⱼ qᵢⱼ (dgⱼ − dgᵢ), with g = w or w²
    vjp: [
      (cotangent, [, w], _, attributes) => gapQuotient(cotangent, w!, attributes["spectrum"] as Spectrum),
      (cotangent, [, w], q, attributes) => {
        const spectrum = attributes["spectrum"] as Spectrum;
        const terms = gapQuotient(mul(cotangent, q), w!, spectrum);
        const all = sub(sum(terms, -1), sum(terms, -2));
        return spectrum === "eigenvalues" ? all : mul(mul(2, w!), all);
      },
    ],
  },
  (run) => (m, w, spectrum) => run([m, w], { spectrum }),
);

function largest(values: Float64Array): number {
  let most = 0;
  for (const value of values) most = native.max(most, native.abs(value));
  return most;
}

function degenerate(
  spectrum: Spectrum,
  shape: readonly number[],
  matrix: number,
  values: Float64Array,
  i: number,
  j: number,
): NotDifferentiableError {
  const [first, second] = i < j ? [i, j] : [j, i];
  const [low, high] = [shortNumber(values[first]!), shortNumber(values[second]!)];
  const equal = low === high ? low : `${low} and ${high}`;
  const name = spectrum === "eigenvalues" ? "eigh" : "svd";
  return new NotDifferentiableError(
    `${name}: ${spectrum} ${first} and ${second} of ${whichMatrix(shape, matrix)} are equal (${equal}), and there its ${vectorsOf[spectrum]} have no derivative; use the ${spectrum} alone, or a matrix whose ${spectrum} differ`,
  );
}
