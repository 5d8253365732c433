import { describeShape } from "../tape/shape.ts";
import type { Value } from "../tape/tensor.ts";
import { add, neg, sub } from "./arithmetic.ts";
import { matmul } from "./contraction.ts";
import { orthonormalBasis } from "./decompositions/qr.ts";
import { adjoint, diagonalOf, lowerTriangle, matrixShape, perMatrix, upperTriangle, whichMatrix } from "./matrices.ts";
import { dataOf, primalOf, primitive, shapeOf, type Primitive } from "./rule.ts";
import { shortNumber, triangularSolve } from "./triangular.ts";
import { NotDifferentiableError } from "./unsolvable.ts";

/**
 * The orthonormal columns Q of A = Q·R, for A [..., m, n] with m ≥ n, signed as LAPACK does. R is QᵀA, upper triangular.
 */
export const qr: Primitive<(a: Value) => Value> = primitive<(a: Value) => Value>(
  "qr",
  {
    shape: ([a]) => (matrixShape("qr", a!), a!),
    evaluate: ([a], _, shape) => perMatrix(a!, shape, orthonormalBasis),
    // With X = dA·R⁻¹: dQ = Q(Ω − QᵀX) + X, Ω = tril(QᵀX, −1) − tril(QᵀX, −1)ᵀ (Walter and Lehmann 2018)
    jvp: ([tangent], [a], q) => {
      const r = checkedR(a!, q);
      const x = adjoint(triangularSolve(r, adjoint(tangent!), { ...upper, transpose: true }));
      const along = matmul(adjoint(q), x);
      const lower = lowerTriangle(along, -1);
      return add(matmul(q, sub(sub(lower, adjoint(lower)), along)), x);
    },
    // Ā = (Q̄ + Q·copyltu(M))R⁻ᵀ, M = −Q̄ᵀQ, copyltu(M) = tril(M) + tril(M, −1)ᵀ (Walter and Lehmann 2018)
    vjp: [
      (cotangent, [a], q) => {
        const r = checkedR(a!, q);
        const m = neg(matmul(adjoint(cotangent), q));
        const copied = add(lowerTriangle(m), adjoint(lowerTriangle(m, -1)));
        return adjoint(triangularSolve(r, adjoint(add(cotangent, matmul(q, copied))), upper));
      },
    ],
  },
  (run) => (a) => run([a]),
);

const upper = { lower: false, transpose: false, unitDiagonal: false };
const epsilon = 2 ** -52;

/** R, if no column depends on those before it. */
function checkedR(a: Value, q: Value): Value {
  const r = upperTriangle(matmul(adjoint(q), a));
  const shape = shapeOf(a);
  const columns = shape.at(-1)!;
  const diagonal = dataOf(primalOf(diagonalOf(primalOf(r))));
  const data = dataOf(primalOf(r));
  for (let at = 0; at < diagonal.length; at++) {
    const index = Math.floor(at / columns);
    const largest = data
      .subarray(index * columns * columns, (index + 1) * columns * columns)
      .reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (Math.abs(diagonal[at]!) > shape.at(-2)! * epsilon * largest) continue;
    const column = at % columns;
    throw new NotDifferentiableError(
      `qr of ${describeShape(shape)}: column ${column} of ${whichMatrix(shape, index)} depends on those before it (element [${column}, ${column}] of R is ${shortNumber(diagonal[at]!)}), and there its factors have no derivative`,
    );
  }
  return r;
}
