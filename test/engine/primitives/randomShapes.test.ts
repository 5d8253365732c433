import { describe, test } from "node:test";
import fc from "fast-check";
import { mul } from "../../../engine/primitives/arithmetic.ts";
import {
  diagonal,
  moveAxis,
  padWith,
  repeat,
  roll,
  tile,
  type PadMode,
} from "../../../engine/primitives/rearranging.ts";
import { dynamicSlice, dynamicUpdateSlice } from "../../../engine/primitives/dynamicSlice.ts";
import { einsum } from "../../../engine/primitives/einsum.ts";
import * as extremes from "../../../engine/primitives/extremes.ts";
import * as gathering from "../../../engine/primitives/gathering.ts";
import * as normalization from "../../../engine/primitives/normalization.ts";
import * as reduction from "../../../engine/primitives/reduction.ts";
import { shapeOf } from "../../../engine/primitives/rule.ts";
import * as scans from "../../../engine/primitives/scans.ts";
import * as scattering from "../../../engine/primitives/scattering.ts";
import { standardize } from "../../../engine/primitives/standardize.ts";
import { standardDeviation } from "../../../engine/primitives/summaries.ts";
import { sizeOf, type Shape } from "../../../engine/tape/shape.ts";
import { Tensor, type Value } from "../../../engine/tape/tensor.ts";
import { checkDerivatives } from "./checkDerivatives.ts";

const shapes = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 });

/** Elements far enough apart that steps of differences change no order, in a shuffled order. */
function apart(shape: Shape, seed: number): Tensor {
  const size = sizeOf(shape);
  const order = Array.from({ length: size }, (_, k) => k).sort(
    (a, b) => Math.sin(a * 17 + seed) - Math.sin(b * 17 + seed),
  );
  return new Tensor(
    shape,
    Float64Array.from(order, (k) => (k - size / 2) * (3 / size) + 0.11),
  );
}

function indicesIn(shape: Shape, extent: number, seed: number): Tensor {
  const data = Float64Array.from({ length: sizeOf(shape) }, (_, k) => ((k * 7 + seed) % (2 * extent)) - extent);
  return new Tensor(shape, data);
}

/** Holds for twenty random shapes, each with an axis of it and a seed. */
function forShapes(check: (shape: Shape, axis: number, seed: number) => void): void {
  const cases = shapes.chain((shape) =>
    fc.tuple(fc.constant(shape), fc.integer({ min: -shape.length, max: shape.length - 1 }), fc.nat(1000)),
  );
  fc.assert(
    fc.property(cases, ([shape, axis, seed]) => check(shape, axis, seed)),
    { numRuns: 20 },
  );
}

