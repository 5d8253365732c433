import { ShapeError } from "../primitives/broadcastShapes.ts";
import { abs, where } from "../primitives/selection.ts";
import { stopGradient } from "../primitives/activation.ts";
import { add, div, mul } from "../primitives/arithmetic.ts";
import { equal, greater } from "../primitives/comparison.ts";
import { broadcastTo } from "../primitives/broadcasting.ts";
import { matmul } from "../primitives/contraction.ts";
import { reduceMax, reduceMin } from "../primitives/extremes.ts";
import { oneHot } from "../primitives/gathering.ts";
import * as matrices from "../primitives/matrices.ts";
import * as matrixFunctions from "../primitives/matrixFunctions.ts";
import * as orthogonal from "../primitives/orthogonal.ts";
import { norm, prod, sum } from "../primitives/reduction.ts";
import { sign } from "../primitives/rounding.ts";
import { primalOf, dataOf } from "../primitives/rule.ts";
import { reshape } from "../primitives/shaping.ts";
import { slice } from "../primitives/indexing.ts";
import * as singularValues from "../primitives/singularValues.ts";
import * as spectral from "../primitives/spectral.ts";
import * as systems from "../primitives/systems.ts";
import { log } from "../primitives/transcendental.ts";
import * as triangular from "../primitives/triangular.ts";
import { UnsolvableError } from "../primitives/unsolvable.ts";
import { describeShape } from "../tape/shape.ts";
import type { Value } from "../tape/tensor.ts";
import type {
  BatchOf,
  Diagonal,
  Like,
  Operand,
  Product,
  Shape,
  ShapeOf,
  Shaped,
  Smaller,
  SquareMatrix,
  Solvable,
  Swapped,
  WithLast,
} from "./types.ts";
import { asValue, fixed, shapeOf, calledAs } from "./values.ts";

// Matrices are the last two axes everywhere below; those before them are a batch, and broadcast where there are two.

// ------------------------------------------------------------------------------------------------------------- systems

/**
 * The solution X of A·X = B, by LU factorization with partial pivoting.
 *
 * @param a [..., n, n]
 * @param b [..., n, k], or one right side [n] for all
 * @throws UnsolvableError where A is singular to working precision, with the pivot that shows it.
 */
export function solve<const A extends Operand, const B extends Operand>(
  a: A,
  b: Solvable<A, B>,
): Shaped<Product<ShapeOf<A>, ShapeOf<B>>> {
  return withColumn("solve", a, b, (x, y) => systems.solve(x, y)) as Shaped<Product<ShapeOf<A>, ShapeOf<B>>>;
}

export interface TriangularOptions {
  /** Whether the triangle on and below the diagonal is read (when left out), or that on and above it. */
  readonly lower?: boolean;
  /** Whether Aᵀ·X = B is solved. */
  readonly transpose?: boolean;
  /** Whether the diagonal counts as 1 and is not read. */
  readonly unitDiagonal?: boolean;
}

/**
 * The solution X of T·X = B, where T is a triangle of A; the other triangle is not read.
 *
 * @param a [..., n, n]
 * @param b [..., n, k], or one right side [n] for all
 * @throws UnsolvableError where an element of the diagonal is 0.
 */
export function triangularSolve<const A extends Operand, const B extends Operand>(
  a: A,
  b: Solvable<A, B>,
  options: TriangularOptions = {},
): Shaped<Product<ShapeOf<A>, ShapeOf<B>>> {
  const { lower = true, transpose = false, unitDiagonal = false } = options;
  return withColumn("triangularSolve", a, b, (x, y) =>
    triangular.triangularSolve(x, y, { lower, transpose, unitDiagonal }),
  ) as Shaped<Product<ShapeOf<A>, ShapeOf<B>>>;
}

