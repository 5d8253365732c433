import { matmul, sum, tensor } from "adjoint";

const A = tensor([
  [1, 2],
  [3, 4],
]);
const B = tensor([1, 0]);

/** ‖AX − B‖², the squared length of what is left over. Its gradient is 2Aᵀ(AX − B). */
export function leastSquares(X = tensor([1, 1])) {
  const residual = matmul(A, X) - B;
  return sum(residual ** 2);
}
