import { customVjp, sum, tensor } from "adjoint";

// ln(1 + eˣ) as one operation: its derivative is the sigmoid.
const softplus = customVjp(
  (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  (cotangent, [x]) => [cotangent / (1 + Math.exp(-x))],
);

export function right(x = 0.5, y = -2) {
  return softplus(x) * softplus(y - x);
}

// A smooth |x|: √(x² + ε). Its derivative is x/√(x² + ε), so this rule gives twice as much. `adjoint check` finds it.
const smoothAbs = customVjp(
  (x: number) => (x ** 2 + 1e-3) ** 0.5,
  (cotangent, [x], output) => [(2 * cotangent * x) / output],
);

export function wrong(x = tensor([0.3, -1.2, 2])) {
  return sum(smoothAbs(x));
}
