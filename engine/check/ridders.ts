/**
 * Derivatives from differences, with an estimate of their own error. C. J. F. Ridders, Accurate computation of F′(x) and
 * F′(x)F″(x), Advances in Engineering Software 4 (1982) 75–76; Press et al., Numerical Recipes, §5.7.
 */

/** Each step is so much smaller than the one before. A power of two: x ± h then carries no rounding of its own. */
export const reduction = 2;
/** Rows after which nothing is gained any more. */
export const mostRows = 8;
/** A new row that is off by so many times the best error tells that rounding has taken over. */
const diverging = 2;

export interface Estimate {
  readonly derivative: number;
  /** Of the derivative, absolute. */
  readonly error: number;
}

/**
 * Neville's extrapolation of difference quotients to step 0. Central differences have an error in even powers of the
 * step (`order` 2), one-sided ones in all (`order` 1).
 */
export class DifferenceTableau {
  readonly #order: 1 | 2;
  #row: number[] = [];
  #best: Estimate = { derivative: NaN, error: Infinity };
  #diverged = false;

  constructor(order: 1 | 2) {
    this.#order = order;
  }

  get rows(): number {
    return this.#row.length;
  }

  /** The extrapolation whose neighbours agree with it best. */
  get best(): Estimate {
    return this.#best;
  }

  get finished(): boolean {
    return this.#diverged || this.rows >= mostRows;
  }

  /** Takes the quotient of the next step. `noise` is the rounding error that it may carry. */
  add(quotient: number, noise: number): void {
    const before = this.#row;
    const row = [quotient];
    let factor = reduction ** this.#order;
    for (let j = 1; j <= before.length; j++) {
      const left = row[j - 1]!;
      const above = before[j - 1]!;
      // (factor·left − above)/(factor − 1), which does not overflow before its result does.
      const extrapolated = left + (left - above) / (factor - 1);
      factor *= reduction ** this.#order;
      row.push(extrapolated);
      const error = Math.max(Math.abs(extrapolated - left), Math.abs(extrapolated - above)) + noise;
      if (error <= this.#best.error) this.#best = { derivative: extrapolated, error };
    }
    if (before.length >= 2) {
      const change = Math.abs(row.at(-1)! - before.at(-1)!);
      this.#diverged = change >= diverging * this.#best.error;
    }
    this.#row = row;
  }
}

/** Rounding in a quotient of values that are each right to half a unit in the last place. */
export function roundingNoise(values: readonly number[], width: number): number {
  return (Number.EPSILON * Math.max(...values.map(Math.abs))) / Math.abs(width);
}

/** The derivative of a smooth function of one number at `x`, beginning with steps of `step`. */
export function differentiateNumerically(f: (x: number) => number, x: number, step: number): Estimate {
  const tableau = new DifferenceTableau(2);
  for (let h = step; !tableau.finished; h /= reduction) {
    const [above, below] = [f(x + h), f(x - h)];
    const width = x + h - (x - h);
    tableau.add((above - below) / width, roundingNoise([above, below], width));
  }
  return tableau.best;
}
