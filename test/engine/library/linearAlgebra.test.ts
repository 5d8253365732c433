import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import * as library from "../../../engine/library/index.ts";
import { adjoint, identityFrom } from "../../../engine/primitives/matrices.ts";
import { sum } from "../../../engine/primitives/reduction.ts";
import { dataOf, type Primal } from "../../../engine/primitives/rule.ts";
import { NotDifferentiableError, UnsolvableError } from "../../../engine/primitives/unsolvable.ts";
import { Tensor, type Value } from "../../../engine/tape/tensor.ts";
import { checkDerivatives, filled, noise, tensorOf, vjp, type Model } from "../primitives/checkDerivatives.ts";

type Function = (...args: unknown[]) => never;

/** The library as tests call it: with tensors of the tape. */
const {
  add,
  cholesky,
  det,
  eigh,
  exp,
  expandDims,
  expm,
  inv,
  logdet,
  lstsq,
  lu,
  matmul,
  matrixNorm,
  matrixPower,
  mul,
  pinv,
  qr,
  sin,
  slogdet,
  solve,
  sub,
  svd,
  svdvals,
  take,
  tanh,
  triangularSolve,
} = library as unknown as Readonly<
  Record<
    | "add"
    | "cholesky"
    | "det"
    | "eigh"
    | "exp"
    | "expandDims"
    | "expm"
    | "inv"
    | "logdet"
    | "lstsq"
    | "lu"
    | "matmul"
    | "matrixNorm"
    | "matrixPower"
    | "mul"
    | "pinv"
    | "qr"
    | "sin"
    | "slogdet"
    | "solve"
    | "sub"
    | "svd"
    | "svdvals"
    | "take"
    | "tanh"
    | "triangularSolve",
    Function
  >
>;

const plain = (x: unknown): number[] => [...dataOf(x as Primal)];
const random = (shape: readonly number[], seed: number): Tensor => filled(shape, noise(seed)) as Tensor;
const identity = (size: number): Tensor => identityFrom(size);
const product = (a: unknown, b: unknown): Value => matmul(a, b);

function near(actual: unknown, expected: unknown, tolerance = 1e-11): void {
  const [x, y] = [plain(actual), plain(expected)];
  assert.equal(x.length, y.length);
  const scale = Math.max(1, ...y.map(Math.abs));
  x.forEach((value, k) => assert.ok(Math.abs(value - y[k]!) <= tolerance * scale, `${value} instead of ${y[k]!}`));
}

const sizes = fc.integer({ min: 1, max: 8 });

function forMatrices(property: (rows: number, columns: number, seed: number) => void): void {
  fc.assert(fc.property(sizes, sizes, fc.nat(), property), { numRuns: 40 });
}

