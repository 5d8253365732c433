import type { Primal } from "../../../engine/primitives/rule.ts";
import { tensorOf, type Model } from "./checkDerivatives.ts";

/** A model at smooth points, and what it gives at points: [...inputs, result], numbers and nested arrays. */
export interface Case {
  readonly model: Model;
  readonly at: readonly (readonly Primal[])[];
}

export const x6 = tensorOf([2, 3], 0.3, -1.2, 0.8, 1.9, -0.4, 0.6);
export const positive = tensorOf([2, 3], 0.3, 1.2, 0.8, 1.9, 0.4, 0.6);
export const row = tensorOf([3], 0.7, -0.5, 1.1);
export const other = tensorOf([2, 3], 0.5, 1.3, 0.9, 2.1, 0.35, 0.75);
export const column = tensorOf([2, 1], 1.3, -0.2);
export const cube = tensorOf([2, 2, 3], 1, -2, 3.5, 0.4, 5, -6.1, 0.7, 0.8, -0.9, 1.4, 1.1, 2.2);
export const places = tensorOf([4], 2, 0, 2, -1);

export const anywhere = (model: Model): Case => ({ model, at: [[0.7], [-1.3], [x6]] });
export const inside = (model: Model): Case => ({ model, at: [[0.3], [-0.4], [tensorOf([3], 0.1, -0.6, 0.9)]] });
export const above = (model: Model): Case => ({ model, at: [[0.7], [2.5], [positive]] });
export const pairs = (model: Model): Case => ({
  model,
  at: [
    [0.7, 1.3],
    [-1.7, 0.4],
    [x6, 0.45],
    [0.35, row],
    [x6, row],
    [column, row],
    [other, x6],
  ],
});
export const on = (model: Model, ...at: Primal[]): Case => ({ model, at: [at] });
