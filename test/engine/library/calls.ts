import assert from "node:assert/strict";
import * as library from "../../../engine/library/index.ts";
import { dataOf, type Primal } from "../../../engine/primitives/rule.ts";
import type { Tensor } from "../../../engine/tape/tensor.ts";
import { filled, near, noise } from "../primitives/checkDerivatives.ts";

/** The library, to be called with anything. */
export const f = library as unknown as Readonly<Record<keyof typeof library, (...args: unknown[]) => never>>;

export const plain = (x: unknown): number[] => [...dataOf(x as Primal)];

export function close(actual: unknown, expected: readonly number[], tolerance = 1e-14): void {
  assert.equal(plain(actual).length, expected.length);
  plain(actual).forEach((value, k) => near(value, expected[k]!, tolerance));
}

/** The same tensor for the same rank. */
export const random = (...shape: number[]): Tensor => filled(shape, noise(shape.length * 7 + 1)) as Tensor;
