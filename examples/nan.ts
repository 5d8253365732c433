import { greater, sqrt, sum, tensor, where } from "adjoint";

// The middles of twelve strips, each 0.2 wide.
const x = tensor([-1.1, -0.9, -0.7, -0.5, -0.3, -0.1, 0.1, 0.3, 0.5, 0.7, 0.9, 1.1]);

/**
 * The area of a disc, strip by strip. Outside of the disc there is nothing to take the root of, and `where` chooses 0. The
 * value is right and the gradient is NaN: `where` sends the root it does not take an adjoint of 0, and 0 times a derivative
 * that does not exist is not 0.
 */
export function area(radius = 1) {
  const square = radius ** 2 - x ** 2;
  const half = where(greater(square, 0), sqrt(square), 0);
  return sum(2 * half * 0.2);
}

/** The same with a root that is safe to take everywhere: its derivative is 2πr, nearly. */
export function safeArea(radius = 1) {
  const square = radius ** 2 - x ** 2;
  const inside = greater(square, 0);
  const half = where(inside, sqrt(where(inside, square, 1)), 0);
  return sum(2 * half * 0.2);
}
