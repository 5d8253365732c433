import { describeShape, sizeOf } from "../tape/shape.ts";
import type { Value } from "../tape/tensor.ts";
import { add, div, mul, neg, sub } from "./arithmetic.ts";
import { matmul } from "./contraction.ts";
import { decomposeSingular, type SingularValues } from "./decompositions/singular.ts";
import {
  adjoint,
  matrixShape,
  perMatrix,
  product,
  remembered,
  rowOf,
  rowsBetween,
  scaleColumns,
  whichMatrix,
} from "./matrices.ts";
import { sum } from "./reduction.ts";
import { dataOf, primalOf, primitive, shapeOf, type Primal, type Primitive } from "./rule.ts";
import { concat } from "./shaping.ts";
import { gapQuotient } from "./spectral.ts";
import { shortNumber } from "./triangular.ts";
import { NotDifferentiableError } from "./unsolvable.ts";

const decompositionsOf = remembered((a): readonly SingularValues[] => {
  const [rows, columns] = [a.shape.at(-2)!, a.shape.at(-1)!];
  const size = rows * columns;
  return Array.from({ length: sizeOf(a.shape.slice(0, -2)) }, (_, k) =>
    decomposeSingular(a.data.subarray(k * size, (k + 1) * size), rows, columns),
  );
});

/** The singular values in descending order: [..., min(m, n)]. Where one is 0 it has a kink, as |x| has. */
export const svdvals: Primitive<(a: Value) => Value> = primitive<(a: Value) => Value>(
  "svdvals",
  {
    shape: ([a]) => {
      const { batch, rows, columns } = matrixShape("svdvals", a!);
      return [...batch, Math.min(rows, columns)];
    },
    evaluate: ([a], _, shape) => perMatrix(a!, shape, (_matrix, _rows, _columns, k) => decompositionsOf(a!)[k]!.values),
    // ds = diag(Uᵀ dA V) (Giles 2008, §3.2)
    jvp: ([tangent], [a]) => {
      const { u, v } = singularVectors(a!);
      return sum(mul(u, matmul(tangent!, v)), -2);
    },
    // Ā = U diag(s̄) Vᵀ
    vjp: [
      (cotangent, [a]) => {
        const { u, v } = singularVectors(a!);
        return matmul(scaleColumns(u, cotangent), adjoint(v));
      },
    ],
  },
  (run) => (a) => run([a]),
);

/**
 * The singular vectors U [..., m, k] above V [..., n, k] in one matrix [..., m + n, k], since they share a rule. Each pair
 * of columns is determined up to its sign.
 */
export const svd: Primitive<(a: Value) => Value> = primitive<(a: Value) => Value>(
  "svd",
  {
    shape: ([a]) => {
      const { batch, rows, columns } = matrixShape("svd", a!);
      return [...batch, rows + columns, Math.min(rows, columns)];
    },
    evaluate: ([a], _, shape) =>
      perMatrix(a!, shape, (_matrix, _rows, _columns, k) => {
        const { u, v } = decompositionsOf(a!)[k]!;
        const both = new Float64Array(u.length + v.length);
        both.set(u);
        both.set(v, u.length);
        return both;
      }),
    // Townsend (2016), equations 15 and 16, with P = Uᵀ dA V, Fᵢⱼ = 1/(sⱼ² − sᵢ²):
    // dU = U(F ∘ (P S + S Pᵀ)) + (I − UUᵀ) dA V S⁻¹, dV = V(F ∘ (S P + Pᵀ S)) + (I − VVᵀ) dAᵀ U S⁻¹
    jvp: ([tangent], [a]) => {
      const { u, v } = singularVectors(a!);
      const s = svdvals(a!);
      const p = product(adjoint(u), tangent!, v);
      const part = (own: Value, inner: Value, change: Value): Value => {
        const scaled = scaleColumns(inner, s);
        const within = matmul(own, gapQuotient(add(scaled, adjoint(scaled)), s, "singular values"));
        return isSquare(own) ? within : add(within, divided(outside(own, change), s));
      };
      // F ∘ (S P + Pᵀ S) is the same with Pᵀ for P
      return concat([part(u, p, matmul(tangent!, v)), part(v, adjoint(p), matmul(adjoint(tangent!), u))], -2);
    },
    // Townsend (2016), equation 22:
    // Ā = (U(F ∘ (UᵀŪ − ŪᵀU))S + (I − UUᵀ)ŪS⁻¹)Vᵀ + U(S(F ∘ (VᵀV̄ − V̄ᵀV))Vᵀ + S⁻¹V̄ᵀ(I − VVᵀ))
    vjp: [
      (cotangent, [a]) => {
        const { u, v } = singularVectors(a!);
        const s = svdvals(a!);
        const rows = shapeOf(u).at(-2)!;
        const part = (own: Value, other: Value, bar: Value): Value => {
          // F is antisymmetric: F ∘ (M − Mᵀ) = F ∘ M + (F ∘ M)ᵀ
          const quotient = gapQuotient(matmul(adjoint(own), bar), s, "singular values");
          const within = matmul(own, scaleColumns(add(quotient, adjoint(quotient)), s));
          const all = isSquare(own) ? within : add(within, divided(outside(own, bar), s));
          return matmul(all, adjoint(other));
        };
        const left = part(u, v, rowsBetween(cotangent, 0, rows));
        const right = part(v, u, rowsBetween(cotangent, rows, shapeOf(cotangent).at(-2)!));
        return add(left, adjoint(right));
      },
    ],
  },
  (run) => (a) => run([a]),
);

