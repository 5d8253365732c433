/** What random initial weights do to the adjoint of a healthy network: ln ‖δ_first‖/‖δ_last‖ is normal with these. */
export interface Chance {
  readonly mean: number;
  readonly deviation: number;
}

/** Beyond so many standard deviations it is not chance: 1 healthy network in 370. */
export const chanceLimit = 3;

/** ½ ln 2, see below. */
const smoothRate = Math.LN2 / 2;

/**
 * For a layer of `n` inputs with independent weights of critical variance, ln ‖Wᵀδ‖/‖δ‖ has mean −1/2n and variance
 * 1/2n, to first order in 1/n (‖Wᵀδ‖² is a χ² of n degrees). The mask of a ReLU, half of it zeros, makes that −5/4n and
 * 5/4n (Hanin and Rolnick, How to Start Training, 2018; Hanin, Which Neural Net Architectures Give Rise to Exploding and
 * Vanishing Gradients, 2018). Layers are independent, so means and variances add up: for L layers of width n mean −5L/4n
 * and standard deviation ½√(5L/n).
 *
 * A net of tanhs of gain 1 is critical too, but its squared signals fade as 1/2l with the depth l, which makes the adjoint's
 * norm fade as 1/√L (Schoenholz et al., Deep Information Propagation, 2017). Twice that, ln L, is taken from the mean: it
 * covers the first layers, whose signals are larger than that.
 *
 * Weights of variance 2/n are right for a mean squared slope of ½, as that of relu. Of gelu, silu, elu and their like it
 * goes from ¼ (gelu and silu about 0) to 1 (elu there), as signals shrink or grow from layer to layer, which takes or
 * gives √½ to √2 a layer. People use those weights all the same, so the limits are wider by as much.
 */
export function chance(widths: readonly number[], kind: "linear" | "rectified" | "smooth" | "tanh"): Chance {
  const layers = widths.filter((n) => n > 0);
  const inverse = layers.reduce((sum, n) => sum + 1 / n, 0);
  if (kind === "rectified" || kind === "smooth") {
    const further = kind === "smooth" ? (smoothRate * layers.length) / chanceLimit : 0;
    return { mean: (-5 * inverse) / 4, deviation: Math.sqrt(5 * inverse) / 2 + further };
  }
  const fading = kind === "tanh" ? Math.log(widths.length) : 0;
  return { mean: -inverse / 2 - fading, deviation: Math.sqrt(2 * inverse) / 2 };
}