describe("factorizations of random matrices multiply to the matrix", () => {
  test("lu, with rows in the order of its permutation", () => {
    forMatrices((rows, columns, seed) => {
      const a = random([rows, columns], seed);
      const { permutation, l, u } = lu(a) as { permutation: Tensor; l: Tensor; u: Tensor };
      near(product(l, u), take(a, permutation));
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < Math.min(i, columns); j++)
          assert.ok(j >= u.shape[0]! || i >= u.shape[0]! || u.data[i * columns + j] === 0);
    });
  });

  test("qr, with orthonormal columns", () => {
    forMatrices((rows, columns, seed) => {
      const a = random([rows, columns], seed);
      const { q, r } = qr(a) as { q: Tensor; r: Tensor };
      near(product(q, r), a);
      near(product(adjoint(q), q), identity(Math.min(rows, columns)));
    });
  });

  test("cholesky", () => {
    forMatrices((size, _, seed) => {
      const a = random([size, size + 2], seed);
      const spd = product(a, adjoint(a));
      const l = cholesky(spd);
      near(product(l, adjoint(l)), spd);
    });
  });

  test("eigh, with eigenvalues in ascending order", () => {
    forMatrices((size, _, seed) => {
      const a = random([size, size], seed);
      const { eigenvalues: w, eigenvectors: v } = eigh(a) as { eigenvalues: Tensor; eigenvectors: Tensor };
      near(product(mul(v, w), adjoint(v)), mul(0.5, add(a, adjoint(a))));
      near(product(adjoint(v), v), identity(size));
      assert.deepEqual(
        plain(w),
        plain(w).sort((x, y) => x - y),
      );
    });
  });

  test("svd, with singular values in descending order, also where some are equal or 0", () => {
    const both = ({ u, s, vh }: { u: Tensor; s: Tensor; vh: Tensor }, a: Tensor): void => {
      near(product(mul(u, s), vh), a);
      near(product(adjoint(u), u), identity(s.shape[0]!));
      near(product(vh, adjoint(vh)), identity(s.shape[0]!));
      assert.deepEqual(
        plain(s),
        plain(s).sort((x, y) => y - x),
      );
    };
    forMatrices((rows, columns, seed) => {
      const a = random([rows, columns], seed);
      both(svd(a), a);
    });
    for (const a of [
      identity(4),
      new Tensor([3, 3], new Float64Array(9)),
      tensorOf([3, 2], 1, 2, 2, 4, 3, 6),
      tensorOf([2, 2], 0, 1, 0, 0),
    ])
      both(svd(a), a);
  });

  test("those of a large matrix to rounding", () => {
    const a = random([60, 40], 3);
    const { u, s, vh } = svd(a) as { u: Tensor; s: Tensor; vh: Tensor };
    near(product(mul(u, s), vh), a, 1e-13);
    const square = random([60, 60], 4);
    const { eigenvalues: w, eigenvectors: v } = eigh(square) as { eigenvalues: Tensor; eigenvectors: Tensor };
    near(product(mul(v, w), adjoint(v)), mul(0.5, add(square, adjoint(square))), 1e-13);
    near(product(square, inv(square)), identity(60), 1e-10);
  });

  test("keep the relative accuracy of small singular values", () => {
    const graded = tensorOf([2, 2], 1, 1, 0, 1e-20);
    const [large, tiny] = plain(svdvals(graded)) as [number, number];
    assert.ok(Math.abs(large / Math.SQRT2 - 1) < 1e-15);
    assert.ok(Math.abs(tiny / (1e-20 / Math.SQRT2) - 1) < 1e-14);
  });
});

describe("functions on top", () => {
  test("solve and lstsq leave a residual that is orthogonal to the matrix", () => {
    forMatrices((rows, columns, seed) => {
      const a = random([rows, columns], seed);
      const b = random([rows, 2], seed + 1);
      const x = lstsq(a, b);
      near(product(adjoint(a), sub(product(a, x), b)), new Tensor([columns, 2], new Float64Array(2 * columns)), 1e-8);
      if (rows === columns) near(product(a, solve(a, b)), b, 1e-8);
    });
  });

  test("the determinant is that of the logarithm, and of the inverse one over it", () => {
    forMatrices((size, _, seed) => {
      const a = random([size, size], seed);
      const { sign, logabsdet } = slogdet(a) as { sign: number; logabsdet: number };
      near(det(a), sign * Math.exp(logabsdet));
      near(det(matrixPower(a, -1)), 1 / det(a), 1e-6);
    });
    assert.equal(det(new Tensor([0, 0], new Float64Array(0))), 1);
    const { sign, logabsdet } = slogdet(tensorOf([2, 2], 1, 2, 2, 4)) as { sign: number; logabsdet: number };
    assert.deepEqual([sign, logabsdet], [0, -Infinity]);
  });

  test("the exponential of a sum of commuting matrices is the product", () => {
    forMatrices((size, _, seed) => {
      const a = mul(3, random([size, size], seed));
      near(product(expm(a), expm(mul(2, a))), expm(mul(3, a)), 1e-9);
    });
    assert.deepEqual(plain(expm(tensorOf([2, 2], 0, 1, 0, 0))), [1, 1, 0, 1]);
  });

  test("the pseudoinverse of a matrix without full rank is that of least norm", () => {
    near(pinv(tensorOf([2, 2], 1, 2, 2, 4)), tensorOf([2, 2], 0.04, 0.08, 0.08, 0.16));
  });
});