/** U and V as columns. */
export function singularVectors(a: Value): { u: Value; v: Value } {
  const both = svd(a);
  const rows = shapeOf(a).at(-2)!;
  return { u: rowsBetween(both, 0, rows), v: rowsBetween(both, rows, shapeOf(both).at(-2)!) };
}

function isSquare(x: Value): boolean {
  return shapeOf(x).at(-2) === shapeOf(x).at(-1);
}

/** (I − XXᵀ)Y: what of Y lies outside of the columns of X. */
function outside(x: Value, y: Value): Value {
  return sub(y, matmul(x, matmul(adjoint(x), y)));
}

const epsilon = 2 ** -52;

/** Columns divided by their singular values, which must not be 0. */
function divided(x: Value, s: Value): Value {
  const shape = shapeOf(s);
  const count = shape.at(-1)!;
  const values = dataOf(primalOf(s));
  for (let at = 0; at < values.length; at++) {
    const first = values[at - (at % count)]!;
    if (values[at]! > count * epsilon * first) continue;
    const matrix = whichMatrix([...shape, 1], Math.floor(at / count));
    throw new NotDifferentiableError(
      `svd: singular value ${at % count} of ${matrix} is ${shortNumber(values[at]!)}, and there its singular vectors have no derivative; use the singular values alone, or a matrix of full rank`,
    );
  }
  return div(x, rowOf(s));
}

/** Singular values up to this share of the largest count as 0, as in NumPy's `matrix_rank`. */
function smallestShare(rows: number, columns: number): number {
  return Math.max(rows, columns) * epsilon;
}

/** The number of singular values of each matrix that count. */
export function ranksOf(a: Primal): number[] {
  const shape = shapeOf(a);
  const share = smallestShare(shape.at(-2)!, shape.at(-1)!);
  return decompositionsOf(a).map(({ values }) => values.filter((value) => value > share * values[0]!).length);
}

/**
 * The pseudoinverse of Moore and Penrose: [..., n, m]. Where the matrix has not full rank it jumps with the smallest change,
 * and has no derivative.
 */
export const pinv: Primitive<(a: Value) => Value> = primitive<(a: Value) => Value>(
  "pinv",
  {
    shape: ([a]) => {
      const { batch, rows, columns } = matrixShape("pinv", a!);
      return [...batch, columns, rows];
    },
    evaluate: ([a], _, shape) =>
      perMatrix(a!, shape, (_matrix, rows, columns, index) => {
        const { u, values, v } = decompositionsOf(a!)[index]!;
        const count = values.length;
        const result = new Float64Array(rows * columns);
        const least = smallestShare(rows, columns) * values[0]!;
        for (let k = 0; k < count && values[k]! > least; k++)
          for (let j = 0; j < columns; j++) {
            const factor = v[j * count + k]! / values[k]!;
            for (let i = 0; i < rows; i++) result[j * rows + i]! += factor * u[i * count + k]!;
          }
        return result;
      }),
    // Golub and Pereyra (1973), equation 4.12:
    // dP = −P dA P + P Pᵀ dAᵀ (I − A P) + (I − P A) dAᵀ Pᵀ P
    jvp: ([tangent], [a], p) => {
      checkRank(primalOf(a!));
      const turned = adjoint(tangent!);
      const right = matmul(matmul(p, adjoint(p)), sub(turned, product(turned, a!, p)));
      const left = matmul(sub(turned, product(p, a!, turned)), matmul(adjoint(p), p));
      return add(neg(product(p, tangent!, p)), add(right, left));
    },
    // Ā = −Pᵀ P̄ Pᵀ + (I − A P) P̄ᵀ P Pᵀ + Pᵀ P P̄ᵀ (I − P A)
    vjp: [
      (cotangent, [a], p) => {
        checkRank(primalOf(a!));
        const turned = adjoint(cotangent);
        const back = adjoint(p);
        const left = matmul(sub(turned, product(a!, p, turned)), matmul(p, back));
        const right = matmul(matmul(back, p), sub(turned, product(turned, p, a!)));
        return add(neg(product(back, cotangent, back)), add(left, right));
      },
    ],
  },
  (run) => (a) => run([a]),
);

function checkRank(a: Primal): void {
  const shape = shapeOf(a);
  const full = Math.min(shape.at(-2)!, shape.at(-1)!);
  const index = ranksOf(a).findIndex((rank) => rank < full);
  if (index < 0) return;
  throw new NotDifferentiableError(
    `pinv of ${describeShape(shape)}: ${whichMatrix(shape, index)} has rank ${ranksOf(a)[index]} of ${full}, and there its pseudoinverse jumps and has no derivative; leave out what depends on other columns, or add a multiple of the identity`,
  );
}