/** A right side of one axis is a column for the while. */
function withColumn(operation: string, a: unknown, b: unknown, solved: (a: Value, b: Value) => Value): Value {
  const [x, y] = [asValue(operation, a), asValue(operation, b)];
  if (shapeOf(y).length !== 1) return solved(x, y);
  const result = solved(x, reshape(y, [-1, 1]));
  return reshape(result, shapeOf(result).slice(0, -1));
}

/**
 * A⁻¹. For a solution of A·X = B prefer `solve`: it is faster and more exact.
 * @throws UnsolvableError where A is singular to working precision, with the pivot that shows it.
 */
export function inv<const A extends Operand>(a: SquareMatrix<A, "inv">): Like<A> {
  return calledAs("inv", () => {
    return systems.inverse(asValue("inv", a)) as Like<A>;
  });
}

/**
 * The X of least ‖A·X − B‖, and of these the one of least norm: by the pseudoinverse. Where A has not full rank it is
 * there, but has no derivative with respect to A.
 *
 * @param a [..., m, n]
 * @param b [..., m, k], or one right side [m]
 */
export function lstsq<const A extends Operand, const B extends Operand>(
  a: A,
  b: B,
): Shaped<Product<Swapped<ShapeOf<A>>, ShapeOf<B>>> {
  const [x, y] = [asValue("lstsq", a), asValue("lstsq", b)];
  const rows = matrices.matrixShape("lstsq", shapeOf(x)).rows;
  if (shapeOf(y).at(shapeOf(y).length === 1 ? 0 : -2) !== rows)
    throw new ShapeError(
      `lstsq of ${describeShape(shapeOf(x))} and ${describeShape(shapeOf(y))}: the matrix has ${rows} rows, so the right side must have ${rows}`,
    );
  return matmul(singularValues.pinv(x), y) as Shaped<Product<Swapped<ShapeOf<A>>, ShapeOf<B>>>;
}

/** The pseudoinverse of Moore and Penrose, [..., n, m] of [..., m, n]. It has no derivative where A has not full rank. */
export function pinv<const A extends Operand>(a: A): Shaped<Swapped<ShapeOf<A>>> {
  return singularValues.pinv(asValue("pinv", a)) as Shaped<Swapped<ShapeOf<A>>>;
}

// -------------------------------------------------------------------------------------------------------- factorizations

/**
 * Lower triangular L with L·Lᵀ = A, for symmetric positive definite A. What is factored is (A + Aᵀ)/2, so that the
 * adjoint of A is symmetric.
 * @throws UnsolvableError where A is not positive definite, with the pivot that shows it.
 */
export function cholesky<const A extends Operand>(a: SquareMatrix<A, "cholesky">): Like<A> {
  return triangular.cholesky(asValue("cholesky", a)) as Like<A>;
}

/** What `lu` gives: A[permutation] = L·U. */
export interface LUFactors<S extends Shape> {
  /** For each row of L·U the row of A. No gradient. */
  readonly permutation: Shaped<WithLast<BatchOf<S>, S extends readonly [...Shape, infer M, number] ? M : number>>;
  /** [..., m, k], ones on its diagonal. */
  readonly l: number;
  /** [..., k, n]. */
  readonly u: number;
}

/** L·U = A[permutation] with partial pivoting, for A [..., m, n]; k = min(m, n). It has no derivative where a pivot is 0. */
export function lu<const A extends Operand>(a: A): LUFactors<ShapeOf<A>> {
  const x = asValue("lu", a);
  const { l, u } = systems.lowerAndUpper(systems.lu(x));
  return { permutation: systems.luPermutation(x), l, u } as unknown as LUFactors<ShapeOf<A>>;
}

/** What `qr` gives: A = Q·R. */
export interface QRFactors<S extends Shape> {
  /** Orthonormal columns, [..., m, k]. */
  readonly q: S extends readonly [...infer Batch extends Shape, infer M extends number, infer N extends number]
    ? Shaped<readonly [...Batch, M, Smaller<M, N>]>
    : number;
  /** Upper triangular, [..., k, n]. */
  readonly r: S extends readonly [...infer Batch extends Shape, infer M extends number, infer N extends number]
    ? Shaped<readonly [...Batch, Smaller<M, N>, N]>
    : number;
}

