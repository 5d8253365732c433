import { matmul, sum, tensor } from "adjoint";

export function f(w = tensor([[1, 2, 3]])) {
  const x = tensor([[1, 2], [3, 4]]);
  return sum(matmul(x, w as never));
}
