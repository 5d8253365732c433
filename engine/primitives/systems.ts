import { describeShape, sizeOf } from "../tape/shape.ts";
import { Tensor, type Value } from "../tape/tensor.ts";
import { add, mul, neg, sub } from "./arithmetic.ts";
import { broadcastTo, sumTo } from "./broadcasting.ts";
import { matmul } from "./contraction.ts";
import { determinantLU, factorLU, lostPivot, solveLU, type LU } from "./decompositions/lu.ts";
import { decomposeSingular } from "./decompositions/singular.ts";
import { oneHot } from "./gathering.ts";
import {
  adjoint,
  columnOf,
  diagonalOf,
  enlarged,
  firstColumns,
  identityFrom,
  lowerTriangle,
  matrixShape,
  perMatrix,
  remembered,
  rowsBetween,
  squareShape,
  upperTriangle,
  whichMatrix,
} from "./matrices.ts";
import { sum } from "./reduction.ts";
import { dataOf, primalOf, primitive, scalarOrTensor, shapeOf, type Primal, type Primitive } from "./rule.ts";
import { forEachSystem, shortNumber, solutionShape, triangularSolve } from "./triangular.ts";
import { NotDifferentiableError, UnsolvableError } from "./unsolvable.ts";

/** The factorization of each matrix of a batch. */
const factorsOf = remembered((a): readonly LU[] => {
  const [rows, columns] = [a.shape.at(-2)!, a.shape.at(-1)!];
  const size = rows * columns;
  return Array.from({ length: sizeOf(a.shape.slice(0, -2)) }, (_, k) =>
    factorLU(a.data.subarray(k * size, (k + 1) * size), rows, columns),
  );
});

/** "pivot 2 of its LU factorization is 0" of the first matrix of a batch that is singular to working precision. */
function singularity(a: Primal): string | undefined {
  const shape = shapeOf(a);
  const size = shape.at(-1)!;
  for (const [index, factor] of factorsOf(a).entries()) {
    const pivot = lostPivot(factor, size);
    if (pivot < 0) continue;
    const value = shortNumber(factor.packed[pivot * size + pivot]!);
    const rounding = value === "0" ? "" : ", no more than rounding leaves";
    return `${whichMatrix(shape, index)} is singular: pivot ${pivot} of its LU factorization is ${value}${rounding}`;
  }
  return undefined;
}

function refuseSingular(what: string, a: Primal): void {
  const singular = singularity(a);
  if (singular !== undefined) throw new UnsolvableError(`${what}: ${singular}; lstsq finds the best answer there is`);
}

export type Solver = (a: Value, b: Value, transposed?: boolean) => Value;

/** X of A·X = B, or of Aᵀ·X = B when `transposed`, by LU factorization with partial pivoting. */
export const solve: Primitive<Solver> = primitive<Solver>(
  "solve",
  {
    shape: ([a, b]) => solutionShape("solve", a!, b!),
    evaluate([a, b], attributes, shape) {
      refuseSingular(`solve of ${describeShape(shapeOf(a!))} and ${describeShape(shapeOf(b!))}`, a!);
      const factors = factorsOf(a!);
      const [size, columns] = [shape.at(-2)!, shape.at(-1)!];
      const data = new Float64Array(sizeOf(shape));
      forEachSystem([a as Tensor, b as Tensor], shape, (index, right, to) =>
        data.set(solveLU(factors[index]!, size, right, columns, attributes["transposed"] === true), to),
      );
      return new Tensor(shape, data);
    },
    // dX = A⁻¹(dB − dA·X)
    jvp: ([da, db], [a], x, attributes) => {
      const transposed = attributes["transposed"] === true;
      if (da === undefined) return solve(a!, db!, transposed);
      const change = matmul(transposed ? adjoint(da) : da, x);
      return solve(a!, db === undefined ? neg(change) : sub(db, change), transposed);
    },
    // B̄ = A⁻ᵀX̄, Ā = −B̄Xᵀ (Giles 2008, §2.3.1)
    vjp: [
      (cotangent, [a], x, attributes) => {
        const transposed = attributes["transposed"] === true;
        const right = solve(a!, cotangent, !transposed);
        return sumTo(neg(transposed ? matmul(x, adjoint(right)) : matmul(right, adjoint(x))), shapeOf(a!));
      },
      (cotangent, [a, b], _, attributes) => sumTo(solve(a!, cotangent, attributes["transposed"] !== true), shapeOf(b!)),
    ],
  },
  (run) =>
    (a, b, transposed = false) =>
      run([a, b], { transposed }),
);