/**
 * Q·R = A, reduced: k = min(m, n) columns, signed as LAPACK does. It has no derivative where one of the first k columns of A
 * depends on those before it.
 */
export function qr<const A extends Operand>(a: A): QRFactors<ShapeOf<A>> {
  const x = asValue("qr", a);
  const { rows, columns } = matrices.matrixShape("qr", shapeOf(x));
  const q = orthogonal.qr(columns > rows ? matrices.firstColumns(x, rows) : x);
  const r = matrices.upperTriangle(matmul(matrices.adjoint(q), x));
  return { q, r } as unknown as QRFactors<ShapeOf<A>>;
}

/** What `eigh` gives: A = V·diag(eigenvalues)·Vᵀ. */
export interface Eigenpairs<S extends Shape> {
  /** In ascending order, [..., n]. */
  readonly eigenvalues: Shaped<Diagonal<S>>;
  /** As orthonormal columns, [..., n, n]. */
  readonly eigenvectors: Shaped<S>;
}

/**
 * Eigenvalues and eigenvectors of the symmetric matrix (A + Aᵀ)/2. Eigenvectors are determined up to their signs, and have
 * no derivative where two eigenvalues are equal; the eigenvalues have.
 */
export function eigh<const A extends Operand>(a: SquareMatrix<A, "eigh">): Eigenpairs<ShapeOf<A>> {
  return calledAs("eigh", () => {
    const x = asValue("eigh", a);
    return { eigenvalues: spectral.eigvalsh(x), eigenvectors: spectral.eigh(x) } as unknown as Eigenpairs<ShapeOf<A>>;
  });
}

/** The eigenvalues of the symmetric matrix (A + Aᵀ)/2 in ascending order, [..., n]. */
export function eigvalsh<const A extends Operand>(a: SquareMatrix<A, "eigvalsh">): Shaped<Diagonal<ShapeOf<A>>> {
  return spectral.eigvalsh(asValue("eigvalsh", a)) as Shaped<Diagonal<ShapeOf<A>>>;
}

/** What `svd` gives: A = U·diag(s)·Vᵀ, with k = min(m, n) singular values. */
export interface SingularFactors<S extends Shape> {
  /** Orthonormal columns, [..., m, k]. */
  readonly u: QRFactors<S>["q"];
  /** Singular values in descending order, [..., k]. */
  readonly s: Shaped<Diagonal<S>>;
  /** Vᵀ: orthonormal rows, [..., k, n]. */
  readonly vh: QRFactors<S>["r"];
}

/**
 * The singular value decomposition, reduced. Singular vectors are determined up to their signs, and have no derivative
 * where two singular values are equal, nor, where m ≠ n, where one is 0.
 */
export function svd<const A extends Operand>(a: A): SingularFactors<ShapeOf<A>> {
  const x = asValue("svd", a);
  matrices.matrixShape("svd", shapeOf(x));
  const { u, v } = singularValues.singularVectors(x);
  return { u, s: singularValues.svdvals(x), vh: matrices.adjoint(v) } as unknown as SingularFactors<ShapeOf<A>>;
}

/** The singular values in descending order, [..., min(m, n)]. Where one is 0 it has a kink, as |x| has. */
export function svdvals<const A extends Operand>(a: A): Shaped<Diagonal<ShapeOf<A>>> {
  return singularValues.svdvals(asValue("svdvals", a)) as Shaped<Diagonal<ShapeOf<A>>>;
}

// ------------------------------------------------------------------------------------------- determinants, norms, powers

/** The determinant. Its gradient is right where the matrix is singular, too. */
export function det<const A extends Operand>(a: SquareMatrix<A, "det">): Shaped<BatchOf<ShapeOf<A>>> {
  return systems.det(asValue("det", a)) as Shaped<BatchOf<ShapeOf<A>>>;
}

