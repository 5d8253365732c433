import { mul } from "../../../../engine/primitives/arithmetic.ts";
import { conv, convKernel, convTranspose } from "../../../../engine/primitives/convolution.ts";
import { avgPool, avgPoolTranspose, maxPool, maxPoolIndices } from "../../../../engine/primitives/pooling.ts";
import type { Primal } from "../../../../engine/primitives/rule.ts";
import type { Shape } from "../../../../engine/tape/shape.ts";
import { on } from "../caseOf.ts";
import { filled, noise } from "../checkDerivatives.ts";

const next = noise(3);
const normal = (...shape: Shape): Primal => filled(shape, next);

/** Windows over one axis, and over two with all options. */
const line = { input: [5], window: [3], strides: [1], padding: [[0, 0]], dilations: [1] } as const;
const image = {
  input: [5, 4],
  window: [3, 2],
  strides: [2, 1],
  padding: [
    [1, 1],
    [0, 1],
  ],
  dilations: [1, 2],
} as const;
const cube = {
  input: [2, 3, 2],
  window: [2, 2, 1],
  strides: [1, 1, 1],
  padding: [
    [0, 0],
    [1, 0],
    [0, 0],
  ],
  dilations: [1, 1, 1],
} as const;

const none = [
  [0, 0],
  [0, 0],
] as const;
/** The last window along each axis hangs over what is padded. */
const overhanging = {
  ...image,
  padding: [
    [1, 2],
    [0, 2],
  ],
} as const;

/** x, k and y fit each other under these windows. */
export const convolutions = [
  { windows: { ...line, groups: 1 }, x: [2, 2, 5], kernel: [3, 2, 3], y: [2, 3, 3] },
  { windows: { ...image, groups: 2 }, x: [2, 4, 5, 4], kernel: [2, 2, 3, 2], y: [2, 2, 3, 3] },
  { windows: { ...cube, groups: 1 }, x: [1, 1, 2, 3, 2], kernel: [2, 1, 2, 2, 1], y: [1, 2, 1, 3, 2] },
] as const;

export const convolutionCases = {
  conv: convolutions.map(({ windows, x, kernel }) =>
    on((a, b) => conv(a, b, windows), normal(...x), normal(...kernel)),
  ),
  convTranspose: convolutions.map(({ windows, y, kernel }) =>
    on((a, b) => convTranspose(a, b, windows), normal(...y), normal(...kernel)),
  ),
  convKernel: convolutions.map(({ windows, x, y }) =>
    on((a, b) => convKernel(a, b, windows), normal(...x), normal(...y)),
  ),
  maxPool: [
    on((x) => maxPool(mul(x, x), line), normal(2, 1, 5)),
    on((x) => maxPool(x, image), normal(1, 2, 5, 4)),
    on((x) => maxPool(x, cube), normal(1, 2, 2, 3, 2)),
  ],
  maxPoolIndices: [on((x) => maxPoolIndices(x, image), normal(1, 2, 5, 4))],
  avgPool: [
    on((x) => avgPool(mul(x, x), { ...line, counted: line.padding }), normal(2, 1, 5)),
    on((x) => avgPool(x, { ...image, counted: none }), normal(1, 2, 5, 4)),
    on((x) => avgPool(x, { ...image, counted: image.padding }), normal(1, 2, 5, 4)),
    on((x) => avgPool(x, { ...overhanging, counted: image.padding }), normal(1, 2, 5, 4)),
  ],
  avgPoolTranspose: [
    on((y) => avgPoolTranspose(y, { ...overhanging, counted: image.padding }), normal(1, 2, 3, 4)),
    on((y) => avgPoolTranspose(mul(y, y), { ...line, counted: line.padding }), normal(2, 1, 3)),
    on((y) => avgPoolTranspose(y, { ...image, counted: none }), normal(1, 2, 3, 3)),
  ],
};