describe("for any shape the derivatives are right of", () => {
  const { sum, prod, norm, mean, variance } = reduction;
  const { reduceMax, reduceMin } = extremes;
  const reductions = {
    sum,
    prod,
    norm,
    mean,
    variance,
    standardDeviation,
    reduceMax,
    reduceMin,
    logSumExp: normalization.logSumExp,
  };
  for (const [name, reduce] of Object.entries(reductions))
    test(`${name} over any axes`, () =>
      forShapes((shape, axis, seed) => {
        const axes = shape.map((_, k) => k).filter((k) => (seed >> k) % 2 === 1 || k === axis);
        // A deviation of a single element has a kink there.
        const extent = axes.reduce((size, k) => size * shape[k]!, 1);
        if (name === "standardDeviation" && extent === 1) return;
        checkDerivatives((x) => reduce(x, axes, seed % 2 === 0), [apart(shape, seed)], 1e-6);
      }));

  const along = {
    softmax: normalization.softmax,
    logSoftmax: normalization.logSoftmax,
    cumsum: reduction.cumsum,
    cumprod: scans.cumprod,
    logCumSumExp: scans.logCumSumExp,
    cummax: scans.cummax,
    cummin: scans.cummin,
    sort: gathering.sort,
    standardize: (x: Value, axis: number) => standardize(x, axis, 0.01),
    topK: (x: Value, axis: number) => gathering.topK(x, 1, axis).values,
    repeat: (x: Value, axis: number) => repeat(x, 2, axis),
    moveAxis: (x: Value, axis: number) => moveAxis(x, axis, 0),
    roll: (x: Value, axis: number) => roll(x, 4, axis),
  };
  for (const [name, apply] of Object.entries(along))
    test(`${name} along any axis`, () =>
      forShapes((shape, axis, seed) => checkDerivatives((x) => apply(mul(x, x), axis), [apart(shape, seed)], 1e-6)));

  test("gathers and scatters at any indices", () =>
    forShapes((shape, axis, seed) => {
      const extent = shape.at(axis)!;
      const place = (axis + shape.length) % shape.length;
      const some = indicesIn([4], extent, seed);
      const each = indicesIn(shape.with(place, 2), extent, seed);
      const x = apart(shape, seed);
      checkDerivatives((v) => gathering.take(mul(v, v), some, axis), [x]);
      checkDerivatives((v) => gathering.takeAlongAxis(mul(v, v), each, axis), [x]);
      for (const scatter of [scattering.scatterSet, scattering.addAt])
        checkDerivatives((v, u) => scatter(mul(v, v), some, mul(u, u), axis), [x, apart(shape.with(place, 4), seed)]);
      for (const scatter of [scattering.scatterSetAlongAxis, scattering.addAlongAxis])
        checkDerivatives((v, u) => scatter(mul(v, v), each, mul(u, u), axis), [x, apart(shape.with(place, 2), seed)]);
    }));

  test("slices at computed places", () =>
    forShapes((shape, _, seed) => {
      const sizes = shape.map((extent, k) => Math.max(1, extent - ((seed >> k) % 2)));
      const starts = new Tensor(
        [shape.length],
        Float64Array.from(shape, (extent, k) => extent - sizes[k]!),
      );
      checkDerivatives((x) => dynamicSlice(mul(x, x), starts, sizes), [apart(shape, seed)]);
      checkDerivatives(
        (x, u) => dynamicUpdateSlice(mul(x, x), mul(u, u), starts),
        [apart(shape, seed), apart(sizes, seed + 1)],
      );
    }));

  test("paddings and copies", () =>
    forShapes((shape, _, seed) => {
      const widths = shape.map((__, k): [number, number] => [(seed + k) % 3, (seed >> k) % 2]);
      for (const mode of ["constant", "edge", "reflect", "symmetric", "wrap"] satisfies PadMode[])
        checkDerivatives((x, value) => padWith(mul(x, x), widths, mode, value), [apart(shape, seed), 0.3]);
      checkDerivatives((x) => tile(mul(x, x), [2, 1, 2]), [apart(shape, seed)]);
      if (shape.length > 1) checkDerivatives((x) => diagonal(mul(x, x), (seed % 5) - 2), [apart(shape, seed)]);
    }));

  test("contractions of any subscripts", () => {
    const letters = "ijkl";
    const subscripts = fc.string({ unit: fc.constantFrom("i", "j", "k", "l"), minLength: 1, maxLength: 3 });
    const texts = fc.tuple(subscripts, subscripts, fc.subarray(Array.from(letters)), fc.boolean());
    fc.assert(
      fc.property(texts, ([a, b, kept, arrow]) => {
        const output = kept.filter((letter) => a.includes(letter) || b.includes(letter)).join("");
        const shape = (text: string): Shape => Array.from(text, (letter) => letters.indexOf(letter) + 1);
        const [x, y] = [apart(shape(a), 1), apart(shape(b), 2)];
        const text = `${a},${b}${arrow ? `->${output}` : ""}`;
        checkDerivatives((...values) => einsum(text, values), [x, y]);
        const result = shapeOf(einsum(text, [x, y]));
        if (arrow && result.join() !== shape(output).join()) throw new Error(`${text} gives [${result.join()}]`);
      }),
      { numRuns: 40 },
    );
  });
});