/** What `slogdet` gives: det A = sign·exp(logabsdet). */
export interface LogDeterminant<S extends Shape> {
  /** 1, −1, or 0 where A is singular. No gradient. */
  readonly sign: Shaped<BatchOf<S>>;
  /** ln |det A|; −Infinity where A is singular, and there without a derivative. */
  readonly logabsdet: Shaped<BatchOf<S>>;
}

/** Sign and logarithm of the determinant, without overflow. */
export function slogdet<const A extends Operand>(a: SquareMatrix<A, "slogdet">): LogDeterminant<ShapeOf<A>> {
  return signAndLog("slogdet", a) as unknown as LogDeterminant<ShapeOf<A>>;
}

function signAndLog(operation: string, a: unknown): { sign: Value; logabsdet: Value } {
  const x = asValue(operation, a);
  const { size } = matrices.squareShape(operation, shapeOf(x));
  const pivots = matrices.diagonalOf(systems.lu(x));
  const exchanges = systems.det(oneHot(systems.luPermutation(x), size));
  // 0 is added so that −1 · 0 is no −0.
  return { sign: add(mul(exchanges, prod(sign(pivots), -1)), 0), logabsdet: sum(log(abs(pivots)), -1) };
}

/**
 * ln det A, without overflow; −Infinity where A is singular.
 * @throws UnsolvableError where the determinant is negative.
 */
export function logdet<const A extends Operand>(a: SquareMatrix<A, "logdet">): Shaped<BatchOf<ShapeOf<A>>> {
  const result = signAndLog("logdet", a);
  if (dataOf(primalOf(result.sign)).some((value) => value < 0))
    throw new UnsolvableError(
      `logdet of ${describeShape(shapeOf(asValue("logdet", a)))}: the determinant is negative and has no real logarithm; slogdet gives its sign and the logarithm of its size`,
    );
  return result.logabsdet as Shaped<BatchOf<ShapeOf<A>>>;
}

/** The product of a matrix with itself, n times; of its inverse where n is negative. */
export function matrixPower<const A extends Operand>(a: SquareMatrix<A, "matrixPower">, n: number): Like<A> {
  const x = asValue("matrixPower", a);
  const { size } = matrices.squareShape("matrixPower", shapeOf(x));
  const exponent = fixed(n);
  if (!Number.isInteger(exponent))
    throw new ShapeError(
      `matrixPower of ${describeShape(shapeOf(x))}: the exponent is ${exponent}; give a whole number`,
    );
  let base = exponent < 0 ? systems.inverse(x) : x;
  let result: Value | undefined;
  for (let rest = Math.abs(exponent); rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = result === undefined ? base : matmul(result, base);
    if (rest > 1) base = matmul(base, base);
  }
  return (result ?? broadcastTo(matrices.identityFrom(size), shapeOf(x))) as Like<A>;
}

/** eᴬ = Σ Aᵏ/k! of a square matrix (`exp` is that of each element), by scaling and squaring (Higham 2005). */
export function expm<const A extends Operand>(a: SquareMatrix<A, "expm">): Like<A> {
  return matrixFunctions.expm(asValue("expm", a)) as Like<A>;
}

/** The Kronecker product: every element of `a` times the whole of `b`; [m, n] and [p, q] give [m·p, n·q], [m] and [p] give [m·p]. */
export function kron(a: Operand, b: Operand): number {
  const [x, y] = [asValue("kron", a), asValue("kron", b)];
  if (shapeOf(x).length === 1 && shapeOf(y).length === 1)
    return reshape(mul(reshape(x, [-1, 1]), y), [shapeOf(x)[0]! * shapeOf(y)[0]!]) as number;
  const [m, n] = pair(shapeOf(x));
  const [p, q] = pair(shapeOf(y));
  const lead = (shape: Shape): number[] => shape.slice(0, -2);
  const left = reshape(x, [...lead(shapeOf(x)), m, 1, n, 1]);
  const right = reshape(y, [...lead(shapeOf(y)), 1, p, 1, q]);
  const all = mul(left, right);
  return reshape(all, [...shapeOf(all).slice(0, -4), m * p, n * q]) as number;
}

