import { mul } from "../../../../engine/primitives/arithmetic.ts";
import { adjoint, lowerTriangle, rowsBetween } from "../../../../engine/primitives/matrices.ts";
import { matmul } from "../../../../engine/primitives/contraction.ts";
import { expm } from "../../../../engine/primitives/matrixFunctions.ts";
import { qr } from "../../../../engine/primitives/orthogonal.ts";
import { pinv, svd, svdvals } from "../../../../engine/primitives/singularValues.ts";
import { eigh, eigvalsh, gapQuotient } from "../../../../engine/primitives/spectral.ts";
import { cofactors, det, lu, luPermutation, solve } from "../../../../engine/primitives/systems.ts";
import { cholesky, triangularSolve } from "../../../../engine/primitives/triangular.ts";
import { on } from "../caseOf.ts";
import { tensorOf, type Model } from "../checkDerivatives.ts";

const a = tensorOf([3, 3], 2.1, -0.4, 0.7, 0.3, 1.6, -0.9, -1.2, 0.5, 2.8);
const spd = tensorOf([3, 3], 2.1, 0.3, -0.4, 0.3, 1.6, 0.5, -0.4, 0.5, 2.8);
const batch = tensorOf([2, 2, 2], 2, 0.3, -0.5, 1.4, 0.7, -1.1, 0.9, 1.8);
const tall = tensorOf([4, 2], 0.5, 1.2, -0.7, 0.4, 1.9, -0.3, 0.2, 0.8);
const wide = tensorOf([2, 3], 0.5, 1.2, -0.7, 0.4, 1.9, -0.3);
const right = tensorOf([3, 2], 0.4, -1, 0.8, 0.3, 1.5, -0.6);
const rights = tensorOf([2, 2, 1], 0.4, -1, 0.8, 0.3);
const w = tensorOf([3], -0.4, 0.7, 1.9);

const triangles = [true, false].flatMap((lower) =>
  [true, false].flatMap((transpose) => [true, false].map((unitDiagonal) => ({ lower, transpose, unitDiagonal }))),
);
/** Vectors are determined up to their signs: their squares are not. */
const squared = (model: (x: Parameters<Model>[0]) => ReturnType<Model>): Model => {
  return (x) => mul(model(x), model(x));
};

export const linearAlgebraCases = {
  triangularSolve: [
    ...triangles.map((triangle) => on((x, b) => triangularSolve(x, b, triangle), a, right)),
    on((x, b) => triangularSolve(x, b, triangles[0]!), batch, rights),
    on((x, b) => triangularSolve(x, b, triangles[0]!), batch, tensorOf([2, 2], 0.4, -1, 0.8, 0.3)),
  ],
  cholesky: [on(cholesky, spd), on((x) => cholesky(matmul(x, adjoint(x))), batch)],
  solve: [
    on((x, b) => solve(x, b), a, right),
    on((x, b) => solve(x, b, true), a, right),
    on((x, b) => solve(x, b), batch, rights),
    on((x, b) => solve(x, b), tensorOf([2, 2], 0.4, -1, 0.8, 0.3), rights),
  ],
  lu: [on(lu, a), on(lu, batch), on(lu, tall), on(lu, wide)],
  luPermutation: [on(luPermutation, a)],
  det: [on(det, a), on(det, batch)],
  cofactors: [on(cofactors, a), on(cofactors, batch)],
  qr: [on(qr, a), on(qr, batch), on(qr, tall)],
  eigvalsh: [on(eigvalsh, spd), on(eigvalsh, batch)],
  eigh: [on(squared(eigh), spd), on(squared(eigh), batch)],
  gapQuotient: [
    on((m, x) => gapQuotient(m, x, "eigenvalues"), a, w),
    on((m, x) => gapQuotient(m, x, "singular values"), a, tensorOf([3], 1.9, 0.7, 0.3)),
  ],
  svdvals: [on(svdvals, a), on(svdvals, batch), on(svdvals, tall), on(svdvals, wide)],
  svd: [
    on(squared(svd), a),
    on(squared(svd), batch),
    on(squared(svd), tall),
    on(squared(svd), wide),
    // U·Vᵀ, whose signs cancel
    on((x) => matmul(rowsBetween(svd(x), 0, 4), adjoint(rowsBetween(svd(x), 4, 6))), tall),
  ],
  pinv: [on(pinv, a), on(pinv, tall), on(pinv, wide), on(pinv, batch)],
  expm: [on(expm, a), on(expm, batch), on((x) => expm(lowerTriangle(x, -1)), a)],
};