/** A⁻¹: the solution of A·X = I. */
export function inverse(a: Value): Value {
  const { size } = squareShape("inv", shapeOf(a));
  refuseSingular(`inv of ${describeShape(shapeOf(a))}`, primalOf(a));
  return solve(a, identityFrom(size));
}

// -------------------------------------------------------------------------------------------------------- LU and after

/**
 * L and U of A[permutation] = L·U in one matrix: L below the diagonal (its own is 1), U on it and above. Which rows are
 * exchanged (the largest pivot is taken, the first of equal ones) is constant between ties.
 */
export const lu: Primitive<(a: Value) => Value> = primitive<(a: Value) => Value>(
  "lu",
  {
    shape: ([a]) => (matrixShape("lu", a!), a!),
    evaluate: ([a], _, shape) => perMatrix(a!, shape, (_matrix, _rows, _columns, k) => factorsOf(a!)[k]!.packed),
    // F = L⁻¹ P dA U⁻¹, dL = L·tril(F, −1), dU = triu(F)·U (de Hoog, Anderssen and Lukas 2011)
    jvp: ([tangent], [a], packed) => {
      const { lower, upper, permutation } = factors(a!, packed);
      const half = triangularSolve(lower, matmul(permutation, tangent!), unitLower);
      const f = adjoint(triangularSolve(upper, adjoint(half), upperTransposed));
      return add(matmul(lower, lowerTriangle(f, -1)), matmul(upperTriangle(f), upper));
    },
    // Ā = Pᵀ L⁻ᵀ (tril(LᵀȲ, −1) + triu(Ȳ Uᵀ)) U⁻ᵀ
    vjp: [
      (cotangent, [a], packed) => {
        const { lower, upper, permutation } = factors(a!, packed);
        const f = add(
          lowerTriangle(matmul(adjoint(lower), cotangent), -1),
          upperTriangle(matmul(cotangent, adjoint(upper))),
        );
        const half = adjoint(triangularSolve(upper, adjoint(f), { ...upperTransposed, transpose: false }));
        return matmul(adjoint(permutation), triangularSolve(lower, half, { ...unitLower, transpose: true }));
      },
    ],
  },
  (run) => (a) => run([a]),
);

const unitLower = { lower: true, transpose: false, unitDiagonal: true };
const upperTransposed = { lower: false, transpose: true, unitDiagonal: false };

/** Square L and U, enlarged by an identity where the matrix has more rows or columns, and the permutation as a matrix. */
function factors(a: Value, packed: Value): { lower: Value; upper: Value; permutation: Value } {
  const shape = shapeOf(a);
  const [rows, columns] = [shape.at(-2)!, shape.at(-1)!];
  const count = Math.min(rows, columns);
  checkPivots(primalOf(packed), count);
  const { l, u } = lowerAndUpper(packed);
  return {
    lower: add(lowerTriangle(enlarged(l, rows, rows), -1), identityFrom(rows)),
    upper: add(enlarged(u, columns, columns), identityFrom(columns, count)),
    permutation: oneHot(luPermutation(a), rows),
  };
}

function checkPivots(packed: Primal, count: number): void {
  const shape = shapeOf(packed);
  const [rows, columns] = [shape.at(-2)!, shape.at(-1)!];
  dataOf(packed).forEach((value, at) => {
    const k = at % columns;
    if (value !== 0 || k >= count || Math.floor(at / columns) % rows !== k) return;
    throw new NotDifferentiableError(
      `lu of ${describeShape(shape)}: pivot ${k} is 0, and where ${whichMatrix(shape, Math.floor(at / (rows * columns)))} is singular its factors have no derivative`,
    );
  });
}

/** L [rows, k] with ones on its diagonal, and U [k, columns], out of one matrix. */
export function lowerAndUpper(packed: Value): { l: Value; u: Value } {
  const shape = shapeOf(packed);
  const [rows, columns] = [shape.at(-2)!, shape.at(-1)!];
  const count = Math.min(rows, columns);
  const below = lowerTriangle(firstColumns(packed, count), -1);
  const ones = enlarged(identityFrom(count), rows, count);
  return { l: add(below, ones), u: upperTriangle(rowsBetween(packed, 0, count)) };
}