describe("derivatives of random batches agree with differences", () => {
  const spd: Model = (x) => add(product(x, adjoint(x)), identity(3));
  const models: Readonly<Record<string, Model>> = {
    solve: (a, b) => solve(a, b),
    cholesky: (a) => cholesky(spd(a)),
    logdet: (a) => logdet(spd(a)),
    "eigenvalues and eigenvectors": (a) => {
      const { eigenvalues, eigenvectors } = eigh(a) as { eigenvalues: Tensor; eigenvectors: Tensor };
      return product(mul(eigenvectors, exp(expandDims(eigenvalues, -2))), adjoint(eigenvectors));
    },
    svd: (a) => {
      const { u, s, vh } = svd(a) as { u: Tensor; s: Tensor; vh: Tensor };
      return product(mul(u, tanh(expandDims(s, -2))), vh);
    },
    "q and r": (a) => {
      const { q, r } = qr(a) as { q: Tensor; r: Tensor };
      return product(mul(q, q), sin(r));
    },
    "l and u": (a) => {
      const { l, u } = lu(a) as { l: Tensor; u: Tensor };
      return product(sin(l), u);
    },
  };
  for (const [name, model] of Object.entries(models))
    test(name, () => {
      for (let seed = 1; seed < 4; seed++)
        checkDerivatives(
          model,
          name === "solve" ? [random([2, 3, 3], seed), random([3, 2], seed + 9)] : [random([2, 3, 3], seed)],
          3e-5,
        );
    });
});

