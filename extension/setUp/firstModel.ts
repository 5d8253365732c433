/** The model that a new workspace begins with. */
export const firstModel = `import { mean, tensor } from "adjoint";

const x = tensor([1, 2, 3, 4]);
const y = tensor([2.1, 3.9, 6.2, 7.8]);

/**
 * How far the line misses the points: the mean square of its errors.
 *
 * Adjoint traces every exported function whose parameters all have defaults, at those defaults.
 * Change one and save.
 */
export function loss(slope = 1, intercept = 0) {
  const errors = slope * x + intercept - y;
  return mean(errors ** 2);
}
`;
