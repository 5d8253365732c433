import { describeShape, sizeOf, type Shape } from "../tape/shape.ts";
import type { Attributes } from "../tape/tape.ts";
import { Tensor, type Value } from "../tape/tensor.ts";
import { neg, sub } from "./arithmetic.ts";
import { ShapeError, broadcastShapes } from "./broadcastShapes.ts";
import { sumTo } from "./broadcasting.ts";
import { matmul } from "./contraction.ts";
import { factorCholesky } from "./decompositions/cholesky.ts";
import { substitute, type Triangle } from "./decompositions/triangular.ts";
import { rowOffsets } from "./elementwiseLoops.ts";
import {
  adjoint,
  halvedTriangle,
  lowerTriangle,
  perMatrix,
  squareShape,
  symmetric,
  upperTriangle,
  whichMatrix,
} from "./matrices.ts";
import { dataOf, primitive, shapeOf, type Primitive } from "./rule.ts";
import { UnsolvableError } from "./unsolvable.ts";

/** The shape of the solution of systems with square matrices of shape `a` and right sides of shape `b`. */
export function solutionShape(operation: string, a: Shape, b: Shape): Shape {
  const names = `${operation} of ${describeShape(a)} and ${describeShape(b)}`;
  const { batch, size } = squareShape(operation, a);
  if (b.length < 2 || b.at(-2) !== size)
    throw new ShapeError(`${names}: the matrix has ${size} rows, so the right side must have ${size}`);
  try {
    return [...broadcastShapes(batch, b.slice(0, -2)), size, b.at(-1)!];
  } catch {
    throw new ShapeError(
      `${names}: the leading axes ${describeShape(batch)} and ${describeShape(b.slice(0, -2))} do not broadcast`,
    );
  }
}

/** Calls `each` for every system of a batch: with the number of its matrix, its right side, and where the solution begins. */
export function forEachSystem(
  [a, b]: readonly [Tensor, Tensor],
  shape: Shape,
  each: (matrix: number, right: Float64Array, to: number) => void,
): void {
  const batch = shape.slice(0, -2);
  const size = shape.at(-2)! * shape.at(-1)!;
  const matrices = rowOffsets(a.shape.slice(0, -2), batch, batch.length);
  const rights = rowOffsets(b.shape.slice(0, -2), batch, batch.length);
  matrices.forEach((matrix, k) => each(matrix, b.data.subarray(rights[k]! * size, (rights[k]! + 1) * size), k * size));
}

const triangleOf = (attributes: Attributes): Triangle => attributes as unknown as Triangle;

/** The part of a matrix that a triangular solve reads. */
function read(x: Value, { lower, unitDiagonal }: Triangle): Value {
  return lower ? lowerTriangle(x, unitDiagonal ? -1 : 0) : upperTriangle(x, unitDiagonal ? 1 : 0);
}

export type TriangularSolver = (a: Value, b: Value, triangle: Triangle) => Value;

/** X of T·X = B, where T is a triangle of A, or its transpose. The other triangle of A is not read. */
export const triangularSolve: Primitive<TriangularSolver> = primitive<TriangularSolver>(
  "triangularSolve",
  {
    shape: ([a, b]) => solutionShape("triangularSolve", a!, b!),
    evaluate([a, b], attributes, shape) {
      const triangle = triangleOf(attributes);
      const [size, columns] = [shape.at(-2)!, shape.at(-1)!];
      const matrices = dataOf(a!);
      const data = new Float64Array(sizeOf(shape));
      forEachSystem([a as Tensor, b as Tensor], shape, (index, right, to) => {
        const matrix = matrices.subarray(index * size * size, (index + 1) * size * size);
        if (!triangle.unitDiagonal) checkDiagonal(matrix, size, shapeOf(a!), index);
        data.set(right, to);
        substitute(matrix, size, data.subarray(to, to + right.length), columns, triangle);
      });
      return new Tensor(shape, data);
    },
    // dX = T⁻¹(dB − dT·X)
    jvp: ([da, db], [a], x, attributes) => {
      const triangle = triangleOf(attributes);
      if (da === undefined) return triangularSolve(a!, db!, triangle);
      const moved = read(da, triangle);
      const change = matmul(triangle.transpose ? adjoint(moved) : moved, x);
      return triangularSolve(a!, db === undefined ? neg(change) : sub(db, change), triangle);
    },
    // B̄ = T⁻ᵀX̄, T̄ = −B̄Xᵀ (Giles 2008, §2.3.1)
    vjp: [
      (cotangent, [a], x, attributes) => {
        const triangle = triangleOf(attributes);
        const right = triangularSolve(a!, cotangent, { ...triangle, transpose: !triangle.transpose });
        const full = triangle.transpose ? matmul(x, adjoint(right)) : matmul(right, adjoint(x));
        return sumTo(neg(read(full, triangle)), shapeOf(a!));
      },
      (cotangent, [a, b], _, attributes) => {
        const triangle = triangleOf(attributes);
        return sumTo(triangularSolve(a!, cotangent, { ...triangle, transpose: !triangle.transpose }), shapeOf(b!));
      },
    ],
  },
  (run) => (a, b, triangle) => run([a, b], { ...triangle }),
);

function checkDiagonal(matrix: Float64Array, size: number, shape: Shape, index: number): void {
  for (let k = 0; k < size; k++)
    if (matrix[k * size + k] === 0)
      throw new UnsolvableError(
        `triangularSolve of ${describeShape(shape)}: ${whichMatrix(shape, index)} is singular: element [${k}, ${k}] of its diagonal is 0`,
      );
}

/**
 * Lower triangular L with L·Lᵀ = A for symmetric positive definite A. What is factored is (A + Aᵀ)/2, so that the adjoint of
 * A is symmetric.
 */
export const cholesky: Primitive<(a: Value) => Value> = primitive<(a: Value) => Value>(
  "cholesky",
  {
    shape: ([a]) => (squareShape("cholesky", a!), a!),
    evaluate: ([a], _, shape) =>
      perMatrix(a!, shape, (matrix, size, _columns, index) => {
        const factor = factorCholesky(matrix, size);
        if (factor instanceof Float64Array) return factor;
        throw new UnsolvableError(
          `cholesky of ${describeShape(shape)}: ${whichMatrix(shape, index)} is not positive definite: pivot ${factor.index} is ${shortNumber(factor.pivot)}; add a multiple of the identity, or check that it is symmetric`,
        );
      }),
    // dL = L Φ(L⁻¹ dA L⁻ᵀ) (Murray 2016, equation 8)
    jvp: ([tangent], _, l) => {
      const half = triangularSolve(l, symmetric(tangent!), forwards);
      return matmul(l, halvedTriangle(triangularSolve(l, adjoint(half), forwards)));
    },
    // Ā = ½(Z + Zᵀ), Z = L⁻ᵀ Φ(LᵀL̄) L⁻¹ (Murray 2016, equation 10)
    vjp: [
      (cotangent, _, l) => {
        const inner = halvedTriangle(matmul(adjoint(l), lowerTriangle(cotangent)));
        const half = triangularSolve(l, inner, backwards);
        return symmetric(triangularSolve(l, adjoint(half), backwards));
      },
    ],
  },
  (run) => (a) => run([a]),
);

const forwards: Triangle = { lower: true, transpose: false, unitDiagonal: false };
const backwards: Triangle = { lower: true, transpose: true, unitDiagonal: false };

/** A figure of an error, short. */
export function shortNumber(x: number): string {
  return String(Number(x.toPrecision(4)));
}