/** The row of A that stands in each row of L·U: piecewise constant. */
export const luPermutation: Primitive<(a: Value) => Value> = primitive<(a: Value) => Value>(
  "luPermutation",
  {
    shape: ([a]) => a!.slice(0, -1),
    evaluate: ([a], _, shape) =>
      perMatrix(a!, shape, (_matrix, _rows, _columns, k) => Float64Array.from(factorsOf(a!)[k]!.permutation)),
    jvp: (_, __, result) => broadcastTo(0, shapeOf(result)),
    vjp: [undefined],
  },
  (run) => (a) => run([a]),
);

/** The determinant. Its adjoint, by cofactors, is right where the matrix is singular, too. */
export const det: Primitive<(a: Value) => Value> = primitive<(a: Value) => Value>(
  "det",
  {
    shape: ([a]) => squareShape("det", a!).batch,
    evaluate: ([a], _, shape) => {
      const size = shapeOf(a!).at(-1)!;
      const values = factorsOf(a!).map((factor) => determinantLU(factor, size));
      return scalarOrTensor(shape, Float64Array.from(values));
    },
    // d det A = ⟨cof A, dA⟩ (Jacobi's formula)
    jvp: ([tangent], [a]) => sum(mul(cofactors(a!), tangent!), [-2, -1]),
    vjp: [(cotangent, [a]) => mul(overMatrix(cotangent), cofactors(a!))],
  },
  (run) => (a) => run([a]),
);

/** The cofactors ∂det A/∂A, which are det(A)·A⁻ᵀ where A is regular. */
export const cofactors: Primitive<(a: Value) => Value> = primitive<(a: Value) => Value>(
  "cofactors",
  {
    shape: ([a]) => (squareShape("det", a!), a!),
    evaluate: ([a], _, shape) =>
      perMatrix(a!, shape, (matrix, size, _columns, k) => {
        const factor = factorsOf(a!)[k]!;
        if (lostPivot(factor, size) >= 0) return cofactorsOfSingular(matrix, size);
        const determinant = determinantLU(factor, size);
        return solveLU(factor, size, identityFrom(size).data, size, true).map((value) => determinant * value);
      }),
    jvp: ([tangent], [a], c) => cofactorDifferential(tangent!, a!, c),
    vjp: [(cotangent, [a], c) => cofactorDifferential(cotangent, a!, c)],
  },
  (run) => (a) => run([a]),
);

/** The Hessian of the determinant, which is symmetric: V becomes ⟨A⁻ᵀ, V⟩·C − A⁻ᵀ Vᵀ C with the cofactors C. */
function cofactorDifferential(v: Value, a: Value, c: Value): Value {
  const singular = singularity(primalOf(a));
  if (singular !== undefined)
    throw new NotDifferentiableError(
      `det of ${describeShape(shapeOf(a))}: ${singular}, and there its determinant can be differentiated once, not twice`,
    );
  const product = solve(a, matmul(adjoint(v), c), true);
  const trace = sum(diagonalOf(solve(a, v)), -1);
  return sub(mul(overMatrix(trace), c), product);
}

/** A number for each matrix of a batch, with two axes more. */
function overMatrix(x: Value): Value {
  return shapeOf(x).length === 0 ? x : columnOf(columnOf(x));
}

/** With A = U·S·Vᵀ: cof A = det(U)·det(V)·U·cof(S)·Vᵀ, where cof(S) has the products of all other singular values. */
function cofactorsOfSingular(matrix: Float64Array, size: number): Float64Array {
  const { u, values, v } = decomposeSingular(matrix, size, size);
  const sign = determinantLU(factorLU(u, size, size), size) * determinantLU(factorLU(v, size, size), size) < 0 ? -1 : 1;
  const others = values.map((_, k) =>
    values.reduce((product, value, j) => (j === k ? product : product * value), sign),
  );
  const result = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++)
      for (let k = 0; k < size; k++) result[i * size + j]! += u[i * size + k]! * others[k]! * v[j * size + k]!;
  return result;
}