function pair(shape: Shape): [number, number] {
  const { rows, columns } = matrices.matrixShape("kron", shape);
  return [rows, columns];
}

/**
 * How many singular values of each matrix are more than a tolerance, which is max(m, n)·ε times the largest when left out. No
 * gradient.
 */
export function matrixRank<const A extends Operand>(
  a: A,
  options: { readonly tolerance?: number } = {},
): Shaped<BatchOf<ShapeOf<A>>> {
  return calledAs("matrixRank", () => {
    const x = stopGradient(asValue("matrixRank", a));
    const { rows, columns } = matrices.matrixShape("matrixRank", shapeOf(x));
    const values = singularValues.svdvals(x);
    const least = mul(Math.max(rows, columns) * 2 ** -52, reduceMax(values, -1, true));
    return sum(greater(values, options.tolerance ?? least), -1) as Shaped<BatchOf<ShapeOf<A>>>;
  });
}

/** The condition number of each matrix: its largest singular value over its smallest, ∞ where that is 0. */
export function conditionNumber<const A extends Operand>(a: A): Shaped<BatchOf<ShapeOf<A>>> {
  return calledAs("conditionNumber", () => {
    const x = asValue("conditionNumber", a);
    matrices.matrixShape("conditionNumber", shapeOf(x));
    const [largest, least] = [normOf["2"]!(x), normOf["-2"]!(x)];
    // Of zeros it is ∞ as well.
    return div(where(equal(largest, 0), 1, largest), least) as Shaped<BatchOf<ShapeOf<A>>>;
  });
}

/**
 * "fro": √Σa², as `norm` gives. "nuc": the sum of the singular values. 2, −2: the largest, the smallest of them. 1, −1: the
 * largest, the smallest sum of |a| of a column. Infinity, −Infinity: the same of a row.
 */
export type MatrixNormOrder = "fro" | "nuc" | number;

/** The norm of each matrix, "fro" when left out. At a tie the first that is largest has the gradient. */
export function matrixNorm<const A extends Operand>(a: A, ord: MatrixNormOrder = "fro"): Shaped<BatchOf<ShapeOf<A>>> {
  const x = asValue("matrixNorm", a);
  matrices.matrixShape("matrixNorm", shapeOf(x));
  const order = fixed(ord);
  const of = normOf[String(order)];
  if (of === undefined)
    throw new ShapeError(
      `matrixNorm of ${describeShape(shapeOf(x))}: there is no order ${JSON.stringify(order)}; give "fro", "nuc", 1, −1, 2, −2, Infinity or −Infinity`,
    );
  return of(x) as Shaped<BatchOf<ShapeOf<A>>>;
}

const normOf: Readonly<Record<string, ((x: Value) => Value) | undefined>> = {
  fro: (x) => norm(x, [-2, -1]),
  nuc: (x) => sum(singularValues.svdvals(x), -1),
  "2": (x) => slice(singularValues.svdvals(x), [...leadOf(x), 0]),
  "-2": (x) => slice(singularValues.svdvals(x), [...leadOf(x), -1]),
  "1": (x) => reduceMax(sum(abs(x), -2), -1),
  "-1": (x) => reduceMin(sum(abs(x), -2), -1),
  Infinity: (x) => reduceMax(sum(abs(x), -1), -1),
  "-Infinity": (x) => reduceMin(sum(abs(x), -1), -1),
};

function leadOf(x: Value): null[] {
  return shapeOf(x)
    .slice(0, -2)
    .map(() => null);
}