describe("at singular matrices", () => {
  const singular = tensorOf([3, 3], 1, 2, 3, 4, 5, 6, 7, 8, 9);

  test("the determinant has its gradient, the cofactors", () => {
    near(vjp((a) => det(a), [singular], 1)[0], tensorOf([3, 3], -3, 6, -3, 6, -12, 6, -3, 6, -3));
    near(vjp((a) => det(a), [new Tensor([2, 2], new Float64Array(4))], 1)[0], new Tensor([2, 2], new Float64Array(4)));
  });

  test("what has no answer says so, with the figure that shows it", () => {
    const says = (f: () => unknown, message: RegExp): void => assert.throws(f, { name: "UnsolvableError", message });
    says(
      () => solve(singular, [1, 2, 3]),
      /^solve of \[3, 3\] and \[3, 1\]: the matrix is singular: pivot 2 of its LU factorization is [\d.]+e-16, no more than rounding leaves; lstsq/,
    );
    says(
      () => inv(tensorOf([2, 2, 2], 1, 0, 0, 1, 1, 2, 2, 4)),
      /matrix 1 of the batch is singular: pivot 1 of its LU factorization is 0;/,
    );
    says(
      () => cholesky(tensorOf([2, 2], 1, 2, 2, 1)),
      /^cholesky of \[2, 2\]: the matrix is not positive definite: pivot 1 is -3;/,
    );
    says(() => logdet(tensorOf([2, 2], 0, 1, 1, 0)), /^logdet of \[2, 2\]: the determinant is negative/);
    says(() => triangularSolve(tensorOf([2, 2], 1, 0, 5, 0), [1, 2]), /element \[1, 1\] of its diagonal is 0$/);
    assert.ok(new UnsolvableError("") instanceof Error);
  });

  test("a regular but badly scaled matrix is solved", () => {
    assert.deepEqual(plain(solve(tensorOf([2, 2], 1e-200, 0, 0, 1e200), [1e-200, 1e200])), [1, 1]);
  });

  test("what has no derivative says which pivot, column, value or pair stands in the way, and is never NaN", () => {
    const at = (a: Tensor, model: (a: Value) => unknown, message: RegExp): void => {
      assert.throws(
        () => vjp((x) => sum(mul(model(x), random(a.shape, 5))), [a], 1),
        (error) => {
          assert.ok(error instanceof NotDifferentiableError, String(error));
          assert.match(error.message, message);
          return true;
        },
      );
    };
    const twice = tensorOf([3, 3], 2, 0, 0, 0, 1, 0, 0, 0, 2);
    at(
      twice,
      (a) => (eigh(a) as { eigenvectors: Value }).eigenvectors,
      /^eigh: eigenvalues 1 and 2 of the matrix are equal \(2\), and there its eigenvectors have no derivative/,
    );
    at(twice, (a) => (svd(a) as { u: Value }).u, /^svd: singular values 0 and 1 of the matrix are equal \(2\)/);
    at(
      tensorOf([3, 2], 1, 2, 2, 4, 3, 6),
      (a) => (svd(a) as { u: Value }).u,
      /^svd: singular value 1 of the matrix is [\d.e-]+, and there/,
    );
    at(tensorOf([3, 2], 1, 2, 2, 4, 3, 6), (a) => adjoint(pinv(a)), /^pinv of \[3, 2\]: the matrix has rank 1 of 2/);
    at(
      tensorOf([2, 2], 1, 2, 2, 4),
      (a) => (qr(a) as { q: Value }).q,
      /^qr of \[2, 2\]: column 1 of the matrix depends on those before it/,
    );
    at(tensorOf([2, 2], 1, 2, 2, 4), (a) => (lu(a) as { l: Value }).l, /^lu of \[2, 2\]: pivot 1 is 0/);
  });

  test("equal eigenvalues and singular values have their gradient, as long as vectors are not asked for", () => {
    const two = mul(2, identity(3));
    near(vjp((a) => sum((eigh(a) as { eigenvalues: Value }).eigenvalues), [two], 1)[0], identity(3));
    near(vjp((a) => sum(svdvals(a)), [two], 1)[0], identity(3));
  });

  test("one eigenvector has its gradient where only others are equal", () => {
    const a = tensorOf([3, 3], 1, 0, 0, 0, 2, 0, 0, 0, 2);
    const first: Model = (x) =>
      sum(mul((eigh(x) as { eigenvectors: Value }).eigenvectors, tensorOf([3, 3], 0, 0, 0, 1, 0, 0, 0, 0, 0)));
    const [gradient] = vjp(first, [a], 1);
    assert.ok(plain(gradient).every(Number.isFinite));
    near(gradient, tensorOf([3, 3], 0, -0.5, 0, -0.5, 0, 0, 0, 0, 0));
  });
});

test("shapes that do not fit are refused by name", () => {
  const says = (f: () => unknown, message: RegExp): void => assert.throws(f, { name: "ShapeError", message });
  says(() => inv(random([2, 3], 1)), /^inv of \[2, 3\]: the matrix has 2 rows and 3 columns; give it a square one$/);
  says(() => det([1, 2]), /^det of \[2\]: give it a matrix$/);
  says(
    () => solve(identity(2), [1, 2, 3]),
    /^solve of \[2, 2\] and \[3, 1\]: the matrix has 2 rows, so the right side must have 2$/,
  );
  says(() => solve(random([2, 2, 2], 1), random([3, 2, 1], 2)), /the leading axes \[2\] and \[3\] do not broadcast$/);
  says(() => lstsq(identity(2), [1, 2, 3]), /^lstsq of \[2, 2\] and \[3\]: the matrix has 2 rows/);
  says(() => matrixPower(identity(2), 0.5), /^matrixPower of \[2, 2\]: the exponent is 0.5; give a whole number$/);
  says(() => matrixNorm([[1]], 3), /^matrixNorm of \[1, 1\]: there is no order 3;/);
});
