/** What random initial weights do to the adjoint of a healthy network: ln ‖δ_first‖/‖δ_last‖ is normal with these. */
export interface Chance {
  readonly mean: number;
  readonly deviation: number;
}

/**
 * For a layer of `n` inputs with independent weights of critical variance, ln ‖Wᵀδ‖/‖δ‖ has mean −1/2n and variance
 * 1/2n, to first order in 1/n (‖Wᵀδ‖² is a χ² of n degrees). The mask of a ReLU, half of it zeros, makes that −5/4n and
 * 5/4n (Hanin and Rolnick, How to Start Training, 2018; Hanin, Which Neural Net Architectures Give Rise to Exploding
 * and Vanishing Gradients, 2018). Layers are independent, so means and variances add up: for L layers of width n
 * mean −5L/4n and standard deviation ½√(5L/n).
 */
export function chance(widths: readonly number[], rectified: boolean): Chance {
  const inverse = widths.reduce((sum, n) => sum + (n > 0 ? 1 / n : 0), 0);
  return rectified
    ? { mean: (-5 * inverse) / 4, deviation: Math.sqrt(5 * inverse) / 2 }
    : { mean: -inverse / 2, deviation: Math.sqrt(2 * inverse) / 2 };
}

/** Beyond so many standard deviations it is not chance: 1 healthy network in 370. */
export const chanceLimit = 3;
